"""One worker process, as the conductor sees it."""

import contextlib
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from study.conduct.protocol import WorkerConfiguration, receive, send_to

_GRACE_SECONDS = 5.0


class WorkerProcess:
    """Starts a worker, feeds it and passes its events on.

    Attributes:
        number: which worker it is, from 0.
        configuration: what it was set up with.
        log: what it prints.
    """

    def __init__(
        self,
        number: int,
        configuration: WorkerConfiguration,
        events: "queue.Queue[tuple[WorkerProcess, dict[str, Any]]]",
        log: Path,
    ) -> None:
        self.number = number
        self.configuration = configuration
        self.log = log
        self._events = events
        environment = dict(os.environ)
        if configuration.threads:
            environment["OMP_NUM_THREADS"] = str(configuration.threads)
        self._log_file = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "study.conduct.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log_file,
            text=True,
            encoding="utf-8",
            cwd=Path(__file__).parents[2],
            env=environment,
            # Ctrl-C in the terminal reaches the conductor alone
            start_new_session=True,
        )
        send_to(self._process, configuration.as_dict())
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def give(self, task: dict[str, Any]) -> None:
        """Hands it a task."""
        send_to(self._process, task)

    def end(self) -> None:
        """Ends it; what it had not stored is done again another time."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log_file.close()
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        # what the worker started may hold its output open
        self._listener.join(_GRACE_SECONDS)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                event = receive(line)
                if event is not None:
                    self._events.put((self, event))
        code = self._process.wait()
        self._events.put((self, {"event": "ended", "code": code}))
