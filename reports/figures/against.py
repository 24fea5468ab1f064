"""A quantity of conditions against a number that they differ in."""

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from reports.figures.panel import in_ratios, linear_ticks, log_axis, name_axes
from reports.figures.theme import light
from reports.wording import whole


def draw_against(
    ax: Axes, frame: pd.DataFrame, means: pd.DataFrame, labels: tuple[str, str], colour: str
) -> Axes:
    """Every seed a dot, their mean a line, its 95 % interval a bar.

    Batch sizes stand on an axis of powers of 2; values that :func:`in_ratios` tells on a
    logarithmic one.

    Args:
        frame: columns ``x``, ``seed``, ``value``.
        means: columns ``x``, ``value``, ``low``, ``high``; NaN where there is no interval.
        labels: of both axes.
        colour: a light colour.
    """
    sizes = labels[0] == "batch size"
    style: dict[str, Any] = {"x": "x", "y": "value", "ax": ax, "legend": False}
    sns.lineplot(means, color=colour, linewidth=2.2, errorbar=None, **style)
    sns.scatterplot(frame, s=26, color=colour, edgecolor=light("paper"), linewidth=0.8, **style)
    known = means[means["low"].notna()]
    ax.vlines(known["x"], known["low"], known["high"], color=colour, linewidth=1.4)
    places = sorted(means["x"].unique())
    if sizes:
        ax.set_xscale("log", base=2)
        ax.set_xlim(min(places) / 1.3, max(places) * 1.3)
    else:
        ax.set_xlim(-0.04 * max(places), 1.04 * max(places))
    ax.xaxis.set_major_locator(FixedLocator(places))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([whole(float(place)) for place in places])
    # an interval may reach far beyond all seeds: what is drawn is settled by these
    low, high = float(frame["value"].min()), float(frame["value"].max())
    if in_ratios(frame["value"]):
        log_axis(ax, "y", low / 1.4, high * 1.4)
    else:
        room = 0.3 * max(high - low, 1e-9)
        ax.set_ylim(low - room, high + room)
        linear_ticks(ax, "y")
    ax.grid(axis="y")
    name_axes(ax, *labels)
    return ax
