"""Laps: a worker does one, tells how long it took and waits to be called again.

Two workers that are called in turn alternate in one run, so that what else the machine does
meets both.
"""

import time
from collections.abc import Callable
from typing import Any, TextIO

from study.conduct.protocol import send


class Laps:
    """The worker's side: each lap is started by the conductor.

    Args:
        called: waits until the next lap may begin; gives the conductor's command.
        events: where the results go.
    """

    def __init__(self, called: Callable[[], Any], events: TextIO) -> None:
        self._called, self._events = called, events
        self._began = self._processor = 0.0

    def ready(self, **facts: Any) -> int:
        """Says that the warm-up is over, with facts worth keeping, and waits for the first lap.

        Returns:
            The side that the lap is of, for workers that do several: 0 or 1.
        """
        send(self._events, {"event": "ready", **facts})
        return self._wait()

    def begin(self) -> None:
        """Leaves out of the lap what came since it was called."""
        self._processor = time.process_time()
        self._began = time.perf_counter()

    def lap(self, **facts: Any) -> int:
        """Ends a lap: sends its seconds and the facts, and waits for the next one.

        Returns:
            As ``ready``.
        """
        seconds = time.perf_counter() - self._began
        processor = time.process_time() - self._processor
        send(
            self._events,
            {"event": "lap", "seconds": seconds, "processor_seconds": processor, **facts},
        )
        return self._wait()

    def _wait(self) -> int:
        side: int = self._called()["side"]
        self.begin()
        return side
