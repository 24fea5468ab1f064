"""Sections with maps: loss landscapes and the heat map of batch sizes and rates."""

import numpy as np
import pandas as pd

from reports.exhibits.exhibit import Exhibit, Panel, absent, draw
from reports.exhibits.planes import level_keys
from reports.exhibits.previews import heading, painter, points_a_plane, preview_words, with_previews
from reports.figures.heat_map import EDGE, Grid, draw_heat_map, grid_of
from reports.figures.landscape import contour_levels
from reports.figures.means import finite
from reports.figures.theme import HEAT_LEVELS
from reports.study_view import StudyView
from reports.wording import as_number, counted, listed, shown
from study.experiments.declare import Figure


def landscape_contours(view: StudyView, figure: Figure) -> Exhibit:
    """Filter-normalised landscapes of a small and a large batch size, with the same levels."""
    sizes = view.ends(figure.batch_sizes)
    rows = finite(view.arm_rows("landscape", figure.arms[0], sizes), "loss")
    runs = view.arm_rows("runs", figure.arms[0], sizes)
    every = with_previews(view, "landscape", rows, runs)
    if every.empty:
        return absent(view, figure)
    seed, direction = _shared_plane(every if rows.empty else rows)
    plane = every[(every["seed"] == seed) & (every["direction_seed"] == direction)]
    parts = {size: part for size in sizes if len(part := plane[plane["batch_size"] == size])}
    levels = contour_levels(list(parts.values()))
    panels = tuple(
        _landscape_panel(view, figure, size, part, levels) for size, part in parts.items()
    )
    caption = (
        f"Seed {seed}, {points_a_plane(plane)}"
        f"{counted(int(plane['examples'].max()), 'training picture')}; the cross is the minimiser. "
        f"Both planes have the same {HEAT_LEVELS} levels, evenly spaced in ratio from "
        f"{shown(levels[0])} to {shown(levels[-1])}."
    )
    others = rows.loc[rows["seed"] != seed, "seed"].nunique()
    if others:
        caption += f" The data of {counted(others, 'further seed')} are in the download."
    keep = ["batch_size", "learning_rate", "seed", "direction_seed", "alpha", "beta", "loss"]
    named = {f"batch {size}": part for size, part in parts.items()}
    remark = preview_words(view, named)
    return Exhibit(panels, level_keys(levels), caption, rows[keep], remark=remark)


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
        f"Heat map of the lowest validation loss. {_best_rates(grid)}",
        lambda ax: draw_heat_map(ax, grid),
        height=62.0 + 56.0 * len(grid.batch_sizes),
        left=64,
        right=6,
    )
    edges = [str(size) for row, size in enumerate(grid.batch_sizes) if grid.at_edge(row)]
    start = "In each cell, " if grid.finished.max() == 1 else "Mean over the seeds of each cell; "
    caption = f"{start}n is the number of seeds. Outlined: the best rate of each batch size"
    if grid.best_is_not_lowest():
        caption += (
            ", found by the seeds alone that all its rates have run: a lower mean in another cell "
            "is over other seeds"
        )
    caption += "."
    if unknown := grid.without_best():
        sizes = listed([str(size) for size in unknown])
        caption += (
            f" None is outlined for batch {sizes}: fewer than two seeds have run all its rates, "
            "and one seed is no choice."
        )
    if grid.has_gaps():
        caption += (
            " A dash: no run has completed there, so that the best is the best of the other rates."
        )
    remark = ""
    if edges:
        remark = (
            f"{EDGE} For batch {', '.join(edges)} the best rate lies on the edge of the grid: "
            "rates beyond it may be better still."
        )
    keep = ["batch_size", "learning_rate", "seed", "status", figure.quantity]
    return Exhibit((panel,), (), caption, runs[keep], remark=remark)


def _shared_plane(rows: pd.DataFrame) -> tuple[int, int]:
    """The first seed and direction that most batch sizes have."""
    counts = rows.groupby(["seed", "direction_seed"])["batch_size"].nunique()
    seed, direction = min(counts[counts == counts.max()].index)
    return int(seed), int(direction)


def _landscape_panel(
    view: StudyView, figure: Figure, size: int, part: pd.DataFrame, levels: np.ndarray
) -> Panel:
    middle = part[(part["alpha"].abs() < 1e-9) & (part["beta"].abs() < 1e-9)]["loss"].mean()
    return draw(
        view,
        f"{figure.id}-{size}",
        f"Contours of the training loss about the minimiser of batch {size}: "
        f"{shown(middle)} in the middle, up to {shown(part['loss'].max())} at the border.",
        painter(part, levels),
        title=heading(view, f"Batch {size}", part),
        height=394,
        left=46,
        right=14,
    )


def _best_rates(grid: Grid) -> str:
    texts = []
    for row, size in enumerate(grid.batch_sizes):
        best = grid.best(row)
        if best is not None:
            loss, rate = shown(grid.mean[row, best]), f"{grid.rates[best]:g}"
            texts.append(f"batch {size}: {loss} at its best rate, {rate}")
    return f"{'; '.join(texts)}."
