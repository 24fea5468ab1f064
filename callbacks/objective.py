"""The mean loss of a model over a fixed data set, as a function of its weights."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from callbacks.accuracy import correct_counter
from callbacks.loss_check import check_no_sum, check_reduction
from callbacks.rows import Rows, over_chunks
from callbacks.vectors import Vector, Weights, as_vector


class MeanLoss:
    """Mean of a compiled model's loss over all rows of (x, y), for any weights.

    The value is what ``model.evaluate(x, y)`` reports: inference mode (no dropout, moving averages
    in batch normalisation), every row weighed alike whatever the chunk it falls in, regularisation
    and other added losses included. Where a model masks places of its outputs, Keras's loss is the
    mean over the others: within a chunk, rows then weigh by how many they have, and
    ``batch_size`` changes the value. The model is called with explicit tensors in place of its
    variables, so its own weights, optimizer and metrics are never written, errors or not.

    A weight vector is float64 of shape (size,): all trainable weights in the order of
    ``model.trainable_variables``, each flattened row by row. The other variables (moving averages,
    seeds) are read from the model at each call. Each chunk of rows is computed in the model's own
    precision on the current device, one device even for a model of a MirroredStrategy; sums over
    chunks are float64. Up to 2 GiB of data are kept on the device, and a pass over them is one
    compiled call.

    Args:
        model: a built Keras model, compiled with a loss.
        x: inputs, an array (memory-mapped ones too) or tensor of shape (rows, ...), or a list,
            tuple or dict of such as the model takes it.
        y: targets, likewise.
        batch_size: rows of one chunk; None for what suits the device. Without masks it changes
            speed, memory and rounding only.

    Attributes:
        model: as it came.
        rows: the data as :class:`callbacks.rows.Rows`.
        size: number of trainable weights.
        examples: number of rows.
        count_correct: takes targets and outputs of a chunk, tensors; gives how many rows are right,
            a float64 scalar tensor, NaN where no accuracy is defined.

    Raises:
        TypeError: ``model`` is no Keras model, or x or y holds something without rows.
        ValueError: the model is not built or not compiled with a loss, its loss sums over the
            batch, x and y differ in rows or have none, or ``batch_size`` is not positive.
    """

    def __init__(
        self, model: keras.Model, x: Any, y: Any, *, batch_size: int | None = None
    ) -> None:
        _check_model(model)
        self.model = model
        self.rows = Rows(x, y, batch_size)
        self.examples = self.rows.count
        self._trainable = list(model.trainable_variables)
        held = {id(variable) for variable in self._trainable}
        self._others = [v for v in model.variables if id(v) not in held]
        self._sizes = [int(np.prod(variable.shape)) for variable in self._trainable]
        self.size = sum(self._sizes)
        self._call_options = _inference_options(model.call)
        self._loss_options = _inference_options(model.compute_loss)
        self.count_correct = correct_counter(self.rows.data[1])
        self._forward = tf.function(self._trace_forward, autograph=False)
        self._backward = tf.function(self._trace_backward, autograph=False)
        check_no_sum(model, self._of_copies)

    def weights(self) -> Vector:
        """The model's trainable weights as they are now, float64 (size,)."""
        return as_vector([_to_numpy(variable) for variable in self._trainable])

    def value(self, weights: Vector) -> float:
        """Mean loss at a weight vector of shape (size,).

        Raises:
            ValueError: ``weights`` has another shape.
        """
        return self.loss_and_accuracy(weights)[0]

    def value_and_gradient(self, weights: Vector) -> tuple[float, Vector]:
        """Mean loss at a weight vector of shape (size,), and its gradient, float64 (size,).

        Raises:
            ValueError: ``weights`` has another shape.
        """
        flat, others = self._check_vector(weights), self._read_others()
        total, gradient = 0.0, np.zeros(self.size)
        for x, y in self.rows.blocks():
            loss, part = self._backward(flat, others, x, y, self._batch_size())
            total += float(loss)
            gradient += part.numpy()
        return total / self.examples, gradient / self.examples

    def loss_and_accuracy(self, weights: Vector | Weights | None = None) -> tuple[float, float]:
        """Mean loss and share of rows that are classified correctly.

        Args:
            weights: a weight vector; or a list of arrays as ``model.get_weights()`` gives it,
                which sets moving averages too; or None for the model's weights as they are.

        Returns:
            Loss and accuracy. The accuracy is what Keras's metric "accuracy" gives for one
            output and class labels as targets, nan elsewhere.

        Raises:
            ValueError: the weights do not have the model's shapes.
        """
        flat, others = self._resolve(weights)
        loss, correct = 0.0, 0.0
        for x, y in self.rows.blocks():
            part = self._forward(flat, others, x, y, self._batch_size())
            loss += float(part[0])
            correct += float(part[1])
        return loss / self.examples, correct / self.examples

    def _batch_size(self) -> tf.Tensor:
        return tf.constant(self.rows.batch_size)

    def _resolve(self, weights: Vector | Weights | None) -> tuple[Vector, list[Any]]:
        if weights is None:
            return self.weights(), self._read_others()
        if isinstance(weights, np.ndarray):
            return self._check_vector(weights), self._read_others()
        return self._match(weights)

    def _match(self, weights: Weights) -> tuple[Vector, list[Any]]:
        variables = self.model.weights
        came = [np.shape(array) for array in weights]
        if came != [tuple(variable.shape) for variable in variables]:
            raise ValueError(
                f"{len(came)} arrays of shapes {came} came as weights of {self.model.name!r}; "
                "expected the shapes of its model.get_weights()."
            )
        given = {id(variable): array for variable, array in zip(variables, weights, strict=True)}
        others = [
            tf.cast(given.get(id(variable), value), variable.dtype)
            for variable, value in zip(self._others, self._read_others(), strict=True)
        ]
        return as_vector([given[id(variable)] for variable in self._trainable]), others

    def _check_vector(self, weights: Vector) -> Vector:
        if np.shape(weights) != (self.size,):
            raise ValueError(
                f"a weight vector of shape {np.shape(weights)} came; expected ({self.size},)."
            )
        return np.asarray(weights, np.float64)

    def _read_others(self) -> list[tf.Tensor]:
        return [tf.convert_to_tensor(_to_numpy(variable)) for variable in self._others]

    def _trace_forward(self, flat: Any, others: Any, x: Any, y: Any, batch_size: Any) -> Any:
        pieces = self._split(flat)
        compute = self._compile(self._chunk)

        def add(chunk_x: Any, chunk_y: Any, count: Any, sums: tuple[Any, ...]) -> tuple[Any, ...]:
            loss, correct = compute(pieces, others, chunk_x, chunk_y)
            return sums[0] + count * tf.cast(loss, tf.float64), sums[1] + correct

        return over_chunks(add, x, y, batch_size, (_zero(), _zero()))

    def _trace_backward(self, flat: Any, others: Any, x: Any, y: Any, batch_size: Any) -> Any:
        pieces = self._split(flat)
        compute = self._compile(self._differentiate)

        def add(chunk_x: Any, chunk_y: Any, count: Any, sums: tuple[Any, ...]) -> tuple[Any, ...]:
            parts = compute(pieces, others, chunk_x, chunk_y)
            weights = count, *[self._gradient_weight(count)] * len(pieces)
            wide = [w * tf.cast(part, tf.float64) for w, part in zip(weights, parts, strict=True)]
            return tuple(total + part for total, part in zip(sums, wide, strict=True))

        zeros = [tf.zeros(variable.shape, tf.float64) for variable in self._trainable]
        total, *gradients = over_chunks(add, x, y, batch_size, (_zero(), *zeros))
        return total, tf.concat([tf.reshape(gradient, [-1]) for gradient in gradients], 0)

    def _compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        # a chunk alone, with or without XLA as the model was compiled: XLA takes no loop over rows
        xla = bool(self.model.jit_compile)
        compiled: Callable[..., Any] = tf.function(function, autograph=False, jit_compile=xla)
        return compiled

    def _gradient_weight(self, count: Any) -> Any:
        """What a chunk's mean gradient is multiplied by, before the division by all rows."""
        return count

    def _split(self, flat: Any) -> list[Any]:
        return [
            tf.cast(tf.reshape(piece, variable.shape), variable.dtype)
            for piece, variable in zip(tf.split(flat, self._sizes), self._trainable, strict=True)
        ]

    def _differentiate(self, pieces: Any, others: Any, x: Any, y: Any) -> tuple[Any, ...]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pieces)
            loss, _ = self._chunk(pieces, others, x, y)
        zero = tf.UnconnectedGradients.ZERO
        gradients = tape.gradient(loss, pieces, unconnected_gradients=zero)
        # an embedding's gradient comes as slices
        return loss, *(tf.convert_to_tensor(gradient) for gradient in gradients)

    def _of_copies(self, copies: int) -> float:
        """The loss of the first chunk with each row so many times."""
        pieces, others = self._split(self.weights()), self._read_others()
        return float(self._chunk(pieces, others, *self.rows.first_chunk(), copies)[0])

    def _chunk(self, pieces: Any, others: Any, x: Any, y: Any, copies: int = 1) -> tuple[Any, Any]:
        variables = [*self._trainable, *self._others]
        mapping = list(zip(variables, [*pieces, *others], strict=True))
        with keras.StatelessScope(state_mapping=mapping, collect_losses=True):
            outputs = self.model(x, **self._call_options)
            if copies > 1:
                x, y, outputs = tf.nest.map_structure(
                    lambda rows: tf.concat([rows] * copies, axis=0), (x, y, outputs)
                )
            loss = self.model.compute_loss(
                x=x, y=y, y_pred=outputs, sample_weight=None, **self._loss_options
            )
        return of_one_device(loss), self.count_correct(y, outputs)


def of_one_device(loss: Any) -> Any:
    """What ``compute_loss`` gave, before Keras divided it by the replicas of an open scope."""
    return loss * tf.cast(tf.distribute.get_strategy().num_replicas_in_sync, loss.dtype)


def _check_model(model: Any) -> None:
    if not isinstance(model, keras.Model):
        raise TypeError(f"a {type(model).__name__} came as the model; expected a keras.Model.")
    if not model.built:
        raise ValueError(f"model {model.name!r} has no weights yet; build it or call it once.")
    if not model.trainable_variables:
        raise ValueError(f"model {model.name!r} has no trainable weights.")
    if not model.compiled or (
        model.loss is None and type(model).compute_loss is keras.Model.compute_loss
    ):
        raise ValueError(f"model {model.name!r} has no loss; compile it with one first.")
    check_reduction(model)


def _inference_options(function: Callable[..., Any]) -> dict[str, bool]:
    return {"training": False} if "training" in inspect.signature(function).parameters else {}


def _to_numpy(variable: Any) -> npt.NDArray[Any]:
    return np.asarray(variable.numpy())


def _zero() -> tf.Tensor:
    return tf.zeros((), tf.float64)
