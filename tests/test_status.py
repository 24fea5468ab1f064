"""``status`` and ``report`` of studies at work, interrupted, and finished in part."""

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from study.command_line.inspect_study import _command_to_go_on
from study.command_line.main import main
from study.command_line.run_state import run_state
from study.conduct.plan import planned_runs
from study.store.at_work import WORK_DOCUMENT, Work, read_work
from study.store.atomic import write_json
from study.store.measurements import record_failed_measurement
from study.store.run_folder import epochs_so_far
from study.store.study_directory import StudyDirectory
from tests.make_settings import small_study
from tests.test_collect import write_run

SETTINGS = small_study(seeds=(0,))
RUNS = planned_runs(SETTINGS)
ROWS = [
    {"epoch": n, "examples": 100 * n, "val_loss": loss, "train_seconds": 0.5}
    for n, loss in enumerate([0.7, 0.55, 0.61], start=1)
]


def _encrypted() -> bytes:
    """A zip whose bits say that its member is encrypted, which it is not."""
    file = io.BytesIO()
    np.savez(file, progress=np.zeros(3, np.uint8))
    data = bytearray(file.getvalue())
    # bit 0 of the flags, in the central directory
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


ENCRYPTED = _encrypted()


def begin_run(directory: StudyDirectory, number: int, rows: list[dict]) -> None:
    """A run that has made some epochs and has not ended."""
    run = RUNS[number]
    folder = directory.runs / run.id
    folder.mkdir(parents=True)
    document = {"id": run.id, "status": "running", "settings": run.as_dict(), "devices": "CPU"}
    write_json(folder / "run.json", document)
    if rows:
        progress = np.frombuffer(json.dumps({"rows": rows}).encode(), np.uint8)
        np.savez(folder / "state.npz", progress=progress, variable_0000=np.zeros(3))


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    """One run completed, two begun, the others pending."""
    made = StudyDirectory(tmp_path / "study")
    made.create()
    write_run(made.runs / RUNS[0].id, RUNS[0], [0.7, 0.4, 0.5])
    begin_run(made, 1, ROWS)
    begin_run(made, 2, [])
    document = {
        "schema": 1,
        "settings": SETTINGS.as_dict(),
        **{name: SETTINGS.as_dict()[name] for name in ("base_rate", "batch_sizes", "seeds")},
        "experiment": "article",
        "wall_seconds": 30,
        "command": "python -m study again",
    }
    made.write(document)
    return made


@pytest.fixture
def at_work(directory: StudyDirectory) -> Iterator[StudyDirectory]:
    """This process is at work on the second run."""
    with directory.locked(print) as announcer:
        announcer.say(3, 13, 1, 125.0, [f"train:{RUNS[1].id}", f"measure:{RUNS[0].id}"])
        yield directory


def test_killed_runs_are_interrupted(
    directory: StudyDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    # a process that was killed leaves its words, but not its lock
    write_json(directory.path / WORK_DOCUMENT, {"pid": 1})
    assert main(["status", str(directory.path)]) == 0
    printed = capsys.readouterr().out
    assert "interrupted (epoch 3), goes on at the next call" in printed
    assert "interrupted (epoch 0), goes on at the next call" in printed
    pending = len(RUNS) - 3
    assert f"1 completed, 2 interrupted, {pending} pending" in printed
    assert "No process is at work on it; to go on: python -m study again --out " in printed
    assert f"Left to do: {pending + 2} to train, " in printed
    assert "running" not in printed


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python -m study reproduce --seeds 2", "reproduce --seeds 2 --out '/a place'"),
        ("python -m study reproduce --out old --seeds 2", "reproduce --seeds 2 --out '/a place'"),
        ("python -m study run article --out=old", "run article --out '/a place'"),
        ("", "reproduce --out '/a place'"),
        ("a 'broken", "reproduce --out '/a place'"),
    ],
)
def test_the_command_to_go_on_names_the_present_folder(command: str, expected: str) -> None:
    assert _command_to_go_on(command, Path("/a place")) == f"python -m study {expected}"


