"""Names beside the ends of lines, where they cover neither lines nor each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from reports.figures.panel import LINE_HEIGHT, Mark, label_ends, text_width, write_mark

_STEP = 2.0  # points between two points of a line that a name may cover
_CLEAR = 2.0  # points between a name and what it stands beside
_BOLD = 1.1  # bold text is wider by that
_COVERED = 1000.0  # covering another name, or the frame, is worse than covering any line
_AWAY = 0.15  # a place a point farther off is worse by that share of a covered point
_ASTRAY = 30.0  # a place that is nearer to the end of another line is worse by that many points


@dataclass(frozen=True)
class Named:
    """A line to be named: its points in data units, its name and the colour of that."""

    x: Sequence[float] | np.ndarray
    y: Sequence[float] | np.ndarray
    text: str
    colour: str


class Box(NamedTuple):
    """Where a name stands, in points of the figure."""

    left: float
    bottom: float
    right: float
    top: float

    @classmethod
    def about(cls, x: float, y: float, text: str) -> "Box":
        """That of a bold ``text`` whose middle is (x, y)."""
        half = _BOLD * text_width(text) / 2 + _CLEAR
        return cls(x - half, y - LINE_HEIGHT / 2, x + half, y + LINE_HEIGHT / 2)

    def overlaps(self, other: "Box") -> bool:
        """Whether the two have a point in common."""
        across = self.left < other.right and other.left < self.right
        return across and self.bottom < other.top and other.bottom < self.top

    def covers(self, points: np.ndarray) -> int:
        """How many of ``points`` (N, 2) lie within."""
        inside = (points > (self.left, self.bottom)) & (points < (self.right, self.top))
        return int(inside.all(axis=1).sum())


def label_lines(ax: Axes, lines: Sequence[Named], shift: float = 8.0) -> None:
    """Names lines that go farthest at the right, the others beside either of their ends.

    Call it when all is drawn and the limits of the axes are final.

    Args:
        shift: points between an end and its name.
    """
    if not lines:
        return
    ends = [_ends(ax, line) for line in lines]
    last = max(float(end[1][0]) for end in ends)
    far = [abs(float(end[1][0]) - last) < 1 for end in ends]
    marks = [_mark(ax, line) for line, is_far in zip(lines, far, strict=True) if is_far]
    label_ends(ax, marks, shift)
    taken = [_written(text) for text in ax.texts if isinstance(text, Annotation)]
    ink = np.concatenate([_points(line) for line in ax.lines])
    for line, end, is_far in zip(lines, ends, far, strict=True):
        if not is_far:
            others = np.concatenate([other for other in ends if other is not end])
            x, y = _best(ax, line.text, (end, others), ink, taken, shift)
            taken.append(Box.about(x, y, line.text))
            own = Mark(float(line.x[-1]), float(line.y[-1]), line.text, line.colour)
            write_mark(ax, own, (x, y), "center")


def _ends(ax: Axes, line: Named) -> np.ndarray:
    """The leftmost and the rightmost point of a line, (2, 2), in points of the figure."""
    places = ax.transData.transform(np.column_stack([line.x, line.y]).astype(float))
    order = np.argsort(places[:, 0], kind="stable")
    return places[order[[0, -1]]]


def _mark(ax: Axes, line: Named) -> Mark:
    x, y = ax.transData.inverted().transform(_ends(ax, line)[1])
    return Mark(float(x), float(y), line.text, line.colour)


def _written(text: Annotation) -> Box:
    """The box of a name that :func:`label_ends` wrote: it begins at its place."""
    x, y = text.xyann
    half = _BOLD * text_width(text.get_text()) / 2
    return Box.about(x + half, y, text.get_text())


def _best(
    ax: Axes,
    text: str,
    ends: tuple[np.ndarray, np.ndarray],
    ink: np.ndarray,
    taken: list[Box],
    shift: float,
) -> tuple[float, float]:
    """The place about either end where ``text`` covers least and is taken for no other's name.

    Args:
        ends: those of its line, and those of all others.
    """
    frame = ax.get_window_extent()
    own, others = ends

    def cost(place: tuple[float, float]) -> float:
        box = Box.about(*place, text)
        out = box.left < frame.x0 or box.bottom < frame.y0 or box.top > frame.y1
        away, astray = (float(np.hypot(*(each - place).T).min()) for each in (own, others))
        covered = sum(box.overlaps(other) for other in taken) + out
        worse = _COVERED * covered + _ASTRAY * (astray < away)
        return worse + box.covers(ink) + _AWAY * away

    return min(_places(text, own, shift), key=cost)


def _places(text: str, ends: np.ndarray, shift: float) -> list[tuple[float, float]]:
    """Places to the right of the right end, to the left of the left one, above and below both."""
    aside = _BOLD * text_width(text) / 2 + shift
    over = LINE_HEIGHT / 2 + shift
    ways = [(aside, 0), (aside, over), (aside, -over), (0, over), (0, -over)]
    ways += [(0, 1.6 * over), (0, -1.6 * over), (aside, 1.6 * over), (aside, -1.6 * over)]
    places = []
    for (x, y), turn in zip(ends[::-1], (1, -1), strict=True):
        places += [(float(x + turn * dx), float(y + dy)) for dx, dy in ways]
    return places


def _points(line: Line2D) -> np.ndarray:
    """Points along a drawn line and about its dots, (N, 2), in points of the figure."""
    places = np.asarray(line.get_transform().transform(line.get_xydata()), float)
    places = places[np.isfinite(places).all(axis=1)]
    parts = [places]
    if line.get_linestyle() not in ("None", "none"):
        parts += [_along(a, b) for a, b in pairwise(places)]
    if line.get_marker() not in ("None", "none", None, ""):
        turns = np.linspace(0, 2 * np.pi, 8, endpoint=False)
        circle = line.get_markersize() / 2 * np.column_stack([np.cos(turns), np.sin(turns)])
        parts += [place + circle for place in places]
    return np.concatenate(parts)


def _along(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    count = max(int(np.hypot(*(stop - start)) / _STEP), 1)
    return start + np.linspace(0, 1, count, endpoint=False)[:, None] * (stop - start)
