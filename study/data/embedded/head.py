"""The head: skull, ears, eyes, muzzle, whiskers. Units: half a head's width."""

import numpy as np

from study.data.embedded.anatomy import Anatomy
from study.data.embedded.canvas import Canvas, Frame
from study.data.embedded.draws import Floats
from study.data.embedded.fur import Fur
from study.data.embedded.parameters import lerp
from study.data.embedded.scene import Pose
from study.data.embedded.shapes import chain, cone, cover, ellipse, smooth_union

_DARK = np.array([0.07, 0.06, 0.06], dtype=np.float32)[:, None, None]
_PINK = np.array([0.78, 0.50, 0.47], dtype=np.float32)[:, None, None]
_TONGUE = np.array([0.82, 0.36, 0.40], dtype=np.float32)[:, None, None]
_WHITE = np.array([0.96, 0.95, 0.93], dtype=np.float32)[:, None, None]
_WHISKERS = 3
# share of a pixel's width that a thin line keeps at least, so that it fades instead of flickering
_LINE = 0.02


class Ear:
    """One ear: two tapered parts from root over bend to tip, upright or hanging."""

    def __init__(self, frame: Frame, anatomy: Anatomy, pose: Pose, side: float) -> None:
        self._side = side
        self._frame = frame
        fold = anatomy.ear_fold
        lower = lerp(0.3, 1.2, fold) + pose.ear_turn * side
        upper = lerp(0.18, 2.95, fold) + pose.ear_turn * side
        root_x = anatomy.ear_spread * side - pose.yaw * 0.12
        root_y = -0.5 * anatomy.head_height - 0.02 + pose.pitch * 0.3
        first = anatomy.ear_length * lerp(0.5, 0.34, fold)
        second = anatomy.ear_length * lerp(0.5, 0.8, fold)
        bend_x = root_x + np.sin(lower) * first * side
        bend_y = root_y - np.cos(lower) * first
        tip_x = bend_x + np.sin(upper) * second * side
        tip_y = bend_y - np.cos(upper) * second
        self._points = [(root_x, root_y), (bend_x, bend_y), (tip_x, tip_y)]
        bend_width = anatomy.ear_width * lerp(0.55, 0.8, fold)
        self._widths = [anatomy.ear_width * lerp(1.0, 0.6, fold), bend_width, anatomy.ear_tip]
        self._distance = chain(frame.x, frame.y, self._points, self._widths)
        self._fold = fold

    def paint(self, canvas: Canvas, fur: Fur, opacity: Floats | float) -> None:
        """Paint the ear's fur."""
        x, y = self._frame.x - self._points[1][0], self._frame.y - self._points[1][1]
        dark = 0.34 + self._fold * 0.04
        fur.paint(canvas, self._frame, self._distance, x, y, dark=dark, opacity=opacity)

    def paint_inside(self, canvas: Canvas, opacity: Floats) -> None:
        """Paint the pink inside of an upright ear."""
        inside = self._distance + self._widths[1] * 0.42
        share = cover(inside, self._frame.pixel + 0.08)
        share *= opacity
        canvas.paint(_PINK * 0.85, share)


def paint_head(canvas: Canvas, frame: Frame, fur: Fur, anatomy: Anatomy, pose: Pose) -> None:
    """Paint the whole head from back to front."""
    ears = [Ear(frame, anatomy, pose, side) for side in (-1.0, 1.0)]
    hanging = np.clip((anatomy.ear_fold - 0.4) * 8, 0, 1)
    for ear in ears:
        ear.paint(canvas, fur, 1.0)
        ear.paint_inside(canvas, 0.75 * (1 - np.clip(anatomy.ear_fold * 2.5 - 0.4, 0, 1)))
    _paint_skull(canvas, frame, fur, anatomy, pose)
    for ear in ears:
        ear.paint(canvas, fur, hanging)
    _paint_eyes(canvas, frame, fur, anatomy, pose)
    _paint_muzzle(canvas, frame, fur, anatomy, pose)
    _paint_whiskers(canvas, frame, anatomy, pose)


def _paint_skull(canvas: Canvas, frame: Frame, fur: Fur, anatomy: Anatomy, pose: Pose) -> None:
    x, y = frame.x, frame.y
    skull = ellipse(x, y + 0.12, 0.92, anatomy.head_height * 0.86)
    cheeks = ellipse(x + pose.yaw * 0.15, y - 0.28, anatomy.cheek_width, 0.58)
    distance = smooth_union(skull, cheeks, 0.3)
    fur.paint(canvas, frame, distance, x, y)
    blaze = ellipse(x + pose.yaw * 0.35, y + 0.25, 0.14, 0.7)
    share = cover(blaze, frame.pixel + 0.12) * fur.coat.blaze
    canvas.paint(fur.coat.light * (0.95 + fur.rough)[:, None], share)


