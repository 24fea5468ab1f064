"""Histograms of batch update norms from counted bins (A10)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports.figures.panel import linear_ticks, log_axis, muted_rule, name_axes, note, number
from reports.figures.theme import Palette

_ROOM = 1.35


def draw_update_norms(
    ax: Axes,
    bins: pd.DataFrame,
    palette: Palette,
    *,
    sizes: Sequence[int],
    medians: Mapping[int, float],
) -> Axes:
    """The share of a batch size's updates by their norm, over all its runs, with its median.

    Args:
        bins: columns ``batch_size``, ``bin_left``, ``bin_right``, ``count``.
        sizes: the batch sizes to draw.
        medians: the median norm of each batch size; one that is missing gets no line.
    """
    lows, highs, tops = [], [], []
    for size in sizes:
        left, right, share = shares(bins[bins["batch_size"] == size])
        if len(share) == 0:
            continue
        edges = np.append(left, right[-1])
        ax.stairs(share, edges, color=palette.colour(size), fill=True, alpha=0.2)
        ax.stairs(share, edges, color=palette.colour(size), linewidth=1.8)
        lows.append(left[0])
        highs.append(right[-1])
        tops.append(share.max())
    if lows:
        log_axis(ax, "x", float(min(lows)), float(max(highs)))
        ax.set_ylim(0, float(max(tops)) * _ROOM)
    _medians(ax, sizes, medians, palette)
    linear_ticks(ax, "y", 4)
    ax.grid(axis="y")
    name_axes(ax, "norm of the update of one batch", "share of updates, %")
    return ax


def shares(bins: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Left and right edges and the percentage of all counts, over the runs in ``bins``.

    Empty bins between filled ones are put back, so that the outline is right.
    """
    total = bins.groupby(["bin_left", "bin_right"], sort=True)["count"].sum().reset_index()
    if total.empty or total["count"].sum() <= 0:
        return np.empty(0), np.empty(0), np.empty(0)
    left: list[float] = []
    right: list[float] = []
    share: list[float] = []
    whole = float(total["count"].sum())
    for row in total.itertuples(index=False):
        if right and row.bin_left > right[-1] * (1 + 1e-9):
            left.append(right[-1])
            right.append(row.bin_left)
            share.append(0.0)
        left.append(row.bin_left)
        right.append(row.bin_right)
        share.append(100 * row.count / whole)
    return np.array(left), np.array(right), np.array(share)


def _medians(
    ax: Axes, sizes: Sequence[int], medians: Mapping[int, float], palette: Palette
) -> None:
    top = ax.get_ylim()[1]
    for order, size in enumerate(sizes):
        median = medians.get(size, np.nan)
        if not np.isfinite(median):
            continue
        muted_rule(ax, x=median)
        note(
            ax,
            (median, top * (0.985 - 0.075 * order)),
            f" {size}: median {number(float(f'{median:.2g}'))} ",
            color=palette.colour(size),
            fontweight="bold",
            va="top",
            ha="left" if median < np.sqrt(np.prod(ax.get_xlim())) else "right",
        )
