"""A worker of the benchmark: ``python -m study.bench.worker``, fed by the conductor.

One process does one job with one strategy: memory peaks are its own, and two strategies of
different sizes in one process would break its collectives.
"""

import os
import sys
from importlib import import_module

from study.bench.laps import Laps
from study.conduct.protocol import receive, send
from study.conduct.worker import own_output
from study.errors import reason_of


def main() -> int:
    """Reads the job from the first line of standard input and does it."""
    events = own_output()
    job = receive(sys.stdin.readline())
    if job is None:
        return 2
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    module, name = job["job"].split(":")
    try:
        getattr(import_module(module), name)(job["options"], Laps(sys.stdin, events))
    except Exception as error:
        send(events, {"event": "failed", "reason": reason_of(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
