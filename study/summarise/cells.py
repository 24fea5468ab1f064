"""Quantities of single cells over seeds, and the best rate of a batch size."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from study.experiments.declare import Cell
from study.experiments.quantities import TO_TARGET
from study.summarise.chance import FELL_BACK, STAYED
from study.summarise.measured import Measured, MissingValueError
from study.summarise.quantity_names import quantity_named
from study.summarise.statistics import Estimate, mean_interval

NOT_REACHED = "not reached"


def by_seed(quantity: str, cell: Cell, study: Measured) -> dict[int, float]:
    """The value of each seed that has one."""
    values: dict[int, float] = {}
    for seed in study.seeds:
        try:
            values[seed] = study.value(quantity, cell, seed)
        except MissingValueError:
            continue
    return values


def over_seeds(quantity: str, cell: Cell, study: Measured) -> Estimate:
    """Mean over the seeds that have a value, with its 95 % interval (``mean_of``)."""
    return mean_of(quantity, by_seed(quantity, cell, study).values())


def mean_of(quantity: str, values: Iterable[float]) -> Estimate:
    """Mean of a quantity's values with its 95 % interval, kept within what the quantity can be."""
    return mean_interval(list(values)).within(*quantity_named(quantity).bounds)


def best_multiple(
    quantity: str, batch_size: int, multiples: Sequence[float], study: Measured
) -> float | None:
    """The multiple of the base rate with the lowest mean at a batch size.

    Means are over the seeds that all rates with a value share, so that no rate gains by a lucky
    seed; rates without any value (none run, all diverged) do not compete. None without values,
    and where a study of several seeds shares fewer than two: one seed is no choice.
    """
    values = {
        multiple: found
        for multiple in multiples
        if (found := by_seed(quantity, Cell(batch_size, multiple), study))
    }
    shared = set(study.seeds).intersection(*values.values()) if values else set()
    if len(shared) < min(2, len(study.seeds)) or not shared:
        return None
    means = {
        multiple: float(np.mean([found[seed] for seed in sorted(shared)]))
        for multiple, found in values.items()
    }
    return min(means, key=lambda multiple: means[multiple])


def cell_note(cell: Cell, study: Measured) -> str:
    """What did not go as planned in the runs of a cell, "" where all completed in time."""
    ended: dict[str, list[str]] = {"diverged": [], "failed": []}
    unfinished = cut_off = untrained = fell_back = 0
    for seed in study.seeds:
        status = study.status(cell, seed)
        if status in ended:
            reason = str((study.run(cell, seed) or {}).get("reason") or "")
            ended[status].append(f"seed {seed}" + (f", {reason}" if reason else ""))
        elif status in ("pending", "running"):
            unfinished += 1
        else:
            cut_off += study.cut_off(cell, seed)
            fell_back += (fell := study.fell_back(cell, seed))
            untrained += study.untrained(cell, seed) and not fell
    total = sum(study.status(cell, seed) != "missing" for seed in study.seeds)
    notes = [
        f"{len(reasons)} of {total} {status} ({'; '.join(reasons)})"
        for status, reasons in ended.items()
        if reasons
    ]
    if unfinished:
        notes.append(f"{unfinished} of {total} not finished")
    if cut_off:
        notes.append(f"{cut_off} of {total} stopped by the limit of epochs")
    if untrained:
        notes.append(f"{untrained} of {total} {STAYED}")
    if fell_back:
        notes.append(f"{fell_back} of {total} {FELL_BACK}")
    return "; ".join(notes)


def stayed_at_chance(cell: Cell, study: Measured) -> int:
    """Seeds whose run of a cell completed and never left chance level."""
    return sum(
        study.status(cell, seed) == "completed"
        and study.untrained(cell, seed)
        and not study.fell_back(cell, seed)
        for seed in study.seeds
    )


def count_completed(cell: Cell, study: Measured) -> int:
    """Seeds whose run of a cell completed."""
    return sum(study.status(cell, seed) == "completed" for seed in study.seeds)


def columns_of(name: str, estimate: Estimate) -> dict[str, Any]:
    """The columns of a table that a quantity over seeds fills."""
    low, high = estimate.interval or (None, None)
    mean = finite(estimate.effect)
    words = {f"{name}_words": NOT_REACHED} if mean is None and name in TO_TARGET else {}
    return {**words, name: mean, f"{name}_low": low, f"{name}_high": high, f"{name}_n": estimate.n}


def finite(value: float) -> float | None:
    """``value`` as JSON can hold it: None for a number that is not finite."""
    return float(value) if math.isfinite(value) else None
