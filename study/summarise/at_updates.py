"""Two runs after the same number of updates, while both are at their first rate."""

import math

import numpy as np

from study.experiments.declare import Cell, RatioAtUpdates
from study.summarise.diffusion import at_first_rate
from study.summarise.measured import Measured, MissingValueError


def ratio_at_updates(effect: RatioAtUpdates, study: Measured, seed: int) -> tuple[float, ...]:
    """The logarithm of the ratio that the effect is about, in one seed."""
    courses = [_course(effect.column, cell, study, seed) for cell in (effect.first, effect.second)]
    last = min(updates[-1] for updates, _ in courses)
    first = max(updates[0] for updates, _ in courses)
    if last < first:
        raise MissingValueError(
            f"one run is past its first rate after {last:.0f} updates, before the other’s first "
            f"epoch ends, after {first:.0f}"
        )
    values = [
        float(np.interp(math.log(last), np.log(updates), values)) for updates, values in courses
    ]
    if min(values) <= 0:
        raise MissingValueError(f"{effect.column} is 0 after {last:.0f} updates and has no ratio")
    return (math.log(values[0] / values[1]),)


def _course(column: str, cell: Cell, study: Measured, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Updates and values at the ends of the epochs at the first rate, shape (k,) each."""
    rates, updates, values = (
        study.epochs(name, cell, seed) for name in ("epoch_learning_rate", "updates", column)
    )
    count = at_first_rate(rates)
    return updates[:count], values[:count]
