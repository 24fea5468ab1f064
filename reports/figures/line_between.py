"""Loss, or accuracy, along the line between two minimisers (A12)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.curves import THIN
from reports.figures.means import THICK, finite
from reports.figures.panel import linear_ticks, log_axis, muted_rule, name_axes, note
from reports.figures.theme import Palette, light
from reports.wording import whole

STYLES = {"train": ("accent", ""), "validation": ("ink", (4.0, 2.2))}
"""Split -> (colour, dashes): everywhere training is solid, what was not trained on is dashed."""


def draw_interpolation(
    ax: Axes, frame: pd.DataFrame, palette: Palette, *, small: int, large: int
) -> Axes:
    """Training and validation loss at ``alpha * large + (1 - alpha) * small``.

    Each pair of runs is a thin line, the mean over pairs a thick one.

    Args:
        frame: columns ``seed``, ``alpha``, ``split``, ``loss``; one pair of runs a seed.
        small, large: the batch sizes whose minimisers lie at alpha 0 and 1.
    """
    ends = [(f"batch {whole(size)}", palette.text(size)) for size in (small, large)]
    return draw_line(ax, frame, ends)


def draw_line(
    ax: Axes, frame: pd.DataFrame, ends: Sequence[tuple[str, str]], value: str = "loss"
) -> Axes:
    """As :func:`draw_interpolation`, with name and light colour of the ends at alpha 0 and 1.

    Args:
        value: column that is drawn: "loss", on a logarithmic axis, or "accuracy".
    """
    name_axes(ax, "alpha", value)
    frame = finite(frame, value)
    if value == "loss":
        frame = frame[frame["loss"] > 0]
    if len(frame):
        shared: dict[str, Any] = {
            "x": "alpha",
            "y": value,
            "hue": "split",
            "palette": {split: light(colour) for split, (colour, _) in STYLES.items()},
            "estimator": None,
            "legend": False,
            "ax": ax,
        }
        dashes = {split: dash for split, (_, dash) in STYLES.items()}
        sns.lineplot(frame, units="seed", linewidth=THIN, alpha=0.45, **shared)
        means = mean_lines(frame, value)
        sns.lineplot(means, style="split", dashes=dashes, linewidth=THICK, **shared)
        _vertical(ax, float(frame[value].min()), float(frame[value].max()), value)
        ax.set_xlim(float(frame["alpha"].min()), float(frame["alpha"].max()))
    ax.grid(axis="y")
    top = ax.get_ylim()[1]
    for alpha, (name, colour) in enumerate(ends):
        muted_rule(ax, x=alpha)
        options: dict[str, Any] = {"ha": "center", "va": "top", "fontweight": "bold"}
        note(ax, (alpha, top), name, color=colour, **options)
    linear_ticks(ax, "x", 6)
    return ax


def _vertical(ax: Axes, low: float, high: float, value: str) -> None:
    """The vertical axis, with room above for the names of the ends."""
    if value == "loss":
        height = max(high / low, 1.05)
        log_axis(ax, "y", low / height**0.06, low * height**1.2)
        return
    height = max(high - low, 0.01)
    ax.set_ylim(low - 0.06 * height, low + 1.2 * height)
    linear_ticks(ax, "y")


def mean_lines(frame: pd.DataFrame, value: str = "loss") -> pd.DataFrame:
    """Columns ``split``, ``alpha``, ``value``: the mean over the pairs where all have one."""
    pairs = frame.groupby("split")["seed"].nunique()
    means = frame.groupby(["split", "alpha"])[value].agg(["mean", "count"]).reset_index()
    means = means[means["count"] == means["split"].map(pairs)]
    return means.rename(columns={"mean": value})[["split", "alpha", value]]


def at_ends(frame: pd.DataFrame, value: str) -> tuple[float, float]:
    """Mean over pairs of a value on the pictures not trained on, at alpha 0 and 1; NaN without."""
    mean = frame[frame["split"] == "validation"].groupby("alpha")[value].mean()
    if mean.empty:
        return np.nan, np.nan
    first, last = (float(np.interp(place, mean.index, mean)) for place in (0.0, 1.0))
    return first, last


def sharpness_sides(frame: pd.DataFrame) -> dict[str, float]:
    """How far the mean training loss rises one unit beyond each minimiser; NaN where unknown."""
    rows = frame[frame["split"] == "train"]
    mean = rows.groupby("alpha")["loss"].mean()
    if mean.empty:
        return {"small": np.nan, "large": np.nan}
    at = {place: float(np.interp(place, mean.index, mean)) for place in (-1.0, 0.0, 1.0, 2.0)}
    return {"small": at[-1.0] - at[0.0], "large": at[2.0] - at[1.0]}
