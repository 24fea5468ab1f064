"""Sections with grids of conditions: batch sizes by base rates, SGD batch by BN batch."""

import numpy as np
import pandas as pd

from reports.exhibits.conditions import COLOURS, final_values, light_of
from reports.exhibits.exhibit import Exhibit, Key, absent, batch_name, draw
from reports.figures.condition_map import (
    ConditionMap,
    draw_condition_map,
    draw_sizes,
    lost_words,
)
from reports.figures.heat_map import EDGE
from reports.study_view import StudyView, seeds_in
from reports.wording import shown, whole
from study.experiments.conditions import Condition
from study.experiments.declare import Figure, StableCells
from study.experiments.quantities import QUANTITIES
from study.words import listed

_FRACTIONS = {0.0625: "1/16", 0.125: "1/8", 0.25: "1/4", 0.5: "1/2"}


def condition_sizes(view: StudyView, figure: Figure) -> Exhibit:
    """A quantity by batch size, one line for each multiple of the base rate."""
    frame, lost = _placed(view, figure)
    if frame.empty:
        return absent(view, figure)
    multiples = sorted({*frame["multiple"], *lost["multiple"]})
    named = dict(zip(multiples, COLOURS, strict=False))
    title = QUANTITIES[figure.quantity].title
    panel = draw(
        view,
        f"{figure.id}-sizes",
        f"Lines of the {title} by batch size, one for each base rate. Means: "
        f"{_means(frame, multiples)}. {lost_words([len(lost)])}",
        lambda ax: draw_sizes(
            ax, frame, lost, {m: light_of(view, colour) for m, colour in named.items()}, title
        ),
        right=16,
    )
    keys = tuple(Key(rate_words(view, multiple), colour) for multiple, colour in named.items())
    caption = (
        f"{seeds_in(frame)} a condition. Lines are means over seeds, dots are seeds. Base rates "
        "are learning rates an example: the rate of a run is its batch size times that."
    )
    if len(lost):
        caption += f" Crosses at the bottom: {lost_words([len(lost)])}."
    return Exhibit((panel,), keys, caption, frame)


def condition_map(view: StudyView, figure: Figure) -> Exhibit:
    """A map of means by batch size and base rate, or by SGD batch and BN batch."""
    frame, lost = _placed(view, figure)
    if frame.empty:
        return absent(view, figure)
    grid = map_of(view, figure, frame, lost)
    title = QUANTITIES[figure.quantity].title
    panel = draw(
        view,
        f"{figure.id}-map",
        f"Map of the {title} by {grid.row_axis} and {grid.column_axis}. {_rows(grid)}.",
        lambda ax: draw_condition_map(ax, grid),
        height=62.0 + 50.0 * len(grid.rows),
        left=64,
        right=6,
    )
    caption = (
        "Mean over the seeds of each cell, n is their number; the stronger its colour, the better. "
        f"Outlined: the best cell of each {grid.row_axis}, of those without a diverged run."
    )
    if words := lost_words([int(grid.diverged.sum())]):
        caption += f" {words}."
    edges = [name for row, name in enumerate(grid.rows) if grid.at_edge(row)]
    remark = ""
    if edges:
        remark = (
            f"{EDGE} For {grid.row_axis} {listed(edges)} the best cell lies on the edge of the "
            "grid: beyond it may be better still."
        )
    return Exhibit((panel,), (), caption, frame, remark=remark)


def condition_groups(view: StudyView, figure: Figure) -> Exhibit:
    """A section whose table says which base rates are stable and how good the best one is."""
    frame, lost = _placed(view, figure)
    if frame.empty:
        return absent(view, figure)
    caption = (
        f"{seeds_in(frame)} a condition. A base rate is stable in a seed if its run does not "
        f"diverge and ends at most {StableCells.within:g} below the best run of that seed, "
        "held apart with and without batch normalisation. "
        "The rate that is best by the other seeds is judged in each seed; with one seed there is "
        "none."
    )
    if len(lost):
        caption += f" {lost_words([len(lost)])}."
    return Exhibit(caption=caption)


def rate_words(view: StudyView, multiple: float) -> str:
    """A base rate, as the rate of one example."""
    smallest = min(view.batch_sizes, default=1)
    return f"{shown(multiple * view.base_rate / smallest, 2)} an example"


