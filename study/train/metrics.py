"""Means over examples, exact when the last batch is filled up with rows of weight 0."""

from typing import Any

import keras
import tensorflow as tf


class ExampleLoss(keras.metrics.Mean):
    """Mean binary cross-entropy over the real rows: those whose weight is not 0.

    Keras's own ``loss`` is a mean of batch means, in which the examples of a small last batch
    count for more than the others.
    """

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch: labels and probabilities (batch, 1), weights (batch,) or None."""
        super().update_state(keras.losses.binary_crossentropy(y_true, y_pred), _real(sample_weight))


class ExampleAccuracy(keras.metrics.Mean):
    """Share of the real rows whose probability lies on the label's side of 0.5."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch: labels and probabilities (batch, 1), weights (batch,) or None."""
        right = tf.equal(y_pred > 0.5, tf.cast(y_true, y_pred.dtype) > 0.5)
        super().update_state(tf.cast(right[:, 0], tf.float32), _real(sample_weight))


def _real(sample_weight: Any) -> Any:
    return None if sample_weight is None else tf.sign(tf.reshape(sample_weight, (-1,)))
