"""The benchmark's parts that need no TensorFlow: spreads, the limit, memory."""

import numpy as np
import pytest

from study.bench.grid import above_bytes
from study.bench.limit import fastest, limit_words, picture_cost
from study.bench.memory import peak_bytes, resident_bytes
from study.bench.spread import median_interval, spread


def test_spread_of_odd_even_and_no_values() -> None:
    assert spread([3.0, 1.0, 2.0]).as_dict() == {"n": 3, "median": 2, "lowest": 1, "highest": 3}
    assert spread([1.0, 2.0]).median == 1.5
    assert spread([]).as_dict() == {"n": 0, "median": None, "lowest": None, "highest": None}


def test_median_interval_by_the_signs_of_few_values() -> None:
    """With n values the extremes miss the median with a chance of 2 ** (1 - n), by coin tosses."""
    assert median_interval([3.0, 1.0, 2.0, 5.0, 4.0]) is None
    assert median_interval([3.0, 1.0, 2.0, 5.0, 4.0, 6.0]) == (1, 6)
    # 9 values: one or none below in 20 of 512 tosses, two in 46: the second and the eighth
    assert median_interval([9.0, 8, 7, 6, 5, 4, 3, 2, 1]) == (2, 8)


def test_median_interval_covers_the_median_of_skewed_values() -> None:
    random = np.random.default_rng(0)
    samples = random.lognormal(size=(1000, 25))
    found = [median_interval(sample.tolist()) for sample in samples]
    covered = sum(low <= 1 <= high for low, high in filter(None, found))
    # the eighth and the eighteenth: 956.7 expected by the binomial law, standard deviation 6.4
    assert 930 <= covered <= 982


def test_operations_of_a_picture_by_hand() -> None:
    # 32 pixels: convolutions at 32, 16, 8, 4, 2 pixels, then 64 -> 256 -> 256 -> 1
    convolutions = [
        2 * 9 * 32**2 * 3 * 4,
        2 * 9 * 16**2 * 4 * 8,
        2 * 9 * 8**2 * 8 * 16,
        2 * 9 * 4**2 * 16 * 32,
        2 * 9 * 2**2 * 32 * 64,
    ]
    dense = 2 * (64 * 256 + 256 * 256 + 256)
    cost = picture_cost(32)
    assert cost.forward_operations == sum(convolutions) + dense
    # the kernels' gradients once, the inputs' gradients once save for the pictures
    assert cost.operations == 3 * cost.forward_operations - convolutions[0]


def test_bytes_grow_with_the_area() -> None:
    small, large = picture_cost(64).bytes_moved, picture_cost(128).bytes_moved
    assert 3.9 < large / small < 4.01


def test_the_scarcer_resource_sets_the_limit() -> None:
    cost = picture_cost(64)
    assert fastest(cost, 1e9, 1e15) == pytest.approx(1e9 / cost.operations)
    assert fastest(cost, 1e15, 1e9) == pytest.approx(1e9 / cost.bytes_moved)


def test_memory_of_this_process() -> None:
    now, most = resident_bytes(), peak_bytes()
    assert now is not None and most is not None and 10**6 < now <= most
    block = bytearray(50_000_000)
    # freed again, the peak stays
    del block
    assert peak_bytes() >= most  # type: ignore[operator]


@pytest.mark.parametrize("model", ["dropout", "batch-normalisation"])
def test_the_limit_says_what_it_leaves_out(model: str) -> None:
    assert limit_words("plain") == ""
    assert model in limit_words(model) and "a larger share of its own" in limit_words(model)


def test_memory_above_tensorflow() -> None:
    assert above_bytes({"peak_bytes": 5, "base_bytes": 2}) == 3
    assert above_bytes({"peak_bytes": None, "base_bytes": 2}) is None
    assert above_bytes({"problem": "no room"}) is None
