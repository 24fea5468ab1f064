import os

import numpy as np
import pytest

from study.data.resize import resize_bilinear


def test_halving_averages_blocks_of_four():
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    blocks = image.reshape(4, 2, 4, 2, 3).astype(float).mean(axis=(1, 3))
    np.testing.assert_array_equal(resize_bilinear(image, 4), np.floor(blocks + 0.5))


def test_doubling_a_step_by_hand():
    image = np.zeros((2, 2, 1), np.uint8)
    image[:, 1] = 100
    # Half-pixel centres: 0, 1/4, 3/4 and 1 of the way, the ends held.
    np.testing.assert_array_equal(resize_bilinear(image, 4)[0, :, 0], [0, 25, 75, 100])


def test_strong_shrinking_samples_without_antialias():
    image = np.zeros((64, 64, 3), np.uint8)
    image[::8] = 255  # no sampled row (3 and 4 of every 8) touches a white one
    assert resize_bilinear(image, 8).max() == 0


def test_right_size_is_the_same_array():
    image = np.zeros((16, 16, 3), np.uint8)
    assert resize_bilinear(image, 16) is image


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(375, 500, 128), (500, 333, 64), (7, 5, 32), (1, 1, 8), (1, 900, 32), (128, 128, 96)],
)
def test_is_the_law_of_tensorflow(height, width, size):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    image = np.random.default_rng(size).integers(0, 256, (height, width, 3), np.uint8)
    exact = tf.image.resize(image, (size, size), method="bilinear", antialias=False).numpy()
    ours = resize_bilinear(image, size)
    assert ours.dtype == np.uint8
    assert ours.shape == (size, size, 3)
    assert np.abs(ours - exact).max() <= 0.5 + 1e-3
