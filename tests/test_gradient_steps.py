"""The gradient noise scale in training steps and batches that are out of the ordinary."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks import GradientNoiseScale
from tests.linear_noise import NAMES, SGD, example_gradients, last, linear_model, of_groups
from tests.small_models import dense, fit, regression_data, smooth_model


class TrainsTheHead(keras.Model):
    """Hands its optimizer the last layer's gradients alone."""

    def train_step(self, data: Any) -> Any:
        inputs, targets = data
        head = self.layers[-1].trainable_variables
        with tf.GradientTape() as tape:
            loss = self.compute_loss(inputs, targets, self(inputs, training=True))
        self.optimizer.apply(iter(tape.gradient(loss, head)), iter(head))
        return {"loss": loss}


def model_of(kind: type[keras.Model], frozen: bool = False) -> keras.Model:
    inputs = keras.Input((4,))
    hidden = dense(3, 1, activation="tanh", name="hidden", trainable=not frozen)(inputs)
    model = kind(inputs, dense(1, 2, name="head")(hidden))
    model.compile(SGD(0.1), "mse")
    return model


def test_a_step_of_some_weights_is_one_with_the_others_frozen() -> None:
    found = fit(model_of(TrainsTheHead), GradientNoiseScale(2))
    expected = fit(model_of(keras.Model, frozen=True), GradientNoiseScale(2))
    np.testing.assert_allclose(last(found), last(expected), rtol=1e-5)


def test_variables_of_somebody_else_are_refused() -> None:
    class TrainsAnother(keras.Model):
        def train_step(self, data: Any) -> Any:
            self.optimizer.apply([tf.ones(())], [other])
            return {}

    other = keras.Variable(1.0)
    model = smooth_model()
    model = TrainsAnother(model.inputs, model.outputs)
    model.compile(SGD(0.1))
    with pytest.raises(ValueError, match=r"1 gradients for 1 variables .* of the 4 trainable"):
        fit(model, GradientNoiseScale())


def test_a_model_without_an_optimizer_is_refused() -> None:
    model = smooth_model()
    model.compile(optimizer=None, loss="mse")
    with pytest.raises(ValueError, match="compiled without an optimizer"):
        fit(model, GradientNoiseScale())


def test_batches_of_four_parts() -> None:
    class TakesFour(keras.Model):
        def train_step(self, data: Any) -> Any:
            return super().train_step(data[:2])

    x, y = regression_data(22)
    linear = linear_model()
    model = TakesFour(linear.inputs, linear.outputs)
    model.compile(SGD(0.0), "mse")
    data = tf.data.Dataset.from_tensor_slices((x, y, y, y)).batch(4)
    options = {"shuffle": False, "verbose": 0}
    history = model.fit(data, callbacks=[GradientNoiseScale(3)], **options).history
    rows = np.split(example_gradients(x, y), range(4, 22, 4))
    np.testing.assert_allclose(last(history), of_groups(rows, 3), rtol=1e-5)


def test_a_batch_of_nothing_but_weight_zero_is_left_out() -> None:
    x, y = regression_data(22)
    weights = np.ones(22, np.float32)
    weights[4:8] = 0
    found = fit(linear_model(), GradientNoiseScale(5), sample_weight=weights)
    rows = np.split(example_gradients(x, y), range(4, 22, 4))
    del rows[1]
    np.testing.assert_allclose(last(found), of_groups(rows, 5), rtol=1e-5)


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
