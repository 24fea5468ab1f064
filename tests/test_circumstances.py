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
from study.summarise.circumstances import unlike_epochs, unlike_runs
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
    # other code is another circumstance
    older, newer = ({**ONE, "origin": {"commit": name}} for name in ("a", "b"))
    assert _circumstances(newer, older, 3)["earlier"] == [{"until_epoch": 3, **older}]
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
    before = {"until_epoch": 2, **ONE, "origin": {"commit": "a"}}
    mixed = {**TWO, "earlier": [before], "origin": {"commit": "b", "dirty": False}}
    directory = directory_with(tmp_path, gpu, mixed, {})
    frame = collect(directory, RUNS, "article")["circumstances"]
    columns = ["seed", "first_epoch", "last_epoch", "threads", "jobs", "gpus", "commit"]
    assert frame[columns].to_numpy().tolist() == [
        [0, 1, 3, 1, 2, "H, H", ""],
        [1, 1, 2, 1, 2, "", "a"],
        [1, 3, 3, 2, 1, "", "b"],
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
        {"origin": "a"},
        {"origin": {"commit": 3}},
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


def timed(*seconds: tuple[int, float]) -> pd.DataFrame:
    """Completed runs of (batch size, seconds an epoch)."""
    frame = pd.DataFrame(seconds, columns=["batch_size", "seconds_per_epoch"])
    ids = [f"run{number}" for number in range(len(frame))]
    return frame.assign(id=ids, status="completed", model="plain", replicas=1)


def test_epochs_that_take_as_long_as_others() -> None:
    assert unlike_epochs({"runs": timed()}) == ""
    # larger batches may well take less
    assert unlike_epochs({"runs": timed((32, 4.0), (32, 7.9), (256, 1.0))}) == ""
    slow = timed((32, 4.0), (32, 9.0))
    assert unlike_epochs({"runs": slow.assign(status=["completed", "running"])}) == ""
    assert unlike_epochs({"runs": slow.assign(model=["plain", "dropout"])}) == ""
    assert unlike_epochs({"runs": slow.assign(replicas=[1, 2])}) == ""


def test_epochs_that_took_longer_than_others_are_named_on_the_page() -> None:
    runs = timed((32, 4.0), (32, 9.0), (256, 1.0), (256, 2.2))
    words = unlike_epochs({"runs": runs})
    assert words.startswith("Epochs that compute the same took up to 2.2 times as long in one run")
    runs.loc[1, "seconds_per_epoch"] = 12.0
    assert "up to 3.0 times" in unlike_epochs({"runs": runs}) and "(4 and 12 s)" in unlike_epochs(
        {"runs": runs}
    )
    frames = make_frames(1, landscape_points=3)
    slower = frames["runs"]["batch_size"].eq(32) & frames["runs"]["learning_rate"].gt(0.01)
    frames["runs"].loc[slower, "seconds_per_epoch"] *= 9
    view = StudyView(make_settings(1), {"claims": [], "tables": {}}, frames)
    assert "Epochs that compute the same" in dict(environment(view))["Times"]
    study = Measured(make_settings(1), frames, get_experiment("article"))
    assert hardware(study).endswith("Comparisons of times hold that, too")


def test_epochs_of_conditions_are_compared_within_each() -> None:
    runs = timed((32, 4.0), (32, 9.0), (32, 9.5))
    conditions = pd.DataFrame({"id": runs["id"], "condition": ["small", "costly", "costly"]})
    assert unlike_epochs({"runs": runs, "conditions": conditions}) == ""
    conditions["condition"] = "small"
    assert "2.4 times" in unlike_epochs({"runs": runs, "conditions": conditions})


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
