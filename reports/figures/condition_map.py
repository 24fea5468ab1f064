"""Grids of conditions: a map of means, and lines by batch size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator, NullLocator

from reports.figures.heat_map import EDGE, cell_shades
from reports.figures.panel import linear_ticks, name_axes
from reports.figures.theme import HEAT_LEVELS, heat, heat_ink, light
from reports.wording import whole
from study.words import counted

_GAP = 5.0  # points between cells
_INSET = 0.04  # of a cell, between its border and the outline


@dataclass(frozen=True)
class ConditionMap:
    """Means of a quantity, the higher the better, by row and column; NaN where nothing completed.

    Attributes:
        rows, columns: their titles.
        row_axis, column_axis: what they stand for.
        mean: (rows, columns).
        completed, diverged: numbers of runs of each cell; both 0 where there is no such cell.
        best: column of the best cell of each row, None where none has all its runs.
        edges: whether a best cell at an end of its row is said to lie on the edge.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    row_axis: str
    column_axis: str
    mean: np.ndarray
    completed: np.ndarray
    diverged: np.ndarray
    best: tuple[int | None, ...]
    edges: bool

    def at_edge(self, row: int) -> bool:
        """Whether the best cell of a row is its first or last one."""
        return self.edges and self.best[row] in (0, len(self.columns) - 1)


def draw_condition_map(ax: Axes, grid: ConditionMap) -> Axes:
    """One cell a condition, the highest means darkest; the best of each row is outlined."""
    shades = cell_shades(-grid.mean)
    sns.heatmap(
        shades,
        mask=shades < 0,
        cmap=ListedColormap([heat(level) for level in range(HEAT_LEVELS)]),
        vmin=-0.5,
        vmax=HEAT_LEVELS - 0.5,
        cbar=False,
        linewidths=_GAP,
        linecolor=light("paper"),
        xticklabels=list(grid.columns),
        yticklabels=list(grid.rows),
        ax=ax,
    )
    ax.tick_params(length=0, rotation=0)
    for row, column in np.ndindex(shades.shape):
        _write(ax, grid, row, column, int(shades[row, column]))
    name_axes(ax, grid.column_axis, grid.row_axis)
    return ax


def _write(ax: Axes, grid: ConditionMap, row: int, column: int, shade: int) -> None:
    done, gone = int(grid.completed[row, column]), int(grid.diverged[row, column])
    best = grid.best[row] == column
    style: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "color": heat_ink(shade) if shade >= 0 else light("muted"),
    }
    x, y = column + 0.5, row + 0.5
    if shade < 0:
        if gone:
            ax.text(x, y, f"{gone} diverged", fontsize=10, **style)
        return
    weight = "bold" if best else "normal"
    text = f"{grid.mean[row, column]:.3f}"
    ax.text(x, y - 0.08, text, fontsize=13, fontweight=weight, **style)
    small = f"n = {done}" + (f", {gone} div." if gone else "")
    if best:
        small += f" · best{' ' + EDGE if grid.at_edge(row) else ''}"
    ax.text(x, y + 0.24, small, fontsize=9.5, **style)
    if best:
        line: dict[str, Any] = {"facecolor": "none", "edgecolor": light("ink"), "linewidth": 2.4}
        side = 1 - 2 * _INSET
        ax.add_patch(Rectangle((column + _INSET, row + _INSET), side, side, **line))


def draw_sizes(
    ax: Axes,
    frame: pd.DataFrame,
    lost: pd.DataFrame,
    colours: Mapping[float, str],
    label: str,
) -> Axes:
    """Lines of the mean by batch size, one for each base rate; seeds are dots.

    Args:
        frame: columns ``batch_size``, ``multiple`` (of the base rate), ``seed``, ``value``.
        lost: ``batch_size`` and ``multiple`` of runs that diverged: crosses at the bottom.
        colours: multiple -> light colour, in the order in which they are drawn.
        label: what the y axis shows.
    """
    sizes = sorted({*frame["batch_size"], *lost["batch_size"]})
    low, high = float(frame["value"].min()), float(frame["value"].max())
    room = 0.08 * max(high - low, 1e-9)
    floor = low - (2.5 * room if len(lost) else room)
    for place, (multiple, colour) in enumerate(colours.items()):
        rows = frame[frame["multiple"] == multiple]
        # side by side, so that dots and crosses of different rates do not cover each other
        shift = 1.03 ** (place - (len(colours) - 1) / 2)
        shifted = rows.assign(batch_size=rows["batch_size"] * shift)
        style: dict[str, Any] = {"x": "batch_size", "y": "value", "color": colour, "ax": ax}
        sns.lineplot(shifted, errorbar=None, linewidth=2.2, legend=False, **style)
        sns.scatterplot(shifted, s=26, edgecolor=light("paper"), linewidth=0.8, **style)
        gone = lost.loc[lost["multiple"] == multiple, "batch_size"].to_numpy(float) * shift
        if len(gone):
            ax.plot(gone, [low - 1.5 * room] * len(gone), "x", color=colour, markersize=7)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(FixedLocator(sizes))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([whole(int(size)) for size in sizes])
    ax.set_xlim(min(sizes) / 1.3, max(sizes) * 1.3)
    ax.set_ylim(floor, high + room)
    linear_ticks(ax, "y")
    ax.grid(axis="y")
    name_axes(ax, "batch size", label)
    return ax


def lost_words(diverged: Sequence[int]) -> str:
    """ "2 runs diverged", "" for none, from the numbers of each cell."""
    total = int(sum(diverged))
    return f"{counted(total, 'run')} diverged" if total else ""
