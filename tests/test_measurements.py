"""Measurements on disk: failed ones have a record, damaged ones are made anew."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.ledger import run_rows
from reports.page import build_page
from reports.study_view import StudyView
from study.command_line.main import main
from study.conduct import work
from study.conduct.task import MEASURE, Task
from study.errors import DiskError
from study.experiments import get_experiment
from study.measure.stored import StoredMeasurement, measure_once
from study.store.atomic import remove_temporaries, write_json, write_parquet
from study.store.measurements import (
    failed_measurements,
    forget_failed_measurement,
    is_measured,
    record_failed_measurement,
)
from study.store.study_directory import StudyDirectory
from study.summarise.collect import collect
from study.summarise.summary import summarise
from tests.make_run import tiny_settings
from tests.make_settings import small_study
from tests.make_study import make_frames, make_settings

POINTS = pd.DataFrame({"alpha": [0.0, 1.0], "loss": [0.1, 0.2]})
RUN = tiny_settings()


def test_failure_is_recorded_until_the_measurement_succeeds(tmp_path: Path) -> None:
    assert failed_measurements(tmp_path) == {}
    record_failed_measurement(tmp_path, "measure", "ValueError: no\nTraceback")
    record_failed_measurement(tmp_path, "compare", "MemoryError: x")
    assert failed_measurements(tmp_path) == {
        "compare": "MemoryError: x",
        "measure": "ValueError: no",
    }
    forget_failed_measurement(tmp_path, "measure")
    forget_failed_measurement(tmp_path, "measure")
    assert list(failed_measurements(tmp_path)) == ["compare"]


@pytest.mark.parametrize("content", ["", "[]", '{"kind": 1}', "{"])
def test_damaged_record_still_says_that_it_failed(tmp_path: Path, content: str) -> None:
    record_failed_measurement(tmp_path, "measure", "x")
    (tmp_path / "measurements" / "measure.failed.json").write_text(content)
    assert "cut off or edited" in failed_measurements(tmp_path)["measure"]


@pytest.fixture
def workplace(tmp_path: Path) -> work.Workplace:
    """A workplace without devices and pictures: measuring is replaced in these tests."""
    made = object.__new__(work.Workplace)
    made._runs = tmp_path / "runs"
    return made


def test_worker_records_what_failed_and_forgets_it_later(
    workplace: work.Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Task(MEASURE, RUN, (RUN.id,), 1).as_dict()
    folder = tmp_path / "runs" / RUN.id
    errors: list[Exception] = [DiskError("full"), ValueError("weights are gone")]

    def measure(*arguments: Any) -> None:
        if errors:
            raise errors.pop(0)

    monkeypatch.setattr(work.Workplace, "_measure", measure)
    with pytest.raises(DiskError):
        workplace.carry_out(task, print)
    assert failed_measurements(folder) == {}, "a full disk is no fault of the measurement"
    with pytest.raises(ValueError, match="weights are gone"):
        workplace.carry_out(task, print)
    assert failed_measurements(folder) == {"measure": "ValueError: weights are gone"}
    workplace.carry_out(task, print)
    assert failed_measurements(folder) == {}


def test_failures_reach_summary_ledger_and_page() -> None:
    frames = make_frames(1, landscape_points=3)
    row = frames["runs"].iloc[[0]][["id", "batch_size", "learning_rate", "seed", "replicas"]]
    frames["failures"] = row.assign(measurement="measure", reason="ValueError: <b>no</b>")
    settings = make_settings(1)
    summary = summarise(settings, frames, get_experiment("article"))
    (failed,) = summary["failed_measurements"]
    assert (failed["id"], failed["reason"]) == (row["id"].iloc[0], "ValueError: <b>no</b>")
    assert json.dumps(summary, allow_nan=False)
    rows = {line.id: line.failures for line in run_rows(StudyView(settings, summary, frames))}
    assert rows.pop(failed["id"]) == ("measuring its minimiser failed: ValueError: <b>no</b>",)
    assert set(rows.values()) == {()}
    page = build_page(settings, summary, frames)
    assert "1 measurement failed; the list of runs says which" in page
    assert "ValueError: &lt;b&gt;no&lt;/b&gt;" in page


def test_failures_are_collected_and_shown_by_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from study.conduct.plan import planned_runs

    settings = small_study()
    directory = StudyDirectory(tmp_path)
    runs = planned_runs(settings)
    record_failed_measurement(directory.runs / runs[0].id, "compare", "ValueError: no")
    frame = collect(directory, runs, "article")["failures"]
    # the run itself is pending: of unfinished runs the ledger alone tells
    assert frame.empty
    write_json(
        directory.document_path, {"schema": 1, "settings": settings.as_dict(), "wall_seconds": 3}
    )
    assert main(["status", str(tmp_path)]) == 0
    assert "compare failed: ValueError: no" in capsys.readouterr().out


def test_temporaries_of_killed_processes_are_removed(tmp_path: Path) -> None:
    deep = tmp_path / "runs" / "a" / "measurements"
    deep.mkdir(parents=True)
    for path in (deep / ".part-x1.sharpness.parquet", tmp_path / ".part-y2.study.json"):
        path.write_text("half")
    kept = deep / "sharpness.part"
    kept.write_text("points so far")
    assert remove_temporaries(tmp_path) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [kept]
    assert remove_temporaries(tmp_path) == 0


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


@pytest.mark.parametrize("spoil", [damaged, lambda path: write_parquet(path, POINTS[["loss"]])])
def test_damaged_part_is_dropped(tmp_path: Path, spoil) -> None:
    stored = StoredMeasurement(tmp_path, "line")
    assert stored.part(POINTS.columns) is None
    part = tmp_path / "measurements" / "line.part"
    part.parent.mkdir()
    write_parquet(part, POINTS)
    pd.testing.assert_frame_equal(stored.part(POINTS.columns), POINTS)
    spoil(part)
    assert stored.part(POINTS.columns) is None
    assert not part.exists()


def test_damaged_measurement_is_made_anew(tmp_path: Path) -> None:
    made: list[str] = []

    def measure(stored: StoredMeasurement) -> pd.DataFrame:
        made.append("again")
        return POINTS

    for _ in range(2):
        measure_once(tmp_path, "line-lr0.05", measure)
    assert len(made) == 1
    assert is_measured(tmp_path, "line-lr0.05")
    damaged(tmp_path / "measurements" / "line-lr0.05.parquet")
    assert not is_measured(tmp_path, "line-lr0.05")
    measure_once(tmp_path, "line-lr0.05", measure)
    assert len(made) == 2
    assert is_measured(tmp_path, "line-lr0.05")
    assert np.isfinite(pd.read_parquet(StoredMeasurement(tmp_path, "line-lr0.05").path)).all().all()
