"""How much a measured loss rises about a point of a line or of a plane."""

import math

import numpy as np
from numpy.typing import ArrayLike

RADIUS = 0.5
"""How far from the point losses count: half the line between two minimisers, in alpha."""
_TOLERANCE = 1e-6


def line_rise(alphas: ArrayLike, losses: ArrayLike, end: float) -> float:
    """Mean of loss - loss at ``end`` over the points at most RADIUS from it, itself left out.

    Args:
        alphas, losses: shape (n,), in any order.
        end: position of the minimiser, one of ``alphas`` up to rounding.

    Returns:
        NaN where the point at ``end`` or one side of the window is missing, or a loss in the
        window is not finite.
    """
    return _rise(np.asarray(alphas, np.float64) - end, losses, two_sided=True)


def plane_rise(alphas: ArrayLike, betas: ArrayLike, losses: ArrayLike) -> float:
    """Mean of loss - loss at the centre over the grid points in a disc, the centre left out.

    RADIUS is the disc's, in the units of ``alphas``.

    Args:
        alphas, betas, losses: shape (n,), in any order; the grid has a point at (0, 0).

    Returns:
        NaN where the centre or the rest of the disc is missing, or a loss in it is not finite.
    """
    distances = np.hypot(np.asarray(alphas, np.float64), np.asarray(betas, np.float64))
    return _rise(distances, losses, two_sided=False)


def _rise(offsets: np.ndarray, losses: ArrayLike, two_sided: bool) -> float:
    values = np.asarray(losses, np.float64)
    centre = np.abs(offsets) <= _TOLERANCE
    around = (np.abs(offsets) <= RADIUS + _TOLERANCE) & ~centre
    sides_missing = two_sided and not ((offsets[around] < 0).any() and (offsets[around] > 0).any())
    if not centre.any() or not around.any() or sides_missing:
        return math.nan
    if not np.isfinite(values[around | centre]).all():
        return math.nan
    return float(values[around].mean() - values[centre].mean())
