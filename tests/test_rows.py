"""Data that are handed to compiled functions."""

import numpy as np
import pytest
import tensorflow as tf

from callbacks.rows import Rows, over_chunks


@pytest.mark.parametrize("batch_size", [1, 3, 7, 10])
def test_chunks_cover_every_row_once(batch_size: int) -> None:
    x = np.arange(7, dtype=np.int32)
    rows = Rows(x, x + 10, batch_size)
    seen: list[list[int]] = []

    def add(chunk_x, chunk_y, count, sums):
        assert int(count) == len(chunk_x) == len(chunk_y)
        np.testing.assert_array_equal(chunk_y, chunk_x + 10)
        seen.append(chunk_x.numpy().tolist())
        return (sums[0] + tf.reduce_sum(chunk_x),)

    (block,) = rows.blocks()
    (total,) = over_chunks(add, *block, tf.constant(rows.batch_size), (tf.constant(0),))
    assert int(total) == 21
    assert [len(chunk) for chunk in seen[:-1]] == [min(batch_size, 7)] * (len(seen) - 1)
    assert [row for chunk in seen for row in chunk] == list(range(7))


def test_integers_stay_and_floats_are_those_of_keras() -> None:
    x = np.zeros((2, 3), np.uint8)
    y = np.zeros((2, 1), np.float64)
    ((block_x, block_y),) = Rows(x, y, None).blocks()
    assert block_x.dtype == tf.uint8
    assert block_y.dtype == tf.float32


def test_small_data_are_one_tensor_kept() -> None:
    rows = Rows(np.zeros((5, 2)), np.zeros(5), 2)
    assert next(rows.blocks())[0] is next(rows.blocks())[0]


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, True, "8", float("inf"), float("nan"), [2]])
def test_batch_sizes_that_are_none(batch_size) -> None:
    with pytest.raises(ValueError, match="expected a whole number, at least 1"):
        Rows(np.zeros(3), np.zeros(3), batch_size)


def test_words_are_no_data() -> None:
    with pytest.raises(TypeError, match="arrays or tensors"):
        Rows(np.array(["a", None], object), np.zeros(2), None)


@pytest.mark.parametrize(("side", "wanted"), [(32, 170), (64, 42), (128, 10), (256, 8), (2, 256)])
def test_chunks_of_pictures_fit_a_cache(side: int, wanted: int) -> None:
    if tf.config.list_logical_devices("GPU"):
        pytest.skip("a GPU takes larger chunks")
    pictures = np.broadcast_to(np.uint8(0), (300, side, side, 3))
    assert Rows(pictures, np.zeros(300), None).batch_size == wanted


def test_a_tensor_of_words_is_data() -> None:
    words = tf.constant([["a"], ["b"]])
    assert next(Rows(words, np.zeros(2), None).blocks())[0] is words


def test_errors_name_what_came() -> None:
    data = tf.data.Dataset.from_tensors(np.zeros(3))
    with pytest.raises(TypeError, match=r"got a _TensorDataset of .* array or tensor first"):
        Rows(data, None, None)
    with pytest.raises(TypeError, match=r"got a float of shape \(\)"):
        Rows(np.zeros(2), [0.5, 1.5], None)


@pytest.mark.parametrize(("side", "wanted"), [(32, 512), (128, 512), (224, 222), (2048, 8)])
def test_chunks_on_a_gpu_that_is_made_up(
    side: int, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda kind: ["a GPU"])
    # takes no memory, however many rows
    pictures = np.broadcast_to(np.uint8(0), (600, side, side, 3))
    assert Rows(pictures, np.zeros(600), None).batch_size == wanted
