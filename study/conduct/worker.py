"""A worker process: ``python -m study.conduct.worker``, fed with tasks by the conductor.

It lives through many tasks, so that TensorFlow is imported and the pictures are read once, and
keeps one strategy, because two of different sizes in one process break its collectives.
"""

import os
import queue
import signal
import sys
import threading
import time
from typing import Any, TextIO

from study.conduct.protocol import WorkerConfiguration, receive, send
from study.errors import DiskError, StudyError, reason_of

# seconds between two events of progress of one task
_PAUSE = 0.2


def main() -> int:
    """Reads the configuration and the tasks from standard input until it is closed."""
    # Ctrl-C is the conductor's: it decides when a worker ends
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    events = own_output()
    tasks = commands_as_they_come()
    configuration = WorkerConfiguration(**tasks.get())
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from study.conduct.work import Workplace

    try:
        workplace = Workplace(configuration)
    except StudyError as error:
        send(events, {"event": "failed", "reason": str(error), "fatal": True})
        return error.exit_code
    send(events, {"event": "ready", "devices": workplace.devices.kind})
    while True:
        _carry_out(workplace, tasks.get(), events)


def _carry_out(workplace: Any, task: dict[str, Any], events: TextIO) -> None:
    last = 0.0

    def tell(event: dict[str, Any]) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PAUSE:
            last = now
            send(events, {**event, "task": task["id"]})

    try:
        outcome = workplace.carry_out(task, tell)
        send(events, {"event": "done", "task": task["id"], **outcome})
    except DiskError as error:
        send(events, {"event": "failed", "task": task["id"], "reason": str(error), "fatal": True})
    except Exception as error:
        event = {"event": "failed", "task": task["id"], "fatal": False}
        send(events, {**event, "reason": reason_of(error)})


def commands_as_they_come() -> "queue.Queue[dict[str, Any]]":
    """What the conductor sends, read in a thread of its own; the process ends when it has gone.

    Every epoch is on disk, so that nothing is lost by ending at once.
    """
    commands: queue.Queue[dict[str, Any]] = queue.Queue()
    threading.Thread(target=_read, args=(commands,), daemon=True).start()
    return commands


def _read(commands: "queue.Queue[dict[str, Any]]") -> None:
    for line in sys.stdin:
        value = receive(line)
        if value is not None:
            commands.put(value)
    sys.stderr.flush()
    os._exit(0)


def own_output() -> TextIO:
    """Keeps standard output for events; whatever else prints goes to standard error."""
    stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return stream


if __name__ == "__main__":
    sys.exit(main())
