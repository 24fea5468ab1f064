"""The model as a column of layers (A2)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from reports.figures.panel import WIDTH, panel
from reports.figures.theme import light
from reports.wording import as_number, as_text, whole

ROW = 24.0
"""Points a layer."""
_MIDDLE, _WIDEST, _NARROWEST = 56.0, 100.0, 10.0
_NAME, _SHAPE = 116.0, 316.0  # left and right edges of the columns
_ON_LINE: dict[str, Any] = {"va": "center_baseline"}
_FILLS = {"conv": ("accent", 0.3), "dense": ("good", 0.28), "input": ("unsure", 0.28)}


def shape_of(layer: Mapping[str, Any]) -> tuple[int, ...]:
    """The output shape of ``layer`` without its batch axis: whole numbers only."""
    shape = layer.get("output_shape")
    if not isinstance(shape, list | tuple):
        return ()
    return tuple(int(size) for size in map(as_number, shape) if math.isfinite(size))


def diagram(layers: Sequence[Mapping[str, Any]]) -> tuple[Figure, Axes]:
    """A panel high enough for ``layers`` and its axes, in points, origin at the top left."""
    height = ROW * (max(len(layers), 1) + 1) + 8
    figure, ax = panel(height=height, left=0, right=0, top=0, bottom=0)
    ax.set_xlim(0, WIDTH)
    ax.set_ylim(height, 0)
    ax.set_axis_off()
    return figure, ax


def draw_model(ax: Axes, layers: Sequence[Mapping[str, Any]]) -> Axes:
    """One bar a layer, from the picture down to the answer.

    A bar is as wide as the square root of the layer's height (pictures) or number of units
    (dense layers, on a scale of their own); its name, output shape and number of parameters
    stand beside it.

    Args:
        layers: dictionaries with ``name``, ``kind``, ``output_shape``, ``parameters``.
    """
    shapes = [shape_of(layer) for layer in layers]
    widest = {
        flat: max((shape[0] for shape in shapes if shape and (len(shape) == 1) == flat), default=1)
        for flat in (True, False)
    }
    columns = ((_NAME, "left", "layer"), (_SHAPE, "right", "output shape"))
    for x, side, title in (*columns, (WIDTH - 4, "right", "parameters")):
        ax.text(x, 4 + ROW / 2, title, ha=side, color=light("muted"), **_ON_LINE)
    for order, (layer, shape) in enumerate(zip(layers, shapes, strict=True), start=1):
        y = 4 + ROW * (order + 0.5)
        size = shape[0] / widest[len(shape) == 1] if shape else 0.0
        width = max(_WIDEST * max(size, 0.0) ** 0.5, _NARROWEST)
        if order > 1:
            line: dict[str, Any] = {"color": light("rule"), "linewidth": 1.0, "zorder": 0}
            ax.plot([_MIDDLE, _MIDDLE], [y - ROW, y], **line)
        _block(ax, y, width, str(layer.get("kind", "")))
        name, text = as_text(layer.get("name"), 22), " × ".join(str(size) for size in shape)
        count = as_number(layer.get("parameters"))
        ax.text(_NAME, y, name, fontweight="bold", **_ON_LINE)
        ax.text(_SHAPE, y, text, ha="right", color=light("muted"), **_ON_LINE)
        ax.text(WIDTH - 4, y, whole(count) if count else "", ha="right", **_ON_LINE)
    return ax


def _block(ax: Axes, y: float, width: float, kind: str) -> None:
    lowered = kind.lower()
    found = [fill for key, fill in _FILLS.items() if key in lowered]
    colour, opacity = found[0] if found else ("muted", 0.16)
    height = 15.0 if found else 7.0
    box = FancyBboxPatch(
        (_MIDDLE - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=2.5",
        linewidth=1.1,
    )
    ax.add_patch(box)
    box.set_edgecolor(light(colour))
    box.set_facecolor(light("paper"))
    shade = FancyBboxPatch(
        (_MIDDLE - width / 2, y - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=2.5",
        linewidth=0,
        alpha=opacity,
    )
    shade.set_facecolor(light(colour))
    ax.add_patch(shade)
