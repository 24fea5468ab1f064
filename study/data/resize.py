"""Bilinear resizing by the law of ``tf.image.resize``, without TensorFlow."""

from functools import lru_cache

import numpy as np


def resize_bilinear(image: np.ndarray, size: int) -> np.ndarray:
    """Resizes one picture to ``size`` x ``size``, whatever its shape was.

    The law is that of ``tf.image.resize(image, (size, size))`` with its defaults, as in the
    article's code: bilinear with half-pixel centres, in float32, and **without antialiasing**,
    so a picture that shrinks by more than 2 is sampled, not averaged (500 px to 64 px aliases).
    The aspect is not kept. The result is rounded to the nearest integer; the article feeds the
    unrounded floats, which differ by at most half a grey level.

    Args:
        image: uint8 (height, width, channels).
        size: pixels a side, at least 1.

    Returns:
        uint8 (size, size, channels); the very same array where the size is right already.
    """
    height, width = image.shape[:2]
    if height == width == size:
        return image
    top, bottom, down = _positions(height, size)
    left, right, across = _positions(width, size)
    # Rows first: only the rows that are needed are turned into floats.
    upper = _between_columns(image[top], left, right, across)
    lower = _between_columns(image[bottom], left, right, across)
    lower -= upper
    lower *= down[:, None, None]
    lower += upper
    lower += 0.5
    return lower.astype(np.uint8)


def _between_columns(
    rows: np.ndarray, left: np.ndarray, right: np.ndarray, weight: np.ndarray
) -> np.ndarray:
    start = rows[:, left].astype(np.float32)
    step = rows[:, right].astype(np.float32)
    step -= start
    step *= weight[:, None]
    step += start
    return step


@lru_cache(maxsize=4096)
def _positions(length: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower and upper source index (int64) and weight of the upper one (float32), (size,) each."""
    half = np.float32(0.5)
    scale = np.float32(length) / np.float32(size)
    centre = (np.arange(size, dtype=np.float32) + half) * scale - half
    floor = np.floor(centre)
    lower = np.maximum(floor, 0).astype(np.int64)
    upper = np.minimum(np.ceil(centre), length - 1).astype(np.int64)
    return lower, upper, centre - floor
