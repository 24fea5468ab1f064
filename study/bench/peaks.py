"""What this machine can do at best: arithmetic and memory traffic, measured."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from study.bench.laps import Laps
from study.train.devices import prepare_devices

_SIDES = {"CPU": 1536, "GPU": 8192}
# far beyond any cache
_STREAM_BYTES = 2**28
_REPEATS = 7
# a GPU has copied before Python has asked for it
_PRODUCTS = {"CPU": 1, "GPU": 5}
_COPIES_ON_GPU = 100


def measure_peaks(options: dict[str, Any], laps: Laps) -> None:
    """The job: one lap with the best of several float32 matrix products and copies.

    The best, not the median: a peak is what the machine does when nothing disturbs it.

    Args:
        options: ``threads`` of each operation, 0 for all.
        laps: gets ``operations_a_second``, ``bytes_a_second`` (read and written) and ``device``.
    """
    threads = options["threads"]
    # as runs have it: the same devices, the same precision
    device = prepare_devices(1, threads).kind
    laps.ready()
    laps.lap(
        device=device,
        operations_a_second=_matrix_product(_SIDES[device], _PRODUCTS[device]),
        bytes_a_second=_device_copy() if device == "GPU" else _copy(max(threads, 1)),
    )


def _matrix_product(side: int, passes: int) -> float:
    # random: a GPU gets through constant numbers with less power, and so faster
    start, other = (tf.random.stateless_normal((side, side), (0, seed)) for seed in range(2))
    # the product has numbers as large as its first factor
    other /= side**0.5
    work = repeated(lambda a: tf.matmul(a, other), passes)
    # reading one value waits for the device
    return passes * 2 * side**3 / _best(lambda: float(work(start)[0, 0]))


def _device_copy() -> float:
    values = tf.ones(_STREAM_BYTES // 4)
    work = repeated(lambda a: a + 1, _COPIES_ON_GPU)
    return _COPIES_ON_GPU * 2 * _STREAM_BYTES / _best(lambda: float(work(values)[0]))


def repeated(step: Callable[[Any], Any], passes: int) -> Callable[[Any], Any]:
    """A compiled function that takes a step so often, without coming back to Python."""

    @tf.function
    def work(start: Any) -> Any:
        found = tf.while_loop(
            lambda number, _: number < passes,
            lambda number, a: (number + 1, step(a)),
            (tf.constant(0), start),
        )
        return found[1]

    return work


def _copy(threads: int) -> float:
    pieces = [np.ones(_STREAM_BYTES // 8 // threads) for _ in range(threads)]
    copies = [np.zeros_like(piece) for piece in pieces]
    with ThreadPoolExecutor(threads) as pool:

        def copy_all() -> None:
            # NumPy lets go of the interpreter while it copies
            list(pool.map(np.copyto, copies, pieces))

        return 2 * sum(piece.nbytes for piece in pieces) / _best(copy_all)


def _best(work: Callable[[], Any]) -> float:
    work()
    best = float("inf")
    for _ in range(_REPEATS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best
