"""How many examples a measurement takes at a time."""

from typing import Any

import keras

from callbacks.rows import suitable_batch_size
from study.layers.pieces import threads_of


def rows_at_a_time(model: keras.Model, x: Any) -> int:
    """Twice as many for each of the threads that take pieces as one would take alone.

    What a chunk adds to the sums is added by one of them, while the others wait.
    """
    threads = threads_of(model)
    return (2 * threads if threads > 1 else 1) * suitable_batch_size(x)
