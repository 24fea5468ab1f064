"""Signed distances of simple shapes, and blending them into pictures.

Pictures are float32 (N, 3, S, S); coordinates, distances and covers are (N, S, S); parameters
broadcast to them as (N, 1, 1). Distances are negative inside and, near the edge, in the units
of the coordinates; edges are smoothed over one pixel, so that no supersampling is needed.
"""

from collections.abc import Sequence

import numpy as np

from study.data.embedded.draws import Floats

_TINY = np.float32(1e-6)


def ellipse(x: Floats, y: Floats, radius_x: Floats | float, radius_y: Floats | float) -> Floats:
    """Return the distance to an ellipse round the origin (first order at its edge)."""
    scaled_x, scaled_y = x / radius_x, y / radius_y
    level = np.sqrt(scaled_x * scaled_x + scaled_y * scaled_y)
    scaled_x /= radius_x
    scaled_y /= radius_y
    slope = np.sqrt(scaled_x * scaled_x + scaled_y * scaled_y)
    return level * (level - 1) / (slope + _TINY)


def cone(
    x: Floats,
    y: Floats,
    start: tuple[Floats | float, Floats | float],
    end: tuple[Floats | float, Floats | float],
    radius_start: Floats | float,
    radius_end: Floats | float,
) -> Floats:
    """Return the distance to a limb from start to end whose radius runs between the two."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    x, y = x - start[0], y - start[1]
    length = along_x * along_x + along_y * along_y + _TINY
    share = x * (along_x / length) + y * (along_y / length)
    np.clip(share, 0, 1, out=share)
    x -= share * along_x
    y -= share * along_y
    distance = np.sqrt(x * x + y * y)
    distance -= radius_start
    distance -= share * (radius_end - radius_start)
    return distance


def chain(
    x: Floats,
    y: Floats,
    points: Sequence[tuple[Floats | float, Floats | float]],
    radii: Sequence[Floats | float],
) -> Floats:
    """Return the distance to a limb through all points, with the radius given at each."""
    distance = cone(x, y, points[0], points[1], radii[0], radii[1])
    for place in range(1, len(points) - 1):
        part = cone(x, y, points[place], points[place + 1], radii[place], radii[place + 1])
        np.minimum(distance, part, out=distance)
    return distance


def smooth_union(first: Floats, second: Floats, width: float) -> Floats:
    """Return the distance to both shapes, their seam rounded over ``width``."""
    overlap = np.maximum(width - np.abs(first - second), 0)
    return np.minimum(first, second) - overlap * overlap * (0.25 / width)


def cover(distance: Floats, softness: Floats | float) -> Floats:
    """Return how much of each pixel a shape covers, 0 to 1, its edge ``softness`` wide."""
    share = distance * (-1 / np.asarray(softness, dtype=np.float32))
    share += 0.5
    return np.clip(share, 0, 1, out=share)


def blend(picture: Floats, colour: Floats, share: Floats) -> None:
    """Paint ``colour``, (N, 3, 1, 1) or (N, 3, S, S), over the picture where share > 0."""
    change = colour - picture
    change *= share[:, None]
    picture += change


def triangle_wave(phase: Floats) -> Floats:
    """Return a wave of period 1 between 0 and 1."""
    phase = phase - np.floor(phase)
    phase -= 0.5
    np.abs(phase, out=phase)
    phase *= 2
    return phase


def rotate(x: Floats, y: Floats, cosine: Floats, sine: Floats) -> tuple[Floats, Floats]:
    """Return the coordinates in a frame turned by the angle of the given cosine and sine."""
    return x * cosine + y * sine, y * cosine - x * sine


def interpolate(lattice: Floats, size: int) -> Floats:
    """Return smooth value noise, (N, size, size) in [0, 1], from (N, G + 1, G + 1) corners.

    Weighted sums of single elements only: a matrix product could round differently with the
    number of pictures.
    """
    cells = lattice.shape[1] - 1
    places = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(cells / size)
    left = np.minimum(places.astype(np.int64), cells - 1)
    share = places - left
    share = (share * share * (3 - 2 * share)).astype(np.float32)
    rows = lattice[:, left, :]
    rows = rows + (lattice[:, left + 1, :] - rows) * share[:, None]
    field = rows[:, :, left]
    return field + (rows[:, :, left + 1] - field) * share
