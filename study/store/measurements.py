"""What is measured on a run, on disk: which files are whole, which tasks failed and why."""

import json
from collections.abc import Collection
from pathlib import Path

from study.errors import StoreError, reason_of
from study.store.atomic import write_json
from study.store.run_folder import MEASUREMENTS, read_frame

# what only some experiments ask for
PLAIN_LANDSCAPE, RESCALING = "landscape_plain", "rescaling"
TRAJECTORY = ("trajectory", "trajectory_components", "trajectory_plane")
_FAILED = ".failed.json"


def measurement_path(folder: Path, name: str) -> Path:
    """Where a finished measurement of the run in ``folder`` lies."""
    return folder / MEASUREMENTS / f"{name}.parquet"


def part_path(folder: Path, name: str) -> Path:
    """Where the points of a measurement under way lie."""
    return folder / MEASUREMENTS / f"{name}.part"


def is_measured(folder: Path, name: str) -> bool:
    """Whether a measurement is there and can be read; a file that was cut off is not."""
    path = measurement_path(folder, name)
    if not path.exists():
        return False
    try:
        read_frame(path)
    except StoreError:
        return False
    return True


def is_kind(kind: str, runs: Collection[str]) -> bool:
    """Whether a failure may be recorded under that name: a file is called after it.

    Args:
        kind: of the task.
        runs: ids of a study's runs.
    """
    task, _, other = kind.partition("@")
    return kind in ("measure", "compare") or (task == "compare" and other in runs)


def record_failed_measurement(folder: Path, kind: str, reason: str) -> None:
    """Stores that measuring failed and why; calling the study again tries it anew.

    Args:
        folder: ``runs/<id>``.
        kind: of the task: "measure", or "compare@" and the id of the other run.
        reason: its first line is kept.
    """
    path = folder / MEASUREMENTS / f"{kind}{_FAILED}"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"kind": kind, "reason": reason_of(reason)})


def forget_failed_measurement(folder: Path, kind: str) -> None:
    """Removes the record once the measurement has succeeded."""
    # records of comparisons did not name the other run before there were several to a run
    for name in dict.fromkeys((kind, kind.split("@")[0])):
        (folder / MEASUREMENTS / f"{name}{_FAILED}").unlink(missing_ok=True)


def failed_measurements(folder: Path) -> dict[str, str]:
    """Kind of task -> reason, of those that failed on the run in ``folder``.

    A record that was cut off still says that the measurement failed.
    """
    found = {}
    for path in sorted((folder / MEASUREMENTS).glob(f"*{_FAILED}")):
        try:
            reason = str(json.loads(path.read_text(encoding="utf-8"))["reason"])
        except (OSError, ValueError, KeyError, TypeError):
            reason = "its record was cut off or edited"
        found[path.name.removesuffix(_FAILED)] = reason
    return found
