"""One way up within the box [-1, 1]^n, by the signs of the gradient and then by L-BFGS-B."""

import numpy as np

from callbacks.descent import descend_in_box
from callbacks.evaluations import Evaluation, Evaluations, NoneLeftError
from callbacks.sign_steps import SignSteps
from callbacks.vectors import Vector

# The first step of L-BFGS-B follows the gradient itself. Multiplied so that its mean entry is this
# long, it reaches the faces of a box of half-width 1 along nearly every axis.
FIRST_STEP = 100.0
# An iteration of L-BFGS-B that adds less than this share of the rise so far ends a run.
LEAST_GAIN = 1e-4
# Points on the same side of so many axes that are felt lead to the same maximum.
SAME_SIDE = 0.9
# Trials of one line search; one or two are usual, a long search is better spent on another start.
LINE_SEARCH_TRIALS = 5

NOT_FINITE = "not finite"
PASSED_OVER = "passed over"
EVALUATION_LIMIT = "evaluation limit"


class _NotFiniteError(Exception):
    """A value or a gradient was nan or infinite."""


class Climb:
    """A way up from a start.

    Attributes:
        name: of the start.
        point: the highest so far from which the climb can go on; float64 (size,).
        value: there; -infinity before the first evaluation.
        visited: where steps along signs, and L-BFGS-B, came to.
        evaluations: made for this climb.
        iterations: of L-BFGS-B.
        status: see ``callbacks.box.BoxRun``.
    """

    def __init__(self, evaluations: Evaluations, name: str, start: Vector) -> None:
        self._all = evaluations
        self.name = name
        self.point, self.value = start, -np.inf
        self._gradient = np.zeros(0)
        self.visited: list[Vector] = []
        self._way = SignSteps(start)
        self._scale = 1.0
        self.evaluations = self.iterations = 0
        self.status = PASSED_OVER

    def along_signs(self, most: int, others: list[Vector]) -> None:
        """Steps along the signs of the gradient until they add little; may be called again.

        Args:
            most: points that it tries, the start included.
            others: points near which it stops.
        """
        try:
            for _ in range(most):
                place = None if self.is_near(others) else self._way.next_place()
                if place is None:
                    break
                self._way.arrive(place, *self._look_at(place), self._all.first_value)
        except NoneLeftError:
            self.status = EVALUATION_LIMIT
        except _NotFiniteError:
            self.status = NOT_FINITE
        self._visit()

    def is_near(self, others: list[Vector]) -> bool:
        """Whether its point lies on the same side as one of the others, along nearly all axes.

        Axes count along which it has a gradient: those of units that never fire say nothing.
        """
        felt = self._gradient != 0
        if not np.any(felt):
            return False
        here = self.point[felt]
        return any(np.mean(here * point[felt] > 0) > SAME_SIDE for point in others)

    def by_descent(self, max_iterations: int) -> None:
        """Goes on from the highest point by L-BFGS-B, on the function shifted and scaled."""
        if self.status == NOT_FINITE or not np.isfinite(self.value):
            return
        steepness = np.abs(self._gradient[self._gradient != 0])
        if steepness.size == 0:
            self.status = "zero gradient"
            return
        self._scale = FIRST_STEP / float(np.mean(steepness))
        try:
            self.status = descend_in_box(
                self._descend,
                self.point,
                max_iterations=max_iterations,
                line_search_trials=LINE_SEARCH_TRIALS,
                least_gain=LEAST_GAIN,
                on_iteration=self._count,
            )
        except NoneLeftError:
            self.status = EVALUATION_LIMIT
        except _NotFiniteError:
            self.status = NOT_FINITE
        self._visit()

    def _visit(self) -> None:
        if np.isfinite(self.value):
            self.visited.append(self.point)

    def _descend(self, point: Vector) -> Evaluation:
        # L-BFGS-B begins by asking for the start once more
        if np.array_equal(point, self.point):
            value, gradient = self.value, self._gradient
        else:
            value, gradient = self._look_at(point)
        # gains are judged by the rise above the centre
        return -self._scale * (value - self._all.first_value), -self._scale * gradient

    def _look_at(self, point: Vector) -> Evaluation:
        """Evaluates a point, which becomes the climb's own if it is the highest."""
        before = self._all.count
        value, gradient = self._all.make(point)
        self.evaluations += self._all.count - before
        if not (np.isfinite(value) and np.all(np.isfinite(gradient))):
            raise _NotFiniteError
        if value > self.value:
            self.point, self.value, self._gradient = point.copy(), value, gradient
        return value, gradient

    def _count(self) -> None:
        self.iterations += 1
