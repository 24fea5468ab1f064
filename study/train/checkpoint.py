"""The state of a run between two epochs, in one file, written atomically."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np

from study.errors import DiskError, StoreError
from study.store.arrays import array_problem
from study.store.atomic import make_atomically, write_atomically
from study.store.run_folder import NORMS_JOURNAL, STATE_FILE

_NORM_BYTES = 4


@dataclass
class Progress:
    """How far a run has come.

    Attributes:
        rows: one record an epoch, in order.
        best_epoch: 1-based epoch of the lowest validation loss so far, 0 before the first.
        best_loss: that loss.
        best_weights: the weights of that epoch, in the order of ``model.weights``; kept here and
            written in Keras's own format when the run ends, which takes ten times as long.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    best_epoch: int = 0
    best_loss: float = float("inf")
    best_weights: list[np.ndarray] = field(default_factory=list)


def state_variables(model: keras.Model) -> list[Any]:
    """All that training changes: weights, seed generators and the optimizer's variables."""
    return [*model.variables, *model.optimizer.variables]


def save_state(folder: Path, model: keras.Model, progress: Progress) -> None:
    """Writes the state after an epoch; a reader sees the former one or this one, whole."""
    arrays = {
        f"variable_{index:04d}": np.asarray(variable)
        for index, variable in enumerate(state_variables(model))
    }
    arrays |= {f"best_{index:04d}": array for index, array in enumerate(progress.best_weights)}
    progress_bytes = json.dumps(
        {"rows": progress.rows, "best_epoch": progress.best_epoch, "best_loss": progress.best_loss}
    ).encode()
    arrays["progress"] = np.frombuffer(progress_bytes, np.uint8)

    def write(file: Any) -> None:
        np.savez(file, **cast("Any", arrays))

    write_atomically(folder / STATE_FILE, write)


def restore_state(folder: Path, model: keras.Model) -> Progress | None:
    """Puts the stored state into ``model``; None when there is none.

    Raises:
        StoreError: the file was cut off, edited, or belongs to another model.
    """
    path = folder / STATE_FILE
    if not path.exists():
        return None
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            progress = json.loads(stored["progress"].tobytes())
            arrays, best = (
                [stored[name] for name in sorted(stored.files) if name.startswith(prefix)]
                for prefix in ("variable_", "best_")
            )
        variables = state_variables(model)
        if not _fit_together(arrays, variables) or (
            best and not _fit_together(best, model.weights)
        ):
            raise ValueError("its arrays are not those of this model")
        result = Progress(progress["rows"], progress["best_epoch"], progress["best_loss"], best)
    except Exception as error:
        raise StoreError(
            f"the checkpoint {path} cannot be read ({array_problem(error)}); delete the folder "
            f"{folder} to train this run again from its start."
        ) from error
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return result


def _fit_together(arrays: list[np.ndarray], variables: list[Any]) -> bool:
    return [array.shape for array in arrays] == [tuple(v.shape) for v in variables]


def append_norms(folder: Path, norms: np.ndarray, already: int) -> None:
    """Appends an epoch's update norms (float32) to the journal, after ``already`` stored ones.

    What a killed process wrote past its last checkpoint is cut off first.

    Raises:
        StoreError: the journal holds fewer than ``already``.
        DiskError: it cannot be written.
    """
    path = folder / NORMS_JOURNAL
    _check_journal(folder, path.stat().st_size // _NORM_BYTES if path.exists() else 0, already)
    try:
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(_NORM_BYTES * already)
            file.seek(_NORM_BYTES * already)
            file.write(np.asarray(norms, "<f4").tobytes())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DiskError(f"cannot write {path}: {error.strerror}. Free some space.") from error


def read_journal(folder: Path, count: int) -> np.ndarray:
    """The first ``count`` update norms of the journal, float32.

    Raises:
        StoreError: there are fewer.
    """
    path = folder / NORMS_JOURNAL
    norms = np.fromfile(path, "<f4") if path.exists() else np.zeros(0, "<f4")
    _check_journal(folder, len(norms), count)
    return norms[:count]


def _check_journal(folder: Path, found: int, expected: int) -> None:
    if found < expected:
        raise StoreError(
            f"{folder / NORMS_JOURNAL} holds {found} update norms, expected {expected}; delete "
            f"the folder {folder} to train this run again."
        )


def save_weights(path: Path, model: keras.Model) -> None:
    """Saves weights in Keras's own format, atomically.

    Raises:
        DiskError: they cannot be written.
    """
    try:
        make_atomically(path, model.save_weights)
    # as which h5py reports a full disk at times
    except RuntimeError as error:
        raise DiskError(f"cannot write {path}: {error}. Free some space.") from error
