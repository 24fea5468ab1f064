"""Sketches that carry no measurement: two minima (A6) and why averages are short (A11)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Polygon

from reports.figures.panel import note
from reports.figures.theme import light

SHIFT = 0.28
"""How far the test curve of the sketch lies beside the training curve."""
FLAT, SHARP = 1.7, 5.2
A, B = np.array([2.0, 2.3]), np.array([2.6, -1.1])
"""The two gradients of the second sketch."""
# where a label stands beside its arrow
_LEFT, _UNDER, _BESIDE = np.array([-0.2, 0.15]), np.array([-0.05, -0.2]), np.array([0.15, 0.0])
_ABOVE, _BELOW = np.array([0.25, 0.15]), np.array([0.1, -0.25])


def sketched_loss(x: np.ndarray) -> np.ndarray:
    """A curve with one wide and one narrow minimum of equal depth, (N,) float64."""
    wide = np.exp(-(((x - FLAT) / 1.15) ** 4))
    narrow = np.exp(-(((x - SHARP) / 0.42) ** 2))
    return 3.0 + 0.12 * np.cos(1.7 * x) - 2.2 * wide - 2.2 * narrow


def draw_minima(ax: Axes) -> Axes:
    """A flat and a sharp minimum; the test curve is the training curve, a little to the side."""
    x = np.linspace(-0.6, 7.0, 241)
    ax.plot(x, sketched_loss(x), color=light("accent"), linewidth=2.4)
    style: dict[str, Any] = {"color": light("ink"), "linewidth": 1.8, "linestyle": (0, (4, 2.2))}
    ax.plot(x, sketched_loss(x - SHIFT), **style)
    for place, name, gap in (
        (FLAT, "flat minimum", "hardly any gap"),
        (SHARP, "sharp minimum", "large gap"),
    ):
        low = float(sketched_loss(np.array([place]))[0])
        high = float(sketched_loss(np.array([place - SHIFT]))[0])
        ax.plot([place, place], [low, high], color=light("bad"), linewidth=3, zorder=4)
        ax.plot(place, low, "o", color=light("accent"), markersize=6, zorder=5)
        note(ax, (place, 0.55), name, ha="center", va="top", fontweight="bold")
        note(ax, (place, 0.27), gap, ha="center", va="top", color=light("bad"))
    note(ax, (3.55, 3.25), "training loss", color=light("accent"), ha="center", va="bottom")
    note(ax, (6.98, 1.6), "test loss", color=light("ink"), ha="right", va="top")
    ax.set_ylim(0, 3.7)
    ax.set_xlim(x[0], x[-1])
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_xlabel("weights", labelpad=5)
    ax.set_ylabel("loss", rotation=0, ha="left", va="bottom")
    ax.yaxis.set_label_coords(0.0, 1.01)
    return ax


def draw_average(ax: Axes) -> Axes:
    """Gradients a and b of two examples and the step a batch of both makes, (a + b) / 2."""
    middle = (A + B) / 2
    ax.add_patch(
        Polygon(
            [(0, 0), A, A + B, B],
            facecolor="none",
            edgecolor=light("rule"),
            linewidth=1,
            linestyle=(0, (3, 3)),
        )
    )
    _arrow(ax, (0, 0), A, "muted")
    _arrow(ax, (0, 0), B, "muted")
    _arrow(ax, (0, 0), middle, "accent", width=3.0)
    note(ax, A / 2 + _LEFT, "a", color=light("ink"), ha="right", fontsize=14)
    note(ax, B / 2 + _UNDER, "b", color=light("ink"), va="top", fontsize=14)
    note(
        ax,
        middle + _BESIDE,
        "(a + b) / 2",
        color=light("accent"),
        va="center",
        fontweight="bold",
        fontsize=13,
    )
    return _plain(ax)


def draw_triangle(ax: Axes) -> Axes:
    """The triangle inequality: two steps one after the other reach further than their mean."""
    _arrow(ax, (0, 0), A, "muted")
    _arrow(ax, A, A + B, "muted")
    _arrow(ax, (0, 0), A + B, "accent", width=3.0)
    note(ax, A / 2 + _LEFT, "|a|", color=light("ink"), ha="right", fontsize=13)
    note(ax, A + B / 2 + _ABOVE, "|b|", color=light("ink"), fontsize=13)
    note(
        ax,
        (A + B) / 2 + _BELOW,
        "|a + b| ≤ |a| + |b|",
        color=light("accent"),
        va="top",
        fontweight="bold",
        fontsize=13,
    )
    return _plain(ax)


def _arrow(
    ax: Axes,
    start: Sequence[float] | np.ndarray,
    stop: np.ndarray,
    colour: str,
    width: float = 2.0,
) -> None:
    style: dict[str, Any] = {
        "arrowstyle": "-|>",
        "color": light(colour),
        "linewidth": width,
        "mutation_scale": 16,
    }
    head, tail = ((float(end[0]), float(end[1])) for end in (stop, start))
    ax.annotate("", head, tail, arrowprops={**style, "shrinkA": 0, "shrinkB": 0})


def _plain(ax: Axes) -> Axes:
    ax.set_xlim(-0.3, 5.4)
    ax.set_ylim(-1.4, 2.6)
    ax.set_aspect("equal", adjustable="box", anchor="W")
    ax.set_axis_off()
    return ax
