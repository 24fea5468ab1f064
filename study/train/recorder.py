"""After every epoch: the record, the minimiser, the checkpoint, the stop rule."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from callbacks import BatchUpdateNorm
from study.train.checkpoint import Progress, append_norms, save_state
from study.train.noise import NOISE_COLUMNS
from study.train.recipe import Recipe
from study.train.schedule import Schedule
from study.train.settings import RunSettings
from study.train.snapshots import PATH, levels_reached, path_epochs, save_snapshot

# the record's name -> the name in Keras's logs
RECORDED = {
    "loss": "mean_loss",
    "accuracy": "accuracy",
    "val_loss": "val_mean_loss",
    "val_accuracy": "val_accuracy",
    "epoch_distance": "epoch_distance",
    "distance_from_init": "distance_from_init",
    "update_norm_median": "update_norm_median",
    "train_seconds": "train_seconds",
    "validation_seconds": "validation_seconds",
}


class RunRecorder(keras.callbacks.Callback):
    """Stands last among the callbacks and stores what the others put into the logs.

    Attributes:
        stopped_by: "patience", "max_epochs", "schedule", "target" or "not finite" once the run is
            over, else "".
    """

    def __init__(
        self,
        settings: RunSettings,
        folder: Path,
        progress: Progress,
        norms: BatchUpdateNorm,
        schedule: Schedule,
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__()
        self.stopped_by = ""
        self._settings, self._folder, self._progress = settings, folder, progress
        self._norms, self._schedule, self._tell = norms, schedule, tell
        kept = settings.recipe.snapshots if settings.recipe else 0
        self._path = frozenset(path_epochs(schedule.epochs, kept))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stores the epoch; what is on disk afterwards is enough to go on from here."""
        progress, number = self._progress, epoch + 1
        row = self._row(number, logs or {})
        already = self._schedule.updates_before(len(progress.rows))
        append_norms(self._folder, self._norms.norms, already=already)
        # before the checkpoint: a process killed in between makes this epoch again, bit for bit
        self._keep_snapshot(row)
        progress.rows.append(row)
        finite = not what_is_not_finite(row)
        if finite and row["val_loss"] < progress.best_loss:
            progress.best_epoch, progress.best_loss = number, row["val_loss"]
            progress.best_weights = [np.array(array) for array in self.model.get_weights()]
        save_state(self._folder, self.model, progress)
        self.stopped_by = stop_reason(progress, self._settings)
        if self.stopped_by:
            self.model.stop_training = True
        self._tell({"event": "epoch", **row, "best_epoch": progress.best_epoch})

    def _keep_snapshot(self, row: dict[str, Any]) -> None:
        before = (earlier["loss"] for earlier in self._progress.rows)
        levels = levels_reached(before, row["loss"])
        if levels:
            weights = self.model.get_weights()
            save_snapshot(self._folder, row["epoch"], row["loss"], levels, weights)
        if row["epoch"] in self._path and row["loss"] is not None:
            weights = self.model.get_weights()
            save_snapshot(self._folder, row["epoch"], row["loss"], (), weights, PATH)

    def _row(self, number: int, logs: dict[str, Any]) -> dict[str, Any]:
        row: dict[str, Any] = {
            "epoch": number,
            "updates": self._schedule.updates_before(number),
            "examples": number * self._schedule.examples,
        }
        if self._settings.recipe is not None:
            row |= course_of_epoch(self._settings.recipe, epoch=number - 1)
        for name, key in RECORDED.items():
            value = float(logs[key])
            row[name] = value if math.isfinite(value) else None
        for name, key in NOISE_COLUMNS.items():
            if key in logs:
                row[name] = logs[key] if math.isfinite(logs[key]) else None
        return row


def course_of_epoch(recipe: Recipe, epoch: int) -> dict[str, Any]:
    """What a recipe makes of an epoch (from 0), by the names of the frame `epochs`."""
    noise = recipe.noise_scale(epoch)
    return {
        "epoch_batch_size": recipe.schedule.phase_of(epoch).batch_size,
        "epoch_learning_rate": recipe.schedule.mean_rate(epoch),
        "noise_scale": noise if math.isfinite(noise) else None,
    }


def what_is_not_finite(row: Mapping[str, Any]) -> str:
    """What of an epoch's record is not a number or infinite: "loss", "weights" or "".

    A net can have lost its weights and still have a finite loss: a ReLU takes what is not a
    number for 0. Their distance from the start tells.
    """
    if row["loss"] is None or row["val_loss"] is None:
        return "loss"
    return "weights" if row["distance_from_init"] is None else ""


def stop_reason(progress: Progress, settings: RunSettings) -> str:
    """Why a run is over after the epochs recorded so far; "" when it goes on.

    "not finite": a loss, or a weight, that is not a number or infinite. "patience": the validation
    loss has not improved for ``patience`` epochs. "max_epochs": the limit is reached. Runs with a
    recipe wait for "target", the validation loss that it names, or "schedule", the end of its
    schedule.
    """
    if not progress.rows:
        return ""
    last = progress.rows[-1]
    if what_is_not_finite(last):
        return "not finite"
    if settings.recipe is not None:
        target = settings.recipe.target
        if target is not None and last["val_loss"] <= target:
            return "target"
        return "schedule" if last["epoch"] >= settings.max_epochs else ""
    if last["epoch"] - progress.best_epoch >= settings.patience:
        return "patience"
    return "max_epochs" if last["epoch"] >= settings.max_epochs else ""
