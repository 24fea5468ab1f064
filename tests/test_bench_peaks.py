"""How the machine's peaks are measured, with a clock and a GPU that are made up."""

import itertools
from typing import Any
from unittest.mock import Mock

import pytest
import tensorflow as tf

from study.bench import peaks
from study.bench.peaks import measure_peaks, repeated


def test_peaks_repeat_a_step_without_coming_back_to_python() -> None:
    traced = []

    def step(a: Any) -> Any:
        traced.append(a)
        return 2 * a

    work = repeated(step, 5)
    assert work(tf.constant([1.0, 3.0])).numpy().tolist() == [32, 96]
    assert work(tf.constant([1.0, 0.0])).numpy().tolist() == [32, 0]
    assert len(traced) == 1


@pytest.mark.parametrize("threads", [0, 1])
def test_peaks_of_the_processor_and_of_a_gpu(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GPU that is made up computes here: what it is asked for is counted."""
    kinds = {"GPU": ["a GPU"]}
    monkeypatch.setattr(
        tf.config, "set_visible_devices", lambda shown, kind: kinds.update({kind: shown})
    )
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: kinds[kind])
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", lambda gpu, grow: None)
    for name in ("intra", "inter"):
        monkeypatch.setattr(
            tf.config.threading, f"set_{name}_op_parallelism_threads", lambda count: None
        )
    asked = []

    def made(step: Any, passes: int) -> Any:
        asked.append(passes)
        return repeated(step, passes)

    monkeypatch.setattr(peaks, "repeated", made)
    monkeypatch.setattr(peaks, "_SIDES", {"CPU": 16, "GPU": 32})
    monkeypatch.setattr(peaks, "_STREAM_BYTES", 2**12)
    # every reading of the clock is a second after the one before
    clock = itertools.count()
    monkeypatch.setattr(peaks.time, "perf_counter", lambda: float(next(clock)))
    tf.config.experimental.enable_tensor_float_32_execution(True)
    laps = Mock()
    measure_peaks({"threads": threads}, laps)
    ((), found) = laps.lap.call_args
    gpu = threads == 0
    assert asked == ([5, 100] if gpu else [1])
    assert not tf.config.experimental.tensor_float_32_execution_enabled()
    side = 32 if gpu else 16
    assert found == {
        "device": "GPU" if gpu else "CPU",
        "operations_a_second": (5 if gpu else 1) * 2 * side**3,
        "bytes_a_second": (100 if gpu else 1) * 2 * 2**12,
    }
