"""Single numbers with a limit: seconds of a command."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from study.bench.spread import spread
from study.errors import StudyError
from study.store.run_folder import read_document
from study.store.study_directory import SUMMARY_DOCUMENT

_ROOT = Path(__file__).parents[3]
_HELP_SECONDS, _REPORT_SECONDS = 0.5, 10.0
_SMALL = ("*.h5", "*.npz", "logs", ".lock")


def help_seconds(repeats: int) -> dict[str, Any]:
    """Seconds of ``python -m study --help``."""
    seconds = [_seconds(["--help"]) for _ in range(repeats)]
    return count_row("python -m study --help", "", "s", seconds, _HELP_SECONDS, repeats)


def report_seconds(study: Path, folder: Path, repeats: int) -> dict[str, Any]:
    """Seconds of ``report`` on a copy of a study, without its weights.

    Raises:
        StudyError: it is no study.
    """
    copy = folder / "study"
    if not (study / "study.json").exists():
        raise StudyError(f"{study} is no study directory; expected one for --study.")
    shutil.copytree(study, copy, ignore=shutil.ignore_patterns(*_SMALL))
    seconds = [_seconds(["report", str(copy)]) for _ in range(repeats)]
    # published results have no folders of runs
    runs = len(read_document(copy / SUMMARY_DOCUMENT)["runs"])
    return count_row(
        "python -m study report", f"{runs} runs", "s", seconds, _REPORT_SECONDS, repeats
    )


def attempt(name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The row of ``measure``, or one that says why there is none."""
    try:
        return measure()
    except StudyError as error:
        return {"name": name, "where": "", "problem": str(error)}


def _seconds(arguments: Sequence[str]) -> float:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "study", *arguments],
        cwd=_ROOT,
        env={**os.environ, "COLUMNS": "100"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise StudyError(f"python -m study {arguments[0]} failed: {said[-1] if said else '?'}")
    return seconds


def count_row(
    name: str,
    where: str,
    unit: str,
    values: list[float],
    most: float,
    tried: int,
    note: str = "",
) -> dict[str, Any]:
    """A row of ``bench.json``: the spread of some values and whether their median is within most.

    Args:
        values: of the tries that came to one.
        tried: how many tries there were.
    """
    found = spread(values)
    # what did not get there has no number, and counts as a miss
    met = len(values) == tried and found.median is not None and found.median <= most
    return {
        "name": name,
        "where": where,
        "unit": unit,
        "value": found.as_dict(),
        "tried": tried,
        "most": most,
        "met": met,
        "note": note,
        "problem": "",
    }
