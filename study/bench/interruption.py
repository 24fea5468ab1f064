"""What a benchmark keeps when it is interrupted."""

from collections.abc import Callable, Iterable
from typing import Any

Row = dict[str, Any]
Collect = Callable[[Iterable[Row]], list[Row]]


class UntilInterrupted:
    """Collects rows until Ctrl-C, so that hours of measuring are not lost by it.

    Attributes:
        interrupted: nothing more is measured.
    """

    def __init__(self) -> None:
        self.interrupted = False

    def __call__(self, source: Iterable[Row]) -> list[Row]:
        """The rows of ``source``, each measured when it is asked for; those before Ctrl-C."""
        rows: list[Row] = []
        if self.interrupted:
            return rows
        try:
            # one by one: what has come stays
            for row in source:
                rows.append(row)
        except KeyboardInterrupt:
            self.interrupted = True
        return rows
