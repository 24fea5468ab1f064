"""The trajectory of a stored run: its path, its components and the loss on their plane."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from callbacks.vectors import Weights, as_vector
from study.errors import StoreError
from study.measure.landscape import PLANE_COLUMNS
from study.measure.random_walk import random_walk_shares
from study.measure.stored import StoredMeasurement, measure_once
from study.measure.trajectory import (
    TrajectoryPlane,
    trainable_arrays,
    trajectory_landscape,
    trajectory_plane,
)
from study.store.measurements import TRAJECTORY, is_measured
from study.train.snapshots import PATH, drop_path, read_snapshots, snapshot_weights
from study.train.stored_weights import load_initial


def measure_trajectory(
    model: keras.Model,
    folder: Path,
    data: tuple[Any, Any],
    size: int,
    progress: Callable[[int, int], None],
) -> None:
    """Measures the path of a run by a recipe with snapshots, and deletes the weights along it.

    Args:
        model: the run's network, compiled; its weights are overwritten.
        folder: ``runs/<id>``.
        data: pictures and labels of the loss on the plane.
        size: points along each axis of the plane.
        progress: called with the points done and their total.

    Raises:
        StoreError: the weights along the run are gone or damaged.
    """
    if not all(is_measured(folder, name) for name in TRAJECTORY):
        epochs, weights = _weights_along(model, folder)
        moves = trainable_arrays(model)
        plane = trajectory_plane(weights, moves)
        steps = _step_lengths(weights, moves)

        def loss_on_plane(stored: StoredMeasurement) -> pd.DataFrame:
            return trajectory_landscape(
                model,
                plane,
                *data,
                size=size,
                done=stored.part(PLANE_COLUMNS),
                on_point=stored.keep,
                progress=progress,
            )

        measure_once(folder, TRAJECTORY[0], lambda _: _path(epochs, plane, steps))
        measure_once(folder, TRAJECTORY[1], lambda _: _components(plane, steps))
        measure_once(folder, TRAJECTORY[2], loss_on_plane)
    drop_path(folder)


def _weights_along(model: keras.Model, folder: Path) -> tuple[list[int], list[Weights]]:
    found = read_snapshots(folder, PATH)
    if len(found) < 2:
        raise StoreError(
            f"the weights along the run {folder} are gone; delete this folder to make the run "
            "again, with its measurements."
        )
    weights: list[Weights] = [load_initial(folder, model)]
    weights += [snapshot_weights(snapshot) for snapshot in found]
    return [0, *(snapshot.epoch for snapshot in found)], weights


def _step_lengths(weights: Sequence[Weights], moves: Sequence[bool]) -> npt.NDArray[np.float64]:
    points = np.stack(
        [
            as_vector([array for array, moved in zip(one, moves, strict=True) if moved])
            for one in weights
        ]
    )
    return np.asarray(np.linalg.norm(np.diff(points, axis=0), axis=1), np.float64)


def _path(
    epochs: list[int], plane: TrajectoryPlane, steps: npt.NDArray[np.float64]
) -> pd.DataFrame:
    alpha, beta = plane.path.T
    return pd.DataFrame(
        {"epoch": epochs, "alpha": alpha, "beta": beta, "step": [np.nan, *steps.tolist()]}
    )


def _components(plane: TrajectoryPlane, steps: npt.NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "component": range(1, len(plane.shares) + 1),
            "share": plane.shares,
            "random_walk": random_walk_shares(steps),
        }
    )
