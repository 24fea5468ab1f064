"""Weights kept along a run: where its training loss first fell below fixed levels, and its path.

The former let runs be compared at equal training loss. Keeping them changes nothing else in a run,
so they are no part of its settings; runs made before there were any have none. The path, weights
after evenly spaced epochs, is kept where a recipe asks for it, until it has been measured.
"""

import json
import math
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from study.errors import StoreError
from study.store.arrays import array_problem
from study.store.atomic import write_atomically

SNAPSHOTS, PATH = "snapshots", "path"
LEVELS = (0.68, 0.66, *(round(0.65 - 0.05 * place, 2) for place in range(13)))
"""Training losses, from 0.65 down to 0.05, and two near chance.

Large batches at a small rate may end near 0.65, below which the first weights of a small batch lie
already: without a point above there is no loss that both have passed.
"""


@dataclass(frozen=True)
class Snapshot:
    """Weights after an epoch.

    Attributes:
        epoch: 1-based.
        loss: training loss of the epoch, as recorded.
        levels: those that the loss fell below in this epoch for the first time, falling.
        path: the file with the weights.
    """

    epoch: int
    loss: float
    levels: tuple[float, ...]
    path: Path


def levels_reached(before: Iterable[float | None], loss: float | None) -> tuple[float, ...]:
    """The levels below which ``loss`` lies and none of the losses ``before`` it did, falling."""
    if loss is None:
        return ()
    lowest = min((value for value in before if value is not None), default=float("inf"))
    return tuple(level for level in LEVELS if loss < level <= lowest)


def path_epochs(epochs: int, count: int) -> tuple[int, ...]:
    """The epochs of a path: every n-th, the last among them, at most ``count``; 1-based."""
    if not count:
        return ()
    return tuple(range(epochs, 0, -math.ceil(epochs / count)))[::-1]


def save_snapshot(
    folder: Path,
    epoch: int,
    loss: float,
    levels: tuple[float, ...],
    weights: list[np.ndarray],
    place: str = SNAPSHOTS,
) -> None:
    """Stores float32 weights in the order of ``model.weights``, atomically.

    Args:
        folder: ``runs/<id>``.
        epoch, loss, levels: as in :class:`Snapshot`.
        weights: of the whole model.
        place: ``PATH`` for those of a path.
    """
    path = folder / place / f"epoch_{epoch:05d}.npz"
    path.parent.mkdir(exist_ok=True)
    text = json.dumps({"epoch": epoch, "loss": loss, "levels": levels})
    arrays = {f"weight_{place:04d}": array for place, array in enumerate(weights)}
    arrays["snapshot"] = np.frombuffer(text.encode(), np.uint8)
    write_atomically(path, lambda file: np.savez(file, **cast("Any", arrays)))


def read_snapshots(folder: Path, place: str = SNAPSHOTS) -> list[Snapshot]:
    """The snapshots of a run by epoch, or those of its path; [] for one without.

    Raises:
        StoreError: a file was cut off or edited.
    """
    found = []
    for path in sorted((folder / place).glob("epoch_*.npz")):
        (text,) = _read(path, "snapshot")
        try:
            values = json.loads(text.tobytes())
            found.append(Snapshot(values["epoch"], values["loss"], tuple(values["levels"]), path))
        except (ValueError, KeyError, TypeError) as error:
            raise _unreadable(path, error) from error
    return found


def drop_path(folder: Path) -> None:
    """Deletes the path of a run: its weights would fill the disk."""
    shutil.rmtree(folder / PATH, ignore_errors=True)


def snapshot_weights(snapshot: Snapshot) -> list[np.ndarray]:
    """The weights of a snapshot, in the order of ``model.weights``.

    Raises:
        StoreError: the file was cut off or edited.
    """
    return _read(snapshot.path, "weight_")


def _read(path: Path, prefix: str) -> list[np.ndarray]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = [stored[name] for name in sorted(stored.files) if name.startswith(prefix)]
        if not arrays:
            raise ValueError("it holds no weights")
    except Exception as error:
        raise _unreadable(path, error) from error
    return arrays


def _unreadable(path: Path, error: Exception) -> StoreError:
    return StoreError(
        f"the snapshot {path} cannot be read ({array_problem(error)}); delete the folder "
        f"{path.parent.parent} to make this run again."
    )
