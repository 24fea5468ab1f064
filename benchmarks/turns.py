"""What the scripts of this folder share: works that take turns, and the file of what they found."""

import shlex
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def in_turn(
    works: Mapping[str, Callable[[], Any]],
    repeats: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, list[float]]:
    """Time of each work in seconds by the clock, turn by turn; every other turn goes backwards.

    The first turn, which is not timed, traces and compiles.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(repeats + 1):
        for name in list(works)[:: -1 if turn % 2 else 1]:
            start = clock()
            works[name]()
            if turn:
                times[name].append(clock() - start)
    return times


def write_record(path: Path, rows: list[dict[str, Any]], **settings: Any) -> None:
    """Writes what was measured, with command, commit, machine and versions."""
    from study.store.atomic import write_json
    from study.store.environment import commit, hardware, versions

    document = {
        "command": shlex.join(["python", *sys.argv]),
        "made": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        **settings,
        "commit": commit()[0],
        "hardware": hardware(),
        "versions": versions(),
        "rows": rows,
    }
    write_json(path, document)
