"""Background, clutter and occlusion: drawn by the same law for cats and dogs."""

from dataclasses import dataclass

import numpy as np

from study.data.embedded.draws import Draws, Floats
from study.data.embedded.parameters import Parameters

CLUTTER_SHAPES = 5


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


def _any_colour(draws: Draws, name: str, greyness: float = 0.5) -> Floats:
    colour = np.stack([draws.uniform(f"{name}/{c}", 0.55, 0.98) for c in "rgb"], axis=1)
    grey = colour.mean(axis=1, keepdims=True)
    return colour + (grey - colour) * np.float32(greyness)


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
                present=draws.chance(f"{name}/present", 0.4),
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
