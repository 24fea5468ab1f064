"""A median with its spread. No TensorFlow here."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Spread:
    """What repeated measurements of one thing came to.

    Attributes:
        n: how many there were.
        median, lowest, highest: of them; None where there were none.
    """

    n: int
    median: float | None
    lowest: float | None
    highest: float | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as stored in ``bench.json``."""
        return asdict(self)


def spread(values: Sequence[float]) -> Spread:
    """Median, lowest and highest of the values."""
    if not values:
        return Spread(0, None, None, None)
    return Spread(
        len(values),
        float(statistics.median(values)),
        float(min(values)),
        float(max(values)),
    )
