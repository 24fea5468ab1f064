"""Lines through minimisers: slices of landscapes, and of rescaled weights."""

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.means import THICK, finite
from reports.figures.panel import linear_ticks, log_axis, muted_rule, name_axes


def draw_slices(ax: Axes, frame: pd.DataFrame, colours: Mapping[str, str]) -> Axes:
    """Training loss along a direction, one colour a group, on a logarithmic axis.

    Args:
        frame: columns ``group``, ``alpha``, ``loss``.
        colours: group -> light colour, in the order in which they are drawn; later ones are
            narrower, so that lines that coincide lie within each other.
    """
    name_axes(ax, "alpha", "training loss")
    frame = finite(frame, "loss")
    frame = frame[frame["loss"] > 0]
    present = [group for group in colours if (frame["group"] == group).any()]
    for place, group in enumerate(present):
        sns.lineplot(
            frame[frame["group"] == group].sort_values("alpha"),
            x="alpha",
            y="loss",
            color=colours[group],
            linewidth=THICK + 1.1 * (len(present) - 1 - place),
            legend=False,
            ax=ax,
        )
    if len(frame):
        low, high = float(frame["loss"].min()), float(frame["loss"].max())
        height = max(high / low, 1.05)
        log_axis(ax, "y", low / height**0.06, low * height**1.06)
        ax.set_xlim(float(frame["alpha"].min()), float(frame["alpha"].max()))
    muted_rule(ax, x=0.0)
    linear_ticks(ax, "x", 4)
    ax.grid(axis="y")
    return ax
