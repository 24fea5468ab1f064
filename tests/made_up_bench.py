"""What the tests of the benchmark share: measurements that are made up, and its command."""

from pathlib import Path
from typing import Any

import pytest

import study.bench.grid as grid_module
import study.bench.target as target_module
from study.command_line.main import main
from study.data.load import load_dataset
from study.errors import StudyError
from study.train.settings import RunSettings
from tests.make_bench import PEAKS, epochs


@pytest.fixture(scope="module")
def dataset() -> Any:
    return load_dataset("embedded", 32, pictures=200)


def quiet(words: str) -> None:
    """Nobody listens."""


def made_up_run(
    request: Any, dataset: Any, settings: RunSettings, target: float | None = None
) -> dict[str, Any]:
    """One device takes 2 s an epoch, two take 1.25 s; the first epoch 3 s more. Batch 64 learns."""
    if settings.batch_size == 64 and settings.replicas == 2 and target is None:
        raise StudyError("a measurement failed: no room")
    seconds = 2.0 if settings.replicas == 1 else 1.25
    reached = target is not None and settings.batch_size == 64
    losses = [0.7, None, 0.6, 0.4 if reached else 0.5]
    return {
        "epochs": epochs([seconds + 3, seconds, seconds + 0.5, seconds - 0.5], losses),
        "train_examples": 160,
        "base_bytes": 10**9,
        "peak_bytes": 2 * 10**9,
        "device_peak_bytes": None,
        "reached": reached,
    }


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid_module, "train_here", made_up_run)
    monkeypatch.setattr(target_module, "train_here", made_up_run)
    monkeypatch.setattr("study.command_line.bench.measured_peaks", lambda request: PEAKS)


def bench(out: Path, *more: str) -> int:
    options = ["bench", "--pictures", "200", "--image-size", "32", "--repeats", "3"]
    sizes = ["--batch-sizes", "32,64", "--out", str(out)]
    devices = [] if "--peers" in more else ["--devices", "1,2"]
    return main([*options, *sizes, *devices, *more])
