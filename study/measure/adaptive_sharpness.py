"""Sharpness in a box that grows and shrinks with the weights themselves."""

import math
from typing import Any

import numpy as np

from callbacks.objective import MeanLoss
from callbacks.sharpness import SharpnessResult, sharpness_in_box


def adaptive_sharpness(
    objective: MeanLoss, rho: float = 1e-3, seed: int = 0, **search: Any
) -> SharpnessResult:
    """Worst rise of the loss over ``abs(z_i) <= rho * abs(x_i)``.

    The companion of epsilon-sharpness that does not change when a ReLU network is rescaled
    without changing its function (Dinh et al. 2017 show that epsilon-sharpness does): the box is
    scaled along with the weights.

    Args:
        objective: the mean loss; the weights are those of its model now.
        rho: half-width of the box relative to each weight.
        seed: of the random starts.
        search: further options of ``sharpness_in_box``.

    Raises:
        ValueError: ``rho`` is not positive and finite.
    """
    if not 0 < rho < math.inf:
        raise ValueError(f"rho = {rho} came; expected a positive number.")
    return sharpness_in_box(
        objective,
        rho * np.abs(objective.weights()),
        epsilon=rho,
        space="adaptive",
        seed=seed,
        **search,
    )
