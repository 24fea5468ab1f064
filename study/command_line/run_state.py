"""How far a run is, for ``status``."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from study.command_line.terminal import duration
from study.conduct.task import MEASURE, TRAIN
from study.errors import StoreError
from study.store.at_work import Work
from study.store.measurements import failed_measurements
from study.store.run_folder import MEASUREMENTS, STATE_FILE, TAKEN_OVER, epochs_so_far, read_run
from study.store.study_directory import StudyDirectory
from study.train.settings import RunSettings


@dataclass(frozen=True)
class RunState:
    """A run as ``status`` shows it.

    Attributes:
        id: of the run.
        status: as stored; or "interrupted", when it has begun and no process is at work on it;
            or "damaged".
        epochs: finished so far, None before the first.
        lowest: validation loss so far.
        measured: names of its measurements.
        notes: what else there is to say.
    """

    id: str
    status: str
    epochs: int | None
    lowest: float | None
    measured: tuple[str, ...]
    notes: tuple[str, ...]


def run_state(settings: RunSettings, directory: StudyDirectory, work: Work | None) -> RunState:
    """Looks a run up; only reads.

    Args:
        settings: of the run.
        directory: of the study.
        work: what the process at work on the study says, None without one.
    """
    folder = directory.runs / settings.id
    measured = sorted({p.stem.split("@")[0] for p in (folder / MEASUREMENTS).glob("*.parquet")})
    failed = failed_measurements(folder).items()
    notes = [f"{kind} failed: {reason}" for kind, reason in failed]
    if work is not None and f"{MEASURE}:{settings.id}" in work.tasks:
        notes.append("is being measured")
    try:
        stored = read_run(folder) or {"status": "pending"}
    except StoreError as error:
        return RunState(settings.id, "damaged", None, None, tuple(measured), (str(error), *notes))
    status, outcome = stored["status"], stored.get("outcome") or {}
    epochs, lowest = outcome.get("epochs"), outcome.get("min_val_loss")
    if TAKEN_OVER in stored:
        notes.insert(0, f"from “{stored[TAKEN_OVER]}”, without weights")
    if stored.get("reason"):
        notes.insert(0, stored["reason"])
    if status in ("running", "failed"):
        rows = epochs_so_far(folder)
        epochs = len(rows) or None
        losses = [row["val_loss"] for row in rows if row.get("val_loss") is not None]
        lowest = min(losses, default=None)
    if status == "running":
        status, words = _under_way(settings, work, rows)
        notes.append(words)
        # the file of a run that has ended meanwhile is gone
        with suppress(FileNotFoundError):
            if rows and status == "running":
                notes[-1] = f"{words}, {_age((folder / STATE_FILE).stat().st_mtime)}"
    return RunState(settings.id, status, epochs, lowest, tuple(measured), tuple(notes))


def _under_way(
    settings: RunSettings, work: Work | None, rows: list[dict[str, Any]]
) -> tuple[str, str]:
    """Status and words of a run that has begun and not ended."""
    if work is None:
        return "interrupted", f"interrupted (epoch {len(rows)}), goes on at the next call"
    if work.tasks and f"{TRAIN}:{settings.id}" not in work.tasks:
        return "interrupted", f"interrupted (epoch {len(rows)}), waits for its turn"
    if not rows:
        return "running", "in its first epoch"
    last = rows[-1]
    loss = last.get("val_loss")
    words = f"epoch {len(rows)}: validation loss "
    words += "not finite" if loss is None else f"{loss:.3f}"
    seconds = last.get("train_seconds")
    if seconds:
        words += f", {last['examples'] / len(rows) / seconds:,.0f} pictures/s"
    return "running", words


def _age(moment: float) -> str:
    return f"{duration(max(0.0, time.time() - moment))} ago"
