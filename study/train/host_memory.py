"""Rows of a large array in a tensor and in a pipeline, without a second copy in memory."""

import mmap
from typing import Any

import numpy as np
import tensorflow as tf

# where TensorFlow's operations on processors expect tensors to begin
_ALIGNMENT = 64
_ROWS_AT_ONCE = 1024


def tensor_of_rows(images: np.ndarray, indices: np.ndarray) -> Any:
    """Copies the rows at ``indices`` into one tensor on the processor.

    ``tf.constant`` of a NumPy array keeps two copies of it besides; here the tensor is made on
    the memory that the rows are copied into. Of a memory-mapped array only a few rows at a time
    stay in this process's memory.

    Args:
        images: (examples, ...), of a type that tensors have.
        indices: whole numbers (rows,).

    Returns:
        A tensor (rows, ...) of the same type.
    """
    rows = _aligned((len(indices), *images.shape[1:]), images.dtype)
    mapped = _mapping_of(images)
    # in the order of the file, so that rows that are read together are neighbours
    order = np.argsort(indices, kind="stable")
    for start in range(0, len(order), _ROWS_AT_ONCE):
        some = order[start : start + _ROWS_AT_ONCE]
        rows[some] = images[indices[some]]
        if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
            mapped.madvise(mmap.MADV_DONTNEED)
    return tf.experimental.dlpack.from_dlpack(rows.__dlpack__())


def variable_of(tensor: Any) -> Any:
    """A variable on the processor that shares the memory of ``tensor``, for stages of ``tf.data``.

    To rewrite a pipeline, ``tf.data`` makes a second tensor as large as any that a stage refers
    to, and keeps its memory; of a variable it sees the name. Read it by ``read_value()``: a
    gather from the variable itself copies it first.
    """
    with tf.device("/cpu:0"):
        return tf.Variable(tensor, trainable=False)


def _aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    size = int(np.prod(shape)) * dtype.itemsize
    memory = np.empty(size + _ALIGNMENT, np.uint8)
    first = -memory.ctypes.data % _ALIGNMENT
    return memory[first : first + size].view(dtype).reshape(shape)


def _mapping_of(array: Any) -> mmap.mmap | None:
    """The file's mapping that an array, or the array that it is a view of, lies in."""
    while array is not None and not isinstance(array, mmap.mmap):
        array = getattr(array, "base", None)
    return array
