"""The gradient noise scale against closed forms, and that measuring it changes nothing."""

import math
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks import BatchUpdateNorm, GradientNoiseScale
from tests.linear_noise import (
    NAMES,
    SGD,
    closed_form,
    example_gradients,
    last,
    linear_model,
    of_groups,
)
from tests.small_models import Failing, dense, fit, regression_data, smooth_model, tangled_model

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


def test_a_loss_that_sums_is_refused() -> None:
    model = linear_model(loss=keras.losses.MeanSquaredError(reduction="sum"))
    with pytest.raises(ValueError, match=r"reduction='sum', which depends on the batch size"):
        fit(model, GradientNoiseScale())
    assert "train_step" not in vars(model)


@pytest.mark.parametrize("group", [1, 2.5, True, "a", None, math.nan, [2]])
def test_a_group_is_two_steps_or_more(group: Any) -> None:
    with pytest.raises(ValueError, match=r"group is .*; expected a whole number, at least 2"):
        GradientNoiseScale(group)
