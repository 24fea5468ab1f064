"""Random reflections, rotations and shifts: a pure function of (seed, step)."""

import math
from typing import Any

import tensorflow as tf

from study.layers.replica import replica_place
from study.train.remedy_settings import Augmentation


def augment(pictures: Any, law: Augmentation, seed: int, step: Any) -> Any:
    """Changes each picture at random, by a transformation of its own.

    What is drawn depends on (seed, step) and the picture's place in the whole batch alone: replica
    r of R holds rows ``r b .. (r + 1) b`` of a batch of R b. Values between pixels are bilinear;
    beyond the edge a picture goes on as its mirror image.

    Args:
        pictures: uint8 or float (rows, height, width, channels), this replica's.
        law: how far.
        seed: a whole number.
        step: int scalar tensor, such as the optimizer's count of updates.

    Returns:
        Pictures of the same type and shape.
    """
    replica, replicas = replica_place()
    rows = tf.shape(pictures)[0]
    height, width = pictures.shape[1:3]
    key = tf.stack([tf.cast(seed, tf.int32), tf.cast(step, tf.int32)])
    drawn = tf.random.stateless_uniform((rows * replicas, 4), key, minval=-1.0, maxval=1.0)
    own = drawn[replica * rows : (replica + 1) * rows]
    return transform(
        pictures,
        mirrored=(own[:, 0] < 0) & law.reflect,
        angle=own[:, 1] * (law.degrees * math.pi / 180),
        right=own[:, 2] * law.shift * width,
        down=own[:, 3] * law.shift * height,
    )


def transform(pictures: Any, mirrored: Any, angle: Any, right: Any, down: Any) -> Any:
    """Mirrors pictures, then turns them about their centre, then shifts them.

    Args:
        pictures: uint8 or float (rows, height, width, channels).
        mirrored: bool (rows,), left to right.
        angle: float32 (rows,), in radians, clockwise.
        right: float32 (rows,), in pixels.
        down: float32 (rows,), in pixels.

    Returns:
        Pictures of the same type and shape.
    """
    height, width = pictures.shape[1:3]
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    sign = tf.where(mirrored, -1.0, 1.0)
    # from places of the new picture to those of the old one
    a, b = sign * tf.cos(angle), sign * tf.sin(angle)
    c, d = -tf.sin(angle), tf.cos(angle)
    to_x = middle_x - a * (middle_x + right) - b * (middle_y + down)
    to_y = middle_y - c * (middle_x + right) - d * (middle_y + down)
    nothing = tf.zeros_like(a)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=pictures,
        transforms=tf.stack([a, b, to_x, c, d, to_y, nothing, nothing], axis=1),
        output_shape=(height, width),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
