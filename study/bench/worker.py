"""A worker of the benchmark: ``python -m study.bench.worker``, fed by the conductor.

One process does one job with one strategy: memory peaks are its own, and two strategies of
different sizes in one process would break its collectives.
"""

import os
import sys
from importlib import import_module

from study.bench.laps import Laps
from study.conduct.protocol import send
from study.conduct.worker import commands_as_they_come, own_output
from study.errors import reason_of


def main() -> int:
    """Does the job that the first line of standard input names; ends when the conductor has gone.

    Nothing here is worth an orderly end: what a lap found has been sent.
    """
    events = own_output()
    commands = commands_as_they_come()
    job = commands.get()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    module, name = job["job"].split(":")
    try:
        getattr(import_module(module), name)(job["options"], Laps(commands.get, events))
    except Exception as error:
        send(events, {"event": "failed", "reason": reason_of(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
