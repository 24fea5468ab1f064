"""Laps: a worker does one, tells how long it took and waits to be called again.

Two workers that are called in turn alternate in one run, so that what else the machine does
meets both.
"""

import os
import sys
import time
from typing import Any, TextIO

from study.conduct.protocol import receive, send


class Laps:
    """The worker's side: each lap is started by a line from the conductor.

    Args:
        commands: where the lines come from; when it ends, the process ends.
        events: where the results go.
    """

    def __init__(self, commands: TextIO, events: TextIO) -> None:
        self._commands, self._events = commands, events
        self._began = self._processor = 0.0

    def ready(self, **facts: Any) -> None:
        """Says that the warm-up is over, with facts worth keeping, and waits for the first lap."""
        send(self._events, {"event": "ready", **facts})
        self._wait()

    def lap(self, **facts: Any) -> None:
        """Ends a lap: sends its seconds and the facts, and waits for the next one."""
        seconds = time.perf_counter() - self._began
        processor = time.process_time() - self._processor
        send(
            self._events,
            {"event": "lap", "seconds": seconds, "processor_seconds": processor, **facts},
        )
        self._wait()

    def _wait(self) -> None:
        if receive(self._commands.readline()) is None:
            # the conductor has what it wanted; nothing here is worth an orderly end
            sys.stderr.flush()
            os._exit(0)
        self._processor = time.process_time()
        self._began = time.perf_counter()
