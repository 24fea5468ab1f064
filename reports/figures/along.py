"""Sharpness against training loss along runs (B1)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.curves import THIN
from reports.figures.panel import log_axis, name_axes
from reports.figures.theme import Palette


def draw_along(ax: Axes, frame: pd.DataFrame, palette: Palette) -> Axes:
    """One thin line with dots a run, in the colour of its batch size.

    Args:
        frame: columns ``batch_size``, ``seed``, ``epoch``, ``base_loss`` and ``sharpness``, the
            last two positive.
    """
    sizes = sorted(int(size) for size in frame["batch_size"].unique())
    return draw_ways(ax, frame, "batch_size", {size: palette.colour(size) for size in sizes})


def draw_ways(ax: Axes, frame: pd.DataFrame, column: str, colours: Mapping[Any, str]) -> Axes:
    """As :func:`draw_along`, in the colours of the values of ``column``."""
    name_axes(ax, "training loss", "sharpness")
    sns.lineplot(
        frame.sort_values([column, "seed", "epoch"]),
        x="base_loss",
        y="sharpness",
        hue=column,
        hue_order=list(colours),
        palette=dict(colours),
        units="seed",
        estimator=None,
        sort=False,
        marker="o",
        markersize=5,
        markeredgewidth=0,
        linewidth=THIN,
        legend=False,
        ax=ax,
    )
    for axis, column in (("x", "base_loss"), ("y", "sharpness")):
        values = frame[column].astype(float)
        log_axis(ax, axis, float(values.min()) / 1.1, float(values.max()) * 1.1)
    ax.grid(axis="y")
    return ax
