"""Lowest validation loss by batch size and learning rate (A20)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Rectangle

from reports.figures.panel import name_axes, number
from reports.figures.theme import HEAT_LEVELS, heat, heat_ink, light
from reports.wording import whole

EDGE = "▸"
"""Stands in a best cell at the lowest or highest rate: the true best may lie outside the grid."""
_GAP = 5.0  # points between cells
_INSET = 0.04  # of a cell, between its border and the outline
_SIDE = 1 - 2 * _INSET


@dataclass(frozen=True)
class Grid:
    """Means by batch size (rows) and rate (columns), NaN where nothing finished."""

    batch_sizes: tuple[int, ...]
    rates: tuple[float, ...]
    mean: np.ndarray
    finished: np.ndarray
    diverged: np.ndarray
    chosen: Mapping[int, float] | None = None

    def best(self, row: int) -> int | None:
        """The column of the best rate of ``row``: the chosen one, or None.

        Where nothing was chosen for any row, that of the lowest mean.
        """
        if not np.isfinite(self.mean[row]).any():
            return None
        if self.chosen is None:
            return self._lowest(row)
        rate = self.chosen.get(self.batch_sizes[row])
        near = [column for column, other in enumerate(self.rates) if _same(other, rate)]
        return near[0] if near else None

    def without_best(self) -> list[int]:
        """The batch sizes with losses of which no rate could be chosen as the best."""
        return [
            size
            for row, size in enumerate(self.batch_sizes)
            if self.best(row) is None and np.isfinite(self.mean[row]).any()
        ]

    def has_gaps(self) -> bool:
        """Whether a cell has neither finished nor diverged beside others of its row that have."""
        empty = (self.finished == 0) & (self.diverged == 0)
        return bool((empty.any(axis=1) & ~empty.all(axis=1)).any())

    def best_is_not_lowest(self) -> bool:
        """Whether a row's best rate does not have its lowest mean, as its seeds are not equal."""
        bests = ((row, self.best(row)) for row in range(len(self.batch_sizes)))
        return any(best is not None and best != self._lowest(row) for row, best in bests)

    def _lowest(self, row: int) -> int:
        return int(np.nanargmin(self.mean[row]))

    def at_edge(self, row: int) -> bool:
        """Whether the best rate of ``row`` is the lowest or highest that was tried."""
        return len(self.rates) > 1 and self.best(row) in (0, len(self.rates) - 1)


def grid_of(runs: pd.DataFrame, chosen: Mapping[int, float] | None = None) -> Grid:
    """The grid of ``runs``; only completed runs count into a mean.

    Args:
        runs: columns ``batch_size``, ``learning_rate``, ``status``, ``min_val_loss``.
        chosen: batch size -> best rate, found in another way than by the lowest mean (over the
            seeds that all rates share); a size that is not in it has no best rate.
    """
    rates = runs["learning_rate"].astype(float).map(lambda rate: float(f"{rate:.10g}"))
    table = runs.assign(learning_rate=rates)
    sizes = tuple(sorted(int(size) for size in table["batch_size"].unique()))
    columns = tuple(sorted(table["learning_rate"].unique()))
    shape = (len(sizes), len(columns))
    mean, done, gone = np.full(shape, np.nan), np.zeros(shape, int), np.zeros(shape, int)
    for (size, rate), rows in table.groupby(["batch_size", "learning_rate"]):
        place = (sizes.index(int(size)), columns.index(rate))
        losses = rows.loc[rows["status"] == "completed", "min_val_loss"].astype(float)
        losses = losses[np.isfinite(losses)]
        done[place], gone[place] = len(losses), int((rows["status"] == "diverged").sum())
        if len(losses):
            mean[place] = losses.mean()
    return Grid(sizes, columns, mean, done, gone, chosen)


def _same(rate: float, other: float | None) -> bool:
    return other is not None and math.isclose(rate, other, rel_tol=1e-6)


def draw_heat_map(ax: Axes, grid: Grid) -> Axes:
    """One cell a batch size and rate; the best of each row is outlined, see :data:`EDGE`."""
    shades = cell_shades(grid.mean)
    sns.heatmap(
        shades,
        mask=shades < 0,
        cmap=ListedColormap([heat(level) for level in range(HEAT_LEVELS)]),
        vmin=-0.5,
        vmax=HEAT_LEVELS - 0.5,
        cbar=False,
        linewidths=_GAP,
        linecolor=light("paper"),
        xticklabels=[number(rate) for rate in grid.rates],
        yticklabels=[whole(size) for size in grid.batch_sizes],
        ax=ax,
    )
    ax.tick_params(length=0, rotation=0)
    for row, column in np.ndindex(shades.shape):
        _write(ax, grid, row, column, int(shades[row, column]))
    name_axes(ax, "learning rate", "batch size")
    return ax


def cell_shades(mean: np.ndarray) -> np.ndarray:
    """Shades 0 (lowest) to 9 (highest) of the finite values, -1 for the others."""
    shades = np.full(mean.shape, -1)
    known = np.isfinite(mean)
    if known.any():
        low, high = mean[known].min(), mean[known].max()
        share = (mean[known] - low) / max(high - low, 1e-12)
        shades[known] = np.minimum((share * HEAT_LEVELS).astype(int), HEAT_LEVELS - 1)
    return shades


def _write(ax: Axes, grid: Grid, row: int, column: int, shade: int) -> None:
    """The text of a cell, and the outline of a best one.

    The annotations of seaborn have one size, and one colour for the light and the dark page.
    """
    best = shade >= 0 and grid.best(row) == column
    style: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "color": heat_ink(shade) if shade >= 0 else light("muted"),
    }
    wide = len(grid.rates) <= 5
    x, y = column + 0.5, row + 0.5
    if shade < 0:
        ax.text(x, y, _absent(grid, row, column), fontsize=10, **style)
        return
    weight = "bold" if best else "normal"
    loss = f"{grid.mean[row, column]:.3f}"
    ax.text(x, y - 0.08 * wide, loss, fontsize=13 if wide else 10, fontweight=weight, **style)
    if wide:
        ax.text(x, y + 0.24, _small_print(grid, row, column, best), fontsize=9.5, **style)
    if best:
        line: dict[str, Any] = {"facecolor": "none", "edgecolor": light("ink"), "linewidth": 2.4}
        ax.add_patch(Rectangle((column + _INSET, row + _INSET), _SIDE, _SIDE, **line))


def _absent(grid: Grid, row: int, column: int) -> str:
    return "diverged" if grid.diverged[row, column] else "–"


def _small_print(grid: Grid, row: int, column: int, best: bool) -> str:
    text = f"n = {grid.finished[row, column]}"
    if grid.diverged[row, column]:
        text += f", {grid.diverged[row, column]} div."
    if best:
        text += f" · best{' ' + EDGE if grid.at_edge(row) else ''}"
    return text
