"""The job that times training, in this process, and the memory of GPUs that it tells."""

from typing import Any

import pytest
import tensorflow as tf

import study.bench.grid as grid_module
from study.bench.device_memory import device_peak_bytes, reset_device_peaks
from study.train.devices import Devices
from tests import made_up_bench
from tests.kept_laps import Kept
from tests.make_bench import request

dataset = made_up_bench.dataset


@pytest.mark.parametrize("target", [None, 10.0, 1e-6])
def test_the_job_trains_as_a_study_does(dataset: Any, target: float | None) -> None:
    from study.bench.speed import measure_speed

    settings = grid_module.run_settings(request(repeats=1), dataset)
    laps = Kept()
    options = {"data": str(dataset.directory), "run": settings.as_dict()}
    measure_speed({**options, "threads": 0, "logical": False, "target": target}, laps)
    ready, found = laps.told
    assert ready["devices"] == "CPU"
    assert found["train_examples"] == 160
    assert found["peak_bytes"] >= found["base_bytes"]
    assert found["device_peak_bytes"] is None, "a processor has no memory of its own"
    assert found["reached"] == (target == 10.0)
    # any loss is below 10: the first epoch ends that run
    assert len(found["epochs"]) == (1 if target == 10.0 else 2)
    assert all(row["train_seconds"] > 0 for row in found["epochs"])


@pytest.mark.parametrize(
    ("kind", "replicas", "peak"),
    [("GPU", 1, 7), ("GPU", 2, 9), ("CPU", 1, None), ("logical CPU", 2, None)],
)
def test_the_peak_of_a_gpu_is_that_of_the_one_that_held_most(
    monkeypatch: pytest.MonkeyPatch, kind: str, replicas: int, peak: int | None
) -> None:
    reset: list[str] = []
    peaks = {"GPU:0": 7, "GPU:1": 9, "GPU:2": 99}
    monkeypatch.setattr(tf.config.experimental, "reset_memory_stats", reset.append)
    monkeypatch.setattr(
        tf.config.experimental, "get_memory_info", lambda name: {"current": 1, "peak": peaks[name]}
    )
    devices = Devices(replicas, kind, None)
    reset_device_peaks(devices)
    assert reset == list(peaks)[:replicas] * (kind == "GPU")
    assert device_peak_bytes(devices) == peak
