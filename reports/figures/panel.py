"""What all figures share: panels of one width, axes, ticks, labels at the ends of lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, Locator, LogLocator, MaxNLocator, NullLocator

from reports.figures.svg import CLASS
from reports.figures.theme import FONT_SIZE, light

WIDTH, HEIGHT = 400.0, 270.0
LINE_HEIGHT = 14.0
"""Points between two labels that stand one above the other."""
LABEL_WIDTH = 36.0
"""Labels whose points lie nearer than that side by side are kept apart."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NARROW = " .,⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
_FAR_APART = 20.0  # the largest value over the smallest
_BETWEEN = 7.0  # points between two labels side by side
_LONGEST = 360  # points a curve: about one for each point of width


def panel(
    *,
    width: float = WIDTH,
    height: float = HEIGHT,
    left: float = 54,
    right: float = 44,
    top: float = 28,
    bottom: float = 42,
) -> tuple[Figure, Axes]:
    """A figure of ``width`` x ``height`` points with one axes; margins in points.

    A panel is narrow enough to be read on a phone; wider figures are several panels that the
    page sets side by side.
    """
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    box = (left / width, bottom / height)
    size = (1 - (left + right) / width, 1 - (top + bottom) / height)
    return figure, figure.add_axes((*box, *size))


def name_axes(ax: Axes, x: str, y: str) -> None:
    """Sets both labels; the one of the y axis lies flat above it, where it is easy to read.

    Call it before seaborn, which makes all ticks once more to label axes without a name.
    """
    ax.set_xlabel(x, labelpad=5)
    ax.set_ylabel(y, rotation=0, ha="left", va="bottom")
    box = ax.get_position()
    ax.yaxis.set_label_coords(-box.x0 / box.width + 0.01, 1.025)


def log_axis(ax: Axes, axis: str, low: float, high: float) -> None:
    """A logarithmic ``axis`` ("x" or "y") over [low, high] with a few plain ticks.

    Side by side they are as many as their labels leave room for.
    """
    set_scale, set_limits, ticks = (
        (ax.set_xscale, ax.set_xlim, ax.xaxis)
        if axis == "x"
        else (ax.set_yscale, ax.set_ylim, ax.yaxis)
    )
    set_scale("log")
    set_limits(low, high)
    for locator in _locators(float(np.log10(high / low))):
        ticks.set_major_locator(locator)
        if axis == "y" or _labels_apart(ax, low, high):
            break
    ticks.set_minor_locator(NullLocator())
    ticks.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def _locators(decades: float) -> list[Locator]:
    """What places ticks on a logarithmic axis, from the one with the most ticks on."""
    if decades <= 0.7:
        return [MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]) for count in (6, 4, 3, 2)]
    steps = ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,))
    begin = 0 if decades <= 2.2 else 1 if decades <= 3.3 else 2
    each: list[Locator] = [LogLocator(subs=subs, numticks=12) for subs in steps[begin:]]
    few: list[Locator] = [LogLocator(numticks=count) for count in (6, 4, 3)]
    return few if decades > 5 else each + few


def _labels_apart(ax: Axes, low: float, high: float) -> bool:
    """Whether no two labels of the x axis run into each other."""
    places = [place for place in ax.xaxis.get_majorticklocs() if low <= place <= high]
    middles = ax.transData.transform([(place, ax.get_ylim()[0]) for place in places])[:, 0]
    half = [text_width(number(place)) / 2 for place in places]
    gaps = np.diff(middles) - [first + second for first, second in pairwise(half)]
    return bool((gaps >= _BETWEEN).all())


def text_width(text: str) -> float:
    """About how wide ``text`` is at the size of labels, in points."""
    narrow = sum(letter in _NARROW for letter in text)
    return FONT_SIZE * (0.64 * (len(text) - narrow) + 0.36 * narrow)


def in_ratios(values: pd.Series) -> bool:
    """Whether ``values`` reach so far that a linear axis would hide the small ones."""
    low, high = float(values.min()), float(values.max())
    return low > 0 and high > _FAR_APART * low


