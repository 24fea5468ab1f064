"""Slow, independent computations that tests compare the project's own with."""

import itertools
import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np


def weight_trajectory(model: Any, batches: Iterable[tuple[Any, Any]]) -> list[list[np.ndarray]]:
    """Trains batch by batch without ``fit``, copying the trainable weights each time.

    Returns the weights before the first batch and after each: batches + 1 lists of arrays.
    """
    trajectory = [[weight.numpy() for weight in model.trainable_weights]]
    for inputs, targets in batches:
        model.train_on_batch(inputs, targets)
        trajectory.append([weight.numpy() for weight in model.trainable_weights])
    return trajectory


def euclidean_distance(first: Iterable[np.ndarray], second: Iterable[np.ndarray]) -> float:
    """Distance of two lists of arrays as one long vector each, summed exactly."""
    pairs = zip(first, second, strict=True)
    entries = (zip(one.ravel().tolist(), two.ravel().tolist(), strict=True) for one, two in pairs)
    return math.sqrt(math.fsum((a - b) ** 2 for values in entries for a, b in values))


def evaluate_at(model: Any, weights: list[np.ndarray], x: Any, y: Any) -> Any:
    """What ``model.evaluate`` reports at other weights, which are put back afterwards."""
    before = model.get_weights()
    model.set_weights(weights)
    report = model.evaluate(x, y, verbose=0)
    model.set_weights(before)
    return report


def central_difference(
    function: Callable[[np.ndarray], float], point: np.ndarray, step: float
) -> np.ndarray:
    """The gradient of a function by moving along one axis at a time."""
    axes = np.eye(len(point)) * step
    return np.array([(function(point + a) - function(point - a)) / (2 * step) for a in axes])


def largest_on_grid(
    function: Callable[[np.ndarray], float], half_width: np.ndarray, points: int
) -> float:
    """The largest value on a grid over a box around 0, its corners included."""
    ticks = [np.linspace(-width, width, points) for width in half_width]
    return max(function(np.array(point)) for point in itertools.product(*ticks))


def update_norms(model: Any, batches: Iterable[tuple[Any, Any]]) -> list[float]:
    """Norm of the weight change made by each batch, from weights copied batch by batch."""
    trajectory = weight_trajectory(model, batches)
    return [euclidean_distance(before, after) for before, after in itertools.pairwise(trajectory)]
