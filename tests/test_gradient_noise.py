"""The gradient noise scale against closed forms, and that measuring it changes nothing."""

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks import BatchUpdateNorm, GradientNoiseScale, noise_scale
from callbacks.gradient_noise import BatchGradients
from tests.small_models import (
    Failing,
    dense,
    fit,
    mixed_model,
    regression_data,
    rounded_model,
    smooth_model,
    tangled_model,
)

SGD = keras.optimizers.SGD
NAMES = ("gradient_norm_squared", "gradient_variance_trace", "noise_scale")


def linear_model(optimizer: Any = None, loss: Any = "mse", **options: Any) -> keras.Model:
    """``y = w x`` with four weights; the gradient of an example is 2 (w x - y) x."""
    start = keras.initializers.Constant([[0.5], [-1], [2], [0.1]])
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(1, use_bias=False, kernel_initializer=start)]
    )
    model.compile(optimizer or SGD(0.0), loss, **options)
    return model


def example_gradients(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of every example at the linear model's first weights, float64 (examples, 4)."""
    x = x.astype(np.float64)
    return 2 * (x @ [[0.5], [-1], [2], [0.1]] - y) * x


def closed_form(gradients: np.ndarray) -> list[float]:
    """Unbiased |G|^2 and tr(Sigma) from a sample of examples, and their ratio."""
    trace = float(np.trace(np.cov(gradients.T)))
    norm = float(np.sum(gradients.mean(0) ** 2)) - trace / len(gradients)
    return [norm, trace, trace / norm]


def of_groups(gradients: list[np.ndarray], group: int) -> list[float]:
    """What the callback should find in steps of which each has these examples' gradients."""
    norms, traces = [], []
    for start in range(0, len(gradients) - group + 1, group):
        steps = gradients[start : start + group]
        means = np.array([step.mean(0) for step in steps])
        single, mean = np.mean(np.sum(means**2, 1)), np.sum(means.mean(0) ** 2)
        inverse = np.mean([1 / len(step) for step in steps])
        traces.append((single - mean) / (inverse * (1 - 1 / group)))
        norms.append(single - traces[-1] * inverse)
    norm, trace = float(np.mean(norms)), float(np.mean(traces))
    return [norm, trace, trace / norm if norm > 0 else math.nan]


def last(history: dict[str, Any]) -> list[float]:
    return [history[name][-1] for name in NAMES]


OPTIMIZERS = {
    "sgd": lambda: SGD(0.0),
    "adam": lambda: keras.optimizers.AdamW(0.0, weight_decay=0.1, clipnorm=1e-3),
    "loss scale": lambda: keras.optimizers.LossScaleOptimizer(SGD(0.0), initial_scale=64),
    "loss factor": lambda: SGD(0.0, loss_scale_factor=16),
    "accumulating": lambda: SGD(0.0, gradient_accumulation_steps=3),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_single_examples_over_the_whole_sample_are_the_closed_form(name: str) -> None:
    x, y = regression_data(24)
    model, callback = linear_model(OPTIMIZERS[name]()), GradientNoiseScale(group=24)
    for _ in range(2):
        options = {"batch_size": 1, "epochs": 2, "shuffle": False, "verbose": 0}
        history = model.fit(x, y, callbacks=[callback], **options).history
        expected = closed_form(example_gradients(x, y))
        for epoch in range(2):
            found = [history[key][epoch] for key in NAMES]
            np.testing.assert_allclose(found, expected, rtol=1e-5)
        assert callback.groups == 1 and not callback.negative


@pytest.mark.parametrize("options", [{}, {"steps_per_execution": 4}, {"run_eagerly": True}])
def test_groups_with_a_partial_last_batch(options: dict[str, Any]) -> None:
    x, y = regression_data(22)
    rows = np.split(example_gradients(x, y), range(4, 22, 4))
    callback = GradientNoiseScale(group=3)
    found = last(fit(linear_model(**options), callback))
    np.testing.assert_allclose(found, of_groups(rows, 3), rtol=1e-5)
    assert callback.groups == 2
    # four steps of six: the group that is not full is left out, in every epoch
    four = GradientNoiseScale(group=4)
    found = last(fit(linear_model(**options), four, epochs=2))
    np.testing.assert_allclose(found, of_groups(rows, 4), rtol=1e-5)


def test_rows_of_weight_zero_do_not_count() -> None:
    x, y = regression_data(22)
    rows = np.split(example_gradients(x, y), range(4, 22, 4))
    weights = np.ones((6, 4), np.float32)
    weights[-1] = [2, 2, 0, 0]
    filled = [np.concatenate([a, a[-2:]]).reshape(6, 4, -1) for a in (x, y)]
    data = tf.data.Dataset.from_tensor_slices((*filled, weights))
    history = linear_model().fit(
        data, shuffle=False, verbose=0, callbacks=[GradientNoiseScale(group=2)]
    )
    np.testing.assert_allclose(last(history.history), of_groups(rows, 2), rtol=1e-5)


def test_while_the_weights_move() -> None:
    x, y = regression_data(22)
    model, weights, rows = linear_model(SGD(0.05)), np.array([[0.5], [-1], [2], [0.1]]), []
    found = last(fit(model, GradientNoiseScale(group=3)))
    for start in range(0, 22, 4):
        part = x[start : start + 4].astype(np.float64)
        rows.append(2 * (part @ weights - y[start : start + 4]) * part)
        weights = weights - 0.05 * rows[-1].mean(0)[:, None]
    np.testing.assert_allclose(found, of_groups(rows, 3), rtol=1e-4)


def test_opposed_gradients_are_flagged_not_clipped() -> None:
    x = np.zeros((4, 4), np.float32)
    x[:, 3] = 1
    y = np.array([[1.1], [-0.9]] * 2, np.float32)  # w x = 0.1: gradients -2 and 2
    callback = GradientNoiseScale(group=2)
    history = linear_model().fit(x, y, batch_size=1, shuffle=False, verbose=0, callbacks=[callback])
    norm, trace, ratio = last(history.history)
    assert (norm, trace) == (pytest.approx(-4), pytest.approx(8))
    assert math.isnan(ratio) and callback.negative
    few = GradientNoiseScale(group=5)
    history = linear_model().fit(x, y, batch_size=1, verbose=0, callbacks=[few])
    assert np.isnan(last(history.history)).all() and few.groups == 0 and not few.negative


def adam_model(**options: Any) -> keras.Model:
    return smooth_model(lambda: keras.optimizers.Adam(0.01), **options)


@pytest.mark.parametrize(
    ("make", "options"), [(tangled_model, {}), (adam_model, {"steps_per_execution": 4})]
)
def test_it_changes_nothing(make: Any, options: dict[str, Any]) -> None:
    plain, watched = make(**options), make(**options)
    callbacks = [GradientNoiseScale(group=2), BatchUpdateNorm(), GradientNoiseScale(group=3)]
    for _ in range(2):
        expected, history = fit(plain, epochs=2), fit(watched, *callbacks, epochs=2)
        assert {name: history[name] for name in expected} == expected
        assert "apply" not in vars(watched.optimizer)
    for one, other in zip(
        plain.variables + plain.optimizer.variables,
        watched.variables + watched.optimizer.variables,
        strict=True,
    ):
        np.testing.assert_array_equal(other.numpy(), one.numpy())
    assert all(map(math.isfinite, last(history)[:2]))


def normalised_model(**options: Any) -> keras.Model:
    inputs = keras.Input((4,))
    hidden = keras.layers.BatchNormalization()(dense(32, 1)(inputs))
    model = keras.Model(inputs, dense(1, 2)(keras.layers.ReLU()(hidden)))
    model.compile(SGD(0.02, momentum=0.9), "mse", **options)
    return model


@pytest.mark.parametrize(("eager", "digits"), [(True, 0), (False, 1e-4)])
def test_batch_normalisation_and_momentum_change_nothing_but_rounding(
    eager: bool, digits: float
) -> None:
    expected = fit(normalised_model(run_eagerly=eager), epochs=10)["loss"]
    model = normalised_model(run_eagerly=eager)
    history = fit(model, GradientNoiseScale(group=2), epochs=10)
    np.testing.assert_allclose(history["loss"], expected, rtol=digits)


def test_the_optimizer_is_left_as_it_was_after_errors() -> None:
    def broken(y: Any, outputs: Any) -> Any:
        raise RuntimeError("the loss fails")

    model = linear_model(loss=broken)
    for eager in (False, True):
        model.compile(SGD(0.1), broken, run_eagerly=eager)
        with pytest.raises(RuntimeError, match="the loss fails"):
            fit(model, GradientNoiseScale())
        assert "apply" not in vars(model.optimizer)
    model.compile(SGD(0.0), "mse")
    callback = GradientNoiseScale(group=3)
    with pytest.raises(InterruptedError):
        fit(model, callback, Failing(after_batches=4))
    assert "apply" not in vars(model.optimizer)
    x, y = regression_data(22)
    rows = np.split(example_gradients(x, y), range(4, 22, 4))
    np.testing.assert_allclose(last(fit(model, callback)), of_groups(rows, 3), rtol=1e-5)


def test_a_step_without_its_optimizer_is_refused() -> None:
    class Own(keras.Model):
        def train_step(self, data: Any) -> Any:
            return {}

    model = smooth_model()
    own = Own(model.inputs, model.outputs)
    own.compile(SGD(0.1), "mse")
    with pytest.raises(ValueError, match="handed no gradient to its optimizer"):
        fit(own, GradientNoiseScale())


class InParts(keras.Model):
    """Hands the gradient to its optimizer in two parts, in ``times`` rounds."""

    times = 1

    def train_step(self, data: Any) -> Any:
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        weights = self.trainable_weights
        self.optimizer.build(weights)
        gradients = tape.gradient(loss, weights)
        for part in (slice(0, 2), slice(2, None)) * self.times:
            self.optimizer.apply(gradients[part], weights[part])
        return {"loss": loss}


@pytest.mark.parametrize("eager", [False, True])
def test_a_gradient_in_parts_is_that_of_one_step(eager: bool) -> None:
    model, whole = smooth_model(), GradientNoiseScale(3)
    parts = InParts(model.inputs, model.outputs)
    parts.compile(SGD(0.1), "mse", run_eagerly=eager)
    found = fit(parts, GradientNoiseScale(3), epochs=2)
    wanted = fit(smooth_model(), whole, epochs=2)
    for name in NAMES[:2]:
        np.testing.assert_allclose(found[name], wanted[name], rtol=1e-5)
    assert whole.groups == 2


def test_several_gradients_of_a_weight_in_one_step_are_refused() -> None:
    model = smooth_model()
    twice = InParts(model.inputs, model.outputs)
    twice.times = 2
    twice.compile(SGD(0.1), "mse")
    with pytest.raises(ValueError, match=r"several gradients of a weight.*once for all weights"):
        fit(twice, GradientNoiseScale())
    assert "apply" not in vars(twice.optimizer)


class WithinAFunction(keras.Model):
    """Applies the gradient of its last layer inside a compiled function of its own."""

    @tf.function
    def update(self, x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x=x, y=y, y_pred=self(x, training=True))
        weights = self.trainable_weights[2:]
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    def train_step(self, data: Any) -> Any:
        return {"loss": self.update(*data)}


def test_a_part_that_is_applied_within_a_function() -> None:
    model = smooth_model()
    own = WithinAFunction(model.inputs, model.outputs)
    own.compile(SGD(0.1), "mse")
    frozen = smooth_model()
    frozen.get_layer("hidden").trainable = False
    frozen.compile(SGD(0.1), "mse")
    found, wanted = (last(fit(m, GradientNoiseScale(3))) for m in (own, frozen))
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_a_loss_that_sums_is_refused() -> None:
    model = linear_model(loss=keras.losses.MeanSquaredError(reduction="sum"))
    with pytest.raises(ValueError, match=r"reduction='sum', which depends on the batch size"):
        fit(model, GradientNoiseScale())
    assert "train_step" not in vars(model)


@pytest.mark.parametrize("group", [1, 2.5, True, "a", None, math.nan, [2]])
def test_a_group_is_two_steps_or_more(group: Any) -> None:
    with pytest.raises(ValueError, match=r"group is .*; expected a whole number, at least 2"):
        GradientNoiseScale(group)


def test_at_fixed_weights() -> None:
    x, y = regression_data(24)
    gradients = example_gradients(x, y)
    model = linear_model()
    before = model.get_weights()
    whole = noise_scale(model, x, y, small=1, big=24)
    found = [getattr(whole, name) for name in NAMES]
    np.testing.assert_allclose(found, closed_form(gradients), rtol=1e-5)
    assert math.isnan(whole.gradient_norm_squared_error)
    part = noise_scale(model, tf.constant(x), y, small=2, big=6, seed=3)
    order = np.random.default_rng(3).permutation(24)
    groups = np.array(
        [
            of_groups(list(gradients[order[i : i + 6]].reshape(3, 2, 4)), 3)[:2]
            for i in range(0, 24, 6)
        ]
    )
    np.testing.assert_allclose(
        [part.gradient_norm_squared, part.gradient_variance_trace], groups.mean(0), rtol=1e-4
    )
    np.testing.assert_allclose(
        [part.gradient_norm_squared_error, part.gradient_variance_trace_error],
        groups.std(0, ddof=1) / 2,
        rtol=1e-4,
    )
    assert (part.small, part.big, part.groups) == (2, 6, 4)
    # unbiased whatever the batch sizes: the mean over all orders is the closed form
    objective, random = BatchGradients(model, x, y, batch_size=2), np.random.default_rng(0)
    many = [objective.parts(random.permutation(24)[:6]) for _ in range(1000)]
    deviation = np.mean(many, 0) - closed_form(gradients)[:2]
    assert (np.abs(deviation) < 4 * np.std(many, 0) / np.sqrt(1000)).all()
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_several_types() -> None:
    x, y = regression_data(24)
    found, wanted = (noise_scale(m, x, y, 2, 12) for m in (mixed_model(), rounded_model()))
    for name in NAMES[:2]:
        # bfloat16 has three digits
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=0.1)


@pytest.mark.parametrize("count", [2, 5])
def test_rows_that_fill_no_small_batches_are_refused(count: int) -> None:
    objective = BatchGradients(linear_model(), *regression_data(8), batch_size=2)
    with pytest.raises(ValueError, match=f"{count} rows in batches of 2; expected rows that fill"):
        objective.parts(np.arange(count))


@pytest.mark.parametrize(("small", "big"), [(4, 4), (4, 6), (4, 28), (8, 4)])
def test_batch_sizes_that_do_not_fit(small: int, big: int) -> None:
    x, y = regression_data(24)
    with pytest.raises(ValueError, match="multiple of the small one"):
        noise_scale(linear_model(), x, y, small, big)


@pytest.mark.parametrize(
    "options", [{"small": 0}, {"big": 20.0}, {"small": "a"}, {"seed": -1}, {"seed": 1.5}]
)
def test_numbers_that_are_not_whole(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=rf"{name} is .*; expected a whole number, at least"):
        noise_scale(linear_model(), *regression_data(24), **{"small": 4, "big": 8, **options})
