"""Epsilon-sharpness where the largest loss in the box is known or can be searched on a grid."""

import keras
import numpy as np
import pytest

from callbacks.authors_sharpness import SummedBatchLoss
from callbacks.objective import MeanLoss
from callbacks.sharpness import (
    MAX_EVALUATIONS,
    SharpnessResult,
    epsilon_sharpness,
    measure_sharpness,
)
from callbacks.subspace import GaussianSubspace
from tests.oracles import evaluate_at, largest_on_grid
from tests.small_models import dense, smooth_model


class MeanOutput(keras.losses.Loss):
    """Linear in the weights of a linear model."""

    def call(self, y_true, y_pred):
        return keras.ops.mean(y_pred, axis=-1)


def linear_model(loss: str | keras.losses.Loss = "mse") -> keras.Model:
    """``2 x_0 - x_1``, no bias."""
    inputs = keras.Input((2,))
    layer = keras.layers.Dense(1, use_bias=False)
    model = keras.Model(inputs, layer(inputs))
    layer.kernel.assign(np.array([[2.0], [-1.0]]))
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.normal(size=(30, 2)).astype(np.float32)
    return x, (x @ [[1.5], [-0.5]] + 0.1).astype(np.float32)


def phi(base: float, highest: float) -> float:
    return 100 * (highest - base) / (1 + base)


def test_loss_linear_in_the_weights(data) -> None:
    x, y = data
    found = epsilon_sharpness(linear_model(MeanOutput()), x, y, epsilon=0.01)
    slope = x.mean(axis=0, dtype=np.float64)
    half_width = 0.01 * np.array([3.0, 2.0])
    base = slope @ [2, -1]
    np.testing.assert_allclose(
        found.sharpness, phi(base, base + abs(slope) @ half_width), rtol=1e-4
    )
    np.testing.assert_allclose(found.base_loss, base, rtol=1e-6)
    assert found.active_share == 1
    np.testing.assert_allclose(found.perturbation_norm, np.linalg.norm(half_width), rtol=1e-9)


@pytest.mark.parametrize("epsilon", [1e-3, 0.1, 1.0])
def test_squared_error_has_its_maximum_in_a_corner(data, epsilon: float) -> None:
    x, y = data
    weights = np.array([2.0, -1.0])
    half_width = epsilon * (abs(weights) + 1)
    corners = [half_width * signs for signs in ([1, 1], [1, -1], [-1, 1], [-1, -1])]
    losses = [float(np.mean((x @ (weights + z) - y[:, 0]) ** 2)) for z in corners]
    base = float(np.mean((x @ weights - y[:, 0]) ** 2))
    found = epsilon_sharpness(linear_model(), x, y, epsilon, restarts=4)
    np.testing.assert_allclose(found.sharpness, phi(base, max(losses)), rtol=1e-3)
    np.testing.assert_allclose(found.max_loss, max(losses), rtol=1e-5)
    assert (found.space, found.epsilon, found.examples) == ("full", epsilon, 30)


def test_minimum_of_the_squared_error(data) -> None:
    # no gradient to follow: only interior starts climb
    x, _ = data
    y = x @ np.array([[2.0], [-1.0]], np.float32)
    found = epsilon_sharpness(linear_model(), x, y, 0.1)
    wanted = largest_on_grid(lambda z: np.mean((x @ z) ** 2), 0.1 * np.array([3.0, 2.0]), 3)
    np.testing.assert_allclose(found.sharpness, 100 * wanted, rtol=1e-4)
    assert found.base_loss == 0


def test_subspace_against_a_grid(data) -> None:
    x, y = data
    weights = np.array([2.0, -1.0])
    found = epsilon_sharpness(linear_model(), x, y, 0.05, subspace=1, seed=4, restarts=4)
    column = GaussianSubspace(2, 1, 4).expand(np.ones(1))
    half_width = 0.05 * (abs(np.linalg.pinv(column[:, None]) @ weights) + 1)

    def loss(z: np.ndarray) -> float:
        return float(np.mean((x @ (weights + z[0] * column) - y[:, 0]) ** 2))

    np.testing.assert_allclose(found.max_loss, largest_on_grid(loss, half_width, 101), rtol=1e-5)
    assert found.space == "subspace"
    np.testing.assert_allclose(
        found.perturbation_norm, half_width[0] * np.linalg.norm(column), rtol=1e-6
    )


def test_network_against_random_points_of_the_box() -> None:
    model = smooth_model()
    random = np.random.default_rng(5)
    x, y = random.normal(size=(40, 4)).astype("float32"), random.normal(size=(40, 1))
    found = epsilon_sharpness(model, x, y, 0.1)
    weights = model.get_weights()
    tried = []
    for _ in range(15):
        signs = [random.choice([-1, 1], w.shape) for w in weights]
        moved = [w + 0.1 * (abs(w) + 1) * s for w, s in zip(weights, signs, strict=True)]
        tried.append(evaluate_at(model, moved, x, y))
    assert found.max_loss > max(tried)
    assert found.evaluations <= MAX_EVALUATIONS


