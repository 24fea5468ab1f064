"""Groups of cells: the best of each, chosen by other seeds, and those that train stably."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from study.experiments.declare import BestAgainstBest, ByGroup, Cell, Claim, Group, StableCells
from study.summarise.cells import by_seed, columns_of
from study.summarise.measured import Measured, MissingValueError
from study.summarise.quantity_names import quantity_named
from study.summarise.statistics import chosen_interval, mean_interval
from study.words import counted, listed

_ENDED = ("completed", "diverged")
# accuracies are float32 shares of pictures: a tie must not fall on one side by rounding
_ROUNDING = 1e-6


def best_of_others(quantity: str, group: Group, study: Measured, seed: int) -> float:
    """The value in ``seed`` of the cell with the highest mean over the other seeds.

    Raises:
        MissingValueError: there is no other seed, a run of the group has not ended or failed, so
            that the best may be another, or no cell has all that it needs.
    """
    others = [other for other in study.seeds if other != seed]
    if not others:
        raise MissingValueError("one seed alone gives nothing to choose a rate by")
    for cell in group.cells:
        for each in study.seeds:
            _check_ended(cell, each, study)
    values = _competing(quantity, group, study)
    if not values:
        raise MissingValueError(f"{group.title}: no cell has completed in all seeds")
    means = {cell: np.mean([found[other] for other in others]) for cell, found in values.items()}
    return values[max(means, key=lambda cell: means[cell])][seed]


def best_difference(effect: BestAgainstBest, study: Measured, seed: int) -> float:
    """The value of the effect in a seed; see ``BestAgainstBest``."""
    first, second = (
        best_of_others(effect.quantity, group, study, seed)
        for group in (effect.first, effect.second)
    )
    return first - second


def stable_difference(effect: StableCells, study: Measured, seed: int) -> float:
    """The value of the effect in a seed; see ``StableCells``."""
    cells = (*effect.first.cells, *effect.second.cells, *effect.beside)
    stable = stable_cells(effect.quantity, cells, effect.within, study, seed)
    first, second = (
        sum(cell in stable for cell in group.cells) for group in (effect.first, effect.second)
    )
    return float(first - second)


def stable_cells(
    quantity: str, cells: Sequence[Cell], within: float, study: Measured, seed: int
) -> set[Cell]:
    """The cells whose run of a seed completed at most ``within`` below the highest of them.

    Raises:
        MissingValueError: a run has not ended, or failed: whether it is stable is not known.
    """
    for cell in cells:
        _check_ended(cell, seed, study)
    values = {
        cell: study.value(quantity, cell, seed)
        for cell in cells
        if study.status(cell, seed) == "completed"
    }
    highest = max(values.values(), default=0.0)
    return {cell for cell, value in values.items() if value >= highest - within - _ROUNDING}


def best_cell(quantity: str, group: Group, study: Measured) -> Cell | None:
    """The cell with the highest mean over all seeds; None where none competes."""
    means = {
        cell: np.mean(list(found.values()))
        for cell, found in _competing(quantity, group, study).items()
    }
    return max(means, key=lambda cell: means[cell]) if means else None


def best_words(claim: Claim, study: Measured) -> str:
    """The best cells of the groups that a claim compares, and which lie on the edge; or ""."""
    groups = {
        group.cells: (effect.quantity, group)
        for effect in (part.effect for part in claim.parts)
        if isinstance(effect, BestAgainstBest)
        for group in (effect.first, effect.second)
    }
    found, edges = [], []
    for quantity, group in groups.values():
        best = best_cell(quantity, group, study)
        if best is None:
            continue
        found.append(f"{study.label(best)} of {group.title}")
        if best in group.edges:
            edges.append(study.label(best))
    if not found:
        return ""
    text = f"Highest means: {listed(found)}"
    if edges:
        text += f"; {listed(dict.fromkeys(edges))} on the edge of the grid: beyond may be better"
    return text


def group_rows(table: ByGroup, study: Measured) -> list[dict[str, Any]]:
    """The rows of a table by group; ``condition`` holds the title of the group."""
    return [
        _group_row(group, family, table.quantity, study)
        for family in table.families
        for group in family
    ]


def _group_row(
    group: Group, family: Sequence[Group], quantity: str, study: Measured
) -> dict[str, Any]:
    beside = tuple(cell for other in family for cell in other.cells)
    stable, best = [], []
    for seed in study.seeds:
        with suppress(MissingValueError):
            found = stable_cells(quantity, beside, StableCells.within, study, seed)
            stable.append(float(sum(cell in found for cell in group.cells)))
        with suppress(MissingValueError):
            best.append(best_of_others(quantity, group, study, seed))
    statuses = [study.status(cell, seed) for cell in group.cells for seed in study.seeds]
    bounds = quantity_named(quantity).bounds
    return {
        "condition": group.title,
        "n": statuses.count("completed"),
        "tried": len(group.cells),
        **columns_of(
            "stable_rates", mean_interval(stable).within(0, len(group.cells)).unless_equal()
        ),
        **columns_of(quantity, chosen_interval(best).within(*bounds).unless_equal()),
        "note": _note(group, quantity, statuses, study),
    }


def _note(group: Group, quantity: str, statuses: list[str], study: Measured) -> str:
    notes = []
    best = best_cell(quantity, group, study)
    if best is not None:
        notes.append(f"highest mean at {study.label(best)}")
        if best in group.edges:
            notes[-1] += ", on the edge of the grid, beyond which may be better"
    notes += [
        f"{counted(count, 'run')} {status}"
        for status in ("diverged", "failed")
        if (count := statuses.count(status))
    ]
    return "; ".join(notes)


def _check_ended(cell: Cell, seed: int, study: Measured) -> None:
    if study.status(cell, seed) not in _ENDED:
        study.completed(cell, seed)


def _competing(quantity: str, group: Group, study: Measured) -> dict[Cell, dict[int, float]]:
    """The values by seed of the cells that have one in every seed."""
    values = {cell: by_seed(quantity, cell, study) for cell in group.cells}
    return {cell: found for cell, found in values.items() if set(found) == set(study.seeds)}
