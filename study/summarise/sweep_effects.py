"""The values of the effects that speak of a sweep, one a seed.

All raise :class:`MissingValueError` where the seed lacks something.
"""

import math
from statistics import median_low

from study.experiments.cells import Cell
from study.experiments.sweep import OverSweep, Sweep, SweepError, SweepSlope
from study.summarise.critical_batch import ABOVE, BELOW
from study.summarise.measured import Measured, MissingValueError
from study.summarise.quantity_names import quantity_named
from study.summarise.statistics import slopes_per_doubling
from study.summarise.sweep import (
    ENDED,
    ChosenRate,
    choose_rates,
    fit_seed,
    mean_over_sizes,
    seeds_of,
)
from study.words import listed

# Sizes within two doublings of an end of the sweep belong to it: one doubling is little beside
# the noise of the updates, and by the law S = S_min (1 + B_crit / B) the factor a doubling over
# B to 4 B is that at B_crit itself, 1/sqrt(2), when B_crit = 2 B.
_END = 4
# Over one doubling the examples cannot double unless the updates stay: no test of "at most double".
_FEWEST = {"below": 3, "beyond": 2}
_WHERE = {"below": "up to the critical one", "beyond": "beyond the critical one"}


def over_sweep(effect: OverSweep, study: Measured, seed: int) -> tuple[float, ...]:
    """ln of the mean over the batch sizes, or of its ratio to the critical one."""
    chosen = choose_rates(effect.sweep, study)
    values = mean_over_sizes(effect.quantity, averaged_rows(effect, chosen), study)
    if seed not in values:
        title = quantity_named(effect.quantity).title
        raise MissingValueError(f"no batch size has {title} in every seed")
    if not effect.against_critical:
        return (math.log(values[seed]),)
    return (math.log(values[seed] / _critical(chosen, seed)),)


def averaged_rows(effect: OverSweep, chosen: list[ChosenRate]) -> list[ChosenRate]:
    """The batch sizes that the effect averages over, where every seed has its quantity."""
    return chosen[:1] if effect.smallest else chosen


def sweep_slope(effect: SweepSlope, study: Measured, seed: int) -> tuple[float, ...]:
    """ln of the factor per doubling, or over the whole of the sizes."""
    chosen = choose_rates(effect.sweep, study)
    wanted = [row.batch_size for row in slope_rows(effect, chosen)]
    reached = [row for row in chosen if row.batch_size in wanted and seed in row.updates]
    if len(reached) < 2:
        raise MissingValueError(
            f"fewer than two of the batches {listed(map(str, wanted))} reached the target"
        )
    logs = [math.log(_count(effect.quantity, row, seed)) for row in reached]
    slope = float(slopes_per_doubling([row.batch_size for row in reached], [logs])[0])
    return (slope * math.log2(wanted[-1] / wanted[0]) if effect.whole else slope,)


def slope_rows(effect: SweepSlope, chosen: list[ChosenRate]) -> list[ChosenRate]:
    """The batch sizes that the slope is taken over, whether they reached the target or not.

    Raises:
        MissingValueError: they are too few, or need a critical batch size and there is none.
    """
    if not chosen:
        raise MissingValueError("no run of the sweep is there")
    if effect.side in ("smallest", "largest"):
        return _rows_of_end(chosen, effect.side)
    critical = critical_place(chosen)
    if math.isnan(critical):
        raise MissingValueError("no critical batch size: too few batch sizes reached the target")
    found = [row for row in chosen if (row.batch_size <= critical) == (effect.side == "below")]
    if len(found) < _FEWEST[effect.side]:
        fewest = {2: "two", 3: "three"}[_FEWEST[effect.side]]
        place = {0.0: BELOW, math.inf: ABOVE}.get(critical, f"{critical:.3g}, the seeds’ median")
        raise MissingValueError(
            f"fewer than {fewest} batch sizes lie {_WHERE[effect.side]} ({place})"
        )
    return found


def sweep_error(effect: SweepError, study: Measured, seed: int) -> tuple[float, ...]:
    """The error of the seed's fit."""
    chosen = choose_rates(effect.sweep, study)
    _critical(chosen, seed)
    return (fit_seed(chosen, seed).error,)


def awaits_nothing(sweep: Sweep, study: Measured, seed: int) -> bool:
    """Whether all runs of the sweep that this study has in the seed have ended, and one is there.

    A value that is missing then is missing for good: the runs gave no answer.
    """
    cells = (Cell(0, condition=name) for row in sweep.conditions for name in row)
    # a preset may leave conditions out
    statuses = {study.status(cell, seed) for cell in cells} - {"missing"}
    return bool(statuses) and statuses <= ENDED


def critical_place(chosen: list[ChosenRate]) -> float:
    """Where the seeds' fits put the critical batch size, their (lower) median.

    0 below the sweep, infinity above it, NaN where no seed has a fit.
    """
    places = [fit_seed(chosen, seed).place for seed in seeds_of(chosen)]
    known = [place for place in places if not math.isnan(place)]
    return median_low(known) if known else math.nan


def _rows_of_end(chosen: list[ChosenRate], side: str) -> list[ChosenRate]:
    """The batch sizes at the smaller or, for "largest", the larger end, rising; two at least."""
    if side == "largest":
        near = [row for row in chosen if row.batch_size * _END >= chosen[-1].batch_size]
        return near if len(near) > 1 else chosen[-2:]
    near = [row for row in chosen if row.batch_size <= chosen[0].batch_size * _END]
    return near if len(near) > 1 else chosen[:2]


def _count(quantity: str, row: ChosenRate, seed: int) -> float:
    size = row.batch_size if quantity == "examples_to_target" else 1
    return row.updates[seed] * size


def _critical(chosen: list[ChosenRate], seed: int) -> float:
    if not chosen:
        raise MissingValueError("no run of the sweep is there")
    fit = fit_seed(chosen, seed)
    if fit.reason:
        raise MissingValueError(f"no critical batch size: {fit.reason}")
    return fit.batch_size
