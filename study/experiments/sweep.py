"""A sweep over batch sizes, each at several rates, and the effects that speak of it.

What is chosen and fitted is in ``study.summarise.sweep``.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Sweep:
    """Batch sizes with a grid of rates each; the best rate is chosen within the study.

    Attributes:
        conditions: for each batch size, rising, the names of its conditions by rising rate.
        predictions: quantities of a run that predict the critical batch size, the main one first.
    """

    conditions: tuple[tuple[str, ...], ...]
    predictions: tuple[str, ...] = ()


@dataclass(frozen=True)
class OverSweep:
    """Geometric mean of a quantity over the batch sizes, each at its chosen rate.

    Over those batch sizes that have it in every seed, with ``smallest`` at the smallest one alone;
    with ``against_critical`` divided by the seed's critical batch size.
    """

    quantity: str
    sweep: Sweep
    against_critical: bool = False
    smallest: bool = False
    log: bool = True


@dataclass(frozen=True)
class SweepSlope:
    """Least-squares slope of ln(quantity) against log2(batch size), as a factor per doubling.

    ``side`` says over which batch sizes of those that were run:

    - "smallest": up to 4 times the smallest, "largest": from a quarter of the largest on; two at
      least. These ask no fit, and so have a value whatever the updates come to.
    - "below": up to the critical one, "beyond": above it; three and two at least. It is the median
      of the seeds' fits, 0 or infinity where a fit leaves the sweep.

    With ``whole`` it is the factor from the first to the last of these sizes, by that slope.
    """

    quantity: str
    sweep: Sweep
    side: Literal["smallest", "largest", "below", "beyond"]
    whole: bool = False
    log: bool = True


@dataclass(frozen=True)
class SweepError:
    """Root mean squared error of the fitted logarithm of the updates to the target."""

    sweep: Sweep
    quantity: str = "updates_to_target"
