"""Which process is at work on a study, and how far it has come."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from study.errors import DiskError
from study.store.atomic import write_json

WORK_DOCUMENT = "work.json"
LOCK_FILE = ".lock"


@dataclass(frozen=True)
class Work:
    """What the process at work said last.

    Attributes:
        pid: its process id; 0 when it has not said so.
        started: when it began, in seconds since 1970.
        done, total, failed: tasks of this call.
        seconds_left: its estimate, None as long as there is none.
        tasks: ids of the tasks that are being done.
    """

    pid: int = 0
    started: float = 0.0
    done: int = 0
    total: int = 0
    failed: int = 0
    seconds_left: float | None = None
    tasks: tuple[str, ...] = ()


class Announcer:
    """Says how far this process has come, in ``work.json`` of the study at ``path``.

    The file outlives a process that was killed; ``read_work`` asks the lock as well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path / WORK_DOCUMENT
        self._started = time.time()

    def say(
        self,
        done: int = 0,
        total: int = 0,
        failed: int = 0,
        seconds_left: float | None = None,
        tasks: Sequence[str] = (),
    ) -> None:
        """Stores it. A full disk stops the workers, and is theirs to report."""
        work = Work(os.getpid(), self._started, done, total, failed, seconds_left, tuple(tasks))
        with contextlib.suppress(DiskError):
            write_json(self._path, asdict(work))

    def leave(self) -> None:
        """This process is no longer at work."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def read_work(path: Path) -> Work | None:
    """What the process at work on the study at ``path`` said last; None without such a process."""
    if not _is_locked(path / LOCK_FILE):
        return None
    try:
        values = json.loads((path / WORK_DOCUMENT).read_text(encoding="utf-8"))
        left = values["seconds_left"]
        return Work(
            int(values["pid"]),
            float(values["started"]),
            int(values["done"]),
            int(values["total"]),
            int(values["failed"]),
            None if left is None else float(left),
            tuple(map(str, values["tasks"])),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Work()


def _is_locked(path: Path) -> bool:
    """Whether a process holds the lock; asks without taking it from anybody."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        # no lock file, or one that may not be opened
        return False
    return False
