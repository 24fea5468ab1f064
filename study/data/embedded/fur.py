"""Fur: the coat's pattern, its shading by the light, and its rim."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from study.data.embedded.canvas import Canvas, Frame
from study.data.embedded.coat import Coat
from study.data.embedded.draws import Draws, Floats
from study.data.embedded.scene import Light
from study.data.embedded.shapes import cover, interpolate, triangle_wave

_RIM_WIDTH = 0.22


@dataclass(frozen=True)
class Fur:
    """The coat of each picture as colours and brightness a pixel, painted part by part."""

    coat: Coat
    light: Light
    rough: Floats  # brightness of single strands, (N, S, S) round 0
    patch: Floats  # share of the second colour in patched coats, (N, S, S)
    colour: Floats  # base and patches, (N, 3, S, S)

    @classmethod
    def grow(cls, size: int, coat: Coat, light: Light, draws: Draws) -> Self:
        """Prepare the coat of N pictures of ``size`` pixels."""
        strands = interpolate(draws.lattice("fur/strands", 26), size)
        blobs = interpolate(draws.lattice("fur/blobs", 6), size)
        patch = np.clip((blobs - coat.patch_level) * 12 + strands * 2 - 1, 0, 1) * coat.patches
        colour = coat.base + (coat.second - coat.base) * patch[:, None]
        return cls(coat, light, (strands - 0.5) * coat.rough, patch, colour)

    def brightness(self, distance: Floats, x: Floats, y: Floats, dark: Floats | float) -> Floats:
        """Return the factor of light on a rounded part whose middle is x = y = 0."""
        level = (x * self.light.x + y * self.light.y) * self.light.strength
        rim = np.clip(distance * (1 / _RIM_WIDTH) + 1, 0, 1)
        rim *= rim
        level -= rim * self.light.rim
        level += self.rough
        level += 1 - np.asarray(dark, dtype=np.float32)
        return level

    def paint(
        self,
        canvas: Canvas,
        frame: Frame,
        distance: Floats,
        x: Floats,
        y: Floats,
        *,
        dark: Floats | float = 0.0,
        opacity: Floats | float = 1.0,
    ) -> None:
        """Paint a part of the animal; x and y run over it from about -1 to 1."""
        coat = self.coat
        phase = (np.abs(x) * coat.stripe_lean + y) * coat.stripe_frequency
        phase += coat.stripe_phase + self.patch * 0.2 + self.rough
        stripe = np.clip(triangle_wave(phase) * 4 - 2, 0, 1) * coat.stripes
        colour = self.colour + (coat.second - self.colour) * stripe[:, None]
        colour *= self.brightness(distance, x, y, dark)[:, None]
        share = cover(distance, frame.pixel + 0.04)
        share *= opacity
        canvas.paint(colour, share)

    def lighten(self, canvas: Canvas, frame: Frame, distance: Floats, softness: float) -> None:
        """Paint a light marking with a soft edge, as strong as the coat's bib."""
        share = cover(distance, frame.pixel + np.float32(softness))
        share *= self.coat.bib
        canvas.paint(self.coat.light * (0.95 + self.rough)[:, None], share)
