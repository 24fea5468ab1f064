"""Bars with every seed as a dot: by batch size (A7, A13), by arm (A17, A18), by layer (A8)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports.figures.panel import categories, linear_ticks, name_axes
from reports.figures.theme import Palette, light
from reports.wording import as_text, shown

_FILLED, _HATCHED = 0.28, 0.0  # opacity of the face


def draw_bars(ax: Axes, frame: pd.DataFrame, palette: Palette, *, value: str, label: str) -> Axes:
    """The mean of ``value`` by batch size as a bar, every seed as a dot.

    Args:
        frame: columns ``batch_size``, ``seed`` and ``value``, one row a run.
        label: what the y axis shows.
    """
    sizes = sorted(int(size) for size in frame["batch_size"].unique())
    for place, size in enumerate(sizes):
        values = _finite(frame.loc[frame["batch_size"] == size, value])
        _bar(ax, place, values, palette.colour(size), width=0.62)
    categories(ax, [str(size) for size in sizes])
    _finish(ax, label, len(sizes))
    return ax


def draw_arms(
    ax: Axes,
    frame: pd.DataFrame,
    palette: Palette,
    *,
    value: str,
    label: str,
    arms: Sequence[str] = ("fixed", "linear"),
) -> Axes:
    """As :func:`draw_bars`, one bar an arm: the first filled, the second hatched.

    ``frame`` has a column ``arm`` besides; a run of both arms has a row in each.
    """
    sizes = sorted(int(size) for size in frame["batch_size"].unique())
    width = 0.8 / len(arms)
    for place, size in enumerate(sizes):
        for order, arm in enumerate(arms):
            chosen = (frame["batch_size"] == size) & (frame["arm"] == arm)
            x = place + (order - (len(arms) - 1) / 2) * width
            values = _finite(frame.loc[chosen, value])
            _bar(ax, x, values, palette.colour(size), width=width * 0.86, hatched=order > 0)
    categories(ax, [str(size) for size in sizes])
    _finish(ax, label, len(sizes))
    return ax


def draw_layers(
    ax: Axes, frame: pd.DataFrame, palette: Palette, *, sizes: Sequence[int], label: str
) -> Axes:
    """Distances by layer, first layer on top, one horizontal bar a batch size.

    Args:
        frame: columns ``batch_size``, ``seed``, ``layer``, ``order``, ``distance``.
        sizes: the batch sizes to set side by side.
    """
    layers = frame.sort_values("order")["layer"].drop_duplicates().tolist()
    height = 0.8 / max(len(sizes), 1)
    for place, layer in enumerate(layers):
        for order, size in enumerate(sizes):
            chosen = (frame["batch_size"] == size) & (frame["layer"] == layer)
            values = _finite(frame.loc[chosen, "distance"])
            y = place + (order - (len(sizes) - 1) / 2) * height
            _bar(ax, y, values, palette.colour(size), width=height * 0.86, horizontal=True)
    categories(ax, [as_text(layer, 16) for layer in layers], "y")
    ax.set_ylim(len(layers) - 0.45, -0.55)
    ax.set_xlim(left=0)
    ax.spines["left"].set_visible(False)
    linear_ticks(ax, "x")
    ax.grid(axis="x")
    ax.set_xlabel(label, labelpad=5)
    return ax


def _bar(
    ax: Axes,
    place: float,
    values: np.ndarray,
    colour: str,
    *,
    width: float,
    hatched: bool = False,
    horizontal: bool = False,
) -> None:
    if len(values) == 0:
        return
    seeds = values if len(values) > 1 else values[:0]  # one seed is the bar itself
    spread = np.linspace(-0.25, 0.25, len(seeds)) * width
    style: dict[str, Any] = {
        "facecolor": (*_rgb(colour), _HATCHED if hatched else _FILLED),
        "edgecolor": colour,
        "hatch": "////" if hatched else None,
        "linewidth": 1.2,
    }
    mean = float(values.mean())
    dots: dict[str, Any] = {"marker": "o", "linestyle": "none", "color": colour, "markersize": 4.2}
    edge: dict[str, Any] = {"markeredgecolor": light("paper"), "markeredgewidth": 0.8, "zorder": 3}
    if horizontal:
        ax.barh(place, mean, height=width, **style)
        ax.plot(seeds, place + spread, **dots, **edge)
    else:
        ax.bar(place, mean, width=width, **style)
        ax.plot(place + spread, seeds, **dots, **edge)
        ax.annotate(
            shown(mean),
            (place, float(values.max())),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            color=light("muted"),
        )


def _finish(ax: Axes, label: str, count: int) -> None:
    ax.set_xlim(-0.6, max(count, 1) - 0.4)
    bottom, top = ax.get_ylim()
    ax.set_ylim(min(bottom, 0.0), max(top * 1.08, 1e-12))
    linear_ticks(ax, "y")
    ax.grid(axis="y")
    name_axes(ax, "batch size", label)


def _finite(values: pd.Series) -> np.ndarray:
    array = values.to_numpy(float)
    return array[np.isfinite(array)]


def _rgb(colour: str) -> tuple[float, float, float]:
    return (
        int(colour[1:3], 16) / 255,
        int(colour[3:5], 16) / 255,
        int(colour[5:7], 16) / 255,
    )
