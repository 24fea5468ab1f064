"""Rows in a tensor: the same values, and one copy of them in memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from study.train.host_memory import tensor_of_rows


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_rows_of_an_array(tmp_path: Path, mapped: bool, dtype: type) -> None:
    random = np.random.default_rng(0)
    values = random.integers(0, 256, (2_500, 3, 5)).astype(dtype)
    array = values
    if mapped:
        np.save(tmp_path / "values.npy", values)
        array = np.load(tmp_path / "values.npy", mmap_mode="r")
    order = random.permutation(len(values))[:2_100]
    tensor = tensor_of_rows(array, order)
    assert tensor.dtype == dtype
    np.testing.assert_array_equal(tensor, values[order])
    if mapped:
        np.testing.assert_array_equal(array, values, err_msg="the file's pages come back")


def test_tensor_outlives_what_it_was_made_of() -> None:
    tensors = [tensor_of_rows(np.full((300, 1000), n, np.uint8), np.arange(300)) for n in range(20)]
    assert [int(tf.reduce_max(t)) for t in tensors] == list(range(20))
    assert [int(tf.reduce_min(t)) for t in tensors] == list(range(20))


def test_no_rows() -> None:
    assert tensor_of_rows(np.zeros((4, 2), np.uint8), np.arange(0)).shape == (0, 2)


_SCRIPT = """
import sys
import numpy as np, tensorflow as tf
from study.bench.memory import peak_bytes
from study.train.batches import Examples, evaluation_batches, train_batches
from study.train.devices import prepare_devices
from study.train.host_memory import tensor_of_rows

devices = prepare_devices(1, 1)
mapped = np.load(sys.argv[1], mmap_mode="r")
tensor_of_rows(mapped, np.arange(10))
before = peak_bytes()
tensor = tensor_of_rows(mapped, np.random.default_rng(0).permutation(len(mapped)))
copied = peak_bytes() - before
examples = Examples(tensor, tf.zeros((len(mapped), 1)))
for stream, _ in (train_batches(examples, 32, 0, False, devices),
                  evaluation_batches(examples, 32, devices)):
    batches = iter(stream)
    for _ in range(10):
        next(batches)
print(copied, peak_bytes() - before, tensor.shape.num_elements())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_peak_memory_is_one_copy(tmp_path: Path) -> None:
    np.save(tmp_path / "pictures.npy", np.ones((12_000, 64, 64, 3), np.uint8))
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path / "pictures.npy")],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    copied, streamed, size = map(int, done.stdout.split())
    # a chunk of rows, twice, on top
    assert size * 0.9 < copied < size * 1.4
    # the batches on top, not another copy of all pictures
    assert streamed < size * 1.6
