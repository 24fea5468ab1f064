"""Lines over epochs: losses (A3, A15, A19), epoch distances and their ratio (A9)."""

import numpy as np
import pandas as pd
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
    frame = finite(frame, value)
    ends = []
    for batch_size, rows in frame.groupby("batch_size", sort=True):
        colour = palette.colour(int(batch_size))
        for _, seed in rows.groupby("seed", sort=True):
            curve = seed.sort_values("epoch")
            _line(ax, curve["epoch"], curve[value], colour, THIN, _FAINT)
            if not _completed(curve).all():
                ax.plot(curve["epoch"].iloc[-1], curve[value].iloc[-1], "x", color=colour)
            elif mark_minimum:
                lowest = curve.loc[curve[value].idxmin()]
                ax.plot(
                    lowest["epoch"],
                    lowest[value],
                    "o",
                    color=colour,
                    markersize=6.5,
                    markeredgecolor=light("paper"),
                    zorder=3,
                )
        mean = mean_curve(rows[_completed(rows)], value)
        _line(ax, mean.index, mean, colour, THICK, 1.0)
        if len(mean):
            ends.append(Mark(float(mean.index[-1]), float(mean.iloc[-1]), f"{batch_size}", colour))
    _frame_axes(ax, frame, value, log_y)
    name_axes(ax, "epoch", label)
    label_ends(ax, ends)
    return ax


def draw_ratio(
    ax: Axes, frame: pd.DataFrame, small: int, large: int, *, value: str, label: str
) -> Axes:
    """``value`` at batch size ``small`` over that at ``large``, at equal epochs and seeds.

    Each seed is a thin line, the mean a thick one as far as all seeds go.
    """
    ratio = paired_ratio(finite(frame, value), small, large, value)
    for _, seed in ratio.groupby("seed", sort=True):
        _line(ax, seed["epoch"], seed["ratio"], light("accent"), THIN, _FAINT)
    mean = mean_curve(ratio, "ratio")
    _line(ax, mean.index, mean, light("accent"), THICK, 1.0)
    muted_rule(ax, y=1.0)
    _frame_axes(ax, ratio, "ratio", log_y=True)
    name_axes(ax, "epoch", label)
    return ax


def finite(frame: pd.DataFrame, value: str) -> pd.DataFrame:
    """The rows of ``frame`` whose ``value`` is a finite number."""
    return frame[np.isfinite(frame[value].astype(float))]


def mean_curve(rows: pd.DataFrame, value: str) -> pd.Series:
    """The mean of ``value`` over the seeds, by epoch, up to the last epoch that all seeds have."""
    table = rows.pivot_table(index="epoch", columns="seed", values=value, aggfunc="mean")
    return table.sort_index().dropna().mean(axis=1)


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


def _line(
    ax: Axes, x: pd.Series | pd.Index, y: pd.Series, colour: str, width: float, opacity: float
) -> None:
    points = thin(np.asarray(x, float), np.asarray(y, float))
    marker = "o" if len(points[0]) == 1 else ""
    ax.plot(
        *points, color=colour, linewidth=width, alpha=opacity, marker=marker, markersize=width * 2
    )


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
