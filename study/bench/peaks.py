"""What this machine can do at best: arithmetic and memory traffic, measured."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from study.bench.laps import Laps

_SIDES = {"CPU": 1536, "GPU": 8192}
# far beyond any cache
_STREAM_BYTES = 2**28
_REPEATS = 7


def measure_peaks(options: dict[str, Any], laps: Laps) -> None:
    """The job: one lap with the best of several float32 matrix products and copies.

    The best, not the median: a peak is what the machine does when nothing disturbs it.

    Args:
        options: ``threads`` of each operation, 0 for all.
        laps: gets ``operations_a_second``, ``bytes_a_second`` (read and written) and ``device``.
    """
    threads = options["threads"]
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    gpu = bool(tf.config.list_physical_devices("GPU"))
    laps.ready()
    device = "GPU" if gpu else "CPU"
    laps.lap(
        device=device,
        operations_a_second=_matrix_product(_SIDES[device]),
        bytes_a_second=_device_copy() if gpu else _copy(max(threads, 1)),
    )


def _matrix_product(side: int) -> float:
    ones = tf.ones((side, side))

    @tf.function
    def product(a: Any) -> Any:
        return tf.matmul(a, a)

    # reading one value waits for the device
    return 2 * side**3 / _best(lambda: float(product(ones)[0, 0]))


def _device_copy() -> float:
    values = tf.ones(_STREAM_BYTES // 4)

    @tf.function
    def step(a: Any) -> Any:
        return a + 1

    return 2 * _STREAM_BYTES / _best(lambda: float(step(values)[0]))


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
