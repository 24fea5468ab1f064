"""Reflections, rotations and shifts: known results, and what they depend on."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from study.errors import SettingsError
from study.train.augmentation import augment, transform
from study.train.remedy_settings import Augmentation

PICTURES = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3)).astype(np.uint8)


def change(mirrored: bool = False, angle: float = 0, right: float = 0, down: float = 0) -> Any:
    ones = tf.ones(len(PICTURES))
    return transform(
        tf.constant(PICTURES), ones == float(mirrored), ones * angle, ones * right, ones * down
    ).numpy()


def test_known_transformations() -> None:
    np.testing.assert_array_equal(change(), PICTURES)
    np.testing.assert_array_equal(change(mirrored=True), PICTURES[:, :, ::-1])
    # clockwise, as rot90 against the clock three times
    turned = change(angle=math.pi / 2).astype(int)
    assert np.abs(turned - np.rot90(PICTURES, -1, axes=(1, 2))).max() <= 1
    beyond = np.pad(PICTURES, ((0, 0), (2, 0), (0, 3), (0, 0)), mode="symmetric")
    np.testing.assert_array_equal(change(right=-3, down=2), beyond[:, :8, 3:])
    half = (PICTURES[:, :, 1:].astype(int) + PICTURES[:, :, :-1]) / 2
    assert np.abs(change(right=0.5)[:, :, 1:] - half).max() <= 1


def test_a_pure_function_of_seed_and_step() -> None:
    law = Augmentation()
    one = augment(tf.constant(PICTURES), law, 3, 7).numpy()
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(augment(tf.constant(PICTURES), law, 3, tf.constant(7)), one)
    for seed, step in ((4, 7), (3, 8), (7, 3)):
        assert (augment(tf.constant(PICTURES), law, seed, step).numpy() != one).any()
    # a picture's change depends on its place, not on the others
    np.testing.assert_array_equal(augment(tf.constant(PICTURES[:1]), law, 3, 7), one[:1])


def test_reflection_alone_mirrors_about_half() -> None:
    pictures = tf.constant(np.repeat(PICTURES[:1], 200, axis=0))
    found = augment(pictures, Augmentation(degrees=0, shift=0), 1, 1).numpy()
    mirrored = (found == PICTURES[0, :, ::-1]).all((1, 2, 3))
    kept = (found == PICTURES[0]).all((1, 2, 3))
    assert (mirrored ^ kept).all() and 70 < mirrored.sum() < 130
    still = augment(pictures, Augmentation(False, 0, 0), 1, 1)
    np.testing.assert_array_equal(still, pictures)


def test_floats_and_sizes_that_are_not_square() -> None:
    pictures = tf.constant(np.random.default_rng(1).random((3, 4, 6, 1)).astype(np.float32))
    found = augment(pictures, Augmentation(), 0, 0)
    assert found.shape == pictures.shape and found.dtype == tf.float32


@pytest.mark.parametrize("options", [{"degrees": -1}, {"shift": 1}, {"degrees": math.nan}])
def test_numbers_out_of_range(options: dict[str, float]) -> None:
    with pytest.raises(SettingsError, match="expected 0 to 180"):
        Augmentation(**options).check()  # type: ignore[arg-type]
