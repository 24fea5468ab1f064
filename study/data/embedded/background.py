"""Background, clutter behind the animal and things in front of it."""

import numpy as np

from study.data.embedded.canvas import Canvas, Frame
from study.data.embedded.draws import Draws, Floats
from study.data.embedded.shapes import cone, cover, interpolate, triangle_wave
from study.data.embedded.surroundings import Form, Surroundings


def paint_background(frame: Frame, around: Surroundings, draws: Draws) -> Canvas:
    """Return new pictures with gradient, floor, boards and texture."""
    size = frame.x.shape[1]
    coarse = interpolate(draws.lattice("texture/coarse", 4), size)
    fine = interpolate(draws.lattice("texture/fine", 14), size)
    slope = frame.x * around.gradient_x + frame.y * around.gradient_y
    slope = np.clip(slope * 0.4 + coarse * 0.6 + 0.2, 0, 1)
    picture = around.first + (around.second - around.first) * slope[:, None]
    canvas = Canvas(picture.astype(np.float32))
    canvas.paint(around.floor, cover(around.horizon - frame.y, frame.pixel + 0.03))
    wave = triangle_wave(frame.x * around.boards_x + frame.y * around.boards_y)
    canvas.darken(np.clip(wave * 8 - 6, 0, 1) * around.boards)
    canvas.darken((fine + coarse - 1) * around.texture)
    return canvas


def paint_form(canvas: Canvas, frame: Frame, form: Form, shade: Floats | float) -> None:
    """Paint one limb of clutter, lighter on one side."""
    distance = cone(
        frame.x,
        frame.y,
        (form.start_x, form.start_y),
        (form.end_x, form.end_y),
        form.radius_start,
        form.radius_end,
    )
    share = cover(distance, frame.pixel)
    share *= form.present
    light = 1 + np.clip(distance * 3, -1, 0) * shade
    canvas.paint(form.colour * light[:, None], share)
