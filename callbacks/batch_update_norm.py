"""The norm of the weight change made by each batch, collected inside the compiled step."""

import math
from typing import Any

import keras
import numpy as np

from callbacks.step_hook import StepHook
from callbacks.step_recorder import StepRecorder

# batches whose norms wait on the device before they are fetched, all at once; each batch
# rewrites as many rows, which is nothing for a thousand
_WAITING_BATCHES = 1024


class BatchUpdateNorm(keras.callbacks.Callback):
    """Measures the Euclidean norm of (weights after - weights before) for every batch.

    It compares the trainable weights inside the compiled training step, whatever the optimizer
    does there: momentum, weight decay, clipping, constraints, averaging, loss scaling; a step
    that only accumulates gradients has norm 0. The norms stay on the device and are fetched at
    the end of the epoch, and every thousand batches in a longer one. Weights and losses are
    what they are without it; a step takes two passes over the weights more and holds them once
    more.

    ``logs["update_norm_median"]`` is the median over the batches of the epoch (NaN where there
    are none). List the callback before those that read the logs (CSVLogger, TensorBoard);
    Keras's own History comes after it anyway. Under ``tf.distribute.MirroredStrategy`` the first
    replica is looked at, whose weights are those of the others.

    Source: the article's "batch update norm".

    Attributes:
        norms: float32 (batches,), of the last epoch that ended, in order. A norm above 1e18
            (a run that has diverged) reads inf, for float32 weights.
        norms_by_layer: float32 (layers, batches) with ``by_layer``, else None; squared, the
            layers add up to the square in ``norms``.
        layer_names: the rows of ``norms_by_layer``, named as in ``EpochDistance.by_layer``;
            empty without ``by_layer``.
    """

    def __init__(self, by_layer: bool = False) -> None:
        """Sets up the measurement.

        Args:
            by_layer: also give the norm of each layer's change.
        """
        super().__init__()
        self.norms = np.empty(0, np.float32)
        self.norms_by_layer: np.ndarray | None = None
        self.layer_names: tuple[str, ...] = ()
        self._by_layer = by_layer
        self._hook: StepHook | None = None
        self._recorder: StepRecorder | None = None
        self._fetched: list[np.ndarray] = []
        self._batches_a_call = 1
        self._waiting = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forgets the last fit and puts the measurement into the training step.

        Raises:
            ValueError: the model trains on several devices under another strategy than
                MirroredStrategy, or not on TensorFlow, or layers were frozen or unfrozen since
                its step was compiled.
        """
        self._forget()
        steps = (self.params or {}).get("steps")
        batches = self.model.steps_per_execution
        self._batches_a_call = batches if steps is None else min(batches, steps)
        rows = max(_WAITING_BATCHES, self._batches_a_call)
        again = self._hook is not None and self._hook.made_for(self.model)
        if self._recorder is None or not again or self._recorder.rows < rows:
            self._recorder = StepRecorder(self.model, self._by_layer, rows)
        self._hook = StepHook.attach(self.model, self._recorder, self.params, self._hook)
        # what an interrupted epoch has left
        self._recorder.fetch()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Announces the batch to the hook; makes room where its norms would find none."""
        if self._hook is None or self._recorder is None:
            return
        if self._waiting + self._batches_a_call > self._recorder.rows:
            self._fetch()
        self._waiting += self._batches_a_call
        self._hook.expect()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Fetches the norms and adds their median to ``logs``."""
        self._fetch()
        table = np.concatenate(self._fetched, axis=1)
        self._fetched = []
        self.norms = table[0]
        if self._by_layer and self._recorder is not None:
            self.norms_by_layer = table[1:]
            self.layer_names = self._recorder.layer_names
        if logs is not None:
            logs["update_norm_median"] = _median(self.norms)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Takes the measurement out of the training step."""
        if self._hook is not None and self._recorder is not None:
            self._hook.detach(self._recorder)

    def _forget(self) -> None:
        self.norms = np.empty(0, np.float32)
        self.norms_by_layer = None
        self.layer_names = ()
        self._fetched = []
        self._waiting = 0

    def _fetch(self) -> None:
        if self._recorder is not None:
            self._fetched.append(self._recorder.fetch())
        self._waiting = 0


def _median(norms: np.ndarray) -> float:
    if not norms.size or np.isnan(norms).any():
        return math.nan
    return float(np.median(norms.astype(np.float64)))
