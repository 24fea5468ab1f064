"""A sweep over batch sizes: the rate chosen for each, steps to the target, the critical batch.

The rule by which a rate is chosen: the one at which most seeds reached the target; among these
the one with the fewest updates to it (geometric mean over the seeds that reached it); of two
alike, the smaller one. It looks at nothing else, and is the same for all batch sizes and seeds.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from study.experiments.cells import Cell
from study.experiments.sweep import Sweep
from study.summarise.cells import by_seed
from study.summarise.critical_batch import (
    CriticalBatch,
    critical_batch_interval,
    fit_critical_batch,
)
from study.summarise.measured import Measured
from study.summarise.statistics import Estimate

UPDATES = "updates_to_target"
COMPLETED = frozenset({"completed"})
ENDED = COMPLETED | {"diverged", "failed"}


@dataclass(frozen=True)
class ChosenRate:
    """One batch size of a sweep.

    Attributes:
        batch_size: in examples.
        learning_rate: the chosen one, NaN where no rate reached the target.
        condition: with it, "" for none.
        edge: it is the smallest or largest of several that were tried.
        updates: seed -> updates to the target at that rate, of the seeds that reached it.
        done: seeds whose run at that rate completed; where none is chosen, those with a completed
            run at any rate.
        missed: seeds whose run at that rate (where none is chosen, at any) ended, even if it
            diverged or failed, and did not reach the target.
    """

    batch_size: int
    learning_rate: float
    condition: str
    edge: bool
    updates: dict[int, float]
    done: tuple[int, ...]
    missed: tuple[int, ...]

    @property
    def cell(self) -> Cell:
        """Its runs, where a rate is chosen."""
        return Cell(0, condition=self.condition)


def choose_rates(sweep: Sweep, study: Measured) -> list[ChosenRate]:
    """The chosen rate of every batch size that has runs, by rising batch size."""
    found = [_choose(names, study) for names in sweep.conditions]
    return [chosen for chosen in found if chosen is not None]


def _choose(names: tuple[str, ...], study: Measured) -> ChosenRate | None:
    runs = {name: run for name in names if (run := _a_run(name, study)) is not None}
    if not runs:
        return None
    size = int(next(iter(runs.values()))["batch_size"])
    counts = {name: by_seed(UPDATES, Cell(0, condition=name), study) for name in runs}

    def rank(name: str) -> tuple[float, float]:
        values = list(counts[name].values())
        return -len(values), float(np.mean(np.log(values))) if values else math.inf

    # of equals the first, which has the smaller rate
    best = min(runs, key=rank)
    tried = list(runs)
    if not counts[best]:
        seeds = _seeds_with(COMPLETED, tried, study), _seeds_with(ENDED, tried, study)
        return ChosenRate(size, math.nan, "", False, {}, *seeds)
    edge = len(tried) > 1 and best in (tried[0], tried[-1])
    return ChosenRate(
        size,
        float(runs[best]["learning_rate"]),
        best,
        edge,
        counts[best],
        _seeds_with(COMPLETED, [best], study),
        tuple(seed for seed in _seeds_with(ENDED, [best], study) if seed not in counts[best]),
    )


def _seeds_with(statuses: frozenset[str], names: list[str], study: Measured) -> tuple[int, ...]:
    cells = [Cell(0, condition=name) for name in names]
    return tuple(
        seed for seed in study.seeds if any(study.status(cell, seed) in statuses for cell in cells)
    )


def _a_run(name: str, study: Measured) -> dict[str, Any] | None:
    found = (study.run(Cell(0, condition=name), seed) for seed in study.seeds)
    return next((run for run in found if run is not None), None)


def seeds_of(chosen: list[ChosenRate]) -> list[int]:
    """The seeds that have a finished run at the chosen rate of some batch size."""
    return sorted({seed for row in chosen for seed in row.done})


def fit_seed(chosen: list[ChosenRate], seed: int) -> CriticalBatch:
    """The law of steps and examples, fitted to one seed's updates to the target."""
    updates = [row.updates.get(seed, math.nan) for row in chosen]
    return fit_critical_batch([row.batch_size for row in chosen], updates)


def critical_batch(chosen: list[ChosenRate], study: Measured) -> Estimate:
    """The critical batch size over seeds, geometric mean with interval; n counts those fitted."""
    rows = [[row.updates.get(seed, math.nan) for row in chosen] for seed in study.seeds]
    if not chosen or not rows:
        return Estimate(math.nan, None, 0)
    return critical_batch_interval([row.batch_size for row in chosen], rows)


def values_over_sizes(
    quantity: str, chosen: list[ChosenRate], study: Measured
) -> dict[int, dict[int, float]]:
    """Batch size -> seed -> a positive quantity at the chosen rate, where every seed has it.

    Seeds without any finished run are not waited for.
    """
    found = {}
    seeds = set(seeds_of(chosen))
    for row in chosen:
        if not row.condition:
            continue
        values = by_seed(quantity, row.cell, study)
        if values and set(values) == seeds and min(values.values()) > 0:
            found[row.batch_size] = values
    return found


def mean_over_sizes(quantity: str, chosen: list[ChosenRate], study: Measured) -> dict[int, float]:
    """Seed -> geometric mean over the batch sizes at which every seed has the quantity."""
    sizes = values_over_sizes(quantity, chosen, study)
    if not sizes:
        return {}
    return {
        seed: math.exp(math.fsum(math.log(values[seed]) for values in sizes.values()) / len(sizes))
        for seed in seeds_of(chosen)
    }
