"""The mean loss of models of many kinds: classes, inputs and outputs, own losses, frozen parts."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks.objective import MeanLoss
from tests import mean_losses
from tests.mean_losses import ROWS, compiled, rich_model
from tests.small_models import dense

inputs, labels = mean_losses.inputs, mean_losses.labels


@pytest.mark.parametrize("one_hot", [True, False])
def test_accuracy_of_several_classes(inputs: np.ndarray, one_hot: bool) -> None:
    targets = np.random.default_rng(3).integers(0, 3, ROWS)
    if one_hot:
        model, targets = compiled(3, "categorical_crossentropy"), np.eye(3)[targets]
    else:
        model = compiled(3, "sparse_categorical_crossentropy")
    found = MeanLoss(model, inputs, targets, batch_size=5).loss_and_accuracy()
    np.testing.assert_allclose(found, model.evaluate(inputs, targets, verbose=0), rtol=1e-5)


def test_accuracy_without_meaning(inputs: np.ndarray) -> None:
    targets = np.random.default_rng(3).normal(size=(ROWS, 1))
    assert np.isnan(MeanLoss(compiled(1, "mse"), inputs, targets).loss_and_accuracy()[1])


def test_several_inputs_and_outputs(inputs: np.ndarray) -> None:
    named = {name: keras.Input((6,), name=name) for name in ("left", "right")}
    joined = keras.layers.Concatenate()([named["left"], named["right"]])
    model = keras.Model(named, {"one": dense(2, 1)(joined), "two": dense(1, 2)(named["left"])})
    model.compile("sgd", {"one": "mse", "two": "mae"})
    x = {"left": inputs, "right": inputs[::-1].copy()}
    y = {"one": inputs[:, :2], "two": inputs[:, 3:4]}
    loss, accuracy = MeanLoss(model, x, y, batch_size=5).loss_and_accuracy()
    wanted = model.evaluate(x, y, batch_size=ROWS, verbose=0, return_dict=True)
    np.testing.assert_allclose(loss, wanted["loss"], rtol=1e-6)
    assert np.isnan(accuracy)


class Rows(keras.Model):
    """A model whose ``call`` knows no ``training`` and whose loss is its own."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = keras.layers.Embedding(10, 3, embeddings_initializer="ones")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self.embedding(inputs)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None) -> tf.Tensor:
        return tf.reduce_mean(tf.square(y_pred))


def test_own_loss_and_sparse_gradients() -> None:
    model = Rows()
    rows = np.array([[0, 1], [1, 1], [2, 0]])
    model(rows)
    model.compile("sgd")
    objective = MeanLoss(model, rows, rows, batch_size=2)
    value, gradient = objective.value_and_gradient(objective.weights())
    assert value == pytest.approx(1)
    # the mean of 18 squares, each entry's gradient 2 / 18 as often as its row is looked up
    lookups = np.array([2, 3, 1, 0, 0, 0, 0, 0, 0, 0])
    np.testing.assert_allclose(gradient, np.repeat(lookups, 3) / 9, rtol=1e-6)


def test_frozen_weights_are_left_out(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    model.layers[1].trainable = False
    model.compile("sgd", "binary_crossentropy")
    objective = MeanLoss(model, inputs, labels)
    assert objective.size == 6
    wanted = model.evaluate(inputs, labels, batch_size=ROWS, verbose=0, return_dict=True)
    np.testing.assert_allclose(objective.value(objective.weights()), wanted["loss"], rtol=1e-6)


def test_compiled_by_xla(inputs: np.ndarray, labels: np.ndarray) -> None:
    plain, fast = rich_model(), rich_model()
    fast.compile("sgd", "binary_crossentropy", jit_compile=True)
    wanted, found = (MeanLoss(model, inputs, labels, batch_size=16) for model in (plain, fast))
    weights = wanted.weights()
    np.testing.assert_allclose(
        found.value_and_gradient(weights)[1], wanted.value_and_gradient(weights)[1], atol=1e-6
    )
