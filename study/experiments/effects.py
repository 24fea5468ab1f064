"""Kinds of effects: each gives one number a seed.

What a kind means is written here; ``study.summarise.effects`` computes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from study.experiments.cells import Arm, Cell
from study.experiments.group_effects import BestAgainstBest, StableCells
from study.experiments.sweep import OverSweep, SweepError, SweepSlope


@dataclass(frozen=True)
class Trend:
    """Least-squares slope of a quantity against log2(batch size) within an arm.

    With ``log`` the slope is that of the logarithm, shown as a factor per doubling.
    """

    quantity: str
    arm: Arm
    log: bool


@dataclass(frozen=True)
class EpochTrend:
    """As :class:`Trend`, of the mean of a column of `epochs` over the epochs all runs share.

    Shared are the epochs 1 to E of a seed, E being the length of its shortest run in the arm.
    """

    column: str
    arm: Arm


@dataclass(frozen=True)
class Combination:
    """Weighted sum of a quantity over cells; weights sum to 0, or it is one cell's own value.

    With ``log`` the sum is of logarithms, shown as a factor (1 and -1 give a ratio).
    """

    quantity: str
    terms: tuple[tuple[float, Cell], ...]
    log: bool


@dataclass(frozen=True)
class EpochRatio:
    """Ratio of a column of `epochs` between two cells, geometric mean over the shared epochs.

    With ``growth`` it is that mean over the second half of the shared epochs divided by that
    over the first half (the middle epoch of an odd number is left out). With ``apart`` it is how
    far the two curves lie apart, whichever is above: exp of the mean of ``|log ratio|``, 1 where
    they coincide. (The mean of the log ratio itself is 0 for curves that cross, too.) ``window``
    keeps the part of the shared epochs between two shares of them.
    """

    column: str
    first: Cell
    second: Cell
    growth: bool = False
    apart: bool = False
    window: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True)
class RatioAtUpdates:
    """Ratio of a column of `epochs` between two cells after the same number of updates.

    That number is the largest that both runs of a seed have made at their first rate; between two
    epochs the column is taken to be linear in the logarithm of the updates.
    """

    column: str
    first: Cell
    second: Cell


@dataclass(frozen=True)
class ShareOfGap:
    """``(before - after) / (before - goal)`` of a quantity.

    The share is a ratio of two means over seeds; its interval is Fieller's. Its denominator must
    differ from 0 clearly, otherwise there is no interval. With ``log`` it is that of logarithms.
    With ``sign`` 1 a gap is one only where ``before`` lies above ``goal``, with -1 below.
    """

    quantity: str
    before: Cell
    after: Cell
    goal: Cell
    log: bool = False
    sign: Literal[-1, 0, 1] = 0


@dataclass(frozen=True)
class Approach:
    """How much nearer to a goal cell the cells come, as distance of logarithms.

    Mean over ``pairs`` (before, after) of ``|log(after / goal)| - |log(before / goal)|``:
    negative when they come nearer.
    """

    quantity: str
    pairs: tuple[tuple[Cell, Cell], ...]
    goal: Cell


@dataclass(frozen=True)
class LineRise:
    """Rise of the loss about the large-batch end of the line minus that about the small end.

    The rise about an end is the mean over the points within half the line's length of it, the end
    left out, of loss - loss at the end (``study.summarise.rises``). Both windows are symmetric, so
    a mere slope cancels.
    """

    split: Literal["train", "validation"]
    small: Cell
    large: Cell


@dataclass(frozen=True)
class EachLayer:
    """Ratio of the distance from initialisation between two cells, one effect a layer."""

    first: Cell
    second: Cell


@dataclass(frozen=True)
class BestRate:
    """Difference of a quantity at one rate minus that at each other one, one effect a rate.

    Attributes:
        multiple: of the base rate, said to give the lowest value at this batch size.
        multiples: all those compared.
    """

    quantity: str
    batch_size: int
    multiple: float
    multiples: tuple[float, ...]


@dataclass(frozen=True)
class AtMatchedLoss:
    """A trend or ratio of sharpness at one training loss, in place of that of the minimisers.

    Sharpness was measured along each run. The loss is the lowest that all cells of ``of`` have
    reached in a seed (each at one of its points), where the logarithm of sharpness is
    interpolated linearly in the loss; a seed in which a cell has no points about it has no value.
    """

    of: Trend | Combination


@dataclass(frozen=True)
class RankAgreement:
    """Whether two quantities put the cells in the same order: Kendall's tau, from -1 to 1.

    The mean over pairs of cells of 1 where both rise or both fall, -1 where one rises and the
    other falls, 0 where one stays. With ``less`` the tau of that quantity with ``second`` is
    taken off.
    """

    first: str
    second: str
    cells: tuple[Cell, ...]
    less: str = ""


Effect = (
    Trend
    | EpochTrend
    | Combination
    | EpochRatio
    | RatioAtUpdates
    | ShareOfGap
    | Approach
    | LineRise
    | EachLayer
    | BestRate
    | AtMatchedLoss
    | BestAgainstBest
    | StableCells
    | RankAgreement
    | OverSweep
    | SweepSlope
    | SweepError
)


def ratio(quantity: str, first: Cell, second: Cell) -> Combination:
    """The ratio first / second of a quantity."""
    return Combination(quantity, ((1.0, first), (-1.0, second)), log=True)


def difference(quantity: str, first: Cell, second: Cell) -> Combination:
    """The difference first - second of a quantity."""
    return Combination(quantity, ((1.0, first), (-1.0, second)), log=False)


def mean_ratio(quantity: str, pairs: Sequence[tuple[Cell, Cell]]) -> Combination:
    """The geometric mean over ``pairs`` of the ratio first / second."""
    weight = 1 / len(pairs)
    terms = tuple(term for a, b in pairs for term in ((weight, a), (-weight, b)))
    return Combination(quantity, terms, log=True)
