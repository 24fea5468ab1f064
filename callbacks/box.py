"""Maximising a function over a box with few evaluations."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from callbacks.descent import descend_in_box

Vector = npt.NDArray[np.float64]
Evaluation = tuple[float, Vector]
Function = Callable[[Vector], Evaluation]

# The first step of L-BFGS-B follows the gradient itself. Multiplied so that its mean entry is this
# long, it reaches the faces of a box of half-width 1 along nearly every axis.
FIRST_STEP = 100.0
# An iteration that adds less than this share of the rise so far ends a run.
LEAST_GAIN = 1e-4
# What each start gets before the best of them is followed; their order is settled by then.
EXPLORING_ITERATIONS = 3
# Trials of one line search; one or two are usual, a long search is better spent on another start.
LINE_SEARCH_TRIALS = 5

NOT_FINITE = "not finite"


@dataclass(frozen=True)
class BoxRun:
    """One run of the maximiser.

    Attributes:
        start: "uphill", "downhill", "interior 1", "interior 2", ..., and "best point" for the last
            run, see ``maximise_in_box``; "weights" for that of ``maximise_as_authors``.
        value: the highest value it met.
        evaluations: of the function with its gradient, in this run.
        iterations: of L-BFGS-B.
        status: "converged", "iteration limit", "evaluation limit", "line search failed",
            "zero gradient" (there is no way up from the start) or "not finite".
    """

    start: str
    value: float
    evaluations: int
    iterations: int
    status: str


@dataclass(frozen=True)
class BoxMaximum:
    """The best point of all evaluations of all runs.

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
        # of equals the last: a run that found nothing better confirms the one it went on from
        best = max(reversed(self.runs), key=lambda run: run.value, default=None)
        return best.status if best and best.value > self.centre_value else "no higher point"


def maximise_in_box(
    function: Function,
    size: int,
    *,
    max_iterations: int = 10,
    restarts: int = 2,
    seed: int = 0,
    max_evaluations: int | None = None,
    on_evaluation: Callable[[int], None] | None = None,
) -> BoxMaximum:
    """Looks for the largest value of a function over the box [-1, 1]^size by L-BFGS-B.

    Runs start halfway between the centre and the corner along the sign of the gradient there
    ("uphill": that corner is the maximum of a linear function); halfway to the opposite corner
    ("downhill": behind a valley the far side may be higher); and at points drawn uniformly from
    the box. Where the centre is stationary, only the latter are left. The centre itself counts as
    a point but is no start: a run from there stalls where the gradient is about zero, and follows
    the uphill one elsewhere. Each start gets 3 iterations; a last run goes on from the best point
    of all where the run that found it had come to the limit of its iterations. In each run the
    function is scaled so that the first step crosses the box: L-BFGS-B knows no scale of its own
    and otherwise spends its iterations on the way.

    Args:
        function: takes a point, float64 (size,), and gives value and gradient, float64 (size,).
        size: number of axes.
        max_iterations: of L-BFGS-B in the last run, and at most in each of the others.
        restarts: number of random starting points.
        seed: of their positions.
        max_evaluations: after so many the search ends, in the middle of a run too.
        on_evaluation: called with the number of evaluations after each.

    Returns:
        The best point met by any run, line searches included. A function that is nan or infinite
        somewhere ends the run that met it, and such a point is never the best.
    """
    centre = np.zeros(size)
    search = _Search(function, max_evaluations, on_evaluation)
    value, gradient = search.evaluate(centre)
    if not np.isfinite(value):
        return BoxMaximum(centre, value, value, search.evaluations, ())
    for name, start in _starts(gradient, restarts, seed):
        search.run(name, start, min(EXPLORING_ITERATIONS, max_iterations))
    found = BoxMaximum(*search.best, value, search.evaluations, tuple(search.runs))
    if found.status == "iteration limit":
        search.run("best point", found.point, max_iterations)
    return BoxMaximum(*search.best, value, search.evaluations, tuple(search.runs))


