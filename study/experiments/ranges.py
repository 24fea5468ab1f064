"""Ranges of effects that claims state."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """The open range of effects that a claim states."""

    low: float = -math.inf
    high: float = math.inf

    @property
    def words(self) -> str:
        """ "above 0", "below 1" or "between 0.67 and 1.5"."""
        if self.high == math.inf:
            return f"above {self.low:.3g}"
        if self.low == -math.inf:
            return f"below {self.high:.3g}"
        return f"between {self.low:.3g} and {self.high:.3g}"


def above(threshold: float) -> Range:
    """All effects above the threshold."""
    return Range(low=threshold)


def below(threshold: float) -> Range:
    """All effects below the threshold."""
    return Range(high=threshold)


def within_factor(factor: float) -> Range:
    """Factors between 1 / factor and factor: "about the same"."""
    return Range(1 / factor, factor)
