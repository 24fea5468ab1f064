"""What a source prints and shows: its numbers, its tables, its figures."""

from dataclasses import dataclass

from study.experiments.cells import Arm, Cell
from study.experiments.group_effects import Group
from study.experiments.sweep import Sweep


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
        condition: name of the condition, in place of arm and batch size ("" and 0 then).
    """

    quantity: str
    arm: str
    batch_size: int
    values: tuple[float, ...] = ()
    span: tuple[float, float] | None = None
    words: str = ""
    note: str = ""
    several_devices: bool = False
    condition: str = ""

    @property
    def id(self) -> str:
        """Unique within an experiment."""
        devices = "several" if self.several_devices else "one"
        place = self.condition or f"{self.arm}/{self.batch_size}"
        return f"{self.quantity}/{place}/{devices}"

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


# Small tables


@dataclass(frozen=True)
class ByBatchSize:
    """Rows: arm, batch size (and number of devices); columns: quantities over seeds.

    With ``measured_only`` quantities that no run of a study has get no column: sizes of an
    experiment differ in what they measure.
    """

    quantities: tuple[str, ...]
    arms: tuple[Arm, ...]
    several_devices: bool = False
    measured_only: bool = False


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


@dataclass(frozen=True)
class ByCondition:
    """Rows: condition; columns: quantities over seeds; ``measured_only`` as in ByBatchSize."""

    quantities: tuple[str, ...]
    conditions: tuple[str, ...]
    measured_only: bool = False


@dataclass(frozen=True)
class ByGroup:
    """Rows: group; columns: how many of its cells train stably, and a quantity at its best cell.

    Which cells are stable and which is best is settled as in ``StableCells`` and
    ``BestAgainstBest``.

    Attributes:
        families: groups of one kind of network; a cell is stable beside the best of its family.
    """

    quantity: str
    families: tuple[tuple[Group, ...], ...]


@dataclass(frozen=True)
class BySweep:
    """Rows: batch size at the rate chosen for it in a sweep; columns: quantities over seeds."""

    quantities: tuple[str, ...]
    sweep: Sweep


Table = ByBatchSize | ByLayer | OverEpochs | LineEnds | Grid | ByCondition | ByGroup | BySweep


@dataclass(frozen=True)
class Figure:
    """A figure or table of the source.

    Attributes:
        kind: name of the function in ``reports`` that draws it.
        shows: one sentence on what it shows.
        found: one sentence on what the source found; "" where there is nothing to find.
        quantity: column that is drawn, "" where the kind settles it.
        arms: arms drawn.
        batch_sizes: batch sizes drawn; empty: all of the study.
        table: small table that goes with it, a key of ``tables`` in summary.json.
        needs_several_devices: empty without runs on several devices.
        conditions: names of the conditions drawn, in place of arms and batch sizes.
    """

    id: str
    kind: str
    title: str
    shows: str
    found: str = ""
    quantity: str = ""
    arms: tuple[Arm, ...] = ()
    batch_sizes: tuple[int, ...] = ()
    table: Table | None = None
    needs_several_devices: bool = False
    conditions: tuple[str, ...] = ()