def _paint_eyes(canvas: Canvas, frame: Frame, fur: Fur, anatomy: Anatomy, pose: Pose) -> None:
    across = frame.x + pose.yaw * 0.4
    x = np.abs(across) - anatomy.eye_spread
    y = frame.y + 0.1 - pose.pitch
    turned = y + x * anatomy.eye_slant
    width = anatomy.eye_size
    height = width * (0.6 + 0.4 * anatomy.eye_open) * pose.blink
    relative_x, relative_y = x / width, turned / height
    # between an almond (two arcs) and an ellipse
    level = lerp(np.abs(relative_y), relative_y * relative_y, anatomy.eye_open)
    level += relative_x * relative_x - 1
    distance = level * (height * 0.5)
    canvas.paint(_DARK, cover(distance - 0.035, frame.pixel + 0.02))
    colour = fur.coat.eye * (1.0 - 0.5 * np.clip(-relative_y, -0.3, 1))[:, None]
    canvas.paint(colour, cover(distance, frame.pixel))
    pupil = ellipse(x, turned, height * anatomy.pupil_width * 0.85, height * 0.85)
    canvas.paint(_DARK, cover(np.maximum(pupil, distance), frame.pixel))
    glint = ellipse(across - np.sign(across) * anatomy.eye_spread + 0.06, y + 0.08, 0.05, 0.05)
    canvas.fill(frame, glint, _WHITE, 0.9)


def _paint_muzzle(canvas: Canvas, frame: Frame, fur: Fur, anatomy: Anatomy, pose: Pose) -> None:
    length, width = anatomy.muzzle_length, anatomy.muzzle_width
    x = frame.x + pose.yaw * (0.4 + 0.5 * length)
    y = frame.y - anatomy.muzzle_drop - pose.pitch * (1 + length)
    half = length * 0.62 + 0.1
    pads = ellipse(np.abs(x) - width * 0.42, y - half * 0.35, width * 0.6, half * 0.85)
    bridge = cone(x, y, (0.0, -0.45), (0.0, half * 0.2), width * 0.45, width * 0.75)
    distance = smooth_union(pads, bridge, 0.15)
    tongue = cone(x, y, (0.0, half * 0.7), (0.0, half * 1.35), 0.15, 0.13)
    jaw = ellipse(x, y - half * 0.8, width * 0.62, half * 0.6 + 0.08 * pose.mouth_open)
    fur.paint(canvas, frame, jaw, x, y + 0.2, dark=0.12)
    fur.paint(canvas, frame, distance, x, y - 0.1, dark=-0.05 * length)
    fur.lighten(canvas, frame, distance + 0.03, 0.12)
    canvas.fill(frame, tongue, _TONGUE, (pose.mouth_open > 0.35).astype(np.float32))
    mouth = np.abs(ellipse(np.abs(x) - width * 0.3, y - half * 0.5, width * 0.3, half * 0.45))
    lips = cover(mouth - 0.025, frame.pixel) * (y > half * 0.5)
    canvas.paint(_DARK, lips * 0.8)
    line = cone(x, y, (0.0, -half * 0.1), (0.0, half * 0.55), 0.025, 0.025)
    canvas.fill(frame, line, _DARK, 0.8)
    size = anatomy.nose_size
    nose = cone(
        np.abs(x),
        y + half * 0.3,
        (0.0, size * 0.35),
        (size * 0.55, -size * 0.1),
        size * 0.7,
        size * 0.6,
    )
    canvas.fill(frame, nose, fur.coat.nose, 1.0)
    shine = ellipse(x + size * 0.3, y + half * 0.3 + size * 0.35, size * 0.35, size * 0.16)
    canvas.fill(frame, shine, _WHITE, 0.35)


def _paint_whiskers(canvas: Canvas, frame: Frame, anatomy: Anatomy, pose: Pose) -> None:
    x = np.abs(frame.x + pose.yaw * 0.5)
    y = frame.y - anatomy.muzzle_drop - pose.pitch
    root = anatomy.muzzle_width * 0.6
    width = np.float32(_LINE)
    # a line thinner than a pixel is painted a pixel wide and paler
    wide = np.maximum(width, frame.pixel * 0.5)
    for place in range(_WHISKERS):
        lean = (place - 1) * 0.22 - 0.05
        end = (root + anatomy.whisker_length, anatomy.whisker_length * lean + 0.05 * place)
        line = cone(x, y, (root, 0.1 * place - 0.02), end, wide, wide * 0.6)
        share = cover(line, frame.pixel) * (width / wide) * 0.75
        canvas.paint(_WHITE, share)
