"""Pose of the animal, light and camera: drawn by the same law for cats and dogs."""

from dataclasses import dataclass

import numpy as np

from study.data.embedded.draws import Draws, Floats
from study.data.embedded.parameters import Parameters


@dataclass(frozen=True)
class Pose(Parameters):
    """Place and posture; the picture spans [-1, 1] in x (right) and y (down). All (N,)."""

    centre_x: Floats
    centre_y: Floats
    scale: Floats  # half a head's width
    cosine: Floats  # of the head's roll
    sine: Floats
    body_cosine: Floats
    body_sine: Floats
    mirror: Floats  # +1 or -1
    yaw: Floats  # head turned sideways, share of half a head's width
    pitch: Floats
    body_shift: Floats
    body_width: Floats
    tail_side: Floats
    tail_lift: Floats
    tail_curl: Floats
    ear_turn: Floats  # radians added to one ear and taken from the other
    mouth_open: Floats
    blink: Floats


@dataclass(frozen=True)
class Light(Parameters):
    """Direction and strength of the light, all (N,)."""

    x: Floats
    y: Floats
    strength: Floats
    rim: Floats


@dataclass(frozen=True)
class Camera(Parameters):
    """What the camera does to the picture, all (N,) but ``tint``, (N, 3)."""

    blur: Floats  # deviation in shares of the picture's side
    noise: Floats
    contrast: Floats  # standard deviation of all levels
    exposure: Floats  # mean of all levels
    saturation: Floats
    vignette: Floats
    tint: Floats


def draw_pose(draws: Draws) -> Pose:
    """Draw place and posture."""
    roll = draws.normal("roll", 0, 0.14)
    body_roll = roll * np.float32(0.3) + draws.normal("body_roll", 0, 0.08)
    return Pose(
        centre_x=draws.normal("centre_x", 0, 0.07),
        centre_y=draws.normal("centre_y", -0.03, 0.06),
        scale=draws.uniform("scale", 0.47, 0.65),
        cosine=np.cos(roll),
        sine=np.sin(roll),
        body_cosine=np.cos(body_roll),
        body_sine=np.sin(body_roll),
        mirror=draws.chance("mirror", 0.5) * 2 - 1,
        yaw=draws.normal("yaw", 0, 0.2),
        pitch=draws.normal("pitch", 0, 0.09),
        body_shift=draws.normal("body_shift", 0, 0.25),
        body_width=draws.uniform("body_width", 0.8, 1.15),
        tail_side=draws.chance("tail_side", 0.5) * 2 - 1,
        tail_lift=draws.uniform("tail_lift", 0.0, 1.0),
        tail_curl=draws.normal("tail_curl", 0.2, 0.5),
        ear_turn=draws.normal("ear_turn", 0, 0.14),
        mouth_open=np.clip(draws.normal("mouth_open", -0.1, 0.5), 0, 1),
        blink=np.clip(draws.normal("blink", 1.1, 0.25), 0.3, 1),
    )


def draw_light(draws: Draws) -> Light:
    """Draw the light: from above more often than from below."""
    angle = draws.normal("light/angle", 0, 0.9)
    return Light(
        x=np.sin(angle),
        y=-np.cos(angle),
        strength=draws.uniform("light/strength", 0.1, 0.5),
        rim=draws.uniform("light/rim", 0.2, 0.5),
    )


def draw_camera(draws: Draws) -> Camera:
    """Draw what the camera does: blur, noise, exposure, colour cast."""
    tint = np.stack([draws.normal(f"tint/{c}", 1, 0.04) for c in "rgb"], axis=1)
    return Camera(
        blur=np.clip(draws.normal("blur", 0.004, 0.008), 0, 0.024),
        noise=np.abs(draws.normal("noise", 0.0, 0.015)),
        contrast=draws.uniform("contrast", 0.17, 0.23),
        exposure=draws.normal("exposure", 0.43, 0.04),
        saturation=draws.uniform("saturation", 0.3, 1.15),
        vignette=np.clip(draws.normal("vignette", 0.05, 0.15), 0, 0.5),
        tint=tint,
    )
