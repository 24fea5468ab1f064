"""Laps that are kept in this process, and that end a job which has no end."""

from typing import Any

from study.bench.laps import Laps


class Kept(Laps):
    """Keeps what a job tells in place of sending it."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def ready(self, **facts: Any) -> int:
        self.told.append(facts)
        return 0

    def begin(self) -> None:
        """Times nothing."""

    def lap(self, **facts: Any) -> int:
        self.told.append(facts)
        return 0


class Enough(Exception):  # noqa: N818
    """Ends an endless job."""


class TwoLaps(Kept):
    def lap(self, **facts: Any) -> int:
        super().lap(**facts)
        if len(self.told) == 3:
            raise Enough
        return 0
