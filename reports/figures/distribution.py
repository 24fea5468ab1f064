"""Histograms of batch update norms from counted bins (A10)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.panel import linear_ticks, log_axis, muted_rule, name_axes, note, number
from reports.figures.theme import Palette
from reports.wording import whole

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
    name_axes(ax, "norm of the update of one batch", "share of updates, %")
    drawn = bins[bins["batch_size"].isin(list(sizes))]
    if drawn["count"].sum() > 0:
        edges = bin_edges(drawn)
        sns.histplot(
            drawn.assign(norm=np.sqrt(drawn["bin_left"] * drawn["bin_right"])),
            x="norm",
            weights="count",
            bins=edges,
            hue="batch_size",
            palette={size: palette.colour(size) for size in sizes},
            stat="percent",
            common_norm=False,
            element="step",
            alpha=0.2,
            linewidth=1.8,
            legend=False,
            ax=ax,
        )
        log_axis(ax, "x", edges[0], edges[-1])
        ax.set_ylim(0, ax.dataLim.y1 * _ROOM)
    _medians(ax, sizes, medians, palette)
    linear_ticks(ax, "y", 4)
    ax.grid(axis="y")
    return ax


def bin_edges(bins: pd.DataFrame) -> list[float]:
    """Every edge of ``bins`` once, rising; a gap between filled bins is one bin without counts."""
    edges = np.log10(np.concatenate([bins["bin_left"], bins["bin_right"]]))
    return list(10 ** np.unique(edges.round(6)))


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
            f" {whole(size)}: median {number(float(f'{median:.2g}'))} ",
            color=palette.text(size),
            fontweight="bold",
            va="top",
            ha="left" if median < np.sqrt(np.prod(ax.get_xlim())) else "right",
        )
