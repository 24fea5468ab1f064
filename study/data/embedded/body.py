"""Tail, trunk and legs of the sitting animal."""

import numpy as np

from study.data.embedded.anatomy import Anatomy
from study.data.embedded.canvas import Canvas, Frame
from study.data.embedded.draws import Floats
from study.data.embedded.fur import Fur
from study.data.embedded.scene import Pose
from study.data.embedded.shapes import chain, cone, ellipse, smooth_union

_GROUND = 3.0


def paint_tail(canvas: Canvas, frame: Frame, fur: Fur, anatomy: Anatomy, pose: Pose) -> None:
    """Paint the tail, from the ground beside the trunk outwards and up."""
    side, length = pose.tail_side, anatomy.tail_length
    root = (side * 0.6 + pose.body_shift, _GROUND - 0.35)
    middle = (root[0] + side * (0.55 + 0.2 * length), root[1] - pose.tail_lift * 0.4 * length)
    bend = (middle[0] + side * 0.3 * pose.tail_curl, middle[1] - 0.3 * length)
    tip = (bend[0] - side * 0.4 * pose.tail_curl, bend[1] - 0.28 * length)
    width = anatomy.tail_width
    distance = chain(
        frame.x, frame.y, [root, middle, bend, tip], [width, width, width * 0.95, width * 0.6]
    )
    fur.paint(canvas, frame, distance, frame.x * 0.3, frame.y * 0.3 - 0.6, dark=0.1)


def paint_body(canvas: Canvas, frame: Frame, fur: Fur, anatomy: Anatomy, pose: Pose) -> None:
    """Paint trunk, light chest and front legs."""
    x, y = frame.x - pose.body_shift * np.clip(frame.y * 0.5, 0, 1), frame.y
    width = pose.body_width
    trunk = ellipse(x, y - 2.1, width, 1.15)
    chest = cone(x, y, (0.0, 0.5), (0.0, 1.9), anatomy.neck_width, width * 0.75)
    distance = smooth_union(trunk, chest, 0.4)
    fur.paint(canvas, frame, distance, x / width, (y - 1.6) * 0.6, dark=0.12)
    bib = ellipse(x, y - 1.35, width * 0.5, 0.75)
    fur.lighten(canvas, frame, bib, 0.3)
    beside: Floats = np.abs(x)
    leg = cone(beside, y, (0.34, 1.9), (0.4, _GROUND - 0.1), 0.26, 0.22)
    paw = ellipse(beside - 0.42, y - _GROUND, 0.32, 0.2)
    fur.paint(canvas, frame, np.minimum(leg, paw), x, y * 0.4 - 1.2, dark=0.0)
