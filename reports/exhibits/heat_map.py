"""The section with the heat map of batch sizes and rates."""

import numpy as np
import pandas as pd

from reports.exhibits.exhibit import Exhibit, absent, batch_name, draw
from reports.figures.heat_map import EDGE, Grid, draw_heat_map, grid_of
from reports.study_view import StudyView
from reports.wording import as_number, shown, whole
from study.experiments.declare import Figure
from study.words import counted, listed


def heat_map(view: StudyView, figure: Figure) -> Exhibit:
    """Lowest validation loss by batch size and learning rate."""
    runs = view.own["runs"]
    runs = runs[runs["replicas"] == view.one_device]
    if not np.isfinite(runs[figure.quantity].astype(float)).any():
        return absent(view, figure)
    chosen = {
        int(as_number(row.get("batch_size"))): as_number(row.get("learning_rate"))
        for row in view.rows_of_table(figure.id)
        if row.get("best") is True and np.isfinite(as_number(row.get("batch_size")))
    }
    grid = grid_of(runs, chosen)
    panel = draw(
        view,
        f"{figure.id}-map",
        f"Heat map of the lowest validation loss. {_rows(grid)}",
        lambda ax: draw_heat_map(ax, grid),
        height=62.0 + 56.0 * len(grid.batch_sizes),
        left=64,
        right=6,
    )
    edges = [whole(size) for row, size in enumerate(grid.batch_sizes) if grid.at_edge(row)]
    start = "In each cell, " if grid.finished.max() == 1 else "Mean over the seeds of each cell; "
    caption = f"{start}n is the number of seeds. Outlined: the best rate of each batch size"
    if grid.best_is_not_lowest():
        caption += (
            ", found by the seeds alone that all its rates have run: a lower mean in another cell "
            "is over other seeds"
        )
    caption += "."
    if len(np.unique(grid.finished[grid.finished > 0])) > 1:
        caption += f" {_like_with_like(runs, figure.quantity)}"
    if unknown := grid.without_best():
        sizes = listed([whole(size) for size in unknown])
        caption += (
            f" None is outlined for batch {sizes}: fewer than two seeds have run all its rates, "
            "and one seed is no choice."
        )
    if grid.has_gaps():
        caption += " A dash: no run has completed there"
        if any(grid.best(row) is not None for row in range(len(grid.batch_sizes))):
            caption += ", so that the best is the best of the other rates"
        caption += "."
    remark = ""
    if edges:
        remark = (
            f"{EDGE} For batch {', '.join(edges)} the best rate lies on the edge of the grid: "
            "rates beyond it may be better still."
        )
    keep = ["batch_size", "learning_rate", "seed", "status", figure.quantity]
    return Exhibit((panel,), (), caption, runs[keep], remark=remark)


def _like_with_like(runs: pd.DataFrame, quantity: str) -> str:
    """The means of each batch size over the seeds that all its rates have, rate by rate."""
    done = runs[(runs["status"] == "completed") & np.isfinite(runs[quantity].astype(float))]
    texts = []
    for size, rows in done.groupby("batch_size"):
        values = rows.pivot_table(quantity, "seed", "learning_rate").dropna()
        if len(values):
            means = ", ".join(map(shown, values.mean()))
            texts.append(f"{batch_name(size)}: {means} ({counted(len(values), 'seed')})")
    return (
        "Cells of unlike n are not to be compared by their colour. Rate by rate, over the seeds "
        f"that all rates of a batch size have: {'; '.join(texts)}."
    )


def _rows(grid: Grid) -> str:
    """The best cell of each batch size, or all of them where none was chosen."""
    texts = []
    for row, size in enumerate(grid.batch_sizes):
        best = grid.best(row)
        if best is None:
            texts.append(f"{batch_name(size)}, no best rate: {_cells(grid, row)}")
        else:
            loss, rate = shown(grid.mean[row, best]), f"{grid.rates[best]:g}"
            texts.append(f"{batch_name(size)}: {loss} at its best rate, {rate}")
    return f"{'; '.join(texts)}."


def _cells(grid: Grid, row: int) -> str:
    return ", ".join(
        f"{_cell(grid, row, column)} at {rate:g}" for column, rate in enumerate(grid.rates)
    )


def _cell(grid: Grid, row: int, column: int) -> str:
    if grid.finished[row, column]:
        return shown(grid.mean[row, column])
    return "diverged" if grid.diverged[row, column] else "nothing"
