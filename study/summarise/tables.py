"""Rows of the small tables, from declared tables and a study's frames; plain JSON values.

A quantity q over seeds fills the columns ``q`` (mean), ``q_low`` and ``q_high`` (95 % interval
within what q can be, null with one seed), ``q_n`` (seeds with a value), ``q_words`` ("not reached"
where no seed reached a target) and, where the source prints something for the table,
``q_published`` (text: every number that it prints). ``note`` says what did not go as planned: runs
that diverged, failed, are missing, or were stopped by the limit of epochs.
"""

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

import numpy as np

from study.experiments.declare import (
    Arm,
    ByBatchSize,
    ByCondition,
    ByGroup,
    ByLayer,
    Cell,
    Experiment,
    Grid,
    LineEnds,
    OverEpochs,
    Published,
    Table,
)
from study.summarise.cells import (
    best_multiple,
    cell_note,
    columns_of,
    count_completed,
    finite,
    mean_of,
    over_seeds,
)
from study.summarise.groups import group_rows
from study.summarise.measured import Measured, MissingValueError
from study.summarise.quantity_names import layer_quantity, quantity_named
from study.summarise.statistics import mean_interval
from study.summarise.sweep_table import by_sweep

Row = dict[str, Any]


def table_rows(experiment: Experiment, study: Measured) -> dict[str, list[Row]]:
    """The rows of every declared table, by the id of its figure."""
    return {
        figure.id: rows(figure.table, experiment, study)
        for figure in experiment.figures + experiment.companions
        if figure.table is not None
    }


def published_rows(experiment: Experiment, study: Measured) -> list[Row]:
    """Every printed number beside ours: one row a number, in the order of declaration."""
    return [_published_row(printed, experiment, study) for printed in experiment.published]


@singledispatch
def rows(table: Table, experiment: Experiment, study: Measured) -> list[Row]:
    """The rows of one declared table."""
    raise TypeError(f"no rule for tables of the kind {type(table).__name__}")


@rows.register
def _by_batch_size(table: ByBatchSize, experiment: Experiment, study: Measured) -> list[Row]:
    several = table.several_devices and study.several_devices is not None
    found = []
    for arm in table.arms:
        for size in study.batch_sizes:
            cell = arm.cell(size)
            for place in (cell, cell.on_several()) if several else (cell,):
                found.append(_cell_row(arm, place, table, experiment, study))
    return found


def _cell_row(
    arm: Arm, cell: Cell, table: ByBatchSize, experiment: Experiment, study: Measured
) -> Row:
    row = {"arm": arm.name, **_cell_columns(cell, study)}
    row["replicas"] = study.several_devices if cell.several_devices else study.one_device
    row["devices"] = study.devices(cell)
    row["n"] = count_completed(cell, study)
    for quantity in _shown(table, study):
        row.update(columns_of(quantity, over_seeds(quantity, cell, study).unless_equal()))
        if _prints(quantity, table, experiment):
            printed = _printed(experiment, quantity, arm, cell)
            row[f"{quantity}_published"] = printed.shown if printed else None
    return {**row, "note": cell_note(cell, study) if _awaited(table, cell, experiment) else ""}


def _awaited(table: ByBatchSize, cell: Cell, experiment: Experiment) -> bool:
    """Whether a cell is to have any of the table's numbers: planes are measured on some alone."""
    return table.quantities != ("landscape_rise",) or cell in experiment.landscapes


def _shown(table: ByBatchSize | ByCondition, study: Measured) -> Sequence[str]:
    """The quantities that get a column."""
    wanted = table.quantities
    return tuple(filter(study.has, wanted)) if table.measured_only else wanted


@rows.register
def _by_layer(table: ByLayer, experiment: Experiment, study: Measured) -> list[Row]:
    return [
        {
            "layer": layer,
            "order": order,
            **_cell_columns(cell, study),
            **columns_of("distance", over_seeds(layer_quantity(layer), cell, study)),
            "note": cell_note(cell, study),
        }
        for order, layer in enumerate(study.layers)
        for cell in table.cells
    ]


@rows.register
def _over_epochs(table: OverEpochs, experiment: Experiment, study: Measured) -> list[Row]:
    found = []
    for size in table.batch_sizes:
        cell = table.arm.cell(size)
        curves = _curves(table.column, cell, study)
        printed = _printed(experiment, table.column, table.arm, cell)
        found.append(
            {
                **_cell_columns(cell, study),
                **columns_of(table.column, mean_of(table.column, map(np.median, curves))),
                "lowest": finite(mean_of(table.column, map(np.min, curves)).effect),
                "highest": finite(mean_of(table.column, map(np.max, curves)).effect),
                f"{table.column}_published": printed.shown if printed else None,
                "note": cell_note(cell, study),
            }
        )
    return found


@rows.register
def _line_ends(table: LineEnds, experiment: Experiment, study: Measured) -> list[Row]:
    found = []
    for split in ("train", "validation"):
        for end, cell in enumerate((table.small, table.large)):
            rises = []
            for seed in study.seeds:
                try:
                    rises.append(study.rise(split, table.small, table.large, seed, end))
                except MissingValueError:
                    continue
            found.append(
                {
                    "split": split,
                    **_cell_columns(cell, study),
                    **columns_of("rise", mean_interval(rises)),
                    "note": cell_note(cell, study),
                }
            )
    return found


