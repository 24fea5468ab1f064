"""Jobs for workers of the benchmark that need no TensorFlow."""

import os
import time
from typing import Any

from study.bench.laps import Laps


def sleep(options: dict[str, Any], laps: Laps) -> None:
    """Laps that sleep, count themselves, and tell ``facts``."""
    laps.ready(note=options["note"])
    for number in range(100):
        time.sleep(options["seconds"])
        laps.lap(number=number, pictures=options.get("pictures", 1), **options.get("facts", {}))


def own(options: dict[str, Any], laps: Laps) -> None:
    """Laps that tell which process and side they are of, and the job's options."""
    side = laps.ready()
    for number in range(100):
        told = {"number": number, "process": os.getpid(), "side": side, "options": options}
        side = laps.lap(pictures=1, **told)


def fail(options: dict[str, Any], laps: Laps) -> None:
    """Fails with a message."""
    raise ValueError(options["message"])


def die(options: dict[str, Any], laps: Laps) -> None:
    """Ends the process in the middle of a lap."""
    laps.ready()
    raise SystemExit("gone")
