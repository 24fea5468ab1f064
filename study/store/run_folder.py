"""The files of one run, ``runs/<id>`` of a study directory. No TensorFlow here."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from study.errors import StoreError, reason_of
from study.store.arrays import array_problem
from study.store.atomic import write_json

RUN_DOCUMENT = "run.json"
EPOCHS_FILE = "epochs.parquet"
NORMS_FILE = "norms.npy"
# in its place in a run that was taken over: the bins that were published of it
NORM_COUNTS_FILE = "norm_counts.parquet"
MODEL_FILE = "model.json"
INITIAL_WEIGHTS = "initial.weights.h5"
STATE_FILE = "state.npz"
NORMS_JOURNAL = "norms.f32"
# of a run that has not ended
WORKING_FILES = (STATE_FILE, NORMS_JOURNAL)
BEST_WEIGHTS = "best.weights.h5"
END_WEIGHTS = "end.weights.h5"
MEASUREMENTS = "measurements"
FINISHED = ("completed", "diverged")
STATUSES = (*FINISHED, "failed", "running")
# key of run.json: the name of the published results that the run was taken over from
TAKEN_OVER = "taken_over"
# what a run's document tells of the circumstances that its times depend on
MADE_ON = ("threads", "jobs", "hardware")
# and of the code: its commit and the versions of packages
ORIGIN = "origin"
CIRCUMSTANCES = (*MADE_ON, ORIGIN)


def read_document(path: Path) -> Any:
    """Reads a JSON file of a study.

    Raises:
        StoreError: it is missing, cut off or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def read_frame(path: Path) -> pd.DataFrame:
    """Reads a Parquet file of a study; checksums of its pages are verified where it has them.

    Raises:
        StoreError: it is missing, cut off, altered or no Parquet file.
    """
    try:
        return pd.read_parquet(path, page_checksum_verification=True)
    except MemoryError:
        raise
    # a flipped bit in what describes the columns comes as any kind
    except Exception as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> StoreError:
    again = "'python -m study reproduce' on this study again"
    if isinstance(error, FileNotFoundError):
        return StoreError(f"{path} is missing. Call {again}.")
    return StoreError(
        f"{path} cannot be read ({error}); it was cut off or edited. Delete it and call {again}."
    )


def unusable(path: Path, folder: Path, problem: str) -> StoreError:
    """The error for a file that a finished run cannot be without, and that is not as it should be.

    Args:
        path: of the file.
        folder: of the run.
        problem: what is wrong with it.
    """
    return StoreError(
        f"{path} {problem}; it was cut off or edited. Delete the folder {folder} and call "
        "'python -m study reproduce' on this study again: it makes this run anew."
    )


def holds_course(folder: Path) -> bool:
    """Whether what a finished run cannot be without is there."""
    norms = (folder / NORMS_FILE, folder / NORM_COUNTS_FILE)
    return (folder / EPOCHS_FILE).exists() and any(path.exists() for path in norms)


def read_run(folder: Path) -> dict[str, Any] | None:
    """The run's document; None before the run has started.

    Raises:
        StoreError: the file is no document of a run.
    """
    path = folder / RUN_DOCUMENT
    if not path.exists():
        return None
    document = read_document(path)
    if not isinstance(document, dict) or not _is_run(document):
        raise StoreError(
            f"{path} is no run's document; delete the folder {folder} to make this run again."
        )
    return document


def epochs_so_far(folder: Path) -> list[dict[str, Any]]:
    """The records of the epochs that an unfinished run has made, from its checkpoint.

    Only for showing: a checkpoint that cannot be read gives none.
    """
    try:
        with (folder / STATE_FILE).open("rb") as file, np.load(file, allow_pickle=False) as state:
            rows = json.loads(state["progress"].tobytes())["rows"]
    except Exception:
        return []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _is_run(document: dict[str, Any]) -> bool:
    outcome = document.get("outcome", {})
    return (
        {"id", "settings"} <= set(document)
        and document.get("status") in STATUSES
        and all(
            isinstance(document.get(key, ""), str)
            for key in ("reason", "stopped_by", "devices", TAKEN_OVER)
        )
        and isinstance(outcome, dict)
        and _are_circumstances(document)
        and isinstance(document.get("earlier", []), list)
        and all(
            isinstance(part, dict)
            and type(part.get("until_epoch")) is int
            and _are_circumstances(part)
            for part in document.get("earlier", [])
        )
        and all(value is None or type(value) in (int, float) for value in outcome.values())
    )


def _are_circumstances(values: dict[str, Any]) -> bool:
    hardware, origin = values.get("hardware", {}), values.get(ORIGIN, {})
    return (
        all(type(values.get(key, 1)) is int for key in ("threads", "jobs"))
        and isinstance(hardware, dict)
        and all(
            value is None or type(value) in (int, float)
            for value in (hardware.get("cores"), hardware.get("memory_bytes"))
        )
        and isinstance(hardware.get("gpus", []), list)
        and isinstance(origin, dict)
        and isinstance(origin.get("commit", ""), str)
    )


def _circumstances_before(folder: Path) -> dict[str, Any]:
    try:
        stored = read_run(folder) or {}
    except StoreError:
        return {}
    return {key: stored[key] for key in (*CIRCUMSTANCES, "earlier") if key in stored}


def record_failure(folder: Path, settings: dict[str, Any], run_id: str, reason: str) -> None:
    """Stores that a run failed and why; calling the study again tries it anew."""
    folder.mkdir(parents=True, exist_ok=True)
    document = {
        "id": run_id,
        "status": "failed",
        "reason": reason_of(reason),
        "stopped_by": "",
        "settings": settings,
        "devices": "",
        # the run may go on from its last epoch: how the epochs so far were made is kept
        **_circumstances_before(folder),
    }
    write_json(folder / RUN_DOCUMENT, document)


def read_norms(folder: Path, updates: int | None = None) -> np.ndarray:
    """The update norms of all batches of a finished run: float32, in order.

    Args:
        folder: ``runs/<id>``.
        updates: that the run made, by the last of its epochs; None takes as many as there are.

    Raises:
        StoreError: the file is missing or damaged, or holds more or fewer norms.
    """
    path = folder / NORMS_FILE
    try:
        norms = np.load(path, allow_pickle=False)
    except FileNotFoundError as error:
        raise _unreadable(path, error) from error
    except MemoryError:
        raise
    except Exception as error:
        raise unusable(path, folder, f"cannot be read ({array_problem(error)})") from error
    shape = (norms.size if updates is None else updates,)
    if norms.dtype != np.float32 or norms.shape != shape:
        raise unusable(
            path,
            folder,
            f"holds {norms.dtype} of shape {norms.shape}, expected float32 of shape {shape}, "
            f"a norm for each update in {EPOCHS_FILE}",
        )
    return norms
