"""The table of a sweep: a row for each batch size, at the rate chosen for it."""

import math
from typing import Any

from study.experiments.declare import BySweep, Experiment
from study.summarise.cells import cell_note, columns_of, count_completed, finite, over_seeds
from study.summarise.measured import Measured
from study.summarise.statistics import Estimate
from study.summarise.sweep import ChosenRate, choose_rates

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
    missed = len(set(chosen.done) - set(chosen.updates))
    short = f"{missed} of {len(chosen.done)} did not reach the target" if missed else ""
    note = "; ".join(part for part in (edge, short, cell_note(cell, study)) if part)
    return {**row, "edge": chosen.edge, "note": note}
