"""What the values of an effect over a sweep rest on, and why that may be too little."""

from dataclasses import dataclass

from study.experiments.cells import Cell
from study.experiments.sweep import OverSweep, SweepError, SweepSlope
from study.summarise.cells import by_seed
from study.summarise.measured import Measured, MissingValueError
from study.summarise.sweep import ChosenRate, choose_rates, values_over_sizes
from study.summarise.sweep_effects import averaged_rows, critical_place, slope_rows
from study.words import counted, listed

OfSweep = OverSweep | SweepSlope | SweepError


@dataclass(frozen=True)
class Basis:
    """Behind the values of an effect.

    Attributes:
        cells: those whose runs enter, of a sweep at the chosen rates alone.
        words: which batch sizes, for the reader of a verdict; "" where that goes without saying.
        obstacles: why no verdict can be built on them.
    """

    cells: tuple[Cell, ...]
    words: str = ""
    obstacles: tuple[str, ...] = ()


def basis_of(effect: OfSweep, study: Measured) -> Basis:
    """The basis of an effect over a sweep; nothing where it has no values."""
    chosen = choose_rates(effect.sweep, study)
    match effect:
        case SweepSlope():
            return _of_slope(effect, chosen, study)
        case OverSweep():
            return _of_mean(effect, chosen, study)
        case SweepError():
            return _basis(chosen, "", _loose(chosen))


def _of_slope(effect: SweepSlope, chosen: list[ChosenRate], study: Measured) -> Basis:
    try:
        rows = slope_rows(effect, chosen)
    except MissingValueError:
        return Basis(())
    reasons = [*_loose(rows), _out_of_reach(effect.side, chosen)]
    return _basis(rows, _slope_words(rows, study), reasons)


def _of_mean(effect: OverSweep, chosen: list[ChosenRate], study: Measured) -> Basis:
    averaged = averaged_rows(effect, chosen)
    entered = values_over_sizes(effect.quantity, averaged, study)
    words = _mean_words(averaged, entered)
    if effect.against_critical:
        # the fit is of all
        return _basis(chosen, words, _loose(chosen))
    # a noise scale needs no best rate, and a run that missed the target has one
    return _basis([row for row in averaged if row.batch_size in entered], words, [])


def _basis(rows: list[ChosenRate], words: str, reasons: list[str]) -> Basis:
    cells = tuple(row.cell for row in rows if row.condition)
    return Basis(cells, words, tuple(reason for reason in reasons if reason))


def _loose(rows: list[ChosenRate]) -> list[str]:
    """Why the updates of batch sizes are not those that the law speaks of, "" for no reason."""
    return [_edges(rows), _misses(rows)]


def _mean_words(rows: list[ChosenRate], entered: dict[int, dict[int, float]]) -> str:
    if not entered:
        return ""
    runs = counted(sum(len(values) for values in entered.values()), "run")
    text = f"mean over {_batches(list(entered))}, {runs}"
    short = [row.batch_size for row in rows if row.batch_size not in entered]
    return text + (f" ({_batches(short)} without a value in some seed)" if short else "")


def _slope_words(rows: list[ChosenRate], study: Measured) -> str:
    shares = [by_seed("chance_share", row.cell, study) for row in rows if row.condition]
    means = [sum(found.values()) / len(found) for found in shares if found]
    text = f"over {_batches([row.batch_size for row in rows])}"
    if not means:
        return text
    ends = dict.fromkeys(f"{100 * share:.0f}" for share in (min(means), max(means)))
    return f"{text}, whose runs spent {' to '.join(ends)} % of the updates at chance level"


def _edges(rows: list[ChosenRate]) -> str:
    sizes = [row.batch_size for row in rows if row.edge]
    if not sizes:
        return ""
    return (
        f"the best rate of {_batches(sizes)} is at the edge of those tried, and another may do "
        "with fewer updates"
    )


def _misses(rows: list[ChosenRate]) -> str:
    texts = [
        f"batch {row.batch_size} (seed {listed(map(str, row.missed))})"
        for row in rows
        if row.missed
    ]
    return f"the target was missed by {listed(texts)}" if texts else ""


def _out_of_reach(side: str, chosen: list[ChosenRate]) -> str:
    """Why, where by the law itself an end cannot show what is claimed of it.

    Over B to 4 B the law's factor a doubling is below 1/sqrt(2) if and only if B_crit > 2 B: twice
    the smallest size at the one end, and half of the largest at the other.
    """
    place = critical_place(chosen)
    low, high = 2 * chosen[0].batch_size, chosen[-1].batch_size / 2
    if side == "smallest" and place < low:
        where, course = f"below {low}, twice the smallest", "fall more slowly"
    elif side == "largest" and place > high:
        where, course = f"above {high:g}, half of the largest", "go on falling"
    else:
        return ""
    return (
        f"the fit puts the critical batch size {where}, and then updates that {course} agree with "
        "the law too"
    )


def _batches(sizes: list[int]) -> str:
    return f"batch {listed(map(str, sizes))}"
