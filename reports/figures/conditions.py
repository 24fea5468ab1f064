"""Conditions: their courses by epoch, and where each of them ends."""

import textwrap
from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.means import finite
from reports.figures.panel import in_ratios, linear_ticks, log_axis, name_axes, note
from reports.figures.theme import light
from reports.wording import as_text, shown

_NARROW, _STEP = 1.6, 1.3
_LONGEST, _LINE = 60, 25


def draw_course(
    ax: Axes, frame: pd.DataFrame, colours: Mapping[str, str], column: str, label: str
) -> Axes:
    """Steps of ``column`` by epoch, one colour a condition.

    Args:
        frame: columns ``condition``, ``epoch`` and ``column``, one row an epoch.
        colours: condition -> light colour, in the order in which they are drawn.
        column: positive numbers.
        label: what the y axis shows.
    """
    name_axes(ax, "epoch", label)
    frame = finite(frame, column)
    frame = frame[frame[column] > 0]
    present = [name for name in colours if (frame["condition"] == name).any()]
    for place, name in enumerate(present):
        rows = frame[frame["condition"] == name].sort_values("epoch")
        sns.lineplot(
            rows,
            x="epoch",
            y=column,
            drawstyle="steps-mid",
            color=colours[name],
            # courses that coincide lie within each other
            linewidth=_NARROW + _STEP * (len(present) - 1 - place),
            legend=False,
            ax=ax,
        )
    if len(frame):
        low, high = float(frame[column].min()), float(frame[column].max())
        log_axis(ax, "y", low / 1.3, high * 1.3)
        ax.set_xlim(0, float(frame["epoch"].max()) * 1.02)
    linear_ticks(ax, "x")
    ax.grid(axis="y")
    return ax


def wrapped(title: str) -> str:
    """A title in lines that fit beside a panel."""
    return textwrap.fill(as_text(title, _LONGEST), _LINE)


def draw_ends(
    ax: Axes,
    frame: pd.DataFrame,
    titles: Mapping[str, str],
    colours: Mapping[str, str],
    label: str,
) -> Axes:
    """One row a condition, first on top: every seed a dot, their mean a stroke and a number.

    The axis is logarithmic where :func:`in_ratios` says so.

    Args:
        frame: columns ``condition``, ``seed``, ``value``.
        titles: condition -> title, in the order of the rows.
        colours: condition -> light colour.
        label: what the x axis shows.
    """
    order = list(titles)
    hue = {"hue": "condition", "hue_order": order, "palette": [colours[name] for name in order]}
    sns.stripplot(
        frame,
        x="value",
        y="condition",
        order=order,
        jitter=False,
        size=6.5,
        linewidth=0.8,
        edgecolor=light("paper"),
        legend=False,
        ax=ax,
        **hue,
    )
    low, high = float(frame["value"].min()), float(frame["value"].max())
    if in_ratios(frame["value"]):
        room = (high / low) ** 0.08
        log_axis(ax, "x", low / room, high * room)
        beside = high * room**1.4
    else:
        room = 0.08 * max(high - low, 1e-9)
        ax.set_xlim(low - room, high + room)
        linear_ticks(ax, "x")
        beside = high + 1.4 * room
    for place, name in enumerate(order):
        mean = float(frame.loc[frame["condition"] == name, "value"].mean())
        ax.plot([mean, mean], [place - 0.3, place + 0.3], color=colours[name], linewidth=2.2)
        note(ax, (beside, place), shown(mean), va="center", color=light("muted"))
    ax.set_yticks(range(len(order)), [wrapped(titles[name]) for name in order])
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.set_xlabel(label, labelpad=5)
    ax.set_ylabel("")
    return ax