def test_runs_at_work_show_how_they_get_on(
    at_work: StudyDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(at_work.path)]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "epoch 3: validation loss 0.610, 200 pictures/s, 0 s ago" in lines[RUNS[1].id]
    assert "0.550" in lines[RUNS[1].id], "the lowest one"
    assert "interrupted (epoch 0), waits for its turn" in lines[RUNS[2].id]
    assert "is being measured" in lines[RUNS[0].id]
    assert lines["Process"].startswith(f"Process {os.getpid()} is at work on it for ")
    assert "3 of 13 tasks done, 1 failed, about 2 min left" in lines["Process"]


def test_words_of_the_process_at_work(directory: StudyDirectory) -> None:
    assert read_work(directory.path) is None
    with directory.locked(print) as announcer:
        work = read_work(directory.path)
        assert work is not None and work.pid == os.getpid() and work.seconds_left is None
        announcer.say(1, 2, 0, 3.5, ["train:a"])
        work = read_work(directory.path)
        assert work is not None and (work.seconds_left, work.tasks) == (3.5, ("train:a",))
        for damaged in ("", "[]", '{"pid": "x"}'):
            (directory.path / WORK_DOCUMENT).write_text(damaged)
            assert read_work(directory.path) == Work()
    assert read_work(directory.path) is None
    assert not (directory.path / WORK_DOCUMENT).exists()


def test_asking_takes_the_lock_from_nobody(directory: StudyDirectory) -> None:
    said: list[str] = []
    for _ in range(3):
        assert read_work(directory.path) is None
        with directory.locked(said.append):
            assert read_work(directory.path) is not None
    assert said == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"garbage", ENCRYPTED])
def test_damaged_checkpoint_hides_the_epochs_only(directory: StudyDirectory, content) -> None:
    (directory.runs / RUNS[1].id / "state.npz").write_bytes(content)
    assert epochs_so_far(directory.runs / RUNS[1].id) == []
    state = run_state(RUNS[1], directory, None)
    assert (state.status, state.epochs, state.lowest) == ("interrupted", None, None)


def test_damaged_run_does_not_hide_the_others(
    directory: StudyDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    (directory.runs / RUNS[0].id / "run.json").write_text("{")
    assert main(["status", str(directory.path)]) == 0
    printed = capsys.readouterr().out
    assert "1 damaged, 2 interrupted" in printed
    assert "was cut off or edited" in " ".join(printed.split())


def test_report_says_which_measurements_are_missing(
    directory: StudyDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = directory.runs / RUNS[0].id
    assert main(["report", str(directory.path)]) == 0
    printed = capsys.readouterr().out
    # those of runs that are missing are not counted beside these
    assert "1 measurement of completed runs is missing; the report shows what there is" in printed
    assert "call 'reproduce' again: python -m study again --out " in printed
    record_failed_measurement(folder, "measure", "why not")
    assert main(["report", str(directory.path)]) == 0
    assert "of completed runs" not in capsys.readouterr().out, "it is said to have failed"


def test_report_of_a_study_at_work(
    at_work: StudyDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does not wait for the runs, and leaves them as they are."""
    before = {path: path.read_bytes() for path in at_work.runs.rglob("*") if path.is_file()}
    assert main(["report", str(at_work.path)]) == 0
    printed = capsys.readouterr().out
    missing, total = len(RUNS) - 1, len(RUNS)
    assert f"{missing} of {total} runs are missing" in printed
    assert f"Process {os.getpid()} is at work on it" in printed
    summary = json.loads(at_work.summary_path.read_text())
    statuses = [run["status"] for run in summary["runs"]]
    assert {name: statuses.count(name) for name in set(statuses)} == {
        "completed": 1,
        "running": 2,
        "pending": total - 3,
    }
    assert "This study is not finished" in (at_work.path / "report" / "index.html").read_text()
    assert {p: p.read_bytes() for p in at_work.runs.rglob("*") if p.is_file()} == before
