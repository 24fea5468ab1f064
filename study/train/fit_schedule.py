"""A Keras fit whose batch size follows a schedule, for anybody's model."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from study.errors import SettingsError
from study.train.schedule import Schedule
from study.train.stretches import stretches

_BY_SCHEDULE = ("batch_size", "epochs", "steps_per_epoch", "validation_split")


def fit_schedule(
    model: keras.Model,
    x: Any,
    y: Any,
    schedule: Schedule,
    *,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    initial_epoch: int = 0,
    verbose: Any = "auto",
    **options: Any,
) -> keras.callbacks.History:
    """Trains as ``model.fit`` does, with the batch size of each epoch.

    Keras's fit has one batch size, so this is a row of them, which callbacks see as one: training
    begins and ends once, patience counts on, the history holds every epoch. The rate is the
    optimizer's: let it have ``ScheduledRate(schedule)``. The graph is traced anew for a batch size
    that comes first. On several devices each of them takes its share of every batch.

    Args:
        model: compiled.
        x: inputs, an array of shape (examples, ...), or a nest of such; no dataset.
        y: targets, likewise.
        schedule: of the run.
        callbacks: as in ``fit``; ``BackupAndRestore`` goes on where it stopped.
        initial_epoch: epochs that are finished, of a model that was loaded.
        verbose: as in ``fit``.
        options: whatever else ``fit`` takes: ``validation_data``, ``shuffle``, ``class_weight``;
            ``sample_weight`` too.

    Returns:
        What ``fit`` returns: the history of all epochs trained here.

    Raises:
        SettingsError: an option that the schedule sets, as many examples as it is not made for,
            a batch that does not divide over the model's devices, no epoch left, or an optimizer
            with ``use_ema``, whose averages Keras makes the weights after each of its fits.
    """
    _check(model, x, y, schedule, options)
    left = stretches(schedule, initial_epoch) if initial_epoch >= 0 else []
    if not left:
        raise SettingsError(
            f"initial_epoch is {initial_epoch}; expected a whole number from 0 to "
            f"{schedule.epochs - 1}, as the schedule has {schedule.epochs} epochs."
        )
    whole = _OneTraining(
        list(callbacks),
        add_history=True,
        add_progbar=verbose != 0,
        model=model,
        verbose=verbose,
        epochs=schedule.epochs,
        steps=max(schedule.steps_of(first) for first, _, _ in left),
    )
    done = 0
    for first, end, batch_size in left:
        whole.steps = schedule.steps_of(first)
        if done < end:
            model.fit(
                x,
                y,
                batch_size,
                end,
                callbacks=whole,
                initial_epoch=max(first, done),
                **options,
            )
            # epochs that a callback restored when training began; fit prefers it to its argument
            done = max(done, model._initial_epoch or 0)
            model._initial_epoch = None
        if model.stop_training:
            break
    whole.end()
    return model.history


class _OneTraining(keras.callbacks.CallbackList):
    """Callbacks of several fits, which begin with the first one and end when they are told to."""

    def __init__(self, callbacks: list[keras.callbacks.Callback], **params: Any) -> None:
        super().__init__(callbacks, **params)
        self.steps = 0
        self._begun = False
        self._last_logs: dict[str, Any] | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Passes the first call on, then tells the updates of an epoch of this fit."""
        if not self._begun:
            self._begun = True
            super().on_train_begin(logs)
        # the same object in all fits, by which callbacks know that they belong together
        self.params["steps"] = self.steps

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Keeps the numbers of the last epoch for ``end``."""
        self._last_logs = logs or self._last_logs

    def end(self) -> None:
        """Ends training for all callbacks."""
        super().on_train_end(self._last_logs)


def _check(model: keras.Model, x: Any, y: Any, schedule: Schedule, options: dict[str, Any]) -> None:
    given = [name for name in _BY_SCHEDULE if name in options]
    if given:
        raise SettingsError(
            f"{', '.join(given)} beside a schedule, which says how long and with which batches to "
            "train; leave it out, and give validation_data for a validation split."
        )
    counts = {int(np.shape(part)[0]) for part in keras.tree.flatten((x, y))}
    if counts != {schedule.examples}:
        raise SettingsError(
            f"a schedule for {schedule.examples:,} examples with {sorted(counts)} of them; make "
            "the schedule with the number of rows of x and y, which are arrays."
        )
    if getattr(model.optimizer, "use_ema", False):
        raise SettingsError(
            "an optimizer with use_ema, whose averages Keras makes the weights wherever the batch "
            "size changes; train without it, or average the weights in a callback."
        )
    schedule.check_divides(model.distribute_strategy.num_replicas_in_sync)