def test_more_evaluations_find_little_more() -> None:
    model = smooth_model()
    random = np.random.default_rng(6)
    x, y = random.normal(size=(40, 4)).astype("float32"), random.normal(size=(40, 1))
    for subspace in (None, 5):
        few = epsilon_sharpness(model, x, y, subspace=subspace)
        many = epsilon_sharpness(
            model, x, y, subspace=subspace, restarts=20, max_iterations=30, max_evaluations=200
        )
        assert few.evaluations <= MAX_EVALUATIONS
        assert many.sharpness >= few.sharpness >= 0.99 * many.sharpness


def test_same_seed_same_result(data) -> None:
    model = linear_model()
    first, again, other = (
        epsilon_sharpness(model, *data, subspace=2, seed=seed) for seed in (1, 1, 2)
    )
    assert first == again
    assert first.sharpness != other.sharpness


def test_weights_stay_also_after_an_error(data) -> None:
    x, y = data
    model = linear_model()
    before = model.get_weights()
    epsilon_sharpness(model, x, y)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        epsilon_sharpness(model, x, y, progress=interrupt)
    np.testing.assert_equal(model.get_weights(), before)


def test_progress_ends_at_its_total(data) -> None:
    calls: list[tuple[int, int]] = []
    found = epsilon_sharpness(
        linear_model(), *data, progress=lambda done, total: calls.append((done, total))
    )
    assert [done for done, _ in calls[: found.evaluations]] == list(range(1, found.evaluations + 1))
    assert all(done <= total for done, total in calls)
    assert calls[-1][0] == calls[-1][1]


@pytest.mark.parametrize("loss", [-1.0, -2.0])
def test_losses_for_which_the_metric_has_no_meaning(data, loss: float) -> None:
    model = linear_model()
    model.compile("sgd", loss=lambda targets, outputs: 0 * outputs[:, 0] + loss)
    found = epsilon_sharpness(model, *data)
    assert found.base_loss == found.max_loss == loss
    assert np.isnan(found.sharpness)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_losses_that_are_not_finite(data, value: float) -> None:
    x, y = data
    y = y.copy()
    y[3] = value
    found = epsilon_sharpness(linear_model(), x, y)
    assert found.status == "not finite"
    assert np.isnan([found.sharpness, found.max_loss]).all()
    assert found.evaluations == 1


def test_objective_follows_the_model(data) -> None:
    model = linear_model()
    objective = MeanLoss(model, *data)
    first = measure_sharpness(objective)
    model.layers[-1].kernel.assign(np.array([[0.5], [0.5]]))
    assert measure_sharpness(objective).base_loss != first.base_loss
    assert measure_sharpness(objective) == epsilon_sharpness(model, *data)


def test_summed_batches_by_hand(data) -> None:
    x, y = data
    weights = np.array([2.0, -1.0])
    value, gradient = SummedBatchLoss(linear_model(), x, y, batch_size=8).value_and_gradient(
        weights
    )
    residuals = x @ weights - y[:, 0]
    batches = [slice(0, 8), slice(8, 16), slice(16, 24), slice(24, 30)]
    means = [2 * x[rows].T @ residuals[rows] / len(x[rows]) for rows in batches]
    np.testing.assert_allclose(value, np.mean(residuals**2), rtol=1e-5)
    np.testing.assert_allclose(gradient, np.sum(means, axis=0), rtol=1e-4)


def test_variant_of_the_authors(data) -> None:
    found = epsilon_sharpness(linear_model(), *data, variant="authors")
    assert found.space == "authors"
    assert [run.start for run in found.runs] == ["weights"]
    assert found.runs[0].iterations <= 10
    best = epsilon_sharpness(linear_model(), *data)
    assert 0 <= found.sharpness <= best.sharpness * (1 + 1e-6)
    with pytest.raises(ValueError, match="full space only"):
        epsilon_sharpness(linear_model(), *data, variant="authors", subspace=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epsilon": 0}, "epsilon is 0; expected a finite number above 0"),
        ({"epsilon": float("nan")}, "epsilon is nan"),
        ({"max_iterations": 0}, "max_iterations is 0"),
        ({"max_iterations": 0, "variant": "authors"}, "max_iterations is 0"),
        ({"max_evaluations": 0}, "max_evaluations is 0"),
        ({"restarts": -1}, "restarts is -1"),
        ({"seed": 0.5}, "seed is 0.5"),
        ({"subspace": 0}, "subspace is 0; expected a whole number, at least 1"),
        ({"variant": "other"}, "expected 'keskar' or 'authors'"),
        ({"batch_size": 0}, "batch_size is 0"),
    ],
)
def test_options_out_of_range(data, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        epsilon_sharpness(linear_model(), *data, **options)


def test_models_without_a_loss(data) -> None:
    inputs = keras.Input((2,))
    with pytest.raises(ValueError, match="compile it with one first"):
        epsilon_sharpness(keras.Model(inputs, dense(1, 1)(inputs)), *data)


def test_results_are_plain_values(data) -> None:
    found = epsilon_sharpness(linear_model(), *data)
    kinds = {name: type(getattr(found, name)) for name in SharpnessResult.__dataclass_fields__}
    assert set(kinds.values()) == {float, int, str, tuple}
