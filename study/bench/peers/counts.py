"""Single numbers with a limit: evaluations of a search, seconds of a command."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from study.bench.grid import run_settings
from study.bench.process import BenchWorker
from study.bench.request import BenchRequest
from study.bench.spread import spread
from study.data.dataset import Dataset, split
from study.errors import StudyError

_ROOT = Path(__file__).parents[3]
_EPOCHS, _EXAMPLES = 5, 512
_MOST_EVALUATIONS = 30
_HELP_SECONDS, _REPORT_SECONDS = 0.5, 10.0
_SMALL = ("*.h5", "*.npz", "logs", ".lock")


def sharpness_count(request: BenchRequest, dataset: Dataset, batch_size: int) -> dict[str, Any]:
    """Evaluations until the search for sharpness has 99 % of what 200 evaluations find.

    After a few epochs on all training pictures: near the initial weights, not at a minimiser.

    Raises:
        StudyError: it failed.
    """
    settings = run_settings(request, dataset, batch_size=batch_size)
    pictures = min(_EXAMPLES, len(split(dataset)[0]))
    options = {
        "data": str(dataset.directory),
        "run": settings.as_dict(),
        "threads": request.threads,
        "epochs": _EPOCHS,
        "examples": pictures,
    }
    job = "study.bench.peers.measuring:sharpness_evaluations"
    with BenchWorker(job, options, request.threads) as worker:
        worker.ready()
        laps = [worker.lap() for _ in range(request.repeats)]
    enough = [lap["evaluations"] for lap in laps if lap["evaluations"] is not None]
    shares = spread([lap["share"] for lap in laps])
    return _row(
        "sharpness: evaluations to 99 % of what 200 find",
        f"batch {batch_size}, {request.image_size} px, {pictures} pictures, after {_EPOCHS} epochs "
        f"at rate {settings.learning_rate:g}",
        "evaluations",
        [float(count) for count in enough],
        _MOST_EVALUATIONS,
        len(laps),
        f"share found {shares.lowest:.1%} to {shares.highest:.1%}",
    )


def help_seconds(repeats: int) -> dict[str, Any]:
    """Seconds of ``python -m study --help``."""
    seconds = [_seconds(["--help"]) for _ in range(repeats)]
    return _row("python -m study --help", "", "s", seconds, _HELP_SECONDS, repeats)


def report_seconds(study: Path, folder: Path, repeats: int) -> dict[str, Any]:
    """Seconds of ``report`` on a copy of a study, without its weights.

    Raises:
        StudyError: it is no study.
    """
    copy = folder / "study"
    if not (study / "study.json").exists():
        raise StudyError(f"{study} is no study directory; expected one for --study.")
    shutil.copytree(study, copy, ignore=shutil.ignore_patterns(*_SMALL))
    runs = len(list((copy / "runs").glob("*/run.json")))
    seconds = [_seconds(["report", str(copy)]) for _ in range(repeats)]
    return _row("python -m study report", f"{runs} runs", "s", seconds, _REPORT_SECONDS, repeats)


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


def _row(
    name: str,
    where: str,
    unit: str,
    values: list[float],
    most: float,
    tried: int,
    note: str = "",
) -> dict[str, Any]:
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
