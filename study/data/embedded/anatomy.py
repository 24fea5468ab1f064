"""Anatomy of the animals: the only part of a picture that its label decides.

Every animal has a character, near -1 for a cat and near +1 for a dog, and every trait follows
the character with a deviation of its own. The two classes overlap in each trait and, through
the character, in all traits together, so that some animals cannot be told for certain.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from study.data.embedded.draws import Draws, Floats
from study.data.embedded.parameters import Parameters, lerp

CHARACTER_DEVIATION = 0.7
TRAIT_DEVIATION = 0.55
_SHARE_PER_UNIT = 0.35


@dataclass(frozen=True)
class Anatomy(Parameters):
    """Shapes of the animals, all (N,); lengths in units of half a head's width."""

    ear_fold: Floats  # 0 upright to 1 hanging
    ear_length: Floats
    ear_spread: Floats  # distance of the ears' roots from the middle
    ear_width: Floats
    ear_tip: Floats  # radius of the tip: pointed or round
    head_height: Floats
    cheek_width: Floats
    muzzle_length: Floats
    muzzle_width: Floats
    muzzle_drop: Floats  # how far below the head's middle the muzzle sits
    nose_size: Floats
    eye_size: Floats
    eye_open: Floats  # 0 almond to 1 round
    eye_slant: Floats
    eye_spread: Floats
    pupil_width: Floats  # share of the eye's height: slit to round
    whisker_length: Floats
    tail_width: Floats
    tail_length: Floats
    neck_width: Floats


def draw_labels(seed: int, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Return the labels (N,), cat 0 and dog 1: one of each, in random order, per pair 2k, 2k+1."""
    flip = Draws(seed, indices // 2).hashes("label") & np.uint64(1)
    return ((indices + flip.astype(np.int64)) % 2).astype(np.uint8)


def draw_anatomy(draws: Draws, labels: npt.NDArray[np.uint8]) -> Anatomy:
    """Draw the anatomy of every picture from its label, (N,) uint8."""
    side = labels.astype(np.float32) * 2 - 1
    character = side + draws.normal("character", 0, CHARACTER_DEVIATION)

    def between(name: str, cat: float, dog: float) -> Floats:
        trait = character + draws.normal(name, 0, TRAIT_DEVIATION)
        return lerp(cat, dog, np.clip(0.5 + _SHARE_PER_UNIT * trait, -0.1, 1.1))

    return Anatomy(
        ear_fold=np.clip(between("ear_fold", -0.15, 1.05), 0, 1),
        ear_length=between("ear_length", 0.95, 1.1),
        ear_spread=between("ear_spread", 0.6, 0.74),
        ear_width=between("ear_width", 0.4, 0.3),
        ear_tip=np.maximum(between("ear_tip", 0.02, 0.26), 0.02),
        head_height=between("head_height", 0.84, 1.04),
        cheek_width=between("cheek_width", 0.98, 0.72),
        muzzle_length=between("muzzle_length", 0.28, 0.62),
        muzzle_width=between("muzzle_width", 0.4, 0.5),
        muzzle_drop=between("muzzle_drop", 0.36, 0.5),
        nose_size=between("nose_size", 0.09, 0.25),
        eye_size=between("eye_size", 0.31, 0.17),
        eye_open=np.clip(between("eye_open", 0.35, 1.0), 0, 1),
        eye_slant=between("eye_slant", 0.32, -0.08),
        eye_spread=between("eye_spread", 0.46, 0.4),
        pupil_width=np.clip(between("pupil_width", 0.2, 0.85), 0.12, 0.9),
        whisker_length=np.maximum(between("whisker_length", 0.95, 0.15), 0.05),
        tail_width=between("tail_width", 0.13, 0.22),
        tail_length=between("tail_length", 2.2, 1.4),
        neck_width=between("neck_width", 0.62, 0.78),
    )