def map_of(
    view: StudyView, figure: Figure, frame: pd.DataFrame, lost: pd.DataFrame
) -> ConditionMap:
    """The map of a figure's conditions from their values and the runs that were lost."""
    conditions = [view.experiment.condition(name) for name in figure.conditions]
    by_normalisation = len({c.rate_multiple for c in conditions}) == 1
    smallest = min(view.batch_sizes, default=0)

    def column_of(condition: Condition) -> float:
        if not by_normalisation:
            return condition.rate_multiple
        return condition.ghost_size or smallest * condition.batch_multiple

    rows = sorted({smallest * c.batch_multiple for c in conditions})
    columns = sorted({column_of(c) for c in conditions})
    shape = (len(rows), len(columns))
    mean, done, gone = np.full(shape, np.nan), np.zeros(shape, int), np.zeros(shape, int)
    for condition in conditions:
        place = (
            rows.index(smallest * condition.batch_multiple),
            columns.index(column_of(condition)),
        )
        values = frame.loc[frame["condition"] == condition.name, "value"]
        done[place], gone[place] = len(values), int((lost["condition"] == condition.name).sum())
        if len(values):
            mean[place] = values.mean()
    named = [whole(int(c)) if by_normalisation else _multiple_words(c) for c in columns]
    return ConditionMap(
        tuple(whole(size) for size in rows),
        tuple(named),
        "SGD batch" if by_normalisation else "batch size",
        "BN batch" if by_normalisation else "multiple of the base rate",
        mean,
        done,
        gone,
        tuple(_best(mean[row], gone[row]) for row in range(len(rows))),
        edges=not by_normalisation,
    )


def _best(mean: np.ndarray, diverged: np.ndarray) -> int | None:
    competing = np.where(diverged == 0, mean, np.nan)
    return int(np.nanargmax(competing)) if np.isfinite(competing).any() else None


def _placed(view: StudyView, figure: Figure) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Values of completed runs, and the runs that diverged, with their place in the grid."""
    values = final_values(view, figure)
    runs = view.condition_rows("runs", figure.conditions)
    lost = runs[runs["status"] == "diverged"]
    return _in_grid(view, values), _in_grid(view, lost)


def _in_grid(view: StudyView, rows: pd.DataFrame) -> pd.DataFrame:
    names = rows["condition"].astype(str)
    found = pd.DataFrame(
        {
            "condition": names,
            "batch_size": rows["batch_size"].astype(int),
            "multiple": [view.experiment.condition(name).rate_multiple for name in names],
            "seed": rows["seed"].astype(int),
        }
    )
    if "value" in rows:
        found["value"] = rows["value"].astype(float)
    return found.reset_index(drop=True)


def _means(frame: pd.DataFrame, multiples: list[float]) -> str:
    texts = []
    for multiple in multiples:
        means = frame[frame["multiple"] == multiple].groupby("batch_size")["value"].mean()
        values = ", ".join(f"{shown(value)} at {batch_name(size)}" for size, value in means.items())
        texts.append(f"{_multiple_words(multiple)} × the base rate: {values or 'none completed'}")
    return "; ".join(texts)


def _rows(grid: ConditionMap) -> str:
    """The best cell of each row, or all of its cells where none is."""
    texts = []
    for row, best in enumerate(grid.best):
        name = f"{grid.row_axis} {grid.rows[row]}"
        if best is None:
            texts.append(f"{name}, no best cell: {_cells(grid, row)}")
        else:
            value = shown(grid.mean[row, best])
            texts.append(f"{name}: {value} at its best, {grid.column_axis} {grid.columns[best]}")
    return "; ".join(texts)


def _cells(grid: ConditionMap, row: int) -> str:
    texts = []
    for column, name in enumerate(grid.columns):
        value, lost = grid.mean[row, column], lost_words([int(grid.diverged[row, column])])
        known = ", ".join(filter(None, (shown(value) if np.isfinite(value) else "", lost)))
        texts.append(f"{known or 'nothing'} at {name}")
    return f"{', '.join(texts)} ({grid.column_axis})"


def _multiple_words(multiple: float) -> str:
    return _FRACTIONS.get(multiple, f"{multiple:g}")
