"""What the tests of settling a study share: a request, pictures, a folder, a made-up machine."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from study.conduct import machine as machine_module
from study.conduct.probe import Seen
from study.conduct.settle import Request
from study.data.dataset import Dataset
from study.experiments.presets import get_preset
from study.store.study_directory import StudyDirectory


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    images = np.zeros((320, 32, 32, 3), np.uint8)
    labels = (np.arange(320) % 2).astype(np.uint8)
    return Dataset(images, labels, ("cat", "dog"), "f" * 64, directory=tmp_path)


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    made = StudyDirectory(tmp_path / "study")
    made.create()
    return made


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch):
    def has(gpus: int = 0, seen: int | None = None, cores: int = 2) -> None:
        memory = 4_000_000_000 * cores
        facts = {"cpu": "x", "cores": cores, "memory_bytes": memory, "gpus": ["H"] * gpus}
        answer = Seen("tensorflow", ("H",) * (gpus if seen is None else seen))
        monkeypatch.setattr(machine_module, "hardware", lambda: facts)
        monkeypatch.setattr(machine_module, "probe", lambda: answer)

    has()
    return has


def request(**changes) -> Request:
    return replace(Request("article", get_preset("smoke")), **changes)
