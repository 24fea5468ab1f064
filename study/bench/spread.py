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


def median_interval(values: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % interval of the median, from the values' order alone (sign test).

    It supposes nothing of how the values are distributed but that they are independent.

    Returns:
        Lowest and highest; None for fewer than six values, of which no two enclose the median with
        95 %.
    """
    if len(values) < 6:
        return None
    from scipy.stats import quantile_test

    found = quantile_test(list(values), p=0.5).confidence_interval(0.95)
    return float(found.low), float(found.high)
