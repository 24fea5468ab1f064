"""Loss landscapes as surfaces, seen from above and aside, as Li et al. draw them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path

from reports.figures.landscape import grid_of
from reports.figures.panel import number
from reports.figures.theme import HEAT_LEVELS, heat, light

# so that the walls of a bowl as high as the box do not hide its middle
_TURNED, _TILTED, _HEIGHT = np.radians(26.0), np.radians(48.0), 0.8
_FONT = 10.5


@dataclass(frozen=True)
class Box:
    """What a surface stands in: the same for all panels that are compared.

    Attributes:
        side: largest ``abs(alpha)`` and ``abs(beta)``.
        low: the loss at the floor.
        high: the loss at the top; the surface is cut off there.
    """

    side: float
    low: float
    high: float

    @classmethod
    def of(cls, frames: Sequence[pd.DataFrame], levels: np.ndarray) -> "Box":
        """As wide as the widest of ``frames``, from the first level to the last."""
        ways = [float(frame[["alpha", "beta"]].abs().to_numpy().max()) for frame in frames]
        side = max(ways, default=1.0)
        return cls(side, float(levels[0]), float(levels[-1]))

    def on_paper(self, alpha: object, beta: object, loss: object) -> np.ndarray:
        """Places on the paper, (..., 2) float64, of points that are given as in a landscape.

        A parallel projection; heights are in proportion to the logarithm of the loss.
        """
        x, y, z = np.broadcast_arrays(*(np.asarray(each, float) for each in (alpha, beta, loss)))
        height = np.log(np.clip(z, self.low, self.high) / self.low) / np.log(self.high / self.low)
        across = (x * np.cos(_TURNED) + y * np.sin(_TURNED)) / self.side
        away = (y * np.cos(_TURNED) - x * np.sin(_TURNED)) / self.side
        up = away * np.sin(_TILTED) + _HEIGHT * height * np.cos(_TILTED)
        return np.stack([across, up], axis=-1)


def draw_surface(ax: Axes, frame: pd.DataFrame, *, levels: np.ndarray, box: Box) -> Axes:
    """The loss over a plane as a surface in the shades of its contours.

    Strips of the grid are laid over each other from the farthest to the nearest, so that what
    stands in front hides what lies behind.

    Args:
        frame: columns ``alpha``, ``beta``, ``loss`` of one run; a cell of the grid with a corner
            that was not measured stays open.
        levels: see :func:`reports.figures.landscape.contour_levels`.
        box: see :class:`Box`.
    """
    alpha, beta, loss = grid_of(frame)
    _floor(ax, box)
    # the second direction points away from the eye, the first one a little towards it
    for row in reversed(range(len(beta) - 1)):
        strip = loss[row : row + 2]
        sides = box.on_paper(alpha, beta[row : row + 2, None], strip)
        for level, first, last in _pieces(strip, levels):
            near, far = sides[:, first : last + 1]
            outline = np.concatenate([near, far[::-1]]).tolist()
            ax.add_patch(Polygon(outline, facecolor=heat(level), linewidth=0, clip_on=False))
        ax.add_patch(_mesh(sides))
    _scale(ax, box)
    ax.set_aspect("equal", adjustable="box")
    ax.autoscale_view()
    ax.set_axis_off()
    return ax


def _pieces(strip: np.ndarray, levels: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Shade, first and last column of runs of cells of one shade; ``strip`` is (2, A)."""
    corners = np.stack([strip[:, :-1], strip[:, 1:]])
    # a loss of exactly 0 has no logarithm and belongs to the lowest shade
    means = np.log(np.maximum(corners, levels[0])).mean(axis=(0, 1))
    shades = np.clip(np.digitize(means, np.log(levels)) - 1, 0, HEAT_LEVELS - 1)
    shades = np.where(np.isfinite(means), shades, -1)
    edges = [0, *(np.flatnonzero(np.diff(shades)) + 1).tolist(), len(shades)]
    for first, last in pairwise(edges):
        if first < last and shades[first] >= 0:
            yield int(shades[first]), first, last


def _mesh(sides: np.ndarray) -> PathPatch:
    """The lines of the grid on a strip; ``sides`` is (2, A, 2), NaN where there is no point."""
    lines = [*sides, *sides.transpose(1, 0, 2)]
    path = Path.make_compound_path(*(Path(line[np.isfinite(line).all(axis=1)]) for line in lines))
    return PathPatch(path, fill=False, edgecolor=light("paper"), linewidth=0.4, clip_on=False)


def _floor(ax: Axes, box: Box) -> None:
    s = box.side
    corners = box.on_paper([-s, s, s, -s], [-s, -s, s, s], box.low)
    ax.add_patch(Polygon(corners.tolist(), fill=False, edgecolor=light("rule"), linewidth=0.9))
    left, near, right = corners[:3]
    for start, end, name in ((left, near, "first direction"), (near, right, "second direction")):
        along = end - start
        # to the right of the way along the edge, which is outside
        shift = _FONT * np.array([along[1], -along[0]]) / np.hypot(*along)
        slope = float(np.degrees(np.arctan2(along[1], along[0])))
        _write(ax, (start + end) / 2, name, shift, ha="center", rotation=slope)


def _scale(ax: Axes, box: Box) -> None:
    """The losses at the floor, half way and at the top, on the edge at the left."""
    losses = np.geomspace(box.low, box.high, 3)
    places = box.on_paper(-box.side, -box.side, losses)
    ax.plot(places[:, 0], places[:, 1], color=light("rule"), linewidth=0.9)
    for place, loss in zip(places, losses, strict=True):
        _write(ax, place, number(float(f"{loss:.2g}")), (-5, 0), ha="right")
    _write(ax, places[-1], "loss", (-5, 1.3 * _FONT), ha="right")


def _write(
    ax: Axes, place: np.ndarray, text: str, shift: Sequence[float] | np.ndarray, **options: Any
) -> None:
    """Text at ``place`` in data units, moved by ``shift`` points."""
    ax.annotate(
        text,
        (float(place[0]), float(place[1])),
        xytext=(float(shift[0]), float(shift[1])),
        textcoords="offset points",
        va="center",
        color=light("muted"),
        fontsize=_FONT,
        **options,
    )
