"""Short texts that reports show: numbers, counts and lists."""

import math
from collections.abc import Iterable


def number(value: float) -> str:
    """Three significant digits, thousands with commas; "-" for a missing number."""
    if not math.isfinite(value):
        return "-"
    rounded = float(f"{value:.3g}")
    return f"{value:,.0f}" if abs(rounded) >= 1000 else f"{rounded:.3g}"


def counted(count: int, noun: str) -> str:
    """ "1 run", "2 runs"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(items: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    words = list(items)
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""
