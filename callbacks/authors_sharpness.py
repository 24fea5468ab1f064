"""The article's own way of maximising for sharpness, kept so that the difference can be shown."""

from typing import Any

import numpy as np
import scipy.optimize
import tensorflow as tf

from callbacks.box import NOT_FINITE, BoxMaximum, BoxRun
from callbacks.objective import MeanLoss
from callbacks.vectors import Vector


class SummedBatchLoss(MeanLoss):
    """The mean loss with the gradient of another function, as in the article's script.

    ``value_and_gradient`` gives the mean loss over all rows and, in place of its gradient, the sum
    of the mean gradients of the batches: larger by about the number of batches, and with the rows
    of a short last batch weighing more.
    """

    def _gradient_weight(self, count: Any) -> Any:
        return tf.cast(self.examples, tf.float64)


def maximise_as_authors(
    objective: SummedBatchLoss, weights: Vector, half_width: Vector, max_iterations: int
) -> BoxMaximum:
    """One run of L-BFGS-B from the weights, with one trial in each line search.

    Objective and gradient do not belong together and nothing is scaled. What counts is the point
    at which the run ended. Source: the article's script, after Keskar et al. 2017, Metric 2.1.

    Args:
        objective: the loss and the sum of the batches' gradients.
        weights: centre of the box, float64 (size,).
        half_width: of the box, float64 (size,).
        max_iterations: of L-BFGS-B.

    Returns:
        The last point, as a share of ``half_width`` (float64 (size,)), with its value and one run,
        "weights". A loss that was not finite gives the status "not finite".

    Raises:
        ValueError: ``weights`` has another shape than the objective's.
    """
    values: list[float] = []

    def descend(point: Vector) -> tuple[float, Vector]:
        value, gradient = objective.value_and_gradient(point)
        values.append(value)
        return -value, -gradient

    result = scipy.optimize.minimize(
        descend,
        weights,
        jac=True,
        method="L-BFGS-B",
        bounds=scipy.optimize.Bounds(weights - half_width, weights + half_width),
        options={"maxiter": max_iterations, "maxls": 1},
    )
    status = {0: "converged", 1: "iteration limit"}.get(result.status, "line search failed")
    if not np.all(np.isfinite(values)):
        status = NOT_FINITE
    run = BoxRun("weights", -float(result.fun), len(values), int(result.nit), status)
    point = (result.x - weights) / half_width
    return BoxMaximum(point, run.value, values[0], len(values), (run,))
