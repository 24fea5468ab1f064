"""The time worked on a study, kept on disk while it is at work."""

import contextlib
import time
from typing import Any

from study.conduct.pool import Observer
from study.conduct.task import Task
from study.errors import DiskError
from study.store.study_directory import StudyDirectory

# seconds of work that a process killed at any moment may leave uncounted
_PAUSE = 30.0


class Timekeeper:
    """An observer that passes everything on and keeps ``wall_seconds`` of ``study.json``.

    Args:
        observer: is told what happens.
        directory: of the study.
        document: what its ``study.json`` holds, with the seconds worked before.
    """

    def __init__(
        self, observer: Observer, directory: StudyDirectory, document: dict[str, Any]
    ) -> None:
        self._observer, self._directory, self._document = observer, directory, document
        self._before = float(document["wall_seconds"])
        self._start = self._last = time.monotonic()
        directory.write(document)

    def started(self, worker: int, task: Task) -> None:
        """A worker has begun a task."""
        self._observer.started(worker, task)

    def event(self, worker: int, task: Task, event: dict[str, Any]) -> None:
        """A task has got on."""
        self._observer.event(worker, task, event)
        if time.monotonic() - self._last >= _PAUSE:
            # a full disk stops the workers, and is theirs to report
            with contextlib.suppress(DiskError):
                self.keep()

    def finished(self, worker: int, task: Task, failure: str) -> None:
        """A task is over."""
        self._observer.finished(worker, task, failure)

    def keep(self) -> None:
        """Stores the seconds worked so far."""
        self._last = time.monotonic()
        worked = round(self._before + self._last - self._start, 1)
        self._directory.write({**self._document, "wall_seconds": worked})
