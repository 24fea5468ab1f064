"""A sweep over batch sizes: what each needs to the target, its rates, the noise scale."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.conditions import wrapped
from reports.figures.labels import Named, label_lines
from reports.figures.panel import log_axis, muted_rule, name_axes, note
from reports.figures.theme import Palette, light
from reports.wording import shown, whole

_CURVE = 1.8
_DOT = 42
_ASIDE = 9.0  # points between the end of a line, which may be ringed, and its name


def draw_law(
    ax: Axes, points: pd.DataFrame, curve: pd.DataFrame, palette: Palette, x: str, y: str
) -> Axes:
    """Dots of single seeds and the fitted law, both axes logarithmic.

    Args:
        points: columns ``batch_size``, ``x`` and ``y``, positive.
        curve: columns ``x`` and ``y`` along the law; without rows where there is none.
        x: column of the x axis.
        y: column of the y axis.
    """
    names = {"batch_size": "batch size", "updates": "updates", "examples": "examples"}
    name_axes(ax, names[x], f"{names[y]} to the target")
    if len(curve):
        sns.lineplot(curve, x=x, y=y, color=light("muted"), linewidth=_CURVE, legend=False, ax=ax)
    sizes = sorted(int(size) for size in points["batch_size"].unique())
    sns.scatterplot(
        points,
        x=x,
        y=y,
        hue="batch_size",
        hue_order=sizes,
        palette={size: palette.colour(size) for size in sizes},
        s=_DOT,
        edgecolor=light("paper"),
        zorder=3,
        legend=False,
        ax=ax,
    )
    name_axes(ax, names[x], f"{names[y]} to the target")
    for axis, column in (("x", x), ("y", y)):
        values = pd.concat([points[column], curve[column]]) if len(curve) else points[column]
        log_axis(ax, axis, float(values.min()) / 1.35, float(values.max()) * 1.35)
    ax.grid(axis="y")
    return ax


def mark_critical(ax: Axes, critical: float) -> None:
    """A dashed line at the critical batch size on the x axis."""
    low, high = ax.get_xlim()
    if low < critical < high:
        muted_rule(ax, x=critical)


def draw_rates(
    ax: Axes, means: pd.DataFrame, palette: Palette, chosen: Mapping[int, float]
) -> Axes:
    """Updates to the target by learning rate: a line a batch size, its best rate in a ring.

    Args:
        means: columns ``batch_size``, ``learning_rate``, ``updates``, one row for each rate that
            reached the target.
        chosen: batch size -> its best rate.
    """
    name_axes(ax, "learning rate", "updates to the target")
    sizes = sorted(int(size) for size in means["batch_size"].unique())
    sns.lineplot(
        means,
        x="learning_rate",
        y="updates",
        hue="batch_size",
        hue_order=sizes,
        palette={size: palette.colour(size) for size in sizes},
        marker="o",
        markersize=5,
        markeredgewidth=0,
        estimator=None,
        linewidth=_CURVE,
        legend=False,
        ax=ax,
    )
    name_axes(ax, "learning rate", "updates to the target")
    for size in sizes:
        rows = means[means["batch_size"] == size]
        best = rows[np.isclose(rows["learning_rate"], chosen.get(size, np.nan))]
        style: dict[str, Any] = {"markerfacecolor": "none", "markeredgewidth": 1.6}
        ax.plot(
            best["learning_rate"],
            best["updates"],
            "o",
            markersize=11,
            markeredgecolor=palette.colour(size),
            **style,
        )
    for axis, column in (("x", "learning_rate"), ("y", "updates")):
        values = means[column]
        log_axis(ax, axis, float(values.min()) / 1.4, float(values.max()) * 1.4)
    _name_lines(ax, means, palette, "learning_rate", "updates")
    ax.grid(axis="y")
    return ax


def draw_noise(ax: Axes, rows: pd.DataFrame, palette: Palette, x: str, label: str) -> Axes:
    """The noise scale by epoch or loss, a line a batch size; the loss falls to the right.

    Args:
        rows: columns ``batch_size``, ``x`` and ``noise``, positive.
        x: column of the x axis, "epoch" or "loss".
        label: its name.
    """
    name_axes(ax, label, "gradient noise scale, examples")
    sizes = sorted(int(size) for size in rows["batch_size"].unique())
    sns.lineplot(
        rows.sort_values(["batch_size", x]),
        x=x,
        y="noise",
        hue="batch_size",
        hue_order=sizes,
        palette={size: palette.colour(size) for size in sizes},
        marker="o",
        markersize=3.6,
        markeredgewidth=0,
        estimator=None,
        linewidth=_CURVE,
        legend=False,
        ax=ax,
    )
    name_axes(ax, label, "gradient noise scale, examples")
    low, high = float(rows["noise"].min()), float(rows["noise"].max())
    log_axis(ax, "y", low / 1.3, high * 1.3)
    first, last = float(rows[x].min()), float(rows[x].max())
    # epochs are whole numbers, losses may lie near each other
    least = 1.5 if x == "epoch" else 1.05
    log_axis(ax, "x", first / 1.04, max(last, least * first) * 1.04)
    if x == "loss":
        ax.invert_xaxis()
    _name_lines(ax, rows, palette, x, "noise")
    ax.grid(axis="y")
    return ax


def _name_lines(ax: Axes, rows: pd.DataFrame, palette: Palette, x: str, y: str) -> None:
    label_lines(
        ax,
        [
            Named(group[x].to_numpy(), group[y].to_numpy(), whole(size), palette.text(int(size)))
            for size, group in rows.sort_values(x).groupby("batch_size", sort=True)
        ],
        _ASIDE,
    )


def draw_predictions(ax: Axes, rows: pd.DataFrame, titles: Mapping[str, str]) -> Axes:
    """One row a name, the measured one first: every seed a dot, their geometric mean a stroke.

    Args:
        rows: columns ``name``, ``seed``, ``value``, positive.
        titles: name -> title, in the order of the rows.
    """
    order = [name for name in titles if (rows["name"] == name).any()]
    sns.stripplot(
        rows,
        x="value",
        y="name",
        order=order,
        jitter=False,
        size=6.5,
        linewidth=0.8,
        edgecolor=light("paper"),
        hue="name",
        hue_order=order,
        palette=[light("ink") if name == order[0] else light("accent") for name in order],
        legend=False,
        ax=ax,
    )
    high = float(rows["value"].max())
    log_axis(ax, "x", float(rows["value"].min()) / 1.5, high * 1.5)
    for place, name in enumerate(order):
        mean = float(np.exp(np.log(rows.loc[rows["name"] == name, "value"]).mean()))
        colour = light("ink") if place == 0 else light("accent")
        ax.plot([mean, mean], [place - 0.3, place + 0.3], color=colour, linewidth=2.2)
        note(ax, (high * 1.6, place), shown(mean), va="center", color=light("muted"))
    ax.set_yticks(range(len(order)), [wrapped(titles[name]) for name in order])
    ax.set_ylim(len(order) - 0.5, -0.5)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    ax.set_xlabel("examples", labelpad=5)
    ax.set_ylabel("")
    return ax
