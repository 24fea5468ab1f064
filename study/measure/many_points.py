"""Mean loss and accuracy at many weight vectors: the plane and the line of the article."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from callbacks.objective import MeanLoss, of_one_device
from callbacks.rows import over_chunks
from callbacks.vectors import Weights
from study.measure.stacked_layers import Points, apply_chain, find_chain

# So many weight vectors share a pass over the data; 4 times 4 filters fill 16 vector lanes.
TOGETHER = 4


class ManyPoints:
    """What ``MeanLoss.loss_and_accuracy`` gives, for several weight vectors in one pass.

    Networks that are a chain of the usual layers (``stacked_layers``) are computed for 4 weight
    vectors side by side, others for one after the other: the same numbers up to rounding. The
    model's own weights stay as they are.

    Args:
        model: built and compiled; its weights are not touched.
        x: inputs (rows, ...).
        y: targets (rows, ...).
        batch_size: rows of one chunk, or None.

    Attributes:
        together: how many weight vectors share a pass: 4, or 1 where layers cannot be stacked.
        examples: number of rows.

    Raises:
        TypeError, ValueError: as ``MeanLoss``.
    """

    def __init__(
        self, model: keras.Model, x: Any, y: Any, *, batch_size: int | None = None
    ) -> None:
        self._model = model
        self._one = MeanLoss(model, x, y, batch_size=batch_size)
        alone = _as_declared(model, self._one.rows.data[0]) and not _adds_losses(model)
        self._layers = find_chain(model) if alone else None
        self.together = TOGETHER if self._layers else 1
        self.examples = self._one.examples
        self._pass = tf.function(self._trace, autograph=False)

    def losses_and_accuracies(self, points: Sequence[Weights]) -> list[tuple[float, float]]:
        """Mean loss and accuracy at each weight vector, in order.

        Args:
            points: lists of arrays as ``model.get_weights()`` gives them.

        Raises:
            ValueError: the arrays do not have the model's shapes.
        """
        if self._layers is None:
            return [self._one.loss_and_accuracy(point) for point in points]
        found: list[tuple[float, float]] = []
        for start in range(0, len(points), self.together):
            some = list(points[start : start + self.together])
            # always as many, so that one compiled function does
            filled = some + some[-1:] * (self.together - len(some))
            found += self._measure(filled)[: len(some)]
        return found

    def _measure(self, points: Sequence[Weights]) -> list[tuple[float, float]]:
        shapes = [tuple(variable.shape) for variable in self._model.weights]
        for point in points:
            if [np.shape(array) for array in point] != shapes:
                raise ValueError(
                    f"weights of shapes {[np.shape(array) for array in point]} came; "
                    f"expected {shapes}, those of {self._model.name!r}."
                )
        arrays = [
            np.stack([np.asarray(array, np.float32) for array in values])
            for values in zip(*points, strict=True)
        ]
        sums = np.zeros((2, len(points)))
        for x, y in self._one.rows.blocks():
            batch_size = tf.constant(self._one.rows.batch_size)
            sums += np.array([part.numpy() for part in self._pass(arrays, x, y, batch_size)])
        losses, accuracies = sums / self.examples
        return list(zip(losses.tolist(), accuracies.tolist(), strict=True))

    def _trace(self, arrays: Any, x: Any, y: Any, batch_size: Any) -> tuple[Any, ...]:
        variables = self._model.weights
        points = Points(dict(zip(map(id, variables), arrays, strict=True)), self.together)

        def add(chunk_x: Any, chunk_y: Any, count: Any, sums: tuple[Any, ...]) -> tuple[Any, ...]:
            # the model itself turns its inputs into the type it declares
            inputs = tf.cast(chunk_x, self._model.inputs[0].dtype)
            outputs = apply_chain(self._layers or (), inputs, points)
            losses = [
                of_one_device(self._model.compute_loss(x=chunk_x, y=chunk_y, y_pred=one))
                for one in outputs
            ]
            correct = [self._one.count_correct(chunk_y, one) for one in outputs]
            total = sums[0] + count * tf.cast(tf.stack(losses), tf.float64)
            return total, sums[1] + tf.stack(correct)

        zeros = tf.zeros(self.together, tf.float64)
        return over_chunks(add, x, y, batch_size, (zeros, zeros))


def _as_declared(model: keras.Model, x: Any) -> bool:
    """Whether the inputs are one array of the declared rank, which a model need not reshape."""
    return hasattr(x, "shape") and [len(x.shape)] == [len(i.shape) for i in model.inputs or ()]


def _adds_losses(model: keras.Model) -> bool:
    """Whether layers add to the loss: what they add would have to be stacked too."""
    own = type(model).compute_loss is not keras.Model.compute_loss
    regularised = any(variable.regularizer for variable in model.weights)
    active = any(getattr(layer, "activity_regularizer", None) is not None for layer in model.layers)
    return own or regularised or active or bool(model.losses)
