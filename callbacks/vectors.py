"""Weights: arrays of a model's layers, or all of them as one vector."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
"""All weights in one, shape (size,)."""
Weights = Sequence[npt.NDArray[Any]]
"""One array for each variable, in the model's order."""


def as_vector(arrays: Weights) -> Vector:
    """Joins arrays of any shapes to one float64 vector, each row by row, in their order."""
    return np.concatenate([np.asarray(array, np.float64).reshape(-1) for array in arrays])
