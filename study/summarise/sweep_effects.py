"""The values of the effects that speak of a sweep, one a seed.

All raise :class:`MissingValueError` where the seed lacks something.
"""

import math
from statistics import median_low

from study.experiments.cells import Cell
from study.experiments.sweep import OverSweep, Sweep, SweepError, SweepSlope
from study.summarise.measured import Measured, MissingValueError
from study.summarise.quantity_names import quantity_named
from study.summarise.statistics import slopes_per_doubling
from study.summarise.sweep import (
    ChosenRate,
    choose_rates,
    fit_seed,
    mean_over_sizes,
    seeds_of,
)
from study.summarise.words import listed

# Sizes within two doublings of an end of the sweep belong to it: one doubling is little beside
# the noise of the updates, and by the law S = S_min (1 + B_crit / B) the factor a doubling over
# B to 4 B is that at B_crit itself, 1/sqrt(2), when B_crit = 2 B.
_END = 4


def over_sweep(effect: OverSweep, study: Measured, seed: int) -> tuple[float, ...]:
    """ln of the mean over the batch sizes, or of its ratio to the critical one."""
    chosen = choose_rates(effect.sweep, study)
    values = mean_over_sizes(effect.quantity, chosen, study)
    if seed not in values:
        title = quantity_named(effect.quantity).title
        raise MissingValueError(f"no batch size has {title} in every seed")
    if not effect.against_critical:
        return (math.log(values[seed]),)
    return (math.log(values[seed] / _critical(chosen, seed)),)


def sweep_slope(effect: SweepSlope, study: Measured, seed: int) -> tuple[float, ...]:
    """ln of the factor per doubling."""
    chosen = choose_rates(effect.sweep, study)
    if not chosen:
        raise MissingValueError("no run of the sweep is there")
    sizes = [row.batch_size for row in chosen]
    wanted = _sizes_of_end(sizes, effect.side)
    if effect.side in ("below", "beyond"):
        critical = _shared_critical(chosen)
        below = effect.side == "below"
        beside = [size for size in sizes if (size <= critical) == below]
        wanted = sorted({*wanted, *beside}) if below else beside
    reached = [row for row in chosen if row.batch_size in wanted and seed in row.updates]
    if len(wanted) < 2:
        raise MissingValueError("fewer than two batch sizes lie beyond the critical one")
    if len(reached) < 2:
        raise MissingValueError(
            f"fewer than two of the batches {listed(map(str, wanted))} reached the target"
        )
    logs = [math.log(_count(effect.quantity, row, seed)) for row in reached]
    return (float(slopes_per_doubling([row.batch_size for row in reached], [logs])[0]),)


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
    return bool(statuses) and statuses <= {"completed", "diverged", "failed"}


def _sizes_of_end(sizes: list[int], side: str) -> list[int]:
    """The batch sizes at the smaller or, for "largest", the larger end, rising; two at least."""
    if side == "largest":
        near = [size for size in sizes if size * _END >= sizes[-1]]
        return near if len(near) > 1 else sizes[-2:]
    near = [size for size in sizes if size <= sizes[0] * _END]
    return near if len(near) > 1 else sizes[:2]


def _shared_critical(chosen: list[ChosenRate]) -> float:
    """Where the seeds' fits put the critical batch size, their (lower) median; may be infinite."""
    places = [fit_seed(chosen, seed).place for seed in seeds_of(chosen)]
    known = [place for place in places if not math.isnan(place)]
    if not known:
        raise MissingValueError("no critical batch size: too few batch sizes reached the target")
    return median_low(known)


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
