"""Epsilon-sharpness: how far the loss can rise in a small box around a model's weights."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from callbacks.authors_sharpness import SummedBatchLoss, maximise_as_authors
from callbacks.box import EXPLORING, FOLLOWING, NOT_FINITE, BoxMaximum, BoxRun, maximise_in_box
from callbacks.objective import MeanLoss
from callbacks.search_options import RESTARTS, Variant, check_search
from callbacks.search_progress import Progress, SearchProgress
from callbacks.subspace import GaussianSubspace
from callbacks.vectors import Vector

# Both ways along the gradient for some steps, the higher one to its end, and random starts while
# evaluations are left.
MAX_EVALUATIONS = 40
AUTHORS_BATCH_SIZE = 32
# A coordinate this close to its bound, as a share of the half-width, counts as lying on it.
ACTIVE_MARGIN = 1e-6


@dataclass(frozen=True)
class SharpnessResult:
    """What one search for the largest loss in the box found.

    Attributes:
        sharpness: 100 * (max_loss - base_loss) / (1 + base_loss), a lower bound of the true one,
            since no search can be sure of the maximum. nan if a loss was not finite, or if
            ``base_loss`` is not above -1, where the metric has no meaning.
        base_loss: mean loss at the model's weights.
        max_loss: largest mean loss that was met in the box, for variant "authors" the one where
            the search ended; nan like ``sharpness``.
        evaluations: of loss and gradient over all data, all runs and the weights themselves.
        iterations: of L-BFGS-B, all runs together.
        status: how the run that met ``max_loss`` ended (see ``BoxRun``); "not finite" if any loss
            was nan or infinite, "no higher point" if no run got above the weights themselves.
        active_share: share of the box's axes on whose bounds the best point lies, 0 to 1.
        perturbation_norm: Euclidean distance of the best point from the weights.
        epsilon: relative size of the box.
        space: "full", "subspace", "authors" or "adaptive".
        seed: of starting points and subspace.
        examples: rows of the data.
        runs: one entry a start, with its own status.
    """

    sharpness: float
    base_loss: float
    max_loss: float
    evaluations: int
    iterations: int
    status: str
    active_share: float
    perturbation_norm: float
    epsilon: float
    space: str
    seed: int
    examples: int
    runs: tuple[BoxRun, ...]


def epsilon_sharpness(
    model: keras.Model,
    x: Any,
    y: Any,
    epsilon: float = 1e-3,
    max_iterations: int = 10,
    restarts: int = RESTARTS,
    seed: int = 0,
    *,
    subspace: int | None = None,
    variant: Variant = "keskar",
    max_evaluations: int | None = MAX_EVALUATIONS,
    batch_size: int | None = None,
    progress: Progress | None = None,
) -> SharpnessResult:
    """Measures how sharp the minimum is in which a compiled model lies.

    Keskar et al. 2017, Metric 2.1, with f the mean loss over (x, y) and w the trainable weights:
    ``100 * (max of f(w + A z) - f(w)) / (1 + f(w))`` over the box
    ``abs(z_i) <= epsilon * (abs((A^+ w)_i) + 1)``. A is the identity, or with ``subspace=p`` a
    matrix of p columns with independent entries from N(0, 1) and A^+ its pseudo-inverse. The
    maximum is sought from several starts, by steps along the signs of the gradient and then by
    L-BFGS-B (``callbacks.box``), and the best point of all evaluations counts. The metric is made
    for losses that are never negative; where f(w) is not above -1 it is nan. The model's weights
    are not touched, also after an error.

    The same box is not the same after a rescaling of the network that leaves its function as it
    is (Dinh et al. 2017): compare the numbers of nets of one architecture that were trained in
    the same way, and do not read them as a property of the function alone.

    Args:
        model: a built Keras model, compiled with a loss.
        x: inputs, array or tensor of shape (rows, ...), or a nest of such.
        y: targets, likewise.
        epsilon: relative size of the box; 1e-3 and 5e-4 in the paper.
        max_iterations: of L-BFGS-B from each start; 10 in the paper.
        restarts: random starting points, after the two along the gradient and as far as
            evaluations are left.
        seed: of starting points and subspace; a whole number from 0.
        subspace: None for all of weight space, or the number of random columns; 100 in the paper.
        variant: "keskar" as above; "authors" is the article's own script: gradients of the batches
            added, not averaged, one trial in each line search, one start (full space only;
            ``batch_size`` then matters and is 32 if not given; ``restarts``, ``max_evaluations``
            and ``progress`` are ignored).
        max_evaluations: of loss and gradient, over all starts; None for no limit.
        batch_size: rows computed at a time; see ``MeanLoss``.
        progress: called as ``progress(done, total)`` after each evaluation; the total is an upper
            limit until the last call, or without ``max_evaluations`` a guess that may grow.

    Returns:
        The result, with everything that tells how far to trust it.

    Raises:
        TypeError: ``model`` is no Keras model, or x or y holds something without rows.
        ValueError: the model is not built or not compiled, x and y differ in length, or a number
            is out of its range.
    """
    return measure_sharpness(
        make_objective(model, x, y, variant, batch_size),
        epsilon,
        max_iterations,
        restarts,
        seed,
        subspace=subspace,
        max_evaluations=max_evaluations,
        progress=progress,
    )


def make_objective(
    model: keras.Model, x: Any, y: Any, variant: Variant = "keskar", batch_size: int | None = None
) -> MeanLoss:
    """The objective that ``measure_sharpness`` takes; see ``epsilon_sharpness``."""
    if variant == "keskar":
        return MeanLoss(model, x, y, batch_size=batch_size)
    if variant == "authors":
        return SummedBatchLoss(
            model, x, y, batch_size=AUTHORS_BATCH_SIZE if batch_size is None else batch_size
        )
    raise ValueError(f"variant is {variant!r}; expected 'keskar' or 'authors'.")


def measure_sharpness(
    objective: MeanLoss,
    epsilon: float = 1e-3,
    max_iterations: int = 10,
    restarts: int = RESTARTS,
    seed: int = 0,
    *,
    subspace: int | None = None,
    max_evaluations: int | None = MAX_EVALUATIONS,
    progress: Progress | None = None,
) -> SharpnessResult:
    """``epsilon_sharpness`` for an objective that exists, compiled once for many measurements.

    The weights are those of ``objective.model`` now. A ``SummedBatchLoss`` gives the article's
    variant. Arguments, result and errors are those of ``epsilon_sharpness``.
    """
    check_search(
        epsilon=epsilon,
        max_iterations=max_iterations,
        restarts=restarts,
        seed=seed,
        subspace=subspace,
        max_evaluations=max_evaluations,
        variant="authors" if isinstance(objective, SummedBatchLoss) else "keskar",
    )
    weights = objective.weights()
    if isinstance(objective, SummedBatchLoss):
        half_width = epsilon * (np.abs(weights) + 1)
        maximum = maximise_as_authors(objective, weights, half_width, max_iterations)
        return _describe(objective, maximum, half_width * maximum.point, epsilon, "authors", seed)
    chosen = None
    centre = weights
    if subspace is not None:
        chosen = GaussianSubspace(objective.size, subspace, seed)
        centre = chosen.coordinates(weights)
    return sharpness_in_box(
        objective,
        epsilon * (np.abs(centre) + 1),
        epsilon=epsilon,
        space="full" if chosen is None else "subspace",
        subspace=chosen,
        max_iterations=max_iterations,
        restarts=restarts,
        seed=seed,
        max_evaluations=max_evaluations,
        progress=progress,
    )


def sharpness_in_box(
    objective: MeanLoss,
    half_width: Vector,
    *,
    epsilon: float,
    space: str,
    subspace: GaussianSubspace | None = None,
    max_iterations: int = 10,
    restarts: int = RESTARTS,
    seed: int = 0,
    max_evaluations: int | None = MAX_EVALUATIONS,
    progress: Progress | None = None,
) -> SharpnessResult:
    """Sharpness over any box around the weights of ``objective.model``.

    Args:
        objective: the loss.
        half_width: largest change of each weight, or of each coordinate of ``subspace``; float64
            (size,) or (dimension,), none negative.
        epsilon: goes into the result.
        space: goes into the result.
        subspace: None for all of weight space.
        max_iterations: see ``epsilon_sharpness``; so with the others.
        restarts: see there.
        seed: of the starting points.
        max_evaluations: see there.
        progress: see there.

    Raises:
        ValueError: a number is out of its range.
    """
    check_search(
        max_iterations=max_iterations,
        restarts=restarts,
        seed=seed,
        max_evaluations=max_evaluations,
    )
    weights = objective.weights()

    def move(point: Vector) -> Vector:
        change = half_width * point
        return change if subspace is None else subspace.expand(change)

    def function(point: Vector) -> tuple[float, Vector]:
        value, gradient = objective.value_and_gradient(weights + move(point))
        if subspace is not None:
            gradient = subspace.project(gradient)
        return value, half_width * gradient

    guess = (restarts + 2) * (EXPLORING + FOLLOWING + max_iterations)
    report = SearchProgress(progress, max_evaluations or guess)
    maximum = maximise_in_box(
        function,
        len(half_width),
        max_iterations=max_iterations,
        restarts=restarts,
        seed=seed,
        max_evaluations=max_evaluations,
        on_evaluation=report.count,
    )
    report.finish()
    return _describe(objective, maximum, move(maximum.point), epsilon, space, seed)


def _describe(
    objective: MeanLoss,
    maximum: BoxMaximum,
    change: Vector,
    epsilon: float,
    space: str,
    seed: int,
) -> SharpnessResult:
    base, highest = maximum.centre_value, maximum.value
    if maximum.status == NOT_FINITE:
        highest = float("nan")
    return SharpnessResult(
        # the metric is made for losses that are never negative; from -1 down it has no meaning
        sharpness=float("nan") if base <= -1 else 100 * (highest - base) / (1 + base),
        base_loss=base,
        max_loss=highest,
        evaluations=maximum.evaluations,
        iterations=sum(run.iterations for run in maximum.runs),
        status=maximum.status,
        active_share=float(np.mean(np.abs(maximum.point) >= 1 - ACTIVE_MARGIN)),
        perturbation_norm=float(np.linalg.norm(change)),
        epsilon=float(epsilon),
        space=space,
        seed=seed,
        examples=objective.examples,
        runs=maximum.runs,
    )
