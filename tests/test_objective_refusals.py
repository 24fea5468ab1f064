"""What has a mean loss and what has none: losses that sum, models, data and weights refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks.objective import MeanLoss
from tests import mean_losses
from tests.mean_losses import ROWS, compiled, rich_model
from tests.small_models import dense

inputs, labels = mean_losses.inputs, mean_losses.labels


def uncompiled() -> keras.Model:
    inputs = keras.Input((6,))
    return keras.Model(inputs, dense(1, 1)(inputs))


def summing() -> keras.Model:
    return compiled(1, keras.losses.MeanSquaredError(reduction="sum"))


def test_models_that_will_not_do(inputs: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(TypeError, match=r"str came as the model"):
        MeanLoss("model", inputs, labels)
    with pytest.raises(ValueError, match=r"compile it with one first"):
        MeanLoss(uncompiled(), inputs, labels)
    with pytest.raises(ValueError, match=r"no weights yet"):
        MeanLoss(keras.Sequential([dense(1, 1)]), inputs, labels)
    with pytest.raises(ValueError, match=r"reduction='sum'"):
        MeanLoss(summing(), inputs, labels)


def summed(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.square(y - outputs))


def averaged(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(tf.square(y - outputs))


def one_a_row(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.square(y - outputs), axis=-1)


def balanced(y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """Each class of a batch with the same weight in all."""
    shares = tf.where(y > 0.5, 1 / tf.reduce_sum(y), 1 / tf.reduce_sum(1 - y))
    return tf.reduce_sum(shares * tf.square(y - outputs)) / 2


class Summing(keras.losses.Loss):
    def call(self, y: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        return summed(y, outputs)


class SumsItself(keras.Model):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None) -> tf.Tensor:
        return summed(y, y_pred) + 3.0


def test_a_loss_that_sums_by_itself_is_refused(inputs: np.ndarray, labels: np.ndarray) -> None:
    y = labels[:, None].astype(np.float32)
    outputs = dense(1, 1, kernel_regularizer=keras.regularizers.L2(0.1))
    made = keras.Sequential([keras.Input((6,)), outputs])
    for loss in (summed, Summing(), ["mse", summed]):
        model = keras.Model(made.inputs, made.outputs * (2 if isinstance(loss, list) else 1))
        model.compile("sgd", loss)
        for size in (1, 8, None):
            targets = [y, y] if isinstance(loss, list) else y
            with pytest.raises(ValueError, match=r"depends on the batch size: it is .* a sum"):
                MeanLoss(model, inputs, targets, batch_size=size)
    own = SumsItself(made.inputs, made.outputs)
    own.compile("sgd")
    with pytest.raises(ValueError, match=r"depends on the batch size"):
        MeanLoss(own, inputs, y)


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("loss", [averaged, one_a_row, balanced])
def test_means_of_any_kind_are_taken(inputs: np.ndarray, loss: object, kind: str) -> None:
    y = (np.arange(ROWS) % 5 == 0).astype(np.float32)[:, None]
    model = keras.Sequential([keras.Input((6,)), dense(1, 1, dtype=kind)])
    model.compile("sgd", loss)
    before = model.get_weights()
    objective = MeanLoss(model, inputs, y, batch_size=ROWS)
    wanted = float(loss(y, tf.cast(model(inputs), tf.float32)).numpy().mean())
    assert objective.value(objective.weights()) == pytest.approx(wanted, rel=0.02)
    np.testing.assert_equal(model.get_weights(), before)


def test_masked_places_and_a_loss_that_vanishes_are_taken() -> None:
    tokens = np.array([[1, 2, 0, 0], [3, 1, 2, 1], [2, 0, 0, 0]])
    inputs = keras.Input((4,), dtype="int32")
    hidden = keras.layers.Embedding(5, 3, mask_zero=True)(inputs)
    model = keras.Model(inputs, dense(1, 1)(hidden))
    model.compile("sgd", one_a_row)
    y = np.ones((3, 4, 1), np.float32)
    objective = MeanLoss(model, tokens, y)
    # the mean over the seven places that are not masked
    errors = np.square(model(tokens).numpy() - y)[tokens > 0]
    assert objective.value(objective.weights()) == pytest.approx(errors.mean(), rel=1e-5)
    model.compile("sgd", lambda y, outputs: 0 * averaged(y, outputs))
    assert MeanLoss(model, tokens, y).loss_and_accuracy()[0] == 0


def test_a_loss_for_one_number_of_rows_is_taken(inputs: np.ndarray) -> None:
    model = compiled(1, lambda y, outputs: tf.reduce_mean(tf.reshape(outputs - y, (ROWS,))))
    assert np.isfinite(MeanLoss(model, inputs, inputs[:, :1]).loss_and_accuracy()[0])


def test_data_that_will_not_do(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    with pytest.raises(ValueError, match=r"\[23, 22\] rows"):
        MeanLoss(model, inputs, labels[:-1])
    with pytest.raises(ValueError, match=r"at least 1"):
        MeanLoss(model, inputs[:0], labels[:0])
    with pytest.raises(ValueError, match=r"batch_size is 0"):
        MeanLoss(model, inputs, labels, batch_size=0)
    with pytest.raises(TypeError, match=r"shape \(rows, ...\)"):
        MeanLoss(model, inputs, 3.0)


def test_weights_that_will_not_do(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels)
    with pytest.raises(ValueError, match=r"expected \(51,\)"):
        objective.value(np.zeros(3))
    with pytest.raises(ValueError, match=r"get_weights"):
        objective.loss_and_accuracy(model.get_weights()[1:])
