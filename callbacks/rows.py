"""A fixed data set, handed to compiled functions whole or block by block."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from callbacks.numbers_check import check_whole

# Data up to this size are kept as one tensor on the device, larger ones are read block by block.
RESIDENT_BYTES = 2**31
BLOCK_BYTES = 2**28
# Chunks of about so many input values stay in a CPU's caches: 42 pictures of 64 px, 10 of 128 px
# (measured for value and gradient of the article's network, 8 to 256 rows). A GPU wants many rows.
CPU_CHUNK_VALUES = 2**19
CPU_BATCH_SIZES = 8, 256
# 512 pictures of 128 px, 222 of 224 px: rows alone do not tell what a chunk takes of its memory.
GPU_CHUNK_VALUES = 2**25
GPU_BATCH_SIZES = 8, 512


class Rows:
    """Inputs and targets with one row per example.

    Args:
        x: array (memory-mapped ones too) or tensor of shape (rows, ...), or a list, tuple or dict
            of such.
        y: likewise.
        batch_size: rows of one chunk; None for what suits the device.

    Attributes:
        data: (x, y), nests of arrays or tensors of shape (rows, ...).
        count: number of rows.
        batch_size: rows of one chunk, at most ``count``.

    Raises:
        TypeError: x or y holds something without rows.
        ValueError: x and y differ in rows or have none, or ``batch_size`` is not whole and
            positive.
    """

    def __init__(self, x: Any, y: Any, batch_size: int | None) -> None:
        self.data = (tf.nest.map_structure(_as_rows, x), tf.nest.map_structure(_as_rows, y))
        counts = [int(array.shape[0]) for array in tf.nest.flatten(self.data)]
        if len(set(counts)) != 1 or counts[0] == 0:
            raise ValueError(
                f"x and y have {counts} rows; expected the same number in each, at least 1."
            )
        self.count = counts[0]
        if batch_size is None:
            batch_size = suitable_batch_size(self.data[0])
        self.batch_size = min(check_whole("batch_size", batch_size, 1), self.count)

    def blocks(self) -> Iterator[tuple[Any, Any]]:
        """Yields (x, y) as tensors: once with all rows, or in blocks where they are too large."""
        if self._block_rows >= self.count:
            yield self._resident
            return
        for start in range(0, self.count, self._block_rows):
            stop = min(start + self._block_rows, self.count)
            yield tf.nest.map_structure(lambda a, s=slice(start, stop): as_tensor(a[s]), self.data)

    def first_chunk(self) -> tuple[Any, Any]:
        """(x, y) of the first ``batch_size`` rows, as tensors."""
        chunk: tuple[Any, Any] = tf.nest.map_structure(
            lambda array: as_tensor(array[: self.batch_size]), self.data
        )
        return chunk

    @cached_property
    def _block_rows(self) -> int:
        size = sum(_bytes(array) for array in tf.nest.flatten(self.data))
        if size <= RESIDENT_BYTES:
            return self.count
        rows = int(self.count * BLOCK_BYTES / size)
        return max(1, rows // self.batch_size) * self.batch_size

    @cached_property
    def _resident(self) -> Any:
        return tf.nest.map_structure(as_tensor, self.data)


def suitable_batch_size(x: Any) -> int:
    """Rows of a chunk that suit the device; x: arrays or tensors (rows, ...), in any nest."""
    gpu = bool(tf.config.list_logical_devices("GPU"))
    chunk_values = GPU_CHUNK_VALUES if gpu else CPU_CHUNK_VALUES
    smallest, largest = GPU_BATCH_SIZES if gpu else CPU_BATCH_SIZES
    values = sum(int(np.prod(a.shape[1:], dtype=np.int64)) for a in tf.nest.flatten(x))
    return min(max(chunk_values // max(values, 1), smallest), largest)


def over_chunks(
    add: Callable[[Any, Any, Any, tuple[Any, ...]], tuple[Any, ...]],
    x: Any,
    y: Any,
    batch_size: Any,
    sums: tuple[Any, ...],
) -> tuple[Any, ...]:
    """Loops over chunks of rows inside a compiled function; the last chunk may be shorter.

    Args:
        add: takes x and y of a chunk, its number of rows (float64 scalar tensor) and the sums so
            far, and returns the new sums.
        x: tensors of shape (rows, ...), in any nest; y likewise.
        y: see ``x``.
        batch_size: int32 scalar tensor, rows of a full chunk.
        sums: tensors to start from.

    Returns:
        The sums after the last chunk.
    """
    count = tf.shape(tf.nest.flatten(x)[0])[0]

    def body(start: Any, *sums: Any) -> Any:
        stop = tf.minimum(start + batch_size, count)
        chunk_x, chunk_y = tf.nest.map_structure(lambda array: array[start:stop], (x, y))
        return stop, *add(chunk_x, chunk_y, tf.cast(stop - start, tf.float64), sums)

    # one chunk at a time: side by side they would only compete for memory
    result = tf.while_loop(
        lambda start, *_: start < count, body, (tf.constant(0), *sums), parallel_iterations=1
    )
    return tuple(result[1:])


def _as_rows(array: Any) -> Any:
    came = type(array).__name__
    if not isinstance(array, tf.Tensor):
        array = np.asanyarray(array)
    # a tensor of words equals object in its dtype, but computes
    if len(array.shape) == 0 or (isinstance(array, np.ndarray) and array.dtype == object):
        raise TypeError(
            f"x and y need arrays or tensors of shape (rows, ...), or lists, tuples or dicts of "
            f"such; got a {came} of shape {tuple(array.shape)} and dtype {array.dtype}: make lists "
            "of numbers, words and data sets into one array or tensor first."
        )
    return array


def as_tensor(array: Any) -> tf.Tensor:
    """Rows on the device, floats as Keras's float type."""
    # fit and evaluate turn floats of any width into Keras's float type as well
    if not isinstance(array, tf.Tensor) and np.issubdtype(array.dtype, np.floating):
        array = array.astype(keras.config.floatx(), copy=False)
    return tf.convert_to_tensor(array)


def _bytes(array: Any) -> int:
    return int(np.prod(array.shape, dtype=np.int64)) * tf.as_dtype(array.dtype).size