def _starts(centre_gradient: Vector, restarts: int, seed: int) -> Iterator[tuple[str, Vector]]:
    if np.any(centre_gradient):
        corner = np.sign(np.nan_to_num(centre_gradient))
        yield "uphill", corner / 2
        yield "downhill", -corner / 2
    generator = np.random.default_rng(seed)
    for number in range(1, restarts + 1):
        yield f"interior {number}", generator.uniform(-1, 1, len(centre_gradient))


class _EndRunError(Exception):
    """Ends a run from within L-BFGS-B; its message is the run's status."""


class _Search:
    """The function, what its evaluations have shown so far, and the runs."""

    def __init__(
        self,
        function: Function,
        max_evaluations: int | None,
        on_evaluation: Callable[[int], None] | None,
    ) -> None:
        self._function = function
        self._limit = max_evaluations
        self._on_evaluation = on_evaluation
        self.evaluations = 0
        self.first_value = np.nan
        # point and value, and the gradient there
        self.best: tuple[Vector, float] = np.zeros(0), -np.inf
        self._best_gradient = np.zeros(0)
        self.runs: list[BoxRun] = []

    @property
    def _may_go_on(self) -> bool:
        return self._limit is None or self.evaluations < self._limit

    def evaluate(self, point: Vector) -> Evaluation:
        """Value and gradient; those of the best point are known already."""
        if np.array_equal(point, self.best[0]):
            return self.best[1], self._best_gradient
        if not self._may_go_on:
            raise _EndRunError("evaluation limit")
        value, gradient = self._function(point)
        self.evaluations += 1
        if self.evaluations == 1:
            self.first_value = value
        if self._on_evaluation is not None:
            self._on_evaluation(self.evaluations)
        if value > self.best[1] and np.isfinite(value):
            self.best, self._best_gradient = (point.copy(), value), gradient
        return value, gradient

    def run(self, name: str, start: Vector, max_iterations: int) -> None:
        """Climbs from a start, if any evaluations are left."""
        if not self._may_go_on:
            return
        before = self.evaluations
        climb = _Climb(self, start)
        status = climb.run(max_iterations)
        self.runs.append(
            BoxRun(name, climb.value, self.evaluations - before, climb.iterations, status)
        )


class _Climb:
    """One run of L-BFGS-B on the function, shifted and scaled."""

    def __init__(self, search: _Search, start: Vector) -> None:
        self._search = search
        self._start = start
        self._at_start: Evaluation | None = None
        self._scale = 1.0
        self.value = -np.inf
        self.iterations = 0

    def run(self, max_iterations: int) -> str:
        """Gives the status."""
        try:
            _, gradient = self._at_start = self._evaluate(self._start)
            steepness = np.abs(gradient[gradient != 0])
            if steepness.size == 0:
                return "zero gradient"
            self._scale = FIRST_STEP / float(np.mean(steepness))
            return self._minimise(max_iterations)
        except _EndRunError as end:
            return str(end)

    def _minimise(self, max_iterations: int) -> str:
        return descend_in_box(
            self._descend,
            self._start,
            max_iterations=max_iterations,
            line_search_trials=LINE_SEARCH_TRIALS,
            least_gain=LEAST_GAIN,
            on_iteration=self._count,
        )

    def _descend(self, point: Vector) -> Evaluation:
        # L-BFGS-B begins by asking for the start once more
        if self._at_start is not None and np.array_equal(point, self._start):
            value, gradient = self._at_start
        else:
            value, gradient = self._evaluate(point)
        # gains are judged by the rise above the centre
        return -self._scale * (value - self._search.first_value), -self._scale * gradient

    def _evaluate(self, point: Vector) -> Evaluation:
        value, gradient = self._search.evaluate(point)
        if not (np.isfinite(value) and np.all(np.isfinite(gradient))):
            raise _EndRunError(NOT_FINITE)
        self.value = max(self.value, value)
        return value, gradient

    def _count(self) -> None:
        self.iterations += 1
