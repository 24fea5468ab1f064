"""Bars with every seed as a dot: by batch size (A7, A13), by arm (A17, A18), by layer (A8)."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle

from reports.figures.means import finite
from reports.figures.panel import linear_ticks, name_axes
from reports.figures.svg import CLASS
from reports.figures.theme import FONT_SIZE, Palette, light
from reports.wording import as_text, shown, whole

_FILLED = 0.28  # opacity of the face
_HATCH = "////"
_ROOM_INSIDE = 34.0  # points that a bar needs for its mean
_SMALL = 10.0  # of means in bars side by side
_GAP = 0.14  # of a bar's width, between bars of one group


def draw_bars(
    ax: Axes,
    frame: pd.DataFrame,
    palette: Palette,
    *,
    value: str,
    label: str,
    arms: Sequence[str] = (),
) -> Axes:
    """The mean of ``value`` by batch size as a bar, every seed as a dot.

    Args:
        frame: columns ``batch_size``, ``seed`` and ``value``, one row a run; with ``arms`` a
            column ``arm`` besides, and a run of two arms has a row in each.
        label: what the y axis shows.
        arms: names of arms to set side by side, the first filled, the others hatched.
    """
    frame = finite(frame, value)
    sizes = sorted(int(size) for size in frame["batch_size"].unique())
    hue: dict[str, Any] = {"hue": "arm", "hue_order": list(arms)} if arms else {}
    groups = _bars(ax, frame, order=sizes, x="batch_size", y=value, **hue)
    ax.set_xticks(range(len(sizes)), [whole(size) for size in sizes])
    ax.set_xlim(-0.6, max(len(sizes), 1) - 0.4)
    low, high = (min(frame[value].min(), 0.0), frame[value].max()) if len(frame) else (0.0, 1.0)
    ax.set_ylim(low, max(high * 1.13, 1e-12))
    for group, bars in enumerate(groups):
        rows = frame[frame["arm"] == arms[group]] if arms else frame
        for place, bar in bars.items():
            _paint(bar, palette.colour(sizes[place]), hatched=group > 0)
            own = rows.loc[rows["batch_size"] == sizes[place], value]
            _write_mean(ax, bar, own, _SMALL if arms else FONT_SIZE)
    linear_ticks(ax, "y")
    ax.grid(axis="y")
    name_axes(ax, "batch size", label)
    return ax


def draw_layers(
    ax: Axes, frame: pd.DataFrame, palette: Palette, *, sizes: Sequence[int], label: str
) -> Axes:
    """Distances by layer, first layer on top, one horizontal bar a batch size.

    Args:
        frame: columns ``batch_size``, ``seed``, ``layer``, ``order``, ``distance``.
        sizes: the batch sizes to set side by side.
    """
    frame = finite(frame, "distance")
    layers = frame.sort_values("order")["layer"].drop_duplicates().tolist()
    # a run that did not complete has no distances
    sizes = [size for size in sizes if (frame["batch_size"] == size).any()]
    hue: dict[str, Any] = {"hue": "batch_size", "hue_order": sizes}
    groups = _bars(ax, frame, order=layers, x="distance", y="layer", **hue)
    for size, bars in zip(sizes, groups, strict=True):
        for bar in bars.values():
            _paint(bar, palette.colour(size))
    ax.set_yticks(range(len(layers)), [as_text(layer, 16) for layer in layers])
    ax.set_ylim(len(layers) - 0.45, -0.55)
    ax.set_xlim(left=0)
    ax.spines["left"].set_visible(False)
    linear_ticks(ax, "x")
    ax.grid(axis="x")
    ax.set_xlabel(label, labelpad=5)
    ax.set_ylabel("")
    return ax


def _bars(
    ax: Axes,
    frame: pd.DataFrame,
    *,
    order: Sequence[Any],
    x: str,
    y: str,
    hue: str = "",
    **more: Any,
) -> list[dict[int, Rectangle]]:
    """Means as bars and, where there are several seeds, each seed as a dot.

    Returns:
        For each level of ``hue`` its bars by their place in ``order``.
    """
    horizontal = y == "layer"
    by = [y if horizontal else x, *([hue] if hue else [])]
    shared: dict[str, Any] = {"x": x, "y": y, "order": order, "legend": False, "ax": ax, **more}
    shared |= {"hue": hue or None, "orient": "y" if horizontal else "x"}
    width, gap = (0.8, _GAP) if hue else (0.62, 0.0)
    sns.barplot(frame, errorbar=None, width=width, gap=gap, saturation=1, **shared)
    several = frame[frame.groupby(by)[by[0]].transform("size") > 1]
    if len(several):
        ink = (
            {"palette": [light("ink")] * len(more["hue_order"])} if hue else {"color": light("ink")}
        )
        dots: dict[str, Any] = {"size": 4.2, "linewidth": 0.8, "edgecolor": light("paper")}
        sns.stripplot(several, jitter=False, dodge=bool(hue), zorder=3, **ink, **dots, **shared)
    return [
        {round(_middle(bar, horizontal)): bar for bar in container} for container in ax.containers
    ]


def _middle(bar: Rectangle, horizontal: bool) -> float:
    start, width = (bar.get_y(), bar.get_height()) if horizontal else (bar.get_x(), bar.get_width())
    return start + width / 2


def _paint(bar: Rectangle, colour: str, *, hatched: bool = False) -> None:
    bar.set(facecolor=to_rgba(colour, 0.0 if hatched else _FILLED), edgecolor=colour, linewidth=1.2)
    if hatched:
        bar.set_hatch(_HATCH)


def _write_mean(ax: Axes, bar: Rectangle, values: pd.Series, size: float) -> None:
    """Writes the mean at the foot of its bar, as above the dots it would look like that of a dot.

    A bar that is too low for that has it above all, with the word.
    """
    mean = float(values.mean())
    foot, top = ax.transData.transform([(0, 0), (0, mean)])[:, 1]
    inside = top - foot >= _ROOM_INSIDE
    written = ax.annotate(
        shown(mean) if inside else f"mean\n{shown(mean)}",
        (_middle(bar, horizontal=False), 0.0 if inside else float(values.max())),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=light("ink") if inside else light("muted"),
        fontsize=size,
    )
    written.set_gid(f"{CLASS}halo")
