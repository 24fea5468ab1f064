"""Lines over epochs: losses (A3, A15, A19), epoch distances and their ratio (A9)."""

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

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

THIN, THICK = 0.8, 2.2
_FAINT = 0.45


def draw_curves(
    ax: Axes,
    frame: pd.DataFrame,
    palette: Palette,
    *,
    value: str,
    label: str,
    log_y: bool = False,
    mark_minimum: bool = False,
) -> Axes:
    """One colour a batch size: each seed a thin line, their mean a thick one.

    The mean ends where the first seed ends, because a mean over fewer seeds would jump.

    Args:
        frame: columns ``batch_size``, ``seed``, ``epoch`` and ``value``; rows whose value is not
            finite are left out. With a column ``status`` only completed runs enter the mean, the
            others end in a cross.
        label: what the y axis shows.
        mark_minimum: a dot at the lowest point of each seed.
    """
    name_axes(ax, "epoch", label)
    frame = finite(frame, value)
    sizes = sorted(int(size) for size in frame["batch_size"].unique())
    hue: dict[str, Any] = {
        "hue": "batch_size",
        "palette": {size: palette.colour(size) for size in sizes},
    }
    _lines(ax, frame, value, by=["batch_size", "seed"], **hue)
    done = frame[_completed(frame)]
    means = mean_curves(done, value)
    _lines(ax, means, value, by=["batch_size"], **hue)
    _mark_seeds(ax, frame, palette, value, mark_minimum)
    _frame_axes(ax, frame, value, log_y)
    ends = means.groupby("batch_size").tail(1)
    label_ends(
        ax,
        [
            Mark(float(end["epoch"]), float(end[value]), f"{size:.0f}", palette.colour(int(size)))
            for size, end in ends.set_index("batch_size").iterrows()
        ],
    )
    return ax


def draw_ratio(
    ax: Axes, frame: pd.DataFrame, small: int, large: int, *, value: str, label: str
) -> Axes:
    """``value`` at batch size ``small`` over that at ``large``, at equal epochs and seeds.

    Each seed is a thin line, the mean a thick one as far as all seeds go.
    """
    name_axes(ax, "epoch", label)
    ratio = paired_ratio(finite(frame, value), small, large, value)
    _lines(ax, ratio, "ratio", by=["seed"], color=light("accent"))
    mean = mean_curve(ratio, "ratio").rename("ratio").reset_index()
    _lines(ax, mean, "ratio", by=[], color=light("accent"))
    muted_rule(ax, y=1.0)
    _frame_axes(ax, ratio, "ratio", log_y=True)
    return ax


def finite(frame: pd.DataFrame, value: str) -> pd.DataFrame:
    """The rows of ``frame`` whose ``value`` is a finite number."""
    return frame[np.isfinite(frame[value].astype(float))]


def mean_curve(rows: pd.DataFrame, value: str) -> pd.Series:
    """The mean of ``value`` over the seeds, by epoch, up to the last epoch that all seeds have."""
    table = rows.pivot_table(index="epoch", columns="seed", values=value, aggfunc="mean")
    return table.sort_index().dropna().mean(axis=1)


def mean_curves(rows: pd.DataFrame, value: str) -> pd.DataFrame:
    """Columns ``batch_size``, ``epoch`` and ``value``: :func:`mean_curve` of each batch size."""
    groups = rows.groupby("batch_size", sort=True)
    curves = {size: mean_curve(group, value) for size, group in groups}
    if not curves:
        return pd.DataFrame({"batch_size": [], "epoch": [], value: []})
    return pd.concat(curves, names=["batch_size"]).rename(value).reset_index()


def paired_ratio(frame: pd.DataFrame, small: int, large: int, value: str) -> pd.DataFrame:
    """Columns ``seed``, ``epoch``, ``ratio``: small over large where a seed has both."""
    sides = [
        frame.loc[frame["batch_size"] == size, ["seed", "epoch", value]] for size in (small, large)
    ]
    both = sides[0].merge(sides[1], on=["seed", "epoch"], suffixes=("_small", "_large"))
    both = both[both[f"{value}_large"] > 0].sort_values(["seed", "epoch"])
    both["ratio"] = both[f"{value}_small"] / both[f"{value}_large"]
    return both[["seed", "epoch", "ratio"]]


def ceiling(values: pd.Series) -> float:
    """The top of a linear loss axis: high enough for all but runaway values."""
    if values.empty:
        return 1.0
    return float(min(values.max(), max(1.0, 2.5 * values.median())))


def _completed(rows: pd.DataFrame) -> pd.Series:
    if "status" not in rows:
        return pd.Series(True, index=rows.index)
    return rows["status"] == "completed"


def _lines(ax: Axes, rows: pd.DataFrame, value: str, *, by: list[str], **options: Any) -> None:
    """One line for each group of ``by``: thin where seeds are told apart, thick for means."""
    if rows.empty:
        return
    groups = [rows] if not by else [group for _, group in rows.groupby(by, sort=True)]
    parts = [_thinned(group.sort_values("epoch"), value) for group in groups]
    seeds: dict[str, Any] = {"units": "seed", "linewidth": THIN, "alpha": _FAINT}
    means: dict[str, Any] = {"linewidth": THICK}
    style = seeds if "seed" in by else means
    before = len(ax.lines)
    sns.lineplot(
        pd.concat(parts),
        x="epoch",
        y=value,
        estimator=None,
        legend=False,
        ax=ax,
        **style,
        **options,
    )
    for line in ax.lines[before:]:
        if np.size(line.get_xdata()) == 1:  # a line of one point would not be seen
            line.set(marker="o", markersize=2 * style["linewidth"])


def _thinned(curve: pd.DataFrame, value: str) -> pd.DataFrame:
    return curve.iloc[thin(curve[value].to_numpy(float))]


def _mark_seeds(
    ax: Axes, frame: pd.DataFrame, palette: Palette, value: str, mark_minimum: bool
) -> None:
    """A dot at the lowest point of each completed run, a cross at the end of each other one."""
    for (size, _), rows in frame.groupby(["batch_size", "seed"], sort=True):
        curve, colour = rows.sort_values("epoch"), palette.colour(int(size))
        if not _completed(curve).all():
            ax.plot(curve["epoch"].iloc[-1], curve[value].iloc[-1], "x", color=colour)
        elif mark_minimum:
            lowest = curve.loc[curve[value].idxmin()]
            style: dict[str, Any] = {"color": colour, "markeredgecolor": light("paper")}
            ax.plot(lowest["epoch"], lowest[value], "o", markersize=6.5, zorder=3, **style)


def _frame_axes(ax: Axes, frame: pd.DataFrame, value: str, log_y: bool) -> None:
    last = float(frame["epoch"].max()) if len(frame) else 1.0
    log_axis(ax, "x", 1.0, max(last, 2.0) * 1.02)
    values = frame[value].astype(float)
    if log_y and (values > 0).any():
        positive = values[values > 0]
        log_axis(ax, "y", float(positive.min()) / 1.25, float(positive.max()) * 1.25)
    elif len(values):
        low, high = float(values.min()), ceiling(values)
        room = 0.06 * max(high - low, 1e-9)
        ax.set_ylim(max(low - room, 0.0) if low >= 0 else low - room, high + room)
        linear_ticks(ax, "y")
    ax.grid(axis="y")
