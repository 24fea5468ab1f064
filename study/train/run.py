"""One run from its start, or from where it was, to its end."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd

from callbacks import BatchUpdateNorm, EpochDistance, EpochTiming
from study.data.dataset import Dataset, split
from study.model import describe_model
from study.store.atomic import write_atomically, write_json, write_parquet
from study.store.environment import origin
from study.store.run_folder import (
    BEST_WEIGHTS,
    CIRCUMSTANCES,
    END_WEIGHTS,
    EPOCHS_FILE,
    FINISHED,
    INITIAL_WEIGHTS,
    MODEL_FILE,
    NORMS_FILE,
    ORIGIN,
    RUN_DOCUMENT,
    WORKING_FILES,
    holds_course,
    read_run,
)
from study.train.batches import Examples, evaluation_batches, take_examples, train_batches
from study.train.checkpoint import (
    Progress,
    read_journal,
    restore_state,
    save_weights,
)
from study.train.devices import Devices
from study.train.network import compiled_model
from study.train.noise import noise_watchers
from study.train.normalised import normalisation_record
from study.train.outcome import run_outcome
from study.train.recorder import RECORDED, RunRecorder, stop_reason, what_is_not_finite
from study.train.schedule import Schedule
from study.train.settings import RunSettings, check_run_settings
from study.train.snapshots import drop_path
from study.train.stretches import stretches

_EVALUATION_BATCH = 256
Tell = Callable[[dict[str, Any]], None]


def split_examples(dataset: Dataset) -> tuple[Examples, Examples]:
    """The training and the validation examples, copied into tensors."""
    train, validation = split(dataset)
    return (
        take_examples(dataset.images, dataset.labels, train),
        take_examples(dataset.images, dataset.labels, validation),
    )


def train_run(
    settings: RunSettings,
    train: Examples,
    validation: Examples,
    folder: Path,
    devices: Devices,
    tell: Tell = lambda event: None,
    made_on: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Trains a run and stores it in ``folder``; goes on from the last finished epoch.

    Killed at any moment and called again, it ends with the same weights, records and norms, bit
    for bit, on the same machine with the same number of threads.

    Args:
        settings: what to train.
        train: training examples.
        validation: examples of the validation loss.
        folder: ``runs/<id>`` of a study.
        devices: of this process.
        tell: called with a plain event after every epoch.
        made_on: ``threads``, ``jobs`` (runs side by side) and ``hardware``, plain values for the
            record, so that times can be traced. Where a run went on under others than before,
            ``earlier`` keeps those with the last epoch made under them.

    Returns:
        What ``run.json`` holds.

    Raises:
        SettingsError: the settings do not fit the data or the devices.
        StoreError: the folder cannot be written, or what it holds is damaged.
    """
    stored = read_run(folder)
    ended = stored is not None and stored["status"] in FINISHED
    if stored is not None and ended and holds_course(folder):
        return stored
    check_run_settings(settings, train.count)
    folder.mkdir(parents=True, exist_ok=True)
    model = compiled_model(settings, devices)
    initial = [np.asarray(variable) for variable in model.trainable_variables]
    progress = restore_state(folder, model) or Progress()
    if not progress.rows:
        save_weights(folder / INITIAL_WEIGHTS, model)
        write_json(folder / MODEL_FILE, describe_model(model))
    now = {**(made_on or {}), ORIGIN: origin()}
    circumstances = _circumstances(now, stored, len(progress.rows))
    schedule = settings.schedule(train.count)
    stopped_by = stop_reason(progress, settings)
    if not stopped_by:
        write_json(
            folder / RUN_DOCUMENT, _document(settings, devices, "running", "", circumstances)
        )
        norms = BatchUpdateNorm()
        # the recorder stands last: it stores what the others have put into the logs
        recorder = RunRecorder(settings, folder, progress, norms, schedule, tell)
        watchers = [EpochTiming(), EpochDistance(initial_weights=initial), norms]
        for first, last, batch_size in stretches(schedule, done=len(progress.rows)):
            batches = train_batches(
                train, batch_size, settings.seed, settings.reshuffle, devices, first
            )
            noise = noise_watchers(settings, train, steps=batches[1])
            _fit(model, (first, last), batches, validation, devices, [*watchers, *noise, recorder])
            if model.stop_training:
                break
        stopped_by = recorder.stopped_by
    if settings.recipe is not None and stopped_by != "not finite":
        # a run by a schedule goes on to its end, and papers measure there
        save_weights(folder / END_WEIGHTS, model)
    if progress.best_weights:
        model.set_weights(progress.best_weights)
        save_weights(folder / BEST_WEIGHTS, model)
    return _finish(settings, devices, folder, progress, schedule, stopped_by, circumstances)


