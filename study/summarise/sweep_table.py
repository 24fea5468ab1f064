"""The table of a sweep: a row for each batch size, at the rate chosen for it."""

import math
from typing import Any

from study.experiments.declare import BySweep, Experiment, Sweep
from study.summarise.cells import (
    by_seed,
    cell_note,
    columns_of,
    count_completed,
    finite,
    over_seeds,
)
from study.summarise.measured import Measured
from study.summarise.statistics import Estimate
from study.summarise.sweep import ChosenRate, choose_rates
from study.words import listed

_NOTHING = Estimate(math.nan, None, 0)


def by_sweep(table: BySweep, experiment: Experiment, study: Measured) -> list[dict[str, Any]]:
    """The rows of the declared table."""
    return [_row(chosen, table, experiment, study) for chosen in choose_rates(table.sweep, study)]


def _row(
    chosen: ChosenRate, table: BySweep, experiment: Experiment, study: Measured
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "batch_size": chosen.batch_size,
        "learning_rate": finite(chosen.learning_rate),
    }
    if not chosen.condition:
        for quantity in table.quantities:
            row.update(columns_of(quantity, _NOTHING))
        note = "no run at any of its rates reached the target" if chosen.done else ""
        return {**row, "n": len(chosen.done), "edge": False, "note": note}
    cell = experiment.condition(chosen.condition).cell
    row["n"] = count_completed(cell, study)
    for quantity in table.quantities:
        row.update(columns_of(quantity, over_seeds(quantity, cell, study)))
    edge = "its rate is at the edge of those tried" if chosen.edge else ""
    missed = sorted(set(chosen.done) - set(chosen.updates))
    short = f"{len(missed)} of {len(chosen.done)} did not reach the target ({_seeds(missed)})"
    parts = (
        edge,
        short if missed else "",
        _unresolved(chosen, table.sweep, study),
        cell_note(cell, study),
    )
    return {**row, "edge": chosen.edge, "note": "; ".join(part for part in parts if part)}


def _unresolved(chosen: ChosenRate, sweep: Sweep, study: Measured) -> str:
    """Which seeds lack the main noise scale, so that means over the batch sizes leave this out."""
    if not sweep.predictions:
        return ""
    values = by_seed(sweep.predictions[0], chosen.cell, study)
    missing = sorted(seed for seed in chosen.done if not values.get(seed, math.nan) > 0)
    if not missing:
        return ""
    return f"left out of the mean noise scale, |G|² not resolved ({_seeds(missing)})"


def _seeds(seeds: list[int]) -> str:
    return f"seed {listed(map(str, seeds))}"
