"""Sharpness at one training loss, from points measured along runs."""

import math
from collections.abc import Sequence

import numpy as np


def lowest_shared_loss(curves: Sequence[np.ndarray]) -> float:
    """The lowest base loss that all curves have reached: the largest of their smallest ones.

    Args:
        curves: points (base loss, sharpness), each of shape (points, 2).

    Returns:
        NaN where a curve has no usable point.
    """
    usable = [_usable(curve) for curve in curves]
    if not usable or any(len(curve) == 0 for curve in usable):
        return math.nan
    return float(max(curve[:, 0].min() for curve in usable))


def at_loss(curve: np.ndarray, loss: float) -> float:
    """The logarithm of sharpness at ``loss``, linear in the loss between two points.

    Points whose sharpness is not positive, or not finite, have no logarithm and are left out; of
    points with the same loss the mean counts.

    Returns:
        NaN where ``loss`` lies outside the curve's losses.
    """
    points = _usable(curve)
    if not len(points) or not points[:, 0].min() <= loss <= points[:, 0].max():
        return math.nan
    losses, places = np.unique(points[:, 0], return_inverse=True)
    logs = np.bincount(places, np.log(points[:, 1])) / np.bincount(places)
    return float(np.interp(loss, losses, logs))


def _usable(curve: np.ndarray) -> np.ndarray:
    points = np.asarray(curve, np.float64).reshape(-1, 2)
    return points[np.isfinite(points).all(axis=1) & (points[:, 1] > 0)]
