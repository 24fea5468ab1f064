"""Tells layers which rows of a training batch are real.

Batches are filled up with rows of weight 0 (``study/train/batches.py``), and Keras shows sample
weights to the loss alone. A Keras mask would not get through convolutions, and a second input
would change the model for all who evaluate it; so the training step announces the weights, and
layers within it ask for them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import tensorflow as tf

# replicas are traced in threads of their own
_PRESENT = threading.local()


@contextmanager
def counted_rows(sample_weight: Any) -> Iterator[None]:
    """Announces the weights of the batch at hand to the layers that are called within.

    Args:
        sample_weight: tensor (rows,) or (rows, ...); a row whose weights are all 0 does not
            count. None: all rows count.
    """
    before = getattr(_PRESENT, "rows", None)
    _PRESENT.rows = None if sample_weight is None else _indicator(sample_weight)
    try:
        yield
    finally:
        _PRESENT.rows = before


def rows_that_count() -> Any:
    """1.0 for a row that counts and 0.0 for others, float32 (rows,); None where all count."""
    return getattr(_PRESENT, "rows", None)


@keras.saving.register_keras_serializable("batch_size_study")
class CountedRows(keras.Model):
    """A functional model whose training step announces the sample weights to its layers."""

    def train_step(self, data: Any) -> Any:
        """Keras's own step, within ``counted_rows``."""
        with counted_rows(keras.utils.unpack_x_y_sample_weight(data)[2]):
            return super().train_step(data)


def _indicator(sample_weight: Any) -> Any:
    weights = tf.convert_to_tensor(sample_weight)
    flat = tf.reshape(weights, (tf.shape(weights)[0], -1))
    return tf.cast(tf.reduce_any(flat != 0, axis=1), tf.float32)
