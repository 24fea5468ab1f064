"""Loss along the line between two minimisers (A12)."""

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
    ends = [(f"batch {size}", palette.colour(size)) for size in (small, large)]
    return draw_line(ax, frame, ends)


def draw_line(ax: Axes, frame: pd.DataFrame, ends: Sequence[tuple[str, str]]) -> Axes:
    """As :func:`draw_interpolation`, with name and light colour of the ends at alpha 0 and 1."""
    name_axes(ax, "alpha", "loss")
    frame = finite(frame, "loss")
    frame = frame[frame["loss"] > 0]
    if len(frame):
        shared: dict[str, Any] = {
            "x": "alpha",
            "y": "loss",
            "hue": "split",
            "palette": {split: light(colour) for split, (colour, _) in STYLES.items()},
            "estimator": None,
            "legend": False,
            "ax": ax,
        }
        dashes = {split: dash for split, (_, dash) in STYLES.items()}
        sns.lineplot(frame, units="seed", linewidth=THIN, alpha=0.45, **shared)
        means = mean_lines(frame)
        sns.lineplot(means, style="split", dashes=dashes, linewidth=THICK, **shared)
        low, high = float(frame["loss"].min()), float(frame["loss"].max())
        height = max(high / low, 1.05)
        log_axis(ax, "y", low / height**0.06, low * height**1.2)
        ax.set_xlim(float(frame["alpha"].min()), float(frame["alpha"].max()))
    ax.grid(axis="y")
    top = ax.get_ylim()[1]
    for alpha, (name, colour) in enumerate(ends):
        muted_rule(ax, x=alpha)
        options: dict[str, Any] = {"ha": "center", "va": "top", "fontweight": "bold"}
        note(ax, (alpha, top), name, color=colour, **options)
    linear_ticks(ax, "x", 6)
    return ax


def mean_lines(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns ``split``, ``alpha``, ``loss``: the mean over the pairs where all have a value."""
    pairs = frame.groupby("split")["seed"].nunique()
    means = frame.groupby(["split", "alpha"])["loss"].agg(["mean", "count"]).reset_index()
    means = means[means["count"] == means["split"].map(pairs)]
    return means.rename(columns={"mean": "loss"})[["split", "alpha", "loss"]]


def sharpness_sides(frame: pd.DataFrame) -> dict[str, float]:
    """How far the mean training loss rises one unit beyond each minimiser; NaN where unknown."""
    rows = frame[frame["split"] == "train"]
    mean = rows.groupby("alpha")["loss"].mean()
    if mean.empty:
        return {"small": np.nan, "large": np.nan}
    at = {place: float(np.interp(place, mean.index, mean)) for place in (-1.0, 0.0, 1.0, 2.0)}
    return {"small": at[-1.0] - at[0.0], "large": at[2.0] - at[1.0]}
