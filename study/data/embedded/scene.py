"""Everything in a picture that does not depend on its label: pose, coat, light, surroundings."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from study.data.embedded.draws import Draws
from study.data.embedded.parameters import Floats, Parameters

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
CLUTTER_SHAPES = 5


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


@dataclass(frozen=True)
class Light(Parameters):
    """Direction and strength of the light, all (N,)."""

    x: Floats
    y: Floats
    strength: Floats
    rim: Floats
    shadow: Floats


@dataclass(frozen=True)
class Surroundings(Parameters):
    """Background colours (N, 3) and its forms (N,)."""

    first: Floats
    second: Floats
    floor: Floats
    gradient_x: Floats
    gradient_y: Floats
    horizon: Floats
    texture: Floats
    boards: Floats
    boards_x: Floats
    boards_y: Floats


@dataclass(frozen=True)
class Form(Parameters):
    """One coloured limb of clutter or occlusion: ends, radii (N,), colour (N, 3), presence."""

    start_x: Floats
    start_y: Floats
    end_x: Floats
    end_y: Floats
    radius_start: Floats
    radius_end: Floats
    colour: Floats
    present: Floats


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


def _jitter(draws: Draws, name: str, colours: Floats, amount: float) -> Floats:
    shade = draws.normal(f"{name}/shade", 0, amount)[:, None]
    hue = np.stack([draws.normal(f"{name}/{c}", 0, amount / 6) for c in "rgb"], axis=1)
    return np.clip(colours * (1 + shade) + hue, 0.02, 0.98)


def _any_colour(draws: Draws, name: str, greyness: float = 0.5) -> Floats:
    colour = np.stack([draws.uniform(f"{name}/{c}", 0.5, 0.98) for c in "rgb"], axis=1)
    grey = colour.mean(axis=1, keepdims=True)
    return colour + (grey - colour) * np.float32(greyness)


def _from(table: npt.NDArray[np.float32], draws: Draws, name: str, amount: float) -> Floats:
    places = draws.choice(name, [1.0] * len(table))
    return _jitter(draws, name, table[places], amount)


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
        stripes=np.where(pattern == 1, draws.uniform("stripes", 0.4, 1.0), 0).astype(np.float32),
        stripe_frequency=draws.uniform("stripe_frequency", 1.4, 3.0),
        stripe_lean=draws.uniform("stripe_lean", -1.2, 1.2),
        stripe_phase=draws.uniform("stripe_phase"),
        patches=np.where(pattern == 2, 1, 0).astype(np.float32),
        patch_level=draws.uniform("patch_level", 0.42, 0.6),
        bib=draws.chance("bib", 0.6) * draws.uniform("bib/strength", 0.3, 1.0),
        blaze=draws.chance("blaze", 0.25),
        rough=draws.uniform("rough", 0.05, 0.3),
    )


def draw_light(draws: Draws) -> Light:
    """Draw the light: from above more often than from below."""
    angle = draws.normal("light/angle", 0, 0.9)
    return Light(
        x=np.sin(angle),
        y=-np.cos(angle),
        strength=draws.uniform("light/strength", 0.1, 0.5),
        rim=draws.uniform("light/rim", 0.2, 0.5),
        shadow=draws.uniform("light/shadow", 0.1, 0.45),
    )


def draw_surroundings(draws: Draws) -> Surroundings:
    """Draw the background: a gradient, perhaps a floor, a texture, boards."""
    angle = draws.uniform("gradient", 0, 2 * np.pi)
    boards = draws.uniform("boards/angle", 0, np.pi)
    pitch = draws.uniform("boards/pitch", 1.0, 4.0)
    return Surroundings(
        first=_any_colour(draws, "background/first"),
        second=_any_colour(draws, "background/second"),
        floor=_any_colour(draws, "background/floor", 0.6),
        gradient_x=np.cos(angle),
        gradient_y=np.sin(angle),
        horizon=np.where(draws.chance("floor", 0.5) > 0, draws.uniform("horizon", -0.1, 0.8), 9.0),
        texture=draws.uniform("texture", 0.0, 0.3),
        boards=draws.chance("boards", 0.3) * draws.uniform("boards/strength", 0.1, 0.3),
        boards_x=np.cos(boards) * pitch,
        boards_y=np.sin(boards) * pitch,
    )


def draw_clutter(draws: Draws) -> list[Form]:
    """Draw the things behind the animal, some of them pointed or hanging like ears."""
    forms = []
    for place in range(CLUTTER_SHAPES):
        name = f"clutter/{place}"
        x, y = draws.uniform(f"{name}/x", -1.1, 1.1), draws.uniform(f"{name}/y", -1.1, 1.1)
        angle, length = draws.uniform(f"{name}/angle", 0, 6.3), draws.uniform(f"{name}/l", 0, 0.9)
        forms.append(
            Form(
                start_x=x,
                start_y=y,
                end_x=x + np.cos(angle) * length,
                end_y=y + np.sin(angle) * length,
                radius_start=draws.uniform(f"{name}/start", 0.05, 0.35),
                radius_end=draws.uniform(f"{name}/end", 0.0, 0.25),
                colour=_any_colour(draws, name, 0.4),
                present=draws.chance(f"{name}/present", 0.5),
            )
        )
    return forms


def draw_occluder(draws: Draws) -> Form:
    """Draw the thing in front of the animal that some pictures have."""
    angle = draws.uniform("occluder/angle", 0, 2 * np.pi)
    away = draws.uniform("occluder/away", 0.15, 0.75)
    x, y = np.cos(angle) * away, np.sin(angle) * away
    turn = angle + np.float32(np.pi / 2) + draws.normal("occluder/turn", 0, 0.4)
    reach = np.float32(1.6)
    return Form(
        start_x=x - np.cos(turn) * reach,
        start_y=y - np.sin(turn) * reach,
        end_x=x + np.cos(turn) * reach,
        end_y=y + np.sin(turn) * reach,
        radius_start=draws.uniform("occluder/start", 0.05, 0.3),
        radius_end=draws.uniform("occluder/end", 0.05, 0.3),
        colour=_any_colour(draws, "occluder", 0.5),
        present=draws.chance("occluder/present", 0.2),
    )


def draw_camera(draws: Draws) -> Camera:
    """Draw what the camera does: blur, noise, exposure, colour cast."""
    tint = np.stack([draws.normal(f"tint/{c}", 1, 0.04) for c in "rgb"], axis=1)
    return Camera(
        blur=np.clip(draws.normal("blur", 0.004, 0.008), 0, 0.024),
        noise=np.abs(draws.normal("noise", 0.0, 0.02)),
        contrast=draws.uniform("contrast", 0.14, 0.22),
        exposure=draws.normal("exposure", 0.56, 0.04),
        saturation=draws.uniform("saturation", 0.3, 1.15),
        vignette=np.clip(draws.normal("vignette", 0.05, 0.15), 0, 0.5),
        tint=tint,
    )
