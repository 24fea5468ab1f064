"""Writes how far each step has moved each weight into a variable on the device."""

from typing import Any

import numpy as np
import tensorflow as tf

from callbacks.step_hook import check_devices, first_replica_variable, is_first_replica
from callbacks.weights import LayerWeights, check_complete, layer_weights


class StepRecorder:
    """Observer of a ``StepHook``: one row a step, fetched now and then.

    A row holds half the squared change of each weight; sums and roots are taken at the fetch, since
    in a step each operation takes longer than its arithmetic. The variables belong to the first
    replica alone, whose weights are those of the others; so nothing is exchanged between devices.

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
            dtypes = [variable.dtype for variable in self._variables()]
            dtype = tf.float64 if "float64" in dtypes else tf.float32
            # one row more, for steps that find no room
            table = tf.zeros((self.rows + 1, len(dtypes)), dtype)
            self._table = first_replica_variable(self._strategy, table)
            self._count = first_replica_variable(self._strategy, tf.zeros((), tf.int64))

    def before_step(self, data: Any) -> list[Any] | None:
        """The weights, on the first replica."""
        if not is_first_replica():
            return None
        return [tf.identity(variable) for variable in self._variables()]

    def after_step(self, seen: list[Any] | None) -> None:
        """Writes the row."""
        if seen is None:
            return
        check_complete(self._model, self._known)
        changes = [
            tf.cast(_half_square(variable, old), self._table.dtype)
            for variable, old in zip(self._variables(), seen, strict=True)
        ]
        row = tf.stack(changes) if changes else tf.zeros(0, self._table.dtype)
        _write(self._table, tf.minimum(self._count, self.rows), row)
        # not before the row is known: a step that finds no more data fails, and must not count
        with tf.control_dependencies([row]):
            self._count.assign_add(1)

    def give_up_step(self) -> None:
        """Nothing was put in the step's way."""

    def fetch(self) -> np.ndarray:
        """Copies what is waiting to the host: float32 (1 or 1 + layers, steps); then forgets it."""
        if self._layers is None:
            return np.empty((1, 0), np.float32)
        count = min(int(self._count.numpy()), self.rows)
        self._count.assign(0)
        squares = 2 * self._table.numpy()[:count].astype(np.float64)
        parts = [squares]
        if self._by_layer and self._layers:
            ends = np.cumsum([len(layer.variables) for layer in self._layers])
            parts += np.split(squares, ends[:-1], axis=1)
        with np.errstate(over="ignore"):
            return np.sqrt([part.sum(axis=1) for part in parts]).astype(np.float32)

    def _variables(self) -> list[Any]:
        return [variable for layer in self._layers or () for variable in layer.variables]


def _half_square(variable: Any, old: Any) -> Any:
    """Half the squared Euclidean norm of a weight's change.

    ``l2_loss`` sums in a tree, one operation a weight: in float32 it is right to 1e-6 of itself
    for any length, and costs half of what a sum in float64 does.
    """
    precision = tf.float64 if old.dtype == tf.float64 else tf.float32
    return tf.nn.l2_loss(tf.cast(variable, precision) - tf.cast(old, precision))


def _write(table: Any, index: Any, row: Any) -> None:
    """Writes a row in place; on a GPU by a mask over the table.

    There a scatter goes by way of the host where TensorFlow has to be deterministic, while a mask
    over a thousand rows costs next to nothing, as it does not on a processor.
    """
    if _on_gpu(table):
        # a constant: a range would be made on the host, step by step
        here = tf.equal(tf.constant(np.arange(table.shape[0])), index)
        table.assign(tf.where(here[:, tf.newaxis], row, table))
    else:
        table.scatter_update(tf.IndexedSlices(row, index))


def _on_gpu(table: Any) -> bool:
    return "GPU" in table.device
