"""The embedded pictures as a whole: purity, balance, sizes, no leaks, bad arguments."""

import subprocess
import sys
import time

import numpy as np
import pytest

from study.data import embedded

CAT, DOG = 0, 1


@pytest.fixture(scope="module")
def pictures():
    return embedded.draw_pictures(4000, 32, seed=11)


def test_shapes_and_types():
    images, labels = embedded.draw_pictures(5, 33, seed=0)
    assert images.shape == (5, 33, 33, 3)
    assert images.dtype == np.uint8
    assert labels.shape == (5,)
    assert labels.dtype == np.uint8
    assert images.flags.c_contiguous


@pytest.mark.parametrize("size", [16, 32, 50, 128])
def test_a_picture_depends_on_seed_and_index_only(size):
    images, labels = embedded.draw_pictures(37, size, seed=5)
    again, _ = embedded.draw_pictures(37, size, seed=5)
    fewer, fewer_labels = embedded.draw_pictures(13, size, seed=5)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(images[:13], fewer)
    np.testing.assert_array_equal(labels[:13], fewer_labels)
    for index in (0, 12, 36):
        image, label = embedded.draw_picture(index, size, seed=5)
        np.testing.assert_array_equal(image, images[index])
        assert label == labels[index]


def test_chunking_changes_no_byte(monkeypatch):
    whole, _ = embedded.draw_pictures(40, 32, seed=2)
    drawing = sys.modules["study.data.embedded.drawing"]
    for pixels, rows in ((1024, 7), (5 * 1024, 16), (10**6, 1)):
        monkeypatch.setattr(drawing, "_BLOCK_PIXELS", pixels)
        monkeypatch.setattr(drawing, "_ROWS_DRAWN_TOGETHER", rows)
        np.testing.assert_array_equal(embedded.draw_pictures(40, 32, seed=2)[0], whole)


def test_seeds_and_indices_give_different_pictures():
    images, _ = embedded.draw_pictures(30, 16, seed=0)
    other, _ = embedded.draw_pictures(30, 16, seed=1)
    assert len(np.unique(images.reshape(30, -1), axis=0)) == 30
    assert all((one != two).any() for one, two in zip(images, other, strict=True))


def test_labels_are_balanced_and_in_no_fixed_order(pictures):
    _, labels = pictures
    assert set(np.unique(labels)) == {CAT, DOG}
    assert labels.sum() == len(labels) // 2
    # one of each in every pair, in either order
    assert (labels[0::2] != labels[1::2]).all()
    assert abs(labels[0::2].mean() - 0.5) < 0.05
    assert abs(embedded.draw_pictures(7, 16, seed=3)[1].sum() - 3.5) == 0.5


def test_two_sizes_show_the_same_scene():
    small, small_labels = embedded.draw_pictures(30, 32, seed=9)
    large, large_labels = embedded.draw_pictures(30, 128, seed=9)
    np.testing.assert_array_equal(small_labels, large_labels)
    shrunk = large.reshape(30, 32, 4, 32, 4, 3).mean(axis=(2, 4))
    own = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(small, shrunk, strict=True)]
    others = [
        np.corrcoef(a.ravel(), b.ravel())[0, 1]
        for a, b in zip(small, np.roll(shrunk, 1, axis=0), strict=True)
    ]
    assert np.median(own) > 0.95
    assert min(own) > 0.7
    assert np.median(others) < 0.5


def _accuracy_of_logistic_regression(features, labels):
    """Return the accuracy on the second half of a logistic regression fitted to the first."""
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    features = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    half = len(labels) // 2
    train, weights = features[:half], np.zeros(features.shape[1])
    for _ in range(20):
        chance = 1 / (1 + np.exp(-train @ weights))
        curvature = (train * (chance * (1 - chance))[:, None]).T @ train
        weights += np.linalg.solve(
            curvature + 1e-6 * np.eye(len(weights)), train.T @ (labels[:half] - chance)
        )
    return (((features[half:] @ weights) > 0) == labels[half:]).mean()


def test_colour_and_brightness_do_not_tell_the_label(pictures):
    images, labels = pictures
    levels = images / 255
    features = np.concatenate(
        [levels.mean(axis=(1, 2)), levels.std(axis=(1, 2, 3))[:, None]], axis=1
    )
    # 2,000 pictures to judge by: the accuracy of a guess has a deviation of 1.1 %
    assert abs(_accuracy_of_logistic_regression(features, labels) - 0.5) < 0.045
    # the same judge does find a label that is really there
    leaking = features + 0.05 * labels[:, None]
    assert _accuracy_of_logistic_regression(leaking, labels) > 0.6


def test_shapes_do_tell_the_label(pictures):
    images, labels = pictures
    coarse = images.reshape(4000, 16, 2, 16, 2, 3).mean(axis=(2, 4, 5)).reshape(4000, -1) / 255
    assert _accuracy_of_logistic_regression(coarse, labels) > 0.65


def test_pictures_use_the_range_of_levels(pictures):
    images, _ = pictures
    deviations = images.std(axis=(1, 2, 3))
    assert (deviations > 10).all()
    assert ((images == 0) | (images == 255)).mean() < 0.1


def test_progress_counts_up_to_the_end():
    seen = []
    embedded.draw_pictures(70, 256, seed=0, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) > 1
    assert seen == sorted(seen)
    assert seen[-1] == (70, 70)


@pytest.mark.parametrize(
    ("count", "size", "seed", "word"),
    [
        (0, 32, 0, "count"),
        (-3, 32, 0, "count"),
        (2.5, 32, 0, "count"),
        (True, 32, 0, "count"),
        (4, 15, 0, "image_size"),
        (4, 32, -1, "seed"),
    ],
)
def test_bad_arguments_are_named(count, size, seed, word):
    with pytest.raises(ValueError, match=f"^{word} is .*: give a whole number of at least"):
        embedded.draw_pictures(count, size, seed)


def test_a_bad_index_is_named():
    with pytest.raises(ValueError, match=r"^index is -1"):
        embedded.draw_picture(-1, 32, 0)


def test_thousands_of_pictures_take_seconds():
    start = time.perf_counter()
    embedded.draw_pictures(500, 32, seed=0)
    # about 0.3 s on one idle core
    assert time.perf_counter() - start < 10


def test_tensorflow_is_not_imported():
    code = "import sys, study.data.embedded; print('tensorflow' in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "False"
