"""How runs were made: what their documents keep, and what the page says when they differ."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from reports.ledger import environment
from reports.study_view import StudyView
from study.errors import StoreError
from study.experiments import get_experiment
from study.store.atomic import write_json
from study.store.run_folder import read_run, record_failure
from study.store.schema import typed_frame
from study.store.study_directory import StudyDirectory
from study.summarise.circumstances import unlike_runs
from study.summarise.claims import hardware
from study.summarise.collect import collect
from study.summarise.measured import Measured
from study.train.run import _circumstances
from tests.make_study import make_frames, make_settings
from tests.test_collect import RUNS, write_run

HERE = {"cpu": "X", "cores": 2, "memory_bytes": 4_000_000_000, "gpus": []}
ONE = {"threads": 1, "jobs": 2, "hardware": HERE}
TWO = {"threads": 2, "jobs": 1, "hardware": HERE}


def test_run_that_goes_on_elsewhere_keeps_both() -> None:
    assert _circumstances(ONE, None, 0) == ONE
    assert _circumstances(ONE, {**ONE, "status": "running"}, 3) == ONE
    assert _circumstances(None, None, 0) == {}
    changed = _circumstances(TWO, ONE, 3)
    assert changed == {**TWO, "earlier": [{"until_epoch": 3, **ONE}]}
    assert _circumstances(TWO, changed, 5) == changed
    back = _circumstances(ONE, changed, 5)
    assert back["earlier"] == [{"until_epoch": 3, **ONE}, {"until_epoch": 5, **TWO}]
    # begun anew from the start: nothing of before counts
    assert _circumstances(ONE, changed, 0) == ONE


def directory_with(path: Path, *documents: dict[str, Any]) -> StudyDirectory:
    directory = StudyDirectory(path)
    for settings, more in zip(RUNS, documents, strict=False):
        folder = directory.runs / settings.id
        write_run(folder, settings, [0.7, 0.4, 0.5])
        write_json(folder / "run.json", {**(read_run(folder) or {}), **more})
    return directory


def test_stretches_of_epochs_are_collected(tmp_path: Path) -> None:
    gpu = {**ONE, "hardware": {**HERE, "gpus": ["H", "H"]}}
    mixed = {**TWO, "earlier": [{"until_epoch": 2, **ONE}]}
    directory = directory_with(tmp_path, gpu, mixed, {})
    frame = collect(directory, RUNS, "article")["circumstances"]
    columns = ["seed", "first_epoch", "last_epoch", "threads", "jobs", "gpus"]
    assert frame[columns].to_numpy().tolist() == [
        [0, 1, 3, 1, 2, "H, H"],
        [1, 1, 2, 1, 2, ""],
        [1, 3, 3, 2, 1, ""],
    ]


def test_failure_keeps_how_the_epochs_so_far_were_made(tmp_path: Path) -> None:
    directory = directory_with(tmp_path, ONE)
    folder = directory.runs / RUNS[0].id
    record_failure(folder, RUNS[0].as_dict(), RUNS[0].id, "x")
    stored = read_run(folder)
    assert stored is not None and stored["threads"] == 1 and stored["hardware"] == HERE


@pytest.mark.parametrize(
    "edited",
    [
        {"threads": "one"},
        {"hardware": 3},
        {"hardware": {"cores": "two"}},
        {"hardware": {"gpus": "H"}},
        {"earlier": {}},
        {"earlier": [{"until_epoch": "3"}]},
    ],
)
def test_edited_circumstances_are_refused(tmp_path: Path, edited: dict[str, Any]) -> None:
    directory = directory_with(tmp_path, {**ONE, **edited})
    with pytest.raises(StoreError, match=r"run\.json is no run's document"):
        collect(directory, RUNS, "article")


def rows(*kinds: tuple[int, int, int, str]) -> pd.DataFrame:
    """Rows of (replicas, threads, jobs, processor), a run each."""
    values = [
        {
            "id": f"run{number}",
            "batch_size": 32,
            "learning_rate": 0.1,
            "seed": number,
            "replicas": replicas,
            "first_epoch": 1,
            "last_epoch": 3,
            "memory_bytes": 1e9,
            "threads": threads,
            "jobs": jobs,
            "cpu": cpu,
            "cores": 2,
            "gpus": "",
        }
        for number, (replicas, threads, jobs, cpu) in enumerate(kinds)
    ]
    return typed_frame("circumstances", pd.DataFrame(values))


def test_runs_that_were_made_alike() -> None:
    assert unlike_runs(pd.DataFrame()) == ""
    assert unlike_runs(rows((1, 1, 2, "X"), (1, 1, 2, "X"))) == ""
    # runs on several devices have the machine to themselves
    assert unlike_runs(rows((1, 1, 2, "X"), (4, 2, 1, "X"))) == ""


def test_runs_that_were_not_made_alike_are_named_on_the_page() -> None:
    frame = rows((1, 1, 2, "X"), (1, 1, 2, "X"), (1, 2, 1, "Y"))
    words = unlike_runs(frame)
    assert words == (
        "Runs were not all made alike: 2 runs with 1 thread, 2 at a time, on X with 2 cores and "
        "1 run with 2 threads, 1 at a time, on Y with 2 cores. Compare times only between runs "
        "made alike."
    )
    frames = {**make_frames(1, landscape_points=3), "circumstances": frame}
    view = StudyView(make_settings(1), {"claims": [], "tables": {}}, frames)
    assert dict(environment(view))["Times"] == words
    study = Measured(make_settings(1), frames, get_experiment("article"))
    assert hardware(study).endswith("made alike")
    alike = StudyView(make_settings(1), {"claims": [], "tables": {}}, make_frames(1))
    assert "Times" not in dict(environment(alike))
