"""Eigenvalues and trace against the explicit Hessian of a small smooth net."""

from typing import Any

import keras
import numpy as np
import pytest

from callbacks import hessian_spectrum
from callbacks.hessian_product import HessianOfMeanLoss
from callbacks.objective import MeanLoss
from tests.small_models import (
    dense,
    mixed_model,
    regression_data,
    rounded_model,
    smooth_model,
    tangled_model,
)


def wider_model() -> keras.Model:
    """57 weights, too many to be computed whole; with regularisation."""
    inputs = keras.Input((4,))
    hidden = dense(7, 1, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.01))(inputs)
    hidden = dense(2, 2, activation="tanh")(hidden)
    model = keras.Model(inputs, dense(2, 3)(hidden))
    model.compile("sgd", "mse")
    return model


def explicit_hessian(model: keras.Model, x: Any, y: Any) -> np.ndarray:
    """Central differences of the gradient, axis by axis."""
    objective = MeanLoss(model, x, y)
    weights = objective.weights()
    rows = [
        objective.value_and_gradient(weights + axis)[1]
        - objective.value_and_gradient(weights - axis)[1]
        for axis in np.eye(objective.size) * 1e-2
    ]
    hessian = np.array(rows) / 2e-2
    return (hessian + hessian.T) / 2


@pytest.mark.parametrize(("make", "count"), [(smooth_model, 2), (wider_model, 3)])
def test_both_ends_and_trace_of_the_explicit_hessian(make: Any, count: int) -> None:
    model = make()
    x, y = regression_data()
    before = model.get_weights()
    found = hessian_spectrum(model, x, y, count, trace_probes=40, seed=1, batch_size=5)
    hessian = explicit_hessian(model, x, y)
    values = np.linalg.eigvalsh(hessian)
    scale = np.abs(values).max()
    np.testing.assert_allclose(found.largest, values[::-1][:count], atol=2e-3 * scale)
    np.testing.assert_allclose(found.smallest, values[:count], atol=2e-3 * scale)
    assert found.status == "converged"
    assert max(*found.largest_residuals, *found.smallest_residuals) < 1e-3 * scale
    # of signs, Hutchinson's estimates vary by the off-diagonal entries alone
    off = hessian - np.diag(np.diag(hessian))
    expected_error = np.sqrt(2 * (off**2).sum() / 40)
    assert found.trace_standard_error == pytest.approx(expected_error, rel=0.4)
    assert abs(found.trace - values.sum()) < 4 * expected_error
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_products_are_those_of_the_explicit_hessian() -> None:
    model = smooth_model()
    x, y = regression_data()
    objective = HessianOfMeanLoss(model, x, y, batch_size=7)
    hessian = explicit_hessian(model, x, y)
    vector = np.random.default_rng(0).standard_normal(objective.size)
    product = objective.product(objective.weights(), 1e30 * vector) / 1e30
    np.testing.assert_allclose(product, hessian @ vector, rtol=2e-3, atol=2e-3)
    assert not objective.product(objective.weights(), 0 * vector).any()


def test_the_negative_end_of_a_quadratic_is_exact() -> None:
    """Squared error of w x: the Hessian is 2 x^T x / n, of rank 2 in six dimensions of 40."""
    x = np.zeros((6, 40), np.float32)
    x[0, 3], x[1, 7] = 3, 1
    model = keras.Sequential([keras.Input((40,)), keras.layers.Dense(1, use_bias=False)])
    model.compile("sgd", "mse")
    found = hessian_spectrum(model, x, np.zeros((6, 1), np.float32), count=2)
    np.testing.assert_allclose(found.largest, [3, 1 / 3], rtol=1e-3)
    np.testing.assert_allclose(found.smallest, 0, atol=1e-3)
    assert np.isnan(found.trace)


