"""The pool, with workers that are threads of the test."""

from pathlib import Path
from typing import Any, ClassVar

import pytest

from study.conduct import pool
from study.conduct.protocol import WorkerConfiguration
from study.conduct.task import COMPARE, MEASURE, TRAIN, Task
from study.errors import StudyError
from study.store.measurements import failed_measurements, forget_failed_measurement
from study.store.run_folder import read_run
from tests.make_run import tiny_settings

A, B = tiny_settings(seed=1), tiny_settings(seed=2)
TASKS = [
    Task(TRAIN, A, (), 1),
    Task(TRAIN, B, (), 1),
    Task(MEASURE, A, (A.id,), 1),
    Task(COMPARE, B, (A.id, B.id), 1, other=A),
]


class FakeWorker:
    """Answers every task at once, as ``answers`` says."""

    answers: ClassVar[dict[str, list[dict[str, Any]]]] = {}
    made: ClassVar[list[tuple[int, tuple[int, ...] | None]]] = []

    def __init__(self, number, configuration, events, log) -> None:
        self.number, self.configuration, self.log = number, configuration, log
        self.events, self.ended = events, False
        self.made.append((number, configuration.gpus))
        events.put((self, {"event": "ready"}))

    def give(self, task: dict[str, Any]) -> None:
        kind = task["id"].split(":")[0] + str(task["run"]["seed"])
        good = [{"event": "done", "status": "completed"}]
        for event in self.answers.get(kind, good):
            self.events.put((self, {**event, "task": task["id"]}))

    def end(self) -> None:
        self.ended = True


class Seen:
    """Records what an observer is told."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def started(self, worker: int, task: Task) -> None:
        self.order.append(f"start {task.kind}{task.run.seed}")

    def event(self, worker: int, task: Task, event: dict[str, Any]) -> None:
        self.order.append(f"{event['event']} {task.kind}{task.run.seed}")

    def finished(self, worker: int, task: Task, failure: str) -> None:
        self.order.append(f"finish {task.kind}{task.run.seed} {failure}".strip())


@pytest.fixture
def carry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pool, "WorkerProcess", FakeWorker)

    def call(answers=None, completed=(), jobs=2, gpus=()):
        hardware = {"gpus": list(gpus)}
        configuration = WorkerConfiguration(str(tmp_path), "", 1, 1, False, {}, hardware=hardware)
        monkeypatch.setattr(FakeWorker, "answers", answers or {})
        monkeypatch.setattr(FakeWorker, "made", [])
        seen = Seen()
        failures = pool.carry_out(
            TASKS, set(completed), configuration, jobs, tmp_path / "logs", seen
        )
        return failures, seen.order

    return call


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_everything_is_done_in_order_of_need(carry, jobs: int) -> None:
    failures, order = carry(jobs=jobs)
    assert failures == {}
    assert sum(line.startswith("finish") for line in order) == 4
    assert order.index("finish train1") < order.index("start measure1")
    assert order.index("finish train2") < order.index("start compare2")


def test_failed_task_leaves_out_what_needs_it_and_stops_nothing_else(carry) -> None:
    failed = [{"event": "failed", "reason": "ValueError: no"}]
    failures, order = carry({"train2": failed})
    assert failures == {f"train:{B.id}": "ValueError: no"}
    assert "finish measure1" in order
    assert not any("compare" in line for line in order)


def test_diverged_run_is_no_failure_but_is_not_measured(carry) -> None:
    failures, order = carry({"train1": [{"event": "done", "status": "diverged"}]})
    assert failures == {}
    assert "finish train2" in order
    assert not any("measure" in line or "compare" in line for line in order)


def test_runs_completed_before_count(carry) -> None:
    failed = [{"event": "failed", "reason": "x"}]
    _, order = carry({"train1": failed, "train2": failed}, completed=[A.id])
    assert "finish measure1" in order


def test_dead_worker_fails_its_task_and_is_replaced(carry, tmp_path: Path) -> None:
    failures, order = carry({"train1": [{"event": "ended", "code": -9}]}, jobs=1)
    assert "may have run out of memory" in failures[f"train:{A.id}"]
    assert "finish train2" in order
    stored = read_run(tmp_path / "runs" / A.id)
    assert stored is not None and stored["status"] == "failed"


def test_each_worker_has_its_gpu_and_so_has_what_takes_its_place(carry) -> None:
    carry(jobs=3, gpus=["H", "H"])
    assert FakeWorker.made == [(0, (0,)), (1, (1,)), (2, (0,))]
    # the worker that was ready last takes the first task
    carry({"train1": [{"event": "ended", "code": -9}]}, jobs=2, gpus=["H", "H"])
    *first, again = FakeWorker.made
    assert first == [(0, (0,)), (1, (1,))] and again in first
    carry(jobs=2)
    assert FakeWorker.made == [(0, None), (1, None)]


def test_dead_worker_fails_its_comparison_under_the_name_that_success_forgets(
    carry, tmp_path: Path
) -> None:
    failures, _ = carry({"compare2": [{"event": "ended", "code": 1}]}, jobs=1)
    assert list(failures) == [TASKS[3].id]
    folder = tmp_path / "runs" / B.id
    assert list(failed_measurements(folder)) == [f"compare@{A.id}"]
    forget_failed_measurement(folder, TASKS[3].failure)
    assert failed_measurements(folder) == {}


def test_workers_that_keep_dying_end_the_study(carry) -> None:
    died = [{"event": "ended", "code": 1}]
    answers = {f"{kind}{seed}": died for kind in ("train", "measure") for seed in (1, 2)}
    with pytest.raises(StudyError, match="workers keep dying"):
        carry(answers, completed=[A.id], jobs=1)


def test_what_stops_every_task_ends_the_study(carry) -> None:
    full = [{"event": "failed", "reason": "cannot write x: No space left", "fatal": True}]
    with pytest.raises(StudyError, match="No space left"):
        carry({"train1": full})


def test_events_of_a_task_reach_the_observer(carry) -> None:
    events = [
        {"event": "epoch", "epoch": 1},
        {"event": "done", "status": "completed"},
    ]
    _, order = carry({"train1": events}, jobs=1)
    assert "epoch train1" in order


def test_lines_that_are_no_values_are_passed_over() -> None:
    from study.conduct.protocol import receive

    assert receive("2026 W tensorflow says\n") is None
    assert receive("[1]") is None
    assert receive('{"event": "ready"}\n') == {"event": "ready"}
