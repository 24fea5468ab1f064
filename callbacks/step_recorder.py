"""Writes the norm of each step's weight change into a variable on the device."""

from typing import Any

import numpy as np
import tensorflow as tf

from callbacks.step_hook import check_devices, first_replica_variable, is_first_replica
from callbacks.weights import LayerWeights, check_complete, layer_weights


class StepRecorder:
    """Observer of a ``StepHook``: one row of norms a step, fetched now and then.

    The variables belong to the first replica alone, whose weights are those of the others; so
    nothing is exchanged between devices.

    Attributes:
        rows: steps that can wait; later ones are lost.
    """

    def __init__(self, model: Any, by_layer: bool, rows: int) -> None:
        """Remembers what to record.

        Args:
            model: the model to be trained.
            by_layer: record the norm of each layer's change too.
            rows: steps to make room for.

        Raises:
            ValueError: the backend is not TensorFlow; several replicas, but not under
                MirroredStrategy.
        """
        self.rows = rows
        self._strategy = check_devices(model, "update norms")
        self._model, self._by_layer = model, by_layer
        self._layers: tuple[LayerWeights, ...] | None = None
        self._known = 0
        self._table: Any = None
        self._count: Any = None

    @property
    def layer_names(self) -> tuple[str, ...]:
        """The layers with trainable weights, in the order of the columns."""
        return tuple(layer.name for layer in self._layers or ())

    def prepare(self) -> None:
        """Looks up the trainable weights and makes room on the device."""
        if self._layers is None:
            self._layers = layer_weights(self._model)
            self._known = len(self._model.weights)
            columns = 1 + self._by_layer * len(self._layers)
            self._table = first_replica_variable(self._strategy, tf.zeros((self.rows, columns)))
            self._count = first_replica_variable(self._strategy, tf.zeros((), tf.int64))

    def before_step(self, data: Any) -> list[list[Any]] | None:
        """The weights by layer, on the first replica."""
        if not is_first_replica():
            return None
        return [[tf.identity(weight) for weight in layer.variables] for layer in self._layers or ()]

    def after_step(self, seen: list[list[Any]] | None) -> None:
        """Writes the row: the norm over all weights, then those of the layers."""
        if seen is None:
            return
        check_complete(self._model, self._known)
        squares = _squared_changes(self._layers or (), seen)
        columns = [tf.reduce_sum(squares)]
        if self._by_layer and seen:
            sizes = [len(before) for before in seen]
            columns += [tf.reduce_sum(part) for part in tf.split(squares, sizes)]
        row = tf.cast(tf.sqrt(tf.stack(columns)), tf.float32)
        # a masked write, since a scatter goes by way of the host where TensorFlow has to be
        # deterministic on a GPU
        here = tf.equal(tf.constant(np.arange(self.rows)), self._count)
        self._table.assign(tf.where(here[:, tf.newaxis], row, self._table))
        # not before the row is known: a step that finds no more data fails, and must not count
        with tf.control_dependencies([row]):
            self._count.assign_add(1)

    def give_up_step(self) -> None:
        """Nothing was put in the step's way."""

    def fetch(self) -> np.ndarray:
        """Copies what is waiting to the host: float32 (1 or 1 + layers, steps); then forgets it."""
        if self._layers is None:
            return np.empty((1, 0), np.float32)
        count = int(self._count.numpy())
        self._count.assign(0)
        return self._table.numpy()[:count].T.copy()


def _squared_changes(layers: tuple[LayerWeights, ...], seen: list[list[Any]]) -> Any:
    """Squared Euclidean norm of the change of each weight, layer by layer, float64 (weights,).

    ``l2_loss`` sums in a tree, one operation a weight: in float32 it is right to 1e-6 of itself
    for any length, and costs half of what a sum in float64 does. What follows is one operation for
    all of them, since most are small and each operation costs more than its arithmetic.
    """
    halves = [
        _half_square(weight, old)
        for layer, before in zip(layers, seen, strict=True)
        for weight, old in zip(layer.variables, before, strict=True)
    ]
    if len({half.dtype for half in halves}) != 1:
        halves = [tf.cast(half, tf.float64) for half in halves]
    return 2 * tf.cast(tf.stack(halves), tf.float64) if halves else tf.zeros(0, tf.float64)


def _half_square(weight: Any, old: Any) -> Any:
    precision = tf.float64 if old.dtype == tf.float64 else tf.float32
    return tf.nn.l2_loss(tf.cast(weight, precision) - tf.cast(old, precision))
