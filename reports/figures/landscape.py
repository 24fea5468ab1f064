"""Loss landscapes as contours (A14)."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.text import Text

from reports.figures.panel import linear_ticks, name_axes, number
from reports.figures.svg import CLASS
from reports.figures.theme import HEAT_LEVELS, heat, light

_FONT = 10.5
_LABELLED = 3  # every third level gets its value written on the line


def contour_levels(frames: Sequence[pd.DataFrame]) -> np.ndarray:
    """The levels shared by all landscapes, (10,) float64, rising, evenly spaced in ratio.

    They run from the lowest loss to the 98th percentile: a corner where the loss runs away
    would otherwise leave one band for all the rest.
    """
    values = np.concatenate([np.asarray(frame["loss"], float) for frame in frames] or [np.empty(0)])
    values = values[np.isfinite(values) & (values > 0)]
    if len(values) == 0:
        return np.geomspace(0.1, 1.0, HEAT_LEVELS)
    low, high = float(values.min()), float(np.quantile(values, 0.98))
    return np.geomspace(low, max(high, low * 1.02), HEAT_LEVELS)


def grid_of(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``alpha`` (A,), ``beta`` (B,) and ``loss`` (B, A); NaN where a point was not measured."""
    table = frame.pivot_table(index="beta", columns="alpha", values="loss", dropna=False)
    return table.columns.to_numpy(float), table.index.to_numpy(float), table.to_numpy(float)


def draw_landscape(ax: Axes, frame: pd.DataFrame, *, levels: np.ndarray) -> Axes:
    """The loss on the plane of two random directions around a minimiser (the cross).

    Args:
        frame: columns ``alpha``, ``beta``, ``loss`` of one run, a full or partial grid.
        levels: see :func:`contour_levels`; the same for all panels that are compared.
    """
    draw_contours(ax, frame, levels=levels)
    return _about_a_minimiser(ax)


def draw_preview(ax: Axes, frame: pd.DataFrame, *, levels: np.ndarray) -> Axes:
    """As :func:`draw_landscape`, from the points that are there, with a dot on each.

    Between them the loss is interpolated linearly, on Delaunay's triangles.
    """
    points = frame[np.isfinite(frame[["alpha", "beta", "loss"]]).all(axis=1)]
    alpha, beta, loss = (points[name].to_numpy(float) for name in ("alpha", "beta", "loss"))
    if len(points) and np.linalg.matrix_rank(np.stack([alpha, beta]) - [[alpha[0]], [beta[0]]]) > 1:
        _contours(ax, (ax.tricontourf, ax.tricontour), (alpha, beta, loss), levels)
    ax.plot(alpha, beta, ".", color=light("ink"), markersize=3)
    return _about_a_minimiser(ax)


def _about_a_minimiser(ax: Axes) -> Axes:
    ax.plot(0, 0, "+", color=light("ink"), markersize=11, markeredgewidth=2)
    ax.set_aspect("equal", adjustable="box")
    linear_ticks(ax, "x", 4)
    linear_ticks(ax, "y", 4)
    name_axes(ax, "first direction", "second direction")
    return ax


def draw_contours(ax: Axes, frame: pd.DataFrame, *, levels: np.ndarray) -> None:
    """Filled contours with their values on the lines; arguments as for :func:`draw_landscape`."""
    alpha, beta, loss = grid_of(frame)
    if min(loss.shape) >= 2 and np.isfinite(loss).any():
        values = (alpha, beta, np.ma.masked_invalid(loss))
        _contours(ax, (ax.contourf, ax.contour), values, levels)


def _contours(
    ax: Axes,
    ways: tuple[Callable[..., Any], Callable[..., Any]],
    values: tuple[np.ndarray, np.ndarray, np.ndarray],
    levels: np.ndarray,
) -> None:
    """Fills and lines by matplotlib's ways for grids, or for scattered points."""
    fill, line = ways
    fills = [heat(level) for level in range(HEAT_LEVELS)]
    fill(*values, levels=levels, colors=fills, extend="max")
    lines = line(*values, levels=levels[1:], colors=light("paper"), linewidths=0.8)
    for text in ax.clabel(
        lines,
        levels=list(levels[_LABELLED::_LABELLED]),
        fmt=lambda value: number(float(f"{value:.2g}")),
        fontsize=_FONT,
        colors=light("ink"),
        # the halo keeps lines off the text; without it a label can be moved
        inline=False,
    ):
        text.set_gid(f"{CLASS}halo")
        _keep_inside(ax, text)


def _keep_inside(ax: Axes, text: Text) -> None:
    """Moves a label that would be cut by the frame as far in as it takes."""
    angle = np.radians(text.get_rotation())
    wide, high = 0.62 * _FONT * len(text.get_text()), _FONT
    half = (
        abs(np.cos(angle)) * wide / 2 + abs(np.sin(angle)) * high / 2,
        abs(np.sin(angle)) * wide / 2 + abs(np.cos(angle)) * high / 2,
    )
    box, place = ax.get_window_extent(), ax.transData.transform(text.get_position())
    low, far = (box.x0 + half[0], box.y0 + half[1]), (box.x1 - half[0], box.y1 - half[1])
    text.set_position(tuple(ax.transData.inverted().transform(np.clip(place, low, far))))
