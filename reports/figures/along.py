"""Sharpness against training loss along runs (B1)."""

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
    name_axes(ax, "training loss", "sharpness")
    sizes = sorted(int(size) for size in frame["batch_size"].unique())
    sns.lineplot(
        frame.sort_values(["batch_size", "seed", "epoch"]),
        x="base_loss",
        y="sharpness",
        hue="batch_size",
        hue_order=sizes,
        palette={size: palette.colour(size) for size in sizes},
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
