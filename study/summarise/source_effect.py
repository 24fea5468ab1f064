"""What a source's own printed numbers come to as an effect of its claims."""

import itertools
import math
from typing import Any

import pandas as pd

from study.experiments.declare import Cell, Effect, Experiment
from study.summarise.effects import sample
from study.summarise.measured import Measured
from study.summarise.statistics import Estimate

Limits = tuple[float, float]


def source_effect(effect: Effect, experiment: Experiment) -> Limits | None:
    """Lowest and highest value of an effect by the numbers that the source prints.

    The numbers are taken for a study, with a made-up seed for every combination of the ends of
    printed ranges, and go through the same rules as ours; a trend goes over the batch sizes that
    are printed. Only of experiments with arms: a paper's numbers are of other nets.

    Returns:
        On the scale on which the effect is shown; None where it needs a number that is not
        printed.
    """
    quantity = getattr(effect, "quantity", getattr(effect, "column", ""))
    printed = _printed(quantity, experiment)
    if not printed:
        return None
    values = sample(effect, _as_study(quantity, printed, effect, experiment)).shown
    usable = values and all(math.isfinite(value) for value in values)
    return (min(values), max(values)) if usable else None


def beside(source: Limits | None, estimate: Estimate) -> str:
    """Whether the source's effect lies "inside" or "outside" our interval; "" if not known.

    A range that reaches into the interval counts as inside.
    """
    if source is None or estimate.interval is None:
        return ""
    low, high = estimate.interval
    return "inside" if source[0] <= high and low <= source[1] else "outside"


def _printed(quantity: str, experiment: Experiment) -> dict[Cell, Limits]:
    """The printed numbers of a quantity by cell, one that is in several arms once."""
    found: dict[Cell, Limits] = {}
    for item in experiment.published:
        if item.quantity == quantity and item.arm and item.limits is not None:
            cell = experiment.cell_of(item)
            low, high = found.get(cell, item.limits)
            found[cell] = (min(low, item.limits[0]), max(high, item.limits[1]))
    return found


def _as_study(
    quantity: str, printed: dict[Cell, Limits], effect: Effect, experiment: Experiment
) -> Measured:
    """A study that found what is printed: values of runs, or of their one epoch."""
    combinations = itertools.product(*(sorted(set(ends)) for ends in printed.values()))
    rows: list[dict[str, Any]] = [
        {
            "id": f"{place}-{seed}",
            "batch_size": cell.batch_size,
            "learning_rate": cell.rate(experiment.base_rate),
            "seed": seed,
            "replicas": experiment.several_devices if cell.several_devices else 1,
            "status": "completed",
            quantity: value,
        }
        for seed, values in enumerate(combinations)
        for place, (cell, value) in enumerate(zip(printed, values, strict=True))
    ]
    arm = getattr(effect, "arm", None)
    sizes = [cell.batch_size for cell in printed if arm and arm.cell(cell.batch_size) == cell]
    settings = {
        "base_rate": experiment.base_rate,
        "batch_sizes": sizes,
        "replicas": [1, experiment.several_devices],
    }
    frames = {"runs": pd.DataFrame(rows)}
    if hasattr(effect, "column"):
        frames["epochs"] = frames["runs"]
    return Measured(settings, frames, experiment)
