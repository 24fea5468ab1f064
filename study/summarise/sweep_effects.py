"""The values of the effects that speak of a sweep, one a seed.

All raise :class:`MissingValueError` where the seed lacks something.
"""

import math

from study.experiments.sweep import OverSweep, SweepError, SweepSlope
from study.summarise.measured import Measured, MissingValueError, quantity_named
from study.summarise.statistics import slopes_per_doubling
from study.summarise.sweep import (
    ChosenRate,
    choose_rates,
    critical_batch,
    fit_seed,
    mean_over_sizes,
)


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
    critical = critical_batch(chosen, study).effect
    if math.isnan(critical):
        raise MissingValueError("the sweep gives no critical batch size")
    below = effect.side == "below"
    rows = [row for row in chosen if (row.batch_size <= critical) == below]
    reached = [row for row in rows if seed in row.updates]
    if len(reached) < 2:
        raise MissingValueError(
            f"fewer than two batch sizes {'up to' if below else 'beyond'} the critical one of "
            f"{critical:.3g} reached the target"
        )
    logs = [math.log(_count(effect.quantity, row, seed)) for row in reached]
    return (float(slopes_per_doubling([row.batch_size for row in reached], [logs])[0]),)


def sweep_error(effect: SweepError, study: Measured, seed: int) -> tuple[float, ...]:
    """The error of the seed's fit."""
    chosen = choose_rates(effect.sweep, study)
    _critical(chosen, seed)
    return (fit_seed(chosen, seed).error,)


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
