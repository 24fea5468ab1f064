"""How far a search is, for those who wait for it."""

from collections.abc import Callable

Progress = Callable[[int, int], None]


class SearchProgress:
    """Turns counts of evaluations into ``progress(done, total)``.

    Args:
        progress: called after every evaluation; None for nobody.
        total: upper limit of the evaluations, as far as it is known.
    """

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def count(self, evaluations: int) -> None:
        """One more has been made, so many in all."""
        self._done = evaluations
        self._total = max(self._total, evaluations)
        if self._progress is not None:
            self._progress(evaluations, self._total)

    def finish(self) -> None:
        """The search may end before its limit."""
        if self._progress is not None and self._done < self._total:
            self._progress(self._done, self._done)
