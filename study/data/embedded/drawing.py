"""Draw the embedded pictures, block by block."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from study.data.embedded.anatomy import Anatomy, draw_anatomy, draw_labels
from study.data.embedded.background import paint_background, paint_form
from study.data.embedded.body import paint_body, paint_tail
from study.data.embedded.canvas import Frame
from study.data.embedded.coat import Coat, draw_coat
from study.data.embedded.degradation import degrade
from study.data.embedded.draws import Draws
from study.data.embedded.fur import Fur
from study.data.embedded.head import paint_head
from study.data.embedded.scene import Camera, Light, Pose, draw_camera, draw_light, draw_pose
from study.data.embedded.surroundings import (
    Form,
    Surroundings,
    draw_clutter,
    draw_occluder,
    draw_surroundings,
)

VERSION = 2
SMALLEST_SIZE = 16
# pixels painted together: few enough to stay in a core's cache, many enough to hide Python
_BLOCK_PIXELS = 32_768
_ROWS_DRAWN_TOGETHER = 1_024

Images = npt.NDArray[np.uint8]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Scenes:
    """All parameters of some pictures."""

    anatomy: Anatomy
    pose: Pose
    coat: Coat
    light: Light
    around: Surroundings
    clutter: list[Form]
    occluder: Form
    camera: Camera

    def block(self, rows: slice) -> "_Scenes":
        return _Scenes(
            self.anatomy.block(rows),
            self.pose.block(rows),
            self.coat.block(rows),
            self.light.block(rows),
            self.around.block(rows),
            [form.block(rows) for form in self.clutter],
            self.occluder.block(rows),
            self.camera.block(rows),
        )


def _draw_scenes(draws: Draws, labels: npt.NDArray[np.uint8]) -> _Scenes:
    return _Scenes(
        draw_anatomy(draws, labels),
        draw_pose(draws),
        draw_coat(draws),
        draw_light(draws),
        draw_surroundings(draws),
        draw_clutter(draws),
        draw_occluder(draws),
        draw_camera(draws),
    )


def _paint(scenes: _Scenes, draws: Draws, count: int, size: int) -> Images:
    """Return ``count`` pictures (count, size, size, 3) of a block of scenes."""
    frame, pose = Frame.of_pictures(count, size), scenes.pose
    canvas = paint_background(frame, scenes.around, draws)
    for form in scenes.clutter:
        paint_form(canvas, frame, form, 0.3)
    place = (pose.centre_x, pose.centre_y, pose.scale)
    fur = Fur.grow(size, scenes.coat, scenes.light, draws)
    upright = frame.moved(*place, pose.body_cosine, pose.body_sine, pose.mirror)
    paint_tail(canvas, upright, fur, scenes.anatomy, pose)
    paint_body(canvas, upright, fur, scenes.anatomy, pose)
    tilted = frame.moved(*place, pose.cosine, pose.sine, pose.mirror)
    paint_head(canvas, tilted, fur, scenes.anatomy, pose)
    paint_form(canvas, frame, scenes.occluder, 0.3)
    picture = degrade(canvas.picture, frame, scenes.camera, draws)
    levels = np.clip(picture * 255 + 0.5, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(levels.transpose(0, 2, 3, 1))


def _draw_range(
    start: int, stop: int, size: int, seed: int
) -> tuple[Images, npt.NDArray[np.uint8]]:
    """Return the pictures start..stop-1 and their labels."""
    indices = np.arange(start, stop, dtype=np.int64)
    labels = draw_labels(seed, indices)
    scenes = _draw_scenes(Draws(seed, indices), labels)
    images = np.empty((stop - start, size, size, 3), dtype=np.uint8)
    step = max(1, _BLOCK_PIXELS // (size * size))
    for first in range(0, stop - start, step):
        rows = slice(first, min(first + step, stop - start))
        draws = Draws(seed, indices[rows])
        images[rows] = _paint(scenes.block(rows), draws, rows.stop - rows.start, size)
    return images, labels


def _check(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} is {value!r}: give a whole number of at least {least}")


def draw_pictures(
    count: int, image_size: int, seed: int, *, progress: Progress | None = None
) -> tuple[Images, npt.NDArray[np.uint8]]:
    """Draw the pictures 0..count-1 of ``seed``.

    Picture i and its label depend on (seed, i) and the size only, not on the count; the scene
    depends on (seed, i) only, so that another size shows the same scene.

    Args:
        count: number of pictures, at least 1.
        image_size: height and width in pixels, at least 16.
        seed: any whole number from 0.
        progress: called as ``progress(done, count)`` after each part of the work.

    Returns:
        Images, uint8 (count, image_size, image_size, 3), red green blue, and labels, uint8
        (count,), cat 0 and dog 1, as many of each (one more of either if the count is odd).

    Raises:
        ValueError: a number is too small or not whole.
    """
    _check("count", count, 1)
    _check("image_size", image_size, SMALLEST_SIZE)
    _check("seed", seed, 0)
    images = np.empty((count, image_size, image_size, 3), dtype=np.uint8)
    labels = np.empty(count, dtype=np.uint8)
    # progress at least about once a second at the usual sizes
    step = max(1, min(_ROWS_DRAWN_TOGETHER, _BLOCK_PIXELS * 32 // (image_size * image_size)))
    for start in range(0, count, step):
        stop = min(start + step, count)
        images[start:stop], labels[start:stop] = _draw_range(start, stop, image_size, seed)
        if progress is not None:
            progress(stop, count)
    return images, labels


def draw_picture(index: int, image_size: int, seed: int) -> tuple[Images, int]:
    """Draw one picture: what ``draw_pictures`` gives at ``index``.

    Returns:
        The picture, uint8 (image_size, image_size, 3), and its label, cat 0 or dog 1.

    Raises:
        ValueError: a number is too small or not whole.
    """
    _check("index", index, 0)
    _check("image_size", image_size, SMALLEST_SIZE)
    _check("seed", seed, 0)
    images, labels = _draw_range(index, index + 1, image_size, seed)
    return images[0], int(labels[0])
