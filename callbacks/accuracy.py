"""Counting right answers inside a compiled function, as Keras does for the metric "accuracy"."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf


def correct_counter(targets: Any) -> Callable[[Any, Any], Any]:
    """Chooses how to count the rows that are classified correctly.

    Outputs of one column are compared at 0.5, targets of as many columns as the outputs by their
    largest entries, any other targets by the number of the class.

    Args:
        targets: all targets of the data set, array or tensor of shape (rows, ...).

    Returns:
        A function of targets and outputs of a chunk that gives a float64 scalar tensor. It gives
        nan where accuracy has no meaning: targets that are not whole numbers from 0, or not one
        a place of the output (a loss may take several columns), or several arrays of targets or
        outputs.
    """
    labels = _are_labels(targets)

    def count(y: Any, outputs: Any) -> Any:
        if not labels or not isinstance(outputs, tf.Tensor) or len(outputs.shape) < 2:
            return tf.constant(np.nan, tf.float64)
        classes = outputs.shape[-1]
        if classes != 1 and len(y.shape) == len(outputs.shape) and y.shape[-1] == classes:
            right = keras.metrics.categorical_accuracy(y, outputs)
        elif not _one_a_place(y, outputs):
            return tf.constant(np.nan, tf.float64)
        elif classes == 1:
            right = keras.metrics.binary_accuracy(tf.reshape(y, tf.shape(outputs)), outputs)
        else:
            right = keras.metrics.sparse_categorical_accuracy(y, outputs)
        right = tf.cast(right, tf.float64)
        answers_per_row = tf.cast(tf.size(right) // tf.shape(outputs)[0], tf.float64)
        return tf.reduce_sum(right) / answers_per_row

    return count


def _one_a_place(y: Any, outputs: Any) -> bool:
    places = outputs.shape[1:-1]
    return any(y.shape[1:].is_compatible_with(shape) for shape in (places, [*places, 1]))


def _are_labels(targets: Any) -> bool:
    if not isinstance(targets, np.ndarray | tf.Tensor):
        return False
    values = np.asarray(targets)
    if not np.issubdtype(values.dtype, np.number) and values.dtype != np.bool_:
        return False
    if not np.all(np.isfinite(values)):
        return False
    return bool(np.all(np.mod(values, 1) == 0) and np.min(values) >= 0)
