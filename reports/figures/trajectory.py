"""The path of a run over the contours of the loss, and what its components hold."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.curves import THIN
from reports.figures.landscape import draw_contours
from reports.figures.means import THICK
from reports.figures.panel import linear_ticks, log_axis, name_axes, note
from reports.figures.theme import light

_LABELLED = 5  # epochs named along a path, about
_FEWEST = 1e-4  # shares below are lost among those of the components before


def draw_trajectory(
    ax: Axes,
    plane: pd.DataFrame,
    path: pd.DataFrame,
    drops: tuple[int, ...],
    *,
    levels: np.ndarray,
) -> Axes:
    """Contours of the loss with a dot for each point of the path.

    Args:
        plane: columns ``alpha``, ``beta``, ``loss`` of one run.
        path: columns ``epoch``, ``alpha``, ``beta``, by epoch.
        drops: epochs after which the rate was lower: the point that comes next after each, or
            lies on it, is a diamond.
        levels: as :func:`reports.figures.landscape.contour_levels` gives them.
    """
    draw_contours(ax, plane, levels=levels)
    colour = light("ink")
    ax.plot(path["alpha"], path["beta"], "-", color=colour, linewidth=1.1)
    ax.plot(path["alpha"], path["beta"], "o", color=colour, markersize=3.2)
    named = points_at(path, drops)
    ax.plot(
        named["alpha"],
        named["beta"],
        "D",
        color=light("bad"),
        markeredgecolor=light("paper"),
        markersize=8,
    )
    ax.plot(path["alpha"].iloc[-1], path["beta"].iloc[-1], "+", color=colour, markersize=11)
    reach = float(plane["beta"].max() - plane["beta"].min()) * 0.035
    for row in _spread(path).to_dict("records"):
        note(ax, (row["alpha"], row["beta"] + reach), f"{row['epoch']:g}", ha="center")
    for axis in ("x", "y"):
        linear_ticks(ax, axis, 4)
    name_axes(ax, "first component", "second component")
    return ax


def points_at(path: pd.DataFrame, epochs: tuple[int, ...]) -> pd.DataFrame:
    """The first point of a path at or after each of ``epochs``."""
    places = [np.flatnonzero(path["epoch"] >= epoch) for epoch in epochs]
    return path.iloc[[int(place[0]) for place in places if place.size]]


def draw_shares(ax: Axes, frame: pd.DataFrame, colours: Mapping[str, str]) -> Axes:
    """Share of the variance by component: runs as lines, random walks dashed in the same colour.

    Args:
        frame: columns ``condition``, ``seed``, ``component``, ``share``, ``random_walk``.
        colours: condition -> light colour.
    """
    name_axes(ax, "component", "share of the variance")
    means = frame.groupby(["condition", "component"], sort=False)[["share", "random_walk"]].mean()
    means = means.reset_index()
    for column, dashes, width in (("random_walk", (3, 2), THIN), ("share", "", THICK)):
        rows = means[means[column] >= _FEWEST]
        sns.lineplot(
            rows.assign(one=column),
            x="component",
            y=column,
            hue="condition",
            hue_order=list(colours),
            palette=list(colours.values()),
            style="one",
            dashes=[dashes],
            marker="o",
            markersize=4 if column == "share" else 0,
            markeredgewidth=0,
            linewidth=width,
            legend=False,
            ax=ax,
        )
    last = int(means["component"].max())
    log_axis(ax, "y", _FEWEST, 1.0)
    log_axis(ax, "x", 1, max(last, 2))
    ax.grid(axis="y")
    return ax


def _spread(path: pd.DataFrame) -> pd.DataFrame:
    """Points about evenly spaced in the plane, so that the names of epochs do not overlap."""
    places = path[["alpha", "beta"]].to_numpy(float)
    extent = np.ptp(places, axis=0)
    steps = np.linalg.norm(np.diff(places / np.where(extent > 0, extent, 1), axis=0), axis=1)
    travelled = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(0, travelled[-1], _LABELLED)
    chosen = {int(np.abs(travelled - place).argmin()) for place in wanted}
    return path.iloc[sorted(chosen)]
