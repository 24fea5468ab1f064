"""The words in which an experiment is declared: frozen values, no computation, no data.

One import for a module of declarations: cells and arms, kinds of effects, claims, exhibits and
the experiment itself. How a claim's verdict follows is in ``study.summarise.claims``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from study.experiments.cells import (
    Arm,
    Cell,
    round_rate,
)
from study.experiments.conditions import Condition, Departure, Lesson, Size
from study.experiments.effects import (
    Approach,
    AtMatchedLoss,
    BestRate,
    Combination,
    EachLayer,
    Effect,
    EpochRatio,
    EpochTrend,
    LineRise,
    RankAgreement,
    RatioAtUpdates,
    ShareOfGap,
    Trend,
    difference,
    mean_ratio,
    ratio,
)
from study.experiments.exhibits import (
    ByBatchSize,
    ByCondition,
    ByGroup,
    ByLayer,
    BySweep,
    Figure,
    Grid,
    LineEnds,
    OverEpochs,
    Published,
    Table,
)
from study.experiments.group_effects import BestAgainstBest, Group, StableCells
from study.experiments.ranges import Range, above, below, within_factor
from study.experiments.remedies import Remedy
from study.experiments.search import ModelSearch
from study.experiments.set_up import SetUp
from study.experiments.sweep import OverSweep, Sweep, SweepError, SweepSlope

__all__ = [
    "Approach",
    "Arm",
    "AtMatchedLoss",
    "BestAgainstBest",
    "BestRate",
    "ByBatchSize",
    "ByCondition",
    "ByGroup",
    "ByLayer",
    "BySweep",
    "Cell",
    "Claim",
    "Combination",
    "Condition",
    "Departure",
    "EachLayer",
    "Effect",
    "EpochRatio",
    "EpochTrend",
    "Experiment",
    "Figure",
    "Grid",
    "Group",
    "Lesson",
    "Line",
    "LineEnds",
    "LineRise",
    "ModelSearch",
    "OverEpochs",
    "OverSweep",
    "Part",
    "Published",
    "Range",
    "RankAgreement",
    "RatioAtUpdates",
    "Remedy",
    "SetUp",
    "ShareOfGap",
    "Size",
    "StableCells",
    "Sweep",
    "SweepError",
    "SweepSlope",
    "Table",
    "Trend",
    "above",
    "below",
    "difference",
    "mean_ratio",
    "ratio",
    "round_rate",
    "within_factor",
]


@dataclass(frozen=True)
class Part:
    """One effect of a claim and the range that the claim puts it in.

    Attributes:
        decides: False for what the article only mentions beside the claim (its exceptions,
            companions of ours): tested and shown, without a say in the claim's verdict.
        exact: its values follow from what is declared (updates of a schedule), so that seeds need
            not differ.
        train_accuracy: on the training pictures, that each condition behind it has to reach by
            the last epoch, in the mean over its seeds, for its weights to be minimisers; 0 for
            parts that need none.
    """

    name: str
    effect: Effect
    claimed: Range
    unit: str = ""
    decides: bool = True
    exact: bool = False
    train_accuracy: float = 0.0

    @property
    def needs_several_devices(self) -> bool:
        """Whether runs on several devices enter."""
        effect = self.effect
        return isinstance(effect, Combination) and any(c.several_devices for _, c in effect.terms)


@dataclass(frozen=True)
class Claim:
    """A statement of the source and how it is tested, fixed before any run is looked at.

    Attributes:
        headline: which part's effect stands for the claim: the first that settles its verdict, or
            the least favourable one where a statement is made about each of several.
        figures: ids of the experiment's figures that show it.
    """

    id: str
    text: str
    quantity: str
    test: str
    parts: tuple[Part, ...]
    headline: Literal["first", "weakest"] = "first"
    figures: tuple[str, ...] = ()


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
        sharpness: pairs (space, epsilon) measured on every minimiser, of conditions on those of
            ``measured``.
        measured: names of the conditions whose minimisers are measured; of arms all are.
        measured_at: which weights of a run are taken for its minimiser: those of the lowest
            validation loss, or those after the last epoch (of conditions only).
        lines, landscapes: pairs of cells, and cells, whose loss is measured along a line or on
            a plane.
        plain_landscapes, rescalings: cells of which the plane is measured without filter
            normalisation too, and with rescaled weights.
        several_devices: the number of devices of its runs on several, 1 without such runs.
        figures, companions: the source's own, and those that stand beside them.
        search: for the model behind the source's figures, None without one.
        set_up: of the source, None where studies are not set beside it.
        conditions: ways to train that it compares, in place of arms and a heat map; the first
            is the one that the others are set beside.
        sizes: what the presets are changed to for the conditions.
        called: what the source is called in a sentence: "article" or "paper".
        about: a paragraph on what is compared and why; {times} in it is the study's largest batch
            size over its smallest.
        sweep: over batch sizes and rates, whose critical batch is fitted; None without one.
        departures: what all of its studies do in another way than the source.
        lessons: what to take from its claims.
        remedies: what it does against the gap between a small and a large batch.
        reviewed_again: whether the second review (README, "How verdicts come about") changed
            claims of it.
    """

    name: str
    title: str
    source: str
    arms: tuple[Arm, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    base_rate: float = 0.01
    grid_multiples: tuple[float, ...] = ()
    several_devices: int = 1
    sharpness: tuple[tuple[str, float], ...] = ()
    measured: tuple[str, ...] = ()
    measured_at: Literal["minimum", "end"] = "minimum"
    lines: tuple[Line, ...] = ()
    landscapes: tuple[Cell, ...] = ()
    plain_landscapes: tuple[Cell, ...] = ()
    rescalings: tuple[Cell, ...] = ()
    search: ModelSearch | None = field(default=None, repr=False)
    set_up: SetUp | None = field(default=None, repr=False)
    published: tuple[Published, ...] = field(default=(), repr=False)
    figures: tuple[Figure, ...] = field(default=(), repr=False)
    companions: tuple[Figure, ...] = field(default=(), repr=False)
    claims: tuple[Claim, ...] = field(default=(), repr=False)
    conditions: tuple[Condition, ...] = field(default=(), repr=False)
    sizes: tuple[Size, ...] = field(default=(), repr=False)
    called: Literal["article", "paper"] = "article"
    sweep: Sweep | None = field(default=None, repr=False)
    about: str = field(default="", repr=False)
    departures: tuple[Departure, ...] = field(default=(), repr=False)
    lessons: tuple[Lesson, ...] = field(default=(), repr=False)
    remedies: tuple[Remedy, ...] = field(default=(), repr=False)
    reviewed_again: bool = field(default=False, repr=False)

    @property
    def titles(self) -> dict[str, str]:
        """Titles of arms and conditions by name."""
        arms = {arm.name: arm.title for arm in self.arms}
        return arms | {condition.name: condition.title for condition in self.conditions}

    def condition(self, name: str) -> Condition:
        """The condition of that name; KeyError where there is none."""
        return {condition.name: condition for condition in self.conditions}[name]

    def conditions_of(self, preset: str) -> tuple[Condition, ...]:
        """The conditions that are run in the preset of that name."""
        size = self.size(preset)
        if size is None or not size.conditions:
            return self.conditions
        return tuple(c for c in self.conditions if c.name in size.conditions)

    def size(self, preset: str) -> Size | None:
        """What the preset of that name is changed to, None where it stays as it is."""
        return {size.preset: size for size in self.sizes}.get(preset)

    def arm(self, name: str) -> Arm:
        """The arm of that name; KeyError where there is none."""
        return {arm.name: arm for arm in self.arms}[name]

    def cell_of(self, printed: Published) -> Cell:
        """The cell that a printed number of an arm belongs to."""
        cell = self.arm(printed.arm).cell(printed.batch_size)
        return cell.on_several() if printed.several_devices else cell

    def figure(self, identifier: str) -> Figure:
        """The figure of that id; KeyError where there is none."""
        return {figure.id: figure for figure in self.figures + self.companions}[identifier]

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
