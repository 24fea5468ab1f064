"""The pictures being painted, and the coordinate frames to paint in."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from study.data.embedded.draws import Floats
from study.data.embedded.shapes import blend, cover, rotate


@dataclass(frozen=True)
class Frame:
    """Coordinates of every pixel (N, S, S) and the width of a pixel in the same units."""

    x: Floats
    y: Floats
    pixel: Floats

    @classmethod
    def of_pictures(cls, count: int, size: int) -> Self:
        """Return the frame of whole pictures: x and y from -1 to 1, y downwards."""
        line = (np.arange(size, dtype=np.float32) + 0.5) * np.float32(2 / size) - 1
        shape = (count, size, size)
        x = np.ascontiguousarray(np.broadcast_to(line, shape))
        y = np.ascontiguousarray(np.broadcast_to(line[:, None], shape))
        return cls(x, y, np.full((count, 1, 1), 2 / size, dtype=np.float32))

    def moved(
        self,
        centre_x: Floats,
        centre_y: Floats,
        scale: Floats,
        cosine: Floats,
        sine: Floats,
        mirror: Floats,
    ) -> "Frame":
        """Return a frame with its own origin, unit, roll and handedness."""
        x, y = rotate(self.x - centre_x, self.y - centre_y, cosine / scale, sine / scale)
        x *= mirror
        return Frame(x, y, self.pixel / scale)


@dataclass(frozen=True)
class Canvas:
    """Pictures (N, 3, S, S), float32 in about [0, 1], with the means to paint on them."""

    picture: Floats

    def paint(self, colour: Floats, share: Floats) -> None:
        """Paint a colour, (N, 3, 1, 1) or (N, 3, S, S), by the share of each pixel (N, S, S)."""
        blend(self.picture, colour, share)

    def fill(self, frame: Frame, distance: Floats, colour: Floats, opacity: Floats | float) -> None:
        """Paint the inside of a shape given by its distances in ``frame``."""
        share = cover(distance, frame.pixel)
        share *= opacity
        blend(self.picture, colour, share)

    def darken(self, share: Floats) -> None:
        """Multiply the pictures by 1 - share, share (N, S, S)."""
        np.multiply(self.picture, (1 - share)[:, None], out=self.picture)
