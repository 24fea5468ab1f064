"""Shows a study getting on: bars at a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from study.command_line.tally import Tally
from study.conduct.task import TRAIN, Task

_WORDS = {"train": "training", "measure": "measuring", "compare": "interpolating"}
_MINUTE = 60.0
# seconds between two announcements of one task
_PAUSE = 2.0
Announce = Callable[[int, int, int, float | None, Sequence[str]], None]


class StudyProgress:
    """An observer of the pool; use it as a context manager.

    Args:
        tasks: all that are to be done.
        jobs: side by side.
        console: where it is shown.
        announce: called every few seconds with the tasks done, their total, the failed ones, the
            seconds left (None: not known) and the ids of those being done.
    """

    def __init__(
        self,
        tasks: list[Task],
        jobs: int,
        console: Console,
        announce: Announce = lambda done, total, failed, seconds_left, tasks: None,
    ) -> None:
        self._console = console
        self._tally = Tally(tasks, jobs)
        self._plain = not console.is_terminal
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}"),
            console=console,
            disable=self._plain,
        )
        self._whole = self._progress.add_task("study", total=len(tasks), detail="")
        self._rows: dict[int, TaskID] = {}
        self._last_line = self._last_word = time.monotonic()
        self._announce = announce

    def __enter__(self) -> "StudyProgress":
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def started(self, worker: int, task: Task) -> None:
        """A worker has begun a task."""
        self._tally.start(task)
        self._say()
        if worker not in self._rows:
            self._rows[worker] = self._progress.add_task("", total=1, detail="")
        self._progress.reset(
            self._rows[worker], total=_steps(task), description=escape(_title(task)), detail=""
        )

    def event(self, worker: int, task: Task, event: dict[str, Any]) -> None:
        """A task has got on."""
        if event["event"] == "epoch":
            completed, detail = event["epoch"], _epoch_detail(event)
            self._tally.advance(task, event["epoch"])
        elif event["event"] == "progress":
            completed, detail = event["done"], f"{event['done']} of {event['total']}"
            self._progress.update(self._rows[worker], total=event["total"])
        else:
            if _ended_unfinished(task, event):
                self._tally.leave_out(task.run.id)
            return
        if time.monotonic() - self._last_word > _PAUSE:
            self._say()
        self._progress.update(self._rows[worker], completed=completed, detail=detail)
        self._progress.update(self._whole, detail=self._tally.line())
        if self._plain and time.monotonic() - self._last_line > _MINUTE:
            self._last_line = time.monotonic()
            self._console.print(f"  {_title(task)}: {detail}; {self._tally.line()}", markup=False)

    def finished(self, worker: int, task: Task, failure: str) -> None:
        """A task is over."""
        self._tally.finish(task, failure)
        self._say()
        tally = self._tally
        self._progress.update(
            self._whole, completed=tally.done, total=tally.total, detail=tally.line()
        )
        if failure:
            self._console.print(f"{_title(task)} failed: {failure}", markup=False)
        elif self._plain:
            self._last_line = time.monotonic()
            self._console.print(f"{_title(task)}: finished; {self._tally.line()}", markup=False)

    def _say(self) -> None:
        self._last_word = time.monotonic()
        tally = self._tally
        self._announce(tally.done, tally.total, tally.failed, tally.seconds_left(), tally.busy)


def _ended_unfinished(task: Task, event: dict[str, Any]) -> bool:
    """Whether a training is over without a run that can be measured: it diverged."""
    return (task.kind, event["event"]) == (TRAIN, "done") and event.get("status") != "completed"


def _title(task: Task) -> str:
    run = task.run
    devices = f" on {run.replicas} devices" if run.replicas > 1 else ""
    return (
        f"{_WORDS[task.kind]} batch {run.batch_size}, rate {run.learning_rate:g}, "
        f"seed {run.seed}{devices}"
    )


def _steps(task: Task) -> int:
    return task.run.max_epochs if task.kind == TRAIN else 1


def _epoch_detail(event: dict[str, Any]) -> str:
    speed = event["examples"] / event["epoch"] / max(event["train_seconds"], 1e-9)
    return (
        f"epoch {event['epoch']}, loss {_number(event['loss'])}, "
        f"validation {_number(event['val_loss'])}, {speed:,.0f} pictures/s"
    )


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.3f}"