def test_of_repeated_eigenvalues_each_that_is_found_is_one() -> None:
    """Four outputs alike: the Hessian is ``x^T x / (2 n)``, four times."""
    x = np.random.default_rng(0).normal(size=(200, 12)).astype(np.float32)
    model = keras.Sequential([keras.Input((12,)), keras.layers.Dense(4, use_bias=False)])
    model.compile("sgd", "mse")
    found = hessian_spectrum(model, x, np.zeros((200, 4), np.float32), count=3)
    assert found.status == "converged"
    values = np.linalg.eigvalsh(x.T.astype(np.float64) @ x / 400)
    for name in ("largest", "smallest"):
        nearest = np.abs(getattr(found, name)[:, None] - values).min(axis=1)
        # each within its residual of an eigenvalue; that all three are the same is not promised
        assert (nearest <= getattr(found, f"{name}_residuals") + 1e-5).all()
    assert found.largest[0] == pytest.approx(values[-1], rel=1e-4)
    assert found.smallest[0] == pytest.approx(values[0], rel=1e-3)


def test_same_seed_same_numbers_and_a_limit_that_is_said() -> None:
    model = wider_model()
    x, y = regression_data()
    told: list[tuple[int, int]] = []
    options: dict[str, Any] = {"count": 2, "trace_probes": 2, "seed": 5}
    one = hessian_spectrum(model, x, y, **options, progress=lambda *p: told.append(p))
    other = hessian_spectrum(model, x, y, **options)
    np.testing.assert_array_equal(one.largest, other.largest)
    assert one.trace == other.trace
    assert [done for done, _ in told] == list(range(1, one.products + 1))
    with pytest.raises(ValueError, match="max_products is 101; expected 102 or more"):
        hessian_spectrum(model, x, y, count=12, max_products=101)
    told.clear()
    few = hessian_spectrum(
        model, x, y, count=12, max_products=102, progress=lambda *p: told.append(p)
    )
    assert few.status == "product limit"
    assert np.isnan(few.smallest).any()
    assert told[-1] == (few.products, 102)
    assert few.products <= 102


def test_losses_that_are_not_finite() -> None:
    model = smooth_model()
    x, y = regression_data()
    before = model.get_weights()
    broken = x.copy()
    broken[3, 1] = np.nan
    found = hessian_spectrum(model, broken, y, count=1, trace_probes=2)
    assert found.status == "not finite"
    assert np.isnan([*found.largest, *found.smallest, found.trace]).all()
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_tangled_model_in_inference_mode() -> None:
    model = tangled_model()
    x, y = regression_data()
    found = hessian_spectrum(model, x, [y, y], count=1)
    values = np.linalg.eigvalsh(explicit_hessian(model, x, [y, y]))
    assert found.largest[0] == pytest.approx(values[-1], rel=0.02)


def test_weights_of_several_types() -> None:
    x, y = regression_data()
    found = hessian_spectrum(mixed_model(), x, y, count=2, trace_probes=2)
    wanted = hessian_spectrum(rounded_model(), x, y, count=2, trace_probes=2)
    # bfloat16 has three digits
    np.testing.assert_allclose(found.largest, wanted.largest, rtol=0.05)
    assert found.trace == pytest.approx(wanted.trace, rel=0.1)


@pytest.mark.parametrize(
    "options",
    [
        *({"count": count} for count in (0, 14, 1.5, "a", True)),
        *({"trace_probes": probes} for probes in (-1, 1.5)),
        *({"seed": seed} for seed in (-1, 1.5)),
        *({"max_products": products} for products in (12, 900.5)),
    ],
)
def test_numbers_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected (a whole number, at least|1 or more|13 or)"):
        hessian_spectrum(smooth_model(), *regression_data(), **options)


def test_a_loss_without_curvature() -> None:
    x = np.random.default_rng(0).normal(size=(20, 40)).astype(np.float32)
    model = keras.Sequential([keras.Input((40,)), dense(1, 1)])
    model.compile("sgd", "mae")
    found = hessian_spectrum(model, x, x[:, :1], 2, trace_probes=2)
    for values in (found.largest, found.smallest, found.largest_residuals):
        np.testing.assert_array_equal(values, [0, 0])
    assert (found.trace, found.status) == (0, "converged")
