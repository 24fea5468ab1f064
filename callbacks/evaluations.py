"""A function whose evaluations are counted, limited, and compared."""

from collections.abc import Callable

import numpy as np

from callbacks.vectors import Vector

Evaluation = tuple[float, Vector]
Function = Callable[[Vector], Evaluation]


class NoneLeftError(Exception):
    """All evaluations that were allowed have been made."""


class Evaluations:
    """The evaluations of a function with its gradient that a search makes.

    Attributes:
        count: how many so far.
        first_value: that of the first.
        best: the point with the highest finite value, and that value; None before there is one.
    """

    def __init__(
        self,
        function: Function,
        limit: int | None,
        on_evaluation: Callable[[int], None] | None,
    ) -> None:
        self._function = function
        self._limit = limit
        self._on_evaluation = on_evaluation
        self.count = 0
        self.first_value = np.nan
        self.best: tuple[Vector, float] | None = None
        self._best_gradient = np.zeros(0)

    def make(self, point: Vector) -> Evaluation:
        """Value and gradient; those of the best point are known already.

        Raises:
            NoneLeftError: the limit has been reached.
        """
        if self.best is not None and np.array_equal(point, self.best[0]):
            return self.best[1], self._best_gradient
        if self._limit is not None and self.count >= self._limit:
            raise NoneLeftError
        value, gradient = self._function(point)
        self.count += 1
        if self.count == 1:
            self.first_value = value
        if self._on_evaluation is not None:
            self._on_evaluation(self.count)
        if np.isfinite(value) and (self.best is None or value > self.best[1]):
            self.best, self._best_gradient = (point.copy(), value), gradient
        return value, gradient
