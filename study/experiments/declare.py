"""The words in which an experiment is declared: frozen values, no computation, no data.

A cell is a batch size with a learning rate given as a multiple of the study's base rate, so that
one declaration serves the article's rate and the other rates that small data sets need.
What an effect means numerically is written beside it here and computed in
``study.summarise.effects``; how a claim's verdict follows is in ``study.summarise.claims``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal


def round_rate(rate: float) -> float:
    """``rate`` to 12 significant digits, so that equal rates reached in two ways are equal."""
    return float(f"{rate:.12g}")


@dataclass(frozen=True)
class Cell:
    """A batch size, a multiple of the base rate, and one device or several."""

    batch_size: int
    multiple: float = 1.0
    several_devices: bool = False

    def rate(self, base_rate: float) -> float:
        """The learning rate of this cell in a study with that base rate."""
        return round_rate(base_rate * self.multiple)

    def on_several(self) -> "Cell":
        """The same cell on several devices."""
        return Cell(self.batch_size, self.multiple, several_devices=True)


@dataclass(frozen=True)
class Arm:
    """A rule for the learning rate: ``base * factor * (batch size / reference) ** power``."""

    name: str
    title: str
    factor: float = 1.0
    power: float = 0.0
    reference: int = 32

    def multiple(self, batch_size: int) -> float:
        """The multiple of the base rate at this batch size."""
        return self.factor * (batch_size / self.reference) ** self.power

    def rate(self, base_rate: float, batch_size: int) -> float:
        """The learning rate at this batch size."""
        return round_rate(base_rate * self.multiple(batch_size))

    def cell(self, batch_size: int) -> Cell:
        """The cell of this arm at this batch size, on one device."""
        return Cell(batch_size, self.multiple(batch_size))


# Effects: each gives one number a seed.


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
    """Weighted sum of a quantity over cells; weights sum to 0.

    With ``log`` the sum is of logarithms, shown as a factor (1 and -1 give a ratio).
    """

    quantity: str
    terms: tuple[tuple[float, Cell], ...]
    log: bool


@dataclass(frozen=True)
class EpochRatio:
    """Ratio of a column of `epochs` between two cells, geometric mean over the shared epochs.

    With ``growth`` it is that mean over the second half of the shared epochs divided by that
    over the first half (the middle epoch of an odd number is left out).
    """

    column: str
    first: Cell
    second: Cell
    growth: bool = False


@dataclass(frozen=True)
class ShareOfGap:
    """``(before - after) / (before - goal)`` of a quantity.

    The share is a ratio of two means over seeds; its interval is Fieller's. Its denominator must
    differ from 0 clearly, otherwise there is no interval.
    """

    quantity: str
    before: Cell
    after: Cell
    goal: Cell


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

    The rise about an end is the mean over the points within ``within`` of it, the end left out,
    of loss - loss at the end. Both windows are symmetric, so a mere slope cancels.
    """

    split: Literal["train", "validation"]
    small: Cell
    large: Cell
    within: float = 0.5


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


