import dataclasses

import numpy as np
import pytest

from study.data.dataset import Dataset, check_classes, split
from study.errors import DataError, SettingsError


def dataset(count: int, **fields) -> Dataset:
    labels = (np.arange(count) >= count // 2).astype(np.uint8)
    return Dataset(np.zeros((count, 2, 2, 3), np.uint8), labels, ("cat", "dog"), "f", **fields)


@pytest.mark.parametrize("kept_order", [False, True])
def test_sizes_are_the_articles(kept_order):
    train, validation = split(dataset(23_262, kept_order=kept_order))
    assert (len(train), len(validation)) == (18_610, 4_652)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), range(23_262))


def test_tfds_order_is_kept():
    train, validation = split(dataset(10, kept_order=True), seed=3)
    assert train.tolist() == list(range(8))
    assert validation.tolist() == [8, 9]


def test_others_are_permuted_by_a_fixed_seed():
    first, again, other = split(dataset(500)), split(dataset(500)), split(dataset(500), seed=1)
    np.testing.assert_array_equal(first[0], again[0])
    assert first[0].tolist() != other[0].tolist()
    # By name the first half are cats; any stretch of the permuted order holds both.
    assert 0.3 < dataset(500).labels[first[0][:100]].mean() < 0.7


def test_the_order_of_the_split_never_changes():
    # Stored runs depend on it.
    assert split(dataset(10))[1].tolist() == [2, 1]


@pytest.mark.parametrize("count", [0, 1, 2])
def test_empty_parts_are_refused(count):
    with pytest.raises(SettingsError, match="leaves a part empty"):
        split(dataset(count))


def test_two_of_each_class():
    check_classes(np.array([0, 1, 0, 1], np.uint8), ("cat", "dog"), "here", 0)
    with pytest.raises(DataError, match=r"here: found 3 of cat and 1 of dog .* after 7 were"):
        check_classes(np.array([0, 1, 0, 0], np.uint8), ("cat", "dog"), "here", 7)
    with pytest.raises(DataError, match="found 0 of cat and 0 of dog"):
        check_classes(np.zeros(0, np.uint8), ("cat", "dog"), "here", 0)


def test_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        dataset(4).source = "other"  # type: ignore[misc]
    assert dataset(4).image_size == 2