def _fit(
    model: keras.Model,
    epochs: tuple[int, int],
    training: tuple[Any, int],
    validation: Examples,
    devices: Devices,
    watchers: list[keras.callbacks.Callback],
) -> None:
    batches, steps = training
    evaluation_size = _EVALUATION_BATCH - _EVALUATION_BATCH % devices.replicas
    held_out, held_out_steps = evaluation_batches(validation, evaluation_size, devices)
    if devices.strategy is None and devices.whole_epochs:
        _take_epochs_whole(model, steps)
    model.fit(
        batches,
        epochs=epochs[1],
        initial_epoch=epochs[0],
        steps_per_epoch=steps,
        validation_data=held_out,
        validation_steps=held_out_steps,
        shuffle=False,
        verbose=0,
        callbacks=watchers,
    )


def _take_epochs_whole(model: keras.Model, steps: int) -> None:
    """Makes an epoch one call of the compiled function: Keras's own steps between calls cost.

    A fifth of the time at batch 32 and 64 pixels on a processor; the numbers are the same. Under
    MirroredStrategy such a call fails.
    """
    model.steps_per_execution = steps
    # made for another number of steps, perhaps
    model.train_function = model.test_function = None


def _finish(
    settings: RunSettings,
    devices: Devices,
    folder: Path,
    progress: Progress,
    schedule: Schedule,
    stopped_by: str,
    circumstances: dict[str, Any],
) -> dict[str, Any]:
    """Writes the records, then the run's document: whoever sees "completed" finds them whole."""
    epochs = pd.DataFrame(progress.rows).astype(dict.fromkeys(RECORDED, float))
    norms = read_journal(folder, schedule.updates_before(len(progress.rows)))
    write_parquet(folder / EPOCHS_FILE, epochs)
    write_atomically(folder / NORMS_FILE, lambda file: np.save(file, norms, allow_pickle=False))
    diverged = stopped_by == "not finite"
    lost = what_is_not_finite(progress.rows[-1]) if diverged else ""
    reason = f"{lost} not finite in epoch {len(progress.rows)}" if diverged else ""
    status = "diverged" if diverged else "completed"
    document = _document(settings, devices, status, reason, circumstances)
    document["stopped_by"] = "" if diverged else stopped_by
    document["outcome"] = run_outcome(epochs, norms, progress.best_epoch)
    write_json(folder / RUN_DOCUMENT, document)
    for name in WORKING_FILES:
        (folder / name).unlink(missing_ok=True)
    if diverged:
        # nothing is measured on such a run
        drop_path(folder)
    return document


def _circumstances(
    made_on: Mapping[str, Any] | None, stored: Mapping[str, Any] | None, epochs: int
) -> dict[str, Any]:
    """What of ``made_on`` goes into the record of a run that had ``epochs`` epochs before."""
    now = {key: value for key, value in (made_on or {}).items() if key in CIRCUMSTANCES}
    before = {key: stored[key] for key in CIRCUMSTANCES if key in stored} if stored else {}
    earlier = list(stored.get("earlier", [])) if stored and epochs else []
    if epochs and before and before != now:
        earlier.append({"until_epoch": epochs, **before})
    return {**now, "earlier": earlier} if earlier else now


def _document(
    settings: RunSettings,
    devices: Devices,
    status: str,
    reason: str,
    circumstances: Mapping[str, Any],
) -> dict[str, Any]:
    normalised = normalisation_record(settings)
    return {
        "id": settings.id,
        "status": status,
        "reason": reason,
        "stopped_by": "",
        "settings": settings.as_dict(),
        "devices": devices.kind,
        **({"batch_normalisation": normalised} if normalised else {}),
        **circumstances,
    }