Effect = (
    Trend
    | EpochTrend
    | Combination
    | EpochRatio
    | ShareOfGap
    | Approach
    | LineRise
    | EachLayer
    | BestRate
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


# Claims


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


@dataclass(frozen=True)
class Part:
    """One effect of a claim and the range that the claim puts it in.

    Attributes:
        decides: False for what the article only mentions beside the claim (its exceptions,
            companions of ours): tested and shown, without a say in the claim's verdict.
    """

    name: str
    effect: Effect
    claimed: Range
    unit: str = ""
    decides: bool = True

    @property
    def needs_several_devices(self) -> bool:
        """Whether runs on several devices enter."""
        effect = self.effect
        return isinstance(effect, Combination) and any(c.several_devices for _, c in effect.terms)


@dataclass(frozen=True)
class Claim:
    """A statement of the source and how it is tested, fixed before any run is looked at.

    Attributes:
        headline: which part's effect stands for the claim: its first, or the least favourable
            one where a statement is made about each of several.
    """

    id: str
    text: str
    quantity: str
    test: str
    parts: tuple[Part, ...]
    headline: Literal["first", "weakest"] = "first"


# Published numbers


@dataclass(frozen=True)
class Published:
    """A number as printed by the source.

    Attributes:
        quantity: name in ``QUANTITIES``.
        arm: name of the arm.
        values: the printed value; several where the source disagrees with itself; empty where it
            gives a range or words only.
        span: a printed range.
        words: what it says instead of, or around, the number.
        note: our remark on it.
        several_devices: the number belongs to four devices.
    """

    quantity: str
    arm: str
    batch_size: int
    values: tuple[float, ...] = ()
    span: tuple[float, float] | None = None
    words: str = ""
    note: str = ""
    several_devices: bool = False

    @property
    def id(self) -> str:
        """Unique within an experiment."""
        devices = "several" if self.several_devices else "one"
        return f"{self.quantity}/{self.arm}/{self.batch_size}/{devices}"

    @property
    def shown(self) -> str:
        """As a table shows it: every printed value, none preferred."""
        numbers = " / ".join(f"{value:,.10g}" for value in self.values)
        if self.span is not None:
            numbers = f"{self.span[0]:,.10g} to {self.span[1]:,.10g}"
        return " ".join(part for part in (self.words, numbers) if part)

    @property
    def limits(self) -> tuple[float, float] | None:
        """Lowest and highest printed number, None when there are only words."""
        if self.span is not None:
            return self.span
        return (min(self.values), max(self.values)) if self.values else None


# Figures and tables


@dataclass(frozen=True)
class ByBatchSize:
    """Rows: arm, batch size (and number of devices); columns: quantities over seeds."""

    quantities: tuple[str, ...]
    arms: tuple[Arm, ...]
    several_devices: bool = False


@dataclass(frozen=True)
class ByLayer:
    """Rows: layer and cell; column: distance from initialisation over seeds."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class OverEpochs:
    """Rows: cell; columns: median, lowest and highest value over a run's epochs."""

    column: str
    arm: Arm
    batch_sizes: tuple[int, ...]


@dataclass(frozen=True)
class LineEnds:
    """Rows: split and end of the line; column: rise of the loss about that end."""

    small: Cell
    large: Cell


@dataclass(frozen=True)
class Grid:
    """Rows: batch size and rate; column: one quantity; the best rate of each batch size."""

    quantity: str
    multiples: tuple[float, ...]


Table = ByBatchSize | ByLayer | OverEpochs | LineEnds | Grid


@dataclass(frozen=True)
class Figure:
    """A figure or table of the source.

    Attributes:
        kind: name of the function in ``reports`` that draws it.
        shows: one sentence on what it shows.
        found: one sentence on what the source found; "" where there is nothing to find.
        frames: frames it is drawn from.
        quantity: column that is drawn, "" where the kind settles it.
        arms: arms drawn.
        batch_sizes: batch sizes drawn; empty: all of the study.
        table: small table that goes with it, a key of ``tables`` in summary.json.
        needs_several_devices: empty without runs on several devices.
    """

    id: str
    kind: str
    title: str
    shows: str
    found: str = ""
    frames: tuple[str, ...] = ()
    quantity: str = ""
    arms: tuple[Arm, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    table: Table | None = None
    needs_several_devices: bool = False


# Experiments


@dataclass(frozen=True)
class Line:
    """Two cells between whose minimisers the loss is measured."""

    small: Cell
    large: Cell


@dataclass(frozen=True)
class Experiment:
    """All that is declared about one experiment.

    Attributes:
        grid_multiples: multiples of the base rate that its heat map crosses with batch sizes.
        sharpness: pairs (space, epsilon) measured on every minimiser.
        lines, landscapes: pairs of cells, and cells, whose loss is measured along a line or on
            a plane.
        several_devices: the number of devices of its runs on several, 1 without such runs.
    """

    name: str
    title: str
    source: str
    arms: tuple[Arm, ...]
    batch_sizes: tuple[int, ...]
    base_rate: float
    grid_multiples: tuple[float, ...] = ()
    several_devices: int = 1
    sharpness: tuple[tuple[str, float], ...] = ()
    lines: tuple[Line, ...] = ()
    landscapes: tuple[Cell, ...] = ()
    published: tuple[Published, ...] = field(default=(), repr=False)
    figures: tuple[Figure, ...] = field(default=(), repr=False)
    claims: tuple[Claim, ...] = field(default=(), repr=False)

    def arm(self, name: str) -> Arm:
        """The arm of that name; KeyError where there is none."""
        return {arm.name: arm for arm in self.arms}[name]

    def figure(self, identifier: str) -> Figure:
        """The figure of that id; KeyError where there is none."""
        return {figure.id: figure for figure in self.figures}[identifier]

    def cells(
        self,
        base_rate: float,
        batch_sizes: Sequence[int],
        *,
        arms: Sequence[str] | None = None,
        grid: bool = True,
    ) -> list[tuple[int, float]]:
        """The distinct (batch size, learning rate) to run, arms first, then the heat map's rest.

        Args:
            base_rate: the study's base rate.
            batch_sizes: the study's batch sizes.
            arms: names of the arms wanted; None for all.
            grid: whether the cells that only the heat map needs are wanted too.
        """
        wanted = [arm for arm in self.arms if arms is None or arm.name in arms]
        cells = [arm.cell(size) for arm in wanted for size in batch_sizes]
        if grid:
            cells += [
                Cell(size, multiple) for size in batch_sizes for multiple in self.grid_multiples
            ]
        return list(dict.fromkeys((cell.batch_size, cell.rate(base_rate)) for cell in cells))

    def grid_only_cells(
        self, base_rate: float, batch_sizes: Sequence[int]
    ) -> list[tuple[int, float]]:
        """The cells of :meth:`cells` that no arm needs."""
        needed = set(self.cells(base_rate, batch_sizes, grid=False))
        return [cell for cell in self.cells(base_rate, batch_sizes) if cell not in needed]
