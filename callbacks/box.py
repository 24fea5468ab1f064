"""Maximising a function over a box with few evaluations."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from callbacks.climb import EVALUATION_LIMIT, NOT_FINITE, PASSED_OVER, Climb
from callbacks.evaluations import Evaluations, Function
from callbacks.search_options import RESTARTS
from callbacks.vectors import Vector

# Raised when a search finds other points than before: stored with what it found.
SEARCH_VERSION = 4
# Points that each start is given to see how high it leads, and then the highest to go on.
EXPLORING, FOLLOWING = 6, 14


@dataclass(frozen=True)
class BoxRun:
    """One run of the maximiser.

    Attributes:
        start: "uphill", "downhill", "interior 1", "interior 2", ..., see ``maximise_in_box``;
            "weights" for that of ``maximise_as_authors``.
        value: the highest value it met, line searches included; where it ended for "weights".
        evaluations: of the function with its gradient, in this run.
        iterations: of L-BFGS-B.
        status: "converged", "iteration limit", "evaluation limit", "line search failed",
            "zero gradient" (there is none at the highest point that it reached), "passed over"
            (one that was followed stands as high or higher, near by) or "not finite".
    """

    start: str
    value: float
    evaluations: int
    iterations: int
    status: str


@dataclass(frozen=True)
class BoxMaximum:
    """The best point of all evaluations of all runs, or where ``maximise_as_authors`` ended.

    Attributes:
        point: float64 (size,), each entry in [-1, 1].
        value: the function there.
        centre_value: the function at 0.
        evaluations: of the function with its gradient, over all runs and at the centre.
        runs: one entry a start.
    """

    point: Vector
    value: float
    centre_value: float
    evaluations: int
    runs: tuple[BoxRun, ...]

    @property
    def status(self) -> str:
        """How the run that met the best point ended; "not finite" if any value was not.

        "no higher point" where no run got above the centre.
        """
        if not np.isfinite(self.centre_value) or any(r.status == NOT_FINITE for r in self.runs):
            return NOT_FINITE
        best = max(self.runs, key=lambda run: (run.value, run.status != PASSED_OVER), default=None)
        return best.status if best and best.value > self.centre_value else "no higher point"


def maximise_in_box(
    function: Function,
    size: int,
    *,
    max_iterations: int = 10,
    restarts: int = RESTARTS,
    seed: int = 0,
    max_evaluations: int | None = None,
    on_evaluation: Callable[[int], None] | None = None,
) -> BoxMaximum:
    """Looks for the largest value of a function over the box [-1, 1]^size.

    The loss of a network, in a box that is small beside its weights, mostly has its maxima at
    corners or near them, and often several: which one a search ends in is decided by where it
    starts. So each start first takes a few steps along the signs of the gradient
    (``callbacks.sign_steps``), unless it comes near to where another has been; the highest goes on
    so until its steps add little, and then by L-BFGS-B. Starts are halfway to the corner along
    the gradient of the centre ("uphill": that corner is the maximum of a linear function) and
    halfway to the opposite one ("downhill": behind a valley the far side may be higher). Points
    drawn uniformly from the box come next, as long as evaluations are left, and at last whatever
    else lies apart is followed too, the highest first. Where the centre is stationary, the drawn
    points are all. The centre counts as a point but is no start.

    Args:
        function: takes a point, float64 (size,), and gives value and gradient, float64 (size,).
        size: number of axes.
        max_iterations: of L-BFGS-B from each start that it follows.
        restarts: number of random starting points.
        seed: of their positions.
        max_evaluations: after so many the search ends, in the middle of a run too.
        on_evaluation: called with the number of evaluations after each.

    Returns:
        The best point met by any run, line searches included. A function that is nan or infinite
        somewhere ends the run that met it, and such a point is never the best.
    """
    centre = np.zeros(size)
    evaluations = Evaluations(function, max_evaluations, on_evaluation)
    value, gradient = evaluations.make(centre)
    if not np.isfinite(value):
        return BoxMaximum(centre, value, value, evaluations.count, ())
    climbs = [Climb(evaluations, *start) for start in _starts(gradient, restarts, seed)]
    _climb_all(climbs, max_iterations)
    runs = tuple(
        BoxRun(climb.name, climb.value, climb.evaluations, climb.iterations, climb.status)
        for climb in climbs
        if climb.evaluations or climb.status != EVALUATION_LIMIT
    )
    best = evaluations.best or (centre, value)
    return BoxMaximum(*best, value, evaluations.count, runs)


def _climb_all(climbs: list[Climb], max_iterations: int) -> None:
    """The first two, which follow the gradient at the centre if there is one, before the others."""
    _explore(climbs[:2], climbs)
    for climb in _highest_first(climbs[:2])[:1]:
        _follow(climb, max_iterations)
    _explore(climbs[2:], climbs)
    for climb in _highest_first(climbs):
        if climb.status == PASSED_OVER and not climb.is_near(_maxima(climbs, climb.value)):
            _follow(climb, max_iterations)


def _explore(some: list[Climb], climbs: list[Climb]) -> None:
    for climb in some:
        others = [point for other in climbs if other is not climb for point in other.visited]
        climb.along_signs(EXPLORING, others)


def _follow(climb: Climb, max_iterations: int) -> None:
    if climb.status == PASSED_OVER:
        climb.along_signs(FOLLOWING, [])
    if climb.status == PASSED_OVER:
        climb.by_descent(max_iterations)


def _maxima(climbs: list[Climb], least: float) -> list[Vector]:
    """What climbs that L-BFGS-B has followed came by, if they stand so high at least."""
    followed = (climb for climb in climbs if climb.status != PASSED_OVER and climb.value >= least)
    return [point for climb in followed for point in climb.visited]


def _highest_first(climbs: list[Climb]) -> list[Climb]:
    return sorted(climbs, key=lambda climb: -climb.value)


def _starts(centre_gradient: Vector, restarts: int, seed: int) -> Iterator[tuple[str, Vector]]:
    if np.any(centre_gradient):
        corner = np.sign(np.nan_to_num(centre_gradient))
        yield "uphill", corner / 2
        yield "downhill", -corner / 2
    generator = np.random.default_rng(seed)
    for number in range(1, restarts + 1):
        yield f"interior {number}", generator.uniform(-1, 1, len(centre_gradient))
