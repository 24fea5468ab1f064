"""How many examples a measurement takes at a time."""

from typing import Any

import keras

from callbacks.rows import suitable_batch_size
from study.layers.pieces import threads_of


def rows_at_a_time(model: keras.Model, x: Any) -> int:
    """As many for each of the threads that take pieces as one would take alone."""
    return threads_of(model) * suitable_batch_size(x)
