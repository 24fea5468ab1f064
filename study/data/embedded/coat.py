"""Colours and pattern of the fur: drawn by the same law for cats and dogs."""

from dataclasses import dataclass

import numpy as np

from study.data.embedded.draws import Draws, Floats
from study.data.embedded.parameters import Parameters

# red, green, blue of coats: ginger, grey, near black, brown, cream, white, chocolate, blue grey
_COATS = np.array(
    [
        (0.82, 0.50, 0.22),
        (0.55, 0.53, 0.51),
        (0.27, 0.25, 0.25),
        (0.52, 0.36, 0.22),
        (0.88, 0.76, 0.56),
        (0.93, 0.91, 0.88),
        (0.36, 0.23, 0.16),
        (0.42, 0.46, 0.53),
    ],
    dtype=np.float32,
)
# amber, green, brown, blue, yellow
_EYES = np.array(
    [
        (0.80, 0.52, 0.12),
        (0.48, 0.66, 0.28),
        (0.42, 0.24, 0.10),
        (0.40, 0.62, 0.80),
        (0.86, 0.76, 0.26),
    ],
    dtype=np.float32,
)
_NOSES = np.array([(0.12, 0.10, 0.10), (0.80, 0.48, 0.46), (0.36, 0.20, 0.16)], dtype=np.float32)


@dataclass(frozen=True)
class Coat(Parameters):
    """Colours (N, 3) and pattern (N,) of the fur, eyes and nose."""

    base: Floats
    second: Floats
    light: Floats
    eye: Floats
    nose: Floats
    stripes: Floats  # 0 none to 1 strong
    stripe_frequency: Floats
    stripe_lean: Floats
    stripe_phase: Floats
    patches: Floats
    patch_level: Floats
    bib: Floats  # light muzzle and chest
    blaze: Floats  # light line on the forehead
    rough: Floats


def _jitter(draws: Draws, name: str, colours: Floats, amount: float) -> Floats:
    shade = draws.normal(f"{name}/shade", 0, amount)[:, None]
    hue = np.stack([draws.normal(f"{name}/{c}", 0, amount / 6) for c in "rgb"], axis=1)
    return np.clip(colours * (1 + shade) + hue, 0.02, 0.98)


def _from(table: Floats, draws: Draws, name: str, amount: float) -> Floats:
    places = draws.choice(name, [1.0] * len(table))
    return _jitter(draws, name, table[places], amount)


def draw_coat(draws: Draws) -> Coat:
    """Draw the coat, plain, striped or patched, and the colours of eyes and nose."""
    base = _from(_COATS, draws, "coat", 0.12)
    darker = base * draws.uniform("second/shade", 0.3, 0.75)[:, None]
    second = np.where(
        draws.chance("second/other", 0.4)[:, None] > 0,
        _from(_COATS, draws, "second", 0.12),
        darker,
    )
    pattern = draws.choice("pattern", [0.4, 0.3, 0.3])
    return Coat(
        base=base,
        second=second,
        light=np.clip(base * 0.35 + draws.uniform("light", 0.5, 0.62)[:, None], 0, 0.97),
        eye=_from(_EYES, draws, "eye", 0.15),
        nose=_from(_NOSES, draws, "nose", 0.15),
        stripes=np.where(pattern == 1, draws.uniform("stripes", 0.3, 0.8), 0).astype(np.float32),
        stripe_frequency=draws.uniform("stripe_frequency", 1.4, 3.0),
        stripe_lean=draws.uniform("stripe_lean", -1.2, 1.2),
        stripe_phase=draws.uniform("stripe_phase"),
        patches=np.where(pattern == 2, 1, 0).astype(np.float32),
        patch_level=draws.uniform("patch_level", 0.42, 0.6),
        bib=draws.chance("bib", 0.6) * draws.uniform("bib/strength", 0.3, 1.0),
        blaze=draws.chance("blaze", 0.25),
        rough=draws.uniform("rough", 0.05, 0.3),
    )