def linear_ticks(ax: Axes, axis: str, count: int = 5) -> None:
    """At most ``count`` intervals of round numbers on ``axis``."""
    ticks = ax.xaxis if axis == "x" else ax.yaxis
    ticks.set_major_locator(MaxNLocator(count, steps=[1, 2, 2.5, 5, 10]))
    ticks.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def number(value: float) -> str:
    """A tick's text: 0.001, 0.35, 12, 3,000, 10⁻⁶."""
    size = abs(value)
    if size < 1e-12:
        return "0"
    if size < 9.9e-4 or size >= 1e6:
        exponent = int(np.floor(np.log10(size) + 1e-9))
        factor = value / 10.0**exponent
        head = "" if np.isclose(factor, 1) else f"{factor:.3g} × "
        return f"{head.replace('-', '−')}10{str(exponent).translate(SUPERSCRIPTS)}"
    text = f"{value:,.0f}" if size >= 1000 else f"{value:.4g}"
    return text.replace("-", "−")


@dataclass(frozen=True)
class Mark:
    """A label that belongs to the point (x, y), in data units."""

    x: float
    y: float
    text: str
    colour: str


def label_ends(ax: Axes, marks: Sequence[Mark], shift: float = 6.0) -> None:
    """Writes each label to the right of its point, pushed apart where two would overlap.

    Call it when the limits of the axes are final.
    """
    places = [(ax.transData.transform((mark.x, mark.y)), mark) for mark in marks]
    places.sort(key=lambda place: (-place[0][1], place[1].text))
    box = ax.get_window_extent()
    columns = [float(x) for (x, _), _ in places]
    heights = _apart(columns, [float(y) for (_, y), _ in places], box.y0, box.y1)
    for x, height, (_, mark) in zip(columns, heights, places, strict=True):
        write_mark(ax, mark, (x + shift, height))


def write_mark(ax: Axes, mark: Mark, place: tuple[float, float], ha: str = "left") -> None:
    """Writes a label at ``place``, in points of the figure, ``ha`` of it there."""
    written = ax.annotate(
        mark.text,
        (mark.x, mark.y),
        xytext=place,
        textcoords="figure points",
        ha=ha,
        va="center_baseline",
        color=mark.colour,
        fontweight="bold",
        annotation_clip=False,
    )
    written.set_gid(f"{CLASS}halo")


def _apart(
    columns: Sequence[float], heights: Sequence[float], bottom: float, top: float
) -> list[float]:
    """``heights`` (falling) moved so that labels in nearly one column do not overlap."""
    moved = [min(max(height, bottom), top) for height in heights]
    order = range(len(moved))
    for lower in order:
        for upper in range(lower):
            if _one_column(columns, upper, lower):
                moved[lower] = min(moved[lower], moved[upper] - LINE_HEIGHT)
    for upper in reversed(order):
        moved[upper] = max(moved[upper], bottom)
        for lower in range(upper + 1, len(moved)):
            if _one_column(columns, upper, lower):
                moved[upper] = max(moved[upper], moved[lower] + LINE_HEIGHT)
    return moved


def _one_column(columns: Sequence[float], first: int, second: int) -> bool:
    return abs(columns[first] - columns[second]) < LABEL_WIDTH


def note(ax: Axes, place: Sequence[float] | np.ndarray, text: str, **options: Any) -> None:
    """Text at ``place`` (x, y in data units) that stays readable on lines and fills."""
    written = ax.text(float(place[0]), float(place[1]), text, **options)
    written.set_gid(f"{CLASS}halo")


def thin(y: np.ndarray, limit: int = _LONGEST) -> np.ndarray:
    """Positions of at most about ``limit`` points of a curve: each stretch's lowest and highest.

    ``y`` is one-dimensional, in the order of its points. First and last point stay.
    """
    if len(y) <= limit:
        return np.arange(len(y))
    edges = np.linspace(0, len(y), limit // 2 + 1).astype(int)
    keep = {0, len(y) - 1}
    for start, stop in pairwise(edges.tolist()):
        keep |= {start + int(np.argmin(y[start:stop])), start + int(np.argmax(y[start:stop]))}
    return np.array(sorted(keep))


def muted_rule(ax: Axes, *, x: float | None = None, y: float | None = None) -> None:
    """A thin line right across the axes at ``x`` or ``y``."""
    options: dict[str, Any] = {
        "color": light("rule"),
        "linewidth": 1.0,
        "linestyle": (0, (3, 3)),
        "zorder": 1,
    }
    if x is not None:
        ax.axvline(x, **options)
    if y is not None:
        ax.axhline(y, **options)
