"""How long the training part and the validation part of each epoch take."""

import math
import statistics
import time
from typing import Any

import keras


class EpochTiming(keras.callbacks.Callback):
    """Times the two parts of every epoch, in seconds of a clock that never goes back.

    The training part runs from the beginning of the epoch to the end of its last batch, the
    validation part from there to the end of validation, Keras's preparation for it included
    (under MirroredStrategy it draws a batch anew each time); it is 0 in an epoch without. Both
    land in ``logs`` as ``train_seconds`` and ``validation_seconds``. What callbacks do at the end
    of an epoch (checkpoints, measurements) is in neither. List it before callbacks that read
    the logs (CSVLogger, TensorBoard); Keras's own History comes after it anyway.

    The first epoch of a fit traces and compiles the steps, so the medians leave it out.

    On a GPU the batches are queued, yet the clock is right: before Keras tells callbacks that a
    batch has ended, it turns the batch's logs into Python numbers (``pythonify_logs``), which
    waits for the device, and validation ends the same way.

    Attributes:
        train_seconds: one float an epoch of the last fit, the first epoch included.
        validation_seconds: likewise.
    """

    def __init__(self) -> None:
        super().__init__()
        self.train_seconds: list[float] = []
        self.validation_seconds: list[float] = []
        self._in_epoch = False
        self._began = self._trained = self._validated = 0.0

    @property
    def first_epoch_seconds(self) -> float:
        """Both parts of the first epoch, with tracing; NaN before its end."""
        return self._epoch_seconds()[0] if self.train_seconds else math.nan

    @property
    def median_epoch_seconds(self) -> float:
        """Median over the epochs after the first, both parts; NaN where there are none."""
        return _median(self._epoch_seconds()[1:])

    @property
    def median_train_seconds(self) -> float:
        """Median training part of the epochs after the first; NaN where there are none."""
        return _median(self.train_seconds[1:])

    @property
    def median_validation_seconds(self) -> float:
        """Median validation part of the epochs after the first; NaN where there are none."""
        return _median(self.validation_seconds[1:])

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forgets the last fit."""
        self.train_seconds = []
        self.validation_seconds = []
        self._in_epoch = False

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Starts the clock."""
        self._in_epoch = True
        self._began = self._trained = self._validated = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Takes the time: this batch may be the last."""
        self._trained = self._validated = time.perf_counter()

    def on_test_end(self, logs: dict[str, Any] | None = None) -> None:
        """Takes the time, unless this is an evaluation on its own."""
        if self._in_epoch:
            self._validated = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds both parts to the lists and to ``logs``."""
        self._in_epoch = False
        self.train_seconds.append(self._trained - self._began)
        self.validation_seconds.append(self._validated - self._trained)
        if logs is not None:
            logs["train_seconds"] = self.train_seconds[-1]
            logs["validation_seconds"] = self.validation_seconds[-1]

    def _epoch_seconds(self) -> list[float]:
        return [
            sum(parts) for parts in zip(self.train_seconds, self.validation_seconds, strict=True)
        ]


def _median(seconds: list[float]) -> float:
    return statistics.median(seconds) if seconds else math.nan
