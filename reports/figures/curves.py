"""Lines over epochs, updates or examples: losses, epoch distances and their ratio."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.means import (
    THICK,
    completed,
    drawn_means,
    finite,
    mean_curve,
    mean_widths,
    reach_of,
)
from reports.figures.panel import (
    Mark,
    label_ends,
    linear_ticks,
    log_axis,
    muted_rule,
    name_axes,
    thin,
)
from reports.figures.theme import Palette, light
from reports.wording import whole

AXES = {"epoch": "epoch", "updates": "updates", "examples": "examples seen"}
"""Columns that curves can be drawn against, with the names of their axes."""
THIN = 0.8
_FAINT = 0.45


def draw_curves(
    ax: Axes,
    frame: pd.DataFrame,
    palette: Palette,
    *,
    value: str,
    label: str,
    x: str = "epoch",
    log_y: bool = False,
    mark_minimum: bool = False,
) -> Axes:
    """One colour a batch size: each seed a thin line, their mean a thick one.

    The mean ends where the first seed ends, because a mean over fewer seeds would jump. Means that
    go as far as any line have their batch size written at their end.

    Args:
        frame: columns ``batch_size``, ``seed``, ``x`` and ``value``; rows whose value is not
            finite are left out. With a column ``status`` only completed runs enter the mean, the
            others end in a cross.
        label: what the y axis shows.
        x: column of the x axis, a key of ``AXES``.
        mark_minimum: a dot at the lowest point of each seed.
    """
    sizes = sorted(int(size) for size in frame["batch_size"].unique())
    colours = {size: palette.colour(size) for size in sizes}
    means = draw_groups(
        ax,
        frame,
        "batch_size",
        colours,
        value=value,
        label=label,
        x=x,
        log_y=log_y,
        mark_minimum=mark_minimum,
    )
    ends = means.groupby("batch_size").tail(1)
    # where a line goes on, a name would stand on it; the legend has them all
    last = float(finite(frame, value)[x].max()) if len(frame) else 0.0
    label_ends(
        ax,
        [
            Mark(float(end[x]), float(end[value]), whole(int(size)), palette.text(int(size)))
            for size, end in ends.set_index("batch_size").iterrows()
            if end[x] >= last
        ],
    )
    return ax


def draw_groups(
    ax: Axes,
    frame: pd.DataFrame,
    column: str,
    colours: Mapping[Any, str],
    *,
    value: str,
    label: str,
    x: str = "epoch",
    log_y: bool = False,
    mark_minimum: bool = False,
) -> pd.DataFrame:
    """As :func:`draw_curves`, one colour for each value of ``column``, without labels at the ends.

    Args:
        colours: value of ``column`` -> light colour.

    Returns:
        The means: columns ``column``, ``x`` and ``value``.
    """
    name_axes(ax, AXES.get(x, x), label)
    frame = finite(frame, value)
    present = [group for group in colours if (frame[column] == group).any()]
    hue: dict[str, Any] = {
        "hue": column,
        "hue_order": present,
        "palette": {group: colours[group] for group in present},
    }
    _lines(ax, frame, value, x=x, by=[column, "seed"], **hue)
    means = drawn_means(frame, value, x, column)
    widths = mean_widths(means, value, x, column, present)
    _mean_lines(ax, means, column, colours, widths, value, x)
    _mark_seeds(ax, frame, column, colours, value, x, mark_minimum)
    reach = reach_of(frame[value], means[value])
    _frame_axes(ax, frame, value, log_y or reach.runs_away, x, reach.top)
    return means


def draw_ratio(
    ax: Axes, frame: pd.DataFrame, small: int, large: int, *, value: str, label: str
) -> Axes:
    """``value`` at batch size ``small`` over that at ``large``, at equal epochs and seeds.

    Each seed is a thin line, the mean a thick one as far as all seeds go.
    """
    name_axes(ax, "epoch", label)
    ratio = paired_ratio(finite(frame, value), small, large, value)
    _lines(ax, ratio, "ratio", x="epoch", by=["seed"], color=light("accent"))
    mean = mean_curve(ratio, "ratio").rename("ratio").reset_index()
    _lines(ax, mean, "ratio", x="epoch", by=[], color=light("accent"))
    muted_rule(ax, y=1.0)
    _frame_axes(ax, ratio, "ratio", log_y=True, x="epoch")
    return ax


def paired_ratio(frame: pd.DataFrame, small: int, large: int, value: str) -> pd.DataFrame:
    """Columns ``seed``, ``epoch``, ``ratio``: small over large where a seed has both."""
    sides = [
        frame.loc[frame["batch_size"] == size, ["seed", "epoch", value]] for size in (small, large)
    ]
    both = sides[0].merge(sides[1], on=["seed", "epoch"], suffixes=("_small", "_large"))
    both = both[both[f"{value}_large"] > 0].sort_values(["seed", "epoch"])
    both["ratio"] = both[f"{value}_small"] / both[f"{value}_large"]
    return both[["seed", "epoch", "ratio"]]


def _lines(
    ax: Axes, rows: pd.DataFrame, value: str, *, x: str, by: list[str], **options: Any
) -> None:
    """One line for each group of ``by``: thin where seeds are told apart, thick for means."""
    if rows.empty:
        return
    groups = [rows] if not by else [group for _, group in rows.groupby(by, sort=True)]
    parts = [_thinned(group.sort_values(x), value) for group in groups]
    seeds: dict[str, Any] = {"units": "seed", "linewidth": THIN, "alpha": _FAINT}
    means: dict[str, Any] = {"linewidth": THICK}
    style = (seeds if "seed" in by else means) | options
    before = len(ax.lines)
    sns.lineplot(
        pd.concat(parts),
        x=x,
        y=value,
        estimator=None,
        legend=False,
        ax=ax,
        **style,
    )
    for line in ax.lines[before:]:
        if np.size(line.get_xdata()) == 1:  # a line of one point would not be seen
            line.set(marker="o", markersize=2 * style["linewidth"])


def _mean_lines(
    ax: Axes,
    means: pd.DataFrame,
    column: str,
    colours: Mapping[Any, str],
    widths: Mapping[Any, float],
    value: str,
    x: str,
) -> None:
    for name, width in widths.items():
        rows = means[means[column] == name]
        _lines(ax, rows, value, x=x, by=[], color=colours[name], linewidth=width)


def _thinned(curve: pd.DataFrame, value: str) -> pd.DataFrame:
    return curve.iloc[thin(curve[value].to_numpy(float))]


def _mark_seeds(
    ax: Axes,
    frame: pd.DataFrame,
    column: str,
    colours: Mapping[Any, str],
    value: str,
    x: str,
    mark_minimum: bool,
) -> None:
    """A dot at the lowest point of each completed run, a cross at the end of each other one."""
    for (group, _), rows in frame.groupby([column, "seed"], sort=True):
        curve, colour = rows.sort_values(x), colours[group]
        if not completed(curve).all():
            ax.plot(curve[x].iloc[-1], curve[value].iloc[-1], "x", color=colour)
        elif mark_minimum:
            lowest = curve.loc[curve[value].idxmin()]
            style: dict[str, Any] = {"color": colour, "markeredgecolor": light("paper")}
            ax.plot(lowest[x], lowest[value], "o", markersize=6.5, zorder=3, **style)


def _frame_axes(
    ax: Axes, frame: pd.DataFrame, value: str, log_y: bool, x: str, top: float = 1.0
) -> None:
    first, last = (float(frame[x].min()), float(frame[x].max())) if len(frame) else (1.0, 1.0)
    log_axis(ax, "x", first, max(last, 2 * first) * 1.02)
    values = frame[value].astype(float)
    if log_y and (values > 0).any():
        positive = values[values > 0]
        log_axis(ax, "y", float(positive.min()) / 1.25, float(positive.max()) * 1.25)
    elif len(values):
        low, high = float(values.min()), top
        room = 0.06 * max(high - low, 1e-9)
        ax.set_ylim(max(low - room, 0.0) if low >= 0 else low - room, high + room)
        linear_ticks(ax, "y")
    ax.grid(axis="y")
