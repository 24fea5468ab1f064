"""Order, weights and pieces of the batches."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from study.train.batches import _cut, epoch_order, evaluation_batches, take_examples, train_batches
from study.train.devices import Devices

ONE = Devices(1, "CPU", None)


def numbered(count: int):
    """Examples whose pictures hold their own number."""
    images = np.zeros((count, 1, 1, 3), np.uint8)
    images[:, 0, 0, 0] = np.arange(count)
    return take_examples(images, np.arange(count) % 2, np.arange(count))


def numbers(batch) -> list[int]:
    return [int(n) for n in batch[0][:, 0, 0, 0]]


def test_order_is_a_pure_function_of_seed_and_epoch() -> None:
    first = epoch_order(50, 3, 2, reshuffle=True).numpy()
    np.testing.assert_array_equal(first, epoch_order(50, 3, 2, reshuffle=True).numpy())
    assert not np.array_equal(first, epoch_order(50, 3, 3, reshuffle=True).numpy())
    assert not np.array_equal(first, epoch_order(50, 4, 2, reshuffle=True).numpy())
    np.testing.assert_array_equal(np.sort(first), np.arange(50))


def test_article_keeps_one_order() -> None:
    first = epoch_order(50, 3, 0, reshuffle=False).numpy()
    np.testing.assert_array_equal(first, epoch_order(50, 3, 7, reshuffle=False).numpy())
    assert not np.array_equal(first, np.arange(50))


@pytest.mark.parametrize("reshuffle", [False, True])
def test_stream_started_later_goes_on_as_the_whole_one(reshuffle: bool) -> None:
    examples = numbered(10)
    whole, steps = train_batches(examples, 4, 1, reshuffle, ONE)
    late, _ = train_batches(examples, 4, 1, reshuffle, ONE, first_epoch=2)
    assert steps == 3
    wanted = [numbers(batch) for batch in whole.take(12)][6:]
    assert [numbers(batch) for batch in late.take(6)] == wanted


def test_every_example_comes_once_an_epoch() -> None:
    batches, steps = train_batches(numbered(10), 4, 5, True, ONE)
    for epoch in range(3):
        seen = []
        for images, _, weights in batches.skip(epoch * steps).take(steps):
            real = weights.numpy() > 0
            seen += [int(n) for n in images[:, 0, 0, 0].numpy()[real]]
        assert sorted(seen) == list(range(10))


def test_labels_stay_with_their_pictures() -> None:
    batches, _ = train_batches(numbered(20), 8, 5, True, ONE)
    for images, labels, _ in batches.take(6):
        np.testing.assert_array_equal(images[:, 0, 0, 0].numpy() % 2, labels[:, 0].numpy())


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 70),
    per_replica=st.integers(1, 9),
    replicas=st.integers(1, 4),
)
def test_weighted_mean_is_the_mean_of_the_real_rows(
    count: int, per_replica: int, replicas: int
) -> None:
    batch_size = per_replica * replicas
    values = np.random.default_rng(count).normal(size=count)
    rows, weights = (part.numpy() for part in _cut(tf.range(count), batch_size, replicas))
    assert rows.shape == weights.shape
    steps = -(-count // batch_size)
    pieces = (values[rows] * weights).reshape(steps, replicas, per_replica)
    # the mean over replicas of each replica's mean, as a strategy reduces it
    found = pieces.mean(axis=2).mean(axis=1)
    wanted = [values[i : i + batch_size].mean() for i in range(0, count, batch_size)]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)


def test_evaluation_keeps_the_order() -> None:
    batches, steps = evaluation_batches(numbered(5), 2, ONE)
    assert steps is None, "one pass, and the stream ends"
    assert [numbers(batch) for batch in batches] == [[0, 1], [2, 3], [4, 4]]
