"""Sharpness along a run, at the weights kept when its training loss fell below fixed levels."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pandas as pd

from callbacks.box import SEARCH_VERSION
from callbacks.objective import MeanLoss
from callbacks.sharpness import measure_sharpness
from study.measure.chunks import rows_at_a_time
from study.measure.stored import StoredMeasurement
from study.train.snapshots import read_snapshots, snapshot_weights

EPSILON = 1e-3
COLUMNS = ("level", "epoch", "loss", "base_loss", "sharpness", "evaluations", "examples", "search")


def sharpness_along(
    model: keras.Model,
    folder: Path,
    data: tuple[Any, Any],
    levels: tuple[float, ...],
    stored: StoredMeasurement,
    progress: Callable[[int, int], None],
) -> pd.DataFrame:
    """Epsilon-sharpness in the full space at 1e-3, one trial, at the snapshots of a run.

    Args:
        model: the run's network, compiled; its weights are overwritten.
        folder: ``runs/<id>``.
        data: pictures and labels of f.
        levels: training losses; a snapshot that belongs to none of them is passed over.
        stored: keeps finished points.
        progress: called with the points done and their total.

    Returns:
        One row a snapshot: ``level`` (the lowest that the training loss fell below in that
        epoch), ``epoch``, ``loss`` (recorded while the epoch trained), ``base_loss`` (f at the
        snapshot), ``sharpness``, ``evaluations``, ``examples``, ``search`` (which version of it).
        No rows for a run without snapshots.
    """
    chosen = [found for found in read_snapshots(folder) if set(found.levels) & set(levels)]
    part = stored.part(COLUMNS, search=SEARCH_VERSION)
    rows: list[dict[str, Any]] = []
    if part is not None:
        rows = [{str(key): value for key, value in row.items()} for row in part.to_dict("records")]
    known = {row["epoch"] for row in rows}
    size = rows_at_a_time(model, data[0])
    objective = MeanLoss(model, *data, batch_size=size) if chosen else None
    for count, snapshot in enumerate(chosen, start=1):
        if snapshot.epoch not in known and objective is not None:
            model.set_weights(snapshot_weights(snapshot))
            result = measure_sharpness(objective, EPSILON, seed=0)
            rows.append(
                {
                    "level": min(snapshot.levels),
                    "epoch": snapshot.epoch,
                    "loss": snapshot.loss,
                    "base_loss": result.base_loss,
                    "sharpness": result.sharpness,
                    "evaluations": result.evaluations,
                    "examples": result.examples,
                    "search": SEARCH_VERSION,
                }
            )
            stored.keep(pd.DataFrame(rows))
        progress(count, len(chosen))
    return pd.DataFrame(rows, columns=list(COLUMNS))