@rows.register
def _grid(table: Grid, experiment: Experiment, study: Measured) -> list[Row]:
    found = []
    for size in study.batch_sizes:
        best = best_multiple(table.quantity, size, table.multiples, study)
        for multiple in table.multiples:
            cell = Cell(size, multiple)
            edge = multiple in (min(table.multiples), max(table.multiples))
            found.append(
                {
                    **_cell_columns(cell, study),
                    "multiple": multiple,
                    "n": count_completed(cell, study),
                    **columns_of(table.quantity, over_seeds(table.quantity, cell, study)),
                    "best": multiple == best,
                    "edge": multiple == best and edge,
                    "note": cell_note(cell, study),
                }
            )
    return found


@rows.register
def _by_condition(table: ByCondition, experiment: Experiment, study: Measured) -> list[Row]:
    prints = {printed.quantity for printed in experiment.published if printed.condition}
    found = []
    for name in table.conditions:
        cell = experiment.condition(name).cell
        row = {"condition": name, **_first_phase(cell, study), "n": count_completed(cell, study)}
        for quantity in _shown(table, study):
            # a count that the schedule settles has no interval
            row.update(columns_of(quantity, over_seeds(quantity, cell, study).unless_equal()))
            if quantity in prints:
                printed = _printed_for_condition(experiment, quantity, name)
                row[f"{quantity}_published"] = printed.shown if printed else None
        found.append({**row, "note": cell_note(cell, study)})
    return found


@rows.register
def _by_group(table: ByGroup, experiment: Experiment, study: Measured) -> list[Row]:
    return group_rows(table, study)


rows.register(by_sweep)


def _first_phase(cell: Cell, study: Measured) -> Row:
    """Batch size and rate that the runs of a condition begin with, a warm-up apart."""
    runs = [run for seed in study.seeds if (run := study.run(cell, seed)) is not None]
    if not runs:
        return {"batch_size": None, "learning_rate": None}
    return {
        "batch_size": int(runs[0]["batch_size"]),
        "learning_rate": float(runs[0]["learning_rate"]),
    }


def _printed_for_condition(
    experiment: Experiment, quantity: str, condition: str
) -> Published | None:
    for printed in experiment.published:
        if (printed.quantity, printed.condition) == (quantity, condition):
            return printed
    return None


def _published_row(printed: Published, experiment: Experiment, study: Measured) -> Row:
    quantity = quantity_named(printed.quantity)
    if printed.condition:
        cell = experiment.condition(printed.condition).cell
        place = _first_phase(cell, study)
    else:
        cell = experiment.arm(printed.arm).cell(printed.batch_size)
        place = _cell_columns(cell, study)
    cell = cell.on_several() if printed.several_devices else cell
    ours = over_seeds(printed.quantity, cell, study)
    limits = printed.limits or (None, None)
    return {
        "id": printed.id,
        "quantity": printed.quantity,
        "title": quantity.title,
        "unit": quantity.unit,
        "arm": printed.arm,
        **({"condition": printed.condition} if printed.condition else {}),
        "batch_size": place["batch_size"],
        "several_devices": printed.several_devices,
        "published": printed.shown,
        "published_low": limits[0],
        "published_high": limits[1],
        "published_note": printed.note,
        "learning_rate": place["learning_rate"],
        "devices": study.devices(cell),
        "ours": finite(ours.effect),
        "ours_low": ours.interval[0] if ours.interval else None,
        "ours_high": ours.interval[1] if ours.interval else None,
        "n": ours.n,
        "note": cell_note(cell, study),
    }


def _cell_columns(cell: Cell, study: Measured) -> Row:
    if cell.condition:
        return {"condition": cell.condition, **_first_phase(cell, study)}
    return {"batch_size": cell.batch_size, "learning_rate": cell.rate(study.base_rate)}


def _curves(column: str, cell: Cell, study: Measured) -> list[np.ndarray]:
    curves = []
    for seed in study.seeds:
        try:
            curves.append(study.epochs(column, cell, seed))
        except MissingValueError:
            continue
    return curves


def _prints(quantity: str, table: ByBatchSize, experiment: Experiment) -> bool:
    """Whether the source prints the quantity for any cell of the table."""
    return any(
        _printed(experiment, quantity, arm, place) is not None
        for arm in table.arms
        for size in experiment.batch_sizes
        for cell in (arm.cell(size),)
        for place in ((cell, cell.on_several()) if table.several_devices else (cell,))
    )


def _printed(experiment: Experiment, quantity: str, arm: Arm, cell: Cell) -> Published | None:
    """What is printed of a cell: for this arm before another that it is in too."""
    found = [
        item
        for item in experiment.published
        if item.quantity == quantity and item.arm and experiment.cell_of(item) == cell
    ]
    return min(found, key=lambda item: item.arm != arm.name, default=None)
