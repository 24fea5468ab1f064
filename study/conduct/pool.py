"""Carries a plan out with several workers side by side."""

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from study.conduct.process import WorkerProcess
from study.conduct.protocol import WorkerConfiguration
from study.conduct.task import TRAIN, Task
from study.errors import StudyError
from study.store.measurements import record_failed_measurement
from study.store.run_folder import record_failure

# a worker that dies this often in a row without finishing a task is not started again
_DEATHS = 3


class Observer(Protocol):
    """Is told what happens; the terminal's progress is one."""

    def started(self, worker: int, task: Task) -> None:
        """A worker has begun a task."""

    def event(self, worker: int, task: Task, event: dict[str, Any]) -> None:
        """A task has got on or come to its end: an event of the worker."""

    def finished(self, worker: int, task: Task, failure: str) -> None:
        """A task is over; ``failure`` is its reason, "" when it succeeded."""


@dataclass
class _State:
    waiting: list[Task]
    completed: set[str]
    running: dict[WorkerProcess, Task] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    deaths: int = 0


def carry_out(
    tasks: Sequence[Task],
    completed: set[str],
    configuration: WorkerConfiguration,
    jobs: int,
    logs: Path,
    observer: Observer,
) -> dict[str, str]:
    """Does all tasks, each as soon as the runs that it needs are completed.

    A failing task does not stop the others. A task whose needs will never be completed is left
    out. Workers are ended when this returns or raises.

    Args:
        tasks: in the order in which they should start.
        completed: ids of runs completed before.
        configuration: of all workers; where there are GPUs, each gets its own of them.
        jobs: workers side by side.
        logs: folder for what the workers print.
        observer: is told what happens.

    Returns:
        Task id -> reason, of those that failed.

    Raises:
        StudyError: something is wrong that would stop every task, such as a full disk.
    """
    events: queue.Queue[tuple[WorkerProcess, dict[str, Any]]] = queue.Queue()
    state = _State(list(tasks), set(completed))
    logs.mkdir(parents=True, exist_ok=True)
    workers: list[WorkerProcess] = []

    def start(number: int) -> WorkerProcess:
        log = logs / f"worker-{number}.log"
        return WorkerProcess(number, configuration.for_worker(number), events, log)

    try:
        workers = [start(number) for number in range(min(jobs, len(tasks)))]
        idle: list[WorkerProcess] = []
        while state.running or _next_task(state) is not None:
            worker, event = events.get()
            if event["event"] == "ended":
                workers[worker.number] = _replace(worker, event, state, observer, start)
                idle = [other for other in idle if other is not worker]
            elif _is_free_after(worker, event, state, observer):
                idle.append(worker)
            while idle and (task := _next_task(state)) is not None:
                _give(idle.pop(), task, state, observer)
    finally:
        for worker in workers:
            worker.end()
    return state.failures


def _next_task(state: _State) -> Task | None:
    return next((task for task in state.waiting if set(task.needs) <= state.completed), None)


def _give(worker: WorkerProcess, task: Task, state: _State, observer: Observer) -> None:
    state.waiting.remove(task)
    state.running[worker] = task
    observer.started(worker.number, task)
    worker.give(task.as_dict())


def _is_free_after(
    worker: WorkerProcess, event: dict[str, Any], state: _State, observer: Observer
) -> bool:
    """Takes an event in; tells whether the worker is free now."""
    if event.get("fatal"):
        raise StudyError(event["reason"])
    if event["event"] == "ready":
        return True
    task = state.running.get(worker)
    if task is None or event.get("task") != task.id:
        return False
    if event["event"] in ("epoch", "progress"):
        observer.event(worker.number, task, event)
        return False
    del state.running[worker]
    state.deaths = 0
    failure = event["reason"] if event["event"] == "failed" else ""
    if failure:
        state.failures[task.id] = failure
    elif task.kind == TRAIN and event.get("status") == "completed":
        state.completed.add(task.run.id)
    observer.event(worker.number, task, event)
    observer.finished(worker.number, task, failure)
    return True


def _replace(
    worker: WorkerProcess,
    event: dict[str, Any],
    state: _State,
    observer: Observer,
    start: Callable[[int], WorkerProcess],
) -> WorkerProcess:
    """A worker died: its task has failed, another worker takes its place."""
    state.deaths += 1
    reason = _death(event["code"])
    task = state.running.pop(worker, None)
    if task is not None:
        state.failures[task.id] = reason
        folder = Path(worker.configuration.study) / "runs" / task.run.id
        if task.kind == TRAIN:
            record_failure(folder, task.run.as_dict(), task.run.id, reason)
        else:
            record_failed_measurement(folder, task.failure, reason)
        observer.finished(worker.number, task, reason)
    if state.deaths >= _DEATHS:
        raise StudyError(
            f"workers keep dying ({reason}); see {worker.log}. If memory ran out, call again with "
            "--jobs 1."
        )
    worker.end()
    return start(worker.number)


def _death(code: int) -> str:
    if code == -9:
        return "its process was killed (signal 9); the machine may have run out of memory"
    return f"its process ended with {'signal' if code < 0 else 'exit code'} {abs(code)}"
