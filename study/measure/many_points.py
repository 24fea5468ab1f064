"""Mean loss and accuracy at many weight vectors: the plane and the line of the article."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import compress
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from callbacks.objective import MeanLoss, of_one_device
from callbacks.rows import over_chunks
from callbacks.vectors import Weights
from study.layers.pieces import shares_of, threads_of
from study.measure.stacked_chain import find_chain
from study.measure.stacked_passes import MOST_BYTES, SIDE_BY_SIDE, StackedPasses

GROUPS = 8
"""So many groups of weight vectors, at most, share a pass over the data."""


class ManyPoints:
    """What ``MeanLoss.loss_and_accuracy`` gives, for several weight vectors in one pass.

    The weight vectors are sums over a few, such as the middle and two directions of a plane.
    Networks that are a chain of the usual layers (``stacked_chain``) are computed for 4 weight
    vectors side by side, others for one after the other: the same numbers up to rounding. The
    model's own weights stay as they are.

    Args:
        model: built and compiled; its weights are not touched.
        x: inputs (rows, ...).
        y: targets (rows, ...).
        batch_size: rows of one chunk, or None. Where weight vectors are computed side by side,
            convolutions take half as many rows, dense layers up to eight times as many.

    Attributes:
        together: how many weight vectors share a pass: 32, fewer where a network has more than
            half a million weights, or 1 where layers cannot be stacked.
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
        self._layers = (find_chain(model) if alone else None) or []
        kernels = [id(it.kernel) for it in self._layers if isinstance(it, keras.layers.Conv2D)]
        # the first convolution is the only layer that may be computed for the basis
        self._in_basis = kernels[:1]
        self._threads = threads_of(model)
        groups = MOST_BYTES // (4 * SIDE_BY_SIDE * max(1, model.count_params()))
        self.together = SIDE_BY_SIDE * min(GROUPS, max(1, groups)) if self._layers else 1
        self.examples = self._one.examples
        self._passes: dict[int, Any] = {}

    def losses_and_accuracies(
        self, basis: Sequence[Weights], coefficients: npt.ArrayLike
    ) -> list[tuple[float, float]]:
        """Mean loss and accuracy at each weight vector ``sum_k coefficients[i, k] * basis[k]``.

        Args:
            basis: lists of arrays as ``model.get_weights()`` gives them.
            coefficients: (points, size of the basis).

        Returns:
            A pair a row of ``coefficients``, in order.

        Raises:
            ValueError: the arrays do not have the model's shapes, or ``coefficients`` is no matrix
                with a column for each of them.
        """
        weighed = np.asarray(coefficients, np.float64)
        self._check(basis, weighed)
        joined = [
            np.stack([np.asarray(a, np.float64) for a in kind]) for kind in zip(*basis, strict=True)
        ]
        found: list[tuple[float, float]] = []
        for start in range(0, len(weighed), self.together):
            some = weighed[start : start + self.together]
            if not self._layers:
                weights = [np.tensordot(some[0], arrays, 1) for arrays in joined]
                found.append(self._one.loss_and_accuracy(weights))
            else:
                found += self._measure(joined, some)
        return found

    def _check(self, basis: Sequence[Weights], coefficients: npt.NDArray[np.float64]) -> None:
        if coefficients.ndim != 2 or coefficients.shape[1] != len(basis):
            raise ValueError(
                f"coefficients of shape {coefficients.shape} came with {len(basis)} weight "
                f"vectors; expected (points, {len(basis)})."
            )
        shapes = [tuple(variable.shape) for variable in self._model.weights]
        for weights in basis:
            if [np.shape(array) for array in weights] != shapes:
                raise ValueError(
                    f"weights of shapes {[np.shape(array) for array in weights]} came; "
                    f"expected {shapes}, those of {self._model.name!r}."
                )

    def _measure(
        self, basis: list[npt.NDArray[np.float64]], coefficients: npt.NDArray[np.float64]
    ) -> list[tuple[float, float]]:
        """At up to ``together`` weight vectors."""
        # whole groups; what fills the last one is left out of the result
        lacking = -len(coefficients) % SIDE_BY_SIDE
        filled = np.concatenate([coefficients, np.repeat(coefficients[-1:], lacking, axis=0)])
        weighed = filled.reshape(-1, SIDE_BY_SIDE, filled.shape[1])
        arrays = [tf.constant(np.tensordot(weighed, array, 1), tf.float32) for array in basis]
        read = [id(variable) in self._in_basis for variable in self._model.weights]
        single = [tf.constant(array, tf.float32) for array in compress(basis, read)]
        mixing = tf.constant(weighed, tf.float32)
        compute = self._compiled(arrays, single, mixing)

        def over(rows: tuple[Any, Any]) -> npt.NDArray[np.float64]:
            return np.array([part.numpy() for part in compute(arrays, single, mixing, *rows)])

        sums = np.zeros((2, len(filled)))
        with ThreadPoolExecutor(self._threads) as pool:
            for block in self._one.rows.blocks():
                sums += sum(pool.map(over, _shares(block, self._threads)))
        losses, accuracies = (sums / self.examples)[:, : len(coefficients)]
        return list(zip(losses.tolist(), accuracies.tolist(), strict=True))

    def _compiled(self, arrays: Any, basis: Any, coefficients: Any) -> Any:
        """One function for a basis of that size, whatever the numbers of groups and rows."""
        size = coefficients.shape[2]
        if size not in self._passes:
            x, y = self._one.rows.first_chunk()
            several = tf.nest.map_structure(_any_number, (arrays, coefficients, x, y))
            alone = tf.nest.map_structure(lambda a: tf.TensorSpec(a.shape, a.dtype), basis)
            signature = (several[0], alone, *several[1:])
            function = tf.function(self._trace, input_signature=signature, autograph=False)
            # traced here: threads of their own would not have what Keras keeps for this one
            self._passes[size] = function.get_concrete_function()
        return self._passes[size]

    def _trace(self, arrays: Any, basis: Any, coefficients: Any, x: Any, y: Any) -> tuple[Any, ...]:
        ids = list(map(id, self._model.weights))
        passes = StackedPasses(
            self._layers,
            dict(zip(ids, arrays, strict=True)),
            dict(zip(self._in_basis, basis, strict=True)),
            coefficients,
            max(1, self._one.rows.batch_size // 2),
            self.together,
        )

        def add(chunk_x: Any, chunk_y: Any, count: Any, sums: tuple[Any, ...]) -> tuple[Any, ...]:
            def score(outputs: list[Any]) -> tuple[Any, Any]:
                losses = [
                    of_one_device(self._model.compute_loss(x=chunk_x, y=chunk_y, y_pred=one))
                    for one in outputs
                ]
                correct = [self._one.count_correct(chunk_y, one) for one in outputs]
                return tf.cast(tf.stack(losses), tf.float64), tf.stack(correct)

            # the model itself turns its inputs into the type it declares
            inputs = tf.cast(chunk_x, self._model.inputs[0].dtype)
            losses, correct = passes.scores(inputs, score)
            return sums[0] + count * losses, sums[1] + correct

        zeros = tf.zeros(tf.shape(coefficients)[0] * SIDE_BY_SIDE, tf.float64)
        return over_chunks(add, x, y, tf.constant(passes.rows), (zeros, zeros))


def _shares(rows: tuple[Any, Any], threads: int) -> list[tuple[Any, Any]]:
    """The rows in as many parts as there are threads, of which none is empty."""
    count = len(tf.nest.flatten(rows)[0])
    return [
        tf.nest.map_structure(lambda array, part=slice(start, end): array[part], rows)
        for start, end in shares_of(count, threads)
        if start < end
    ]


def _any_number(array: Any) -> tf.TensorSpec:
    return tf.TensorSpec((None, *array.shape[1:]), array.dtype)


def _as_declared(model: keras.Model, x: Any) -> bool:
    """Whether the inputs are one array of the declared rank, which a model need not reshape."""
    return hasattr(x, "shape") and [len(x.shape)] == [len(i.shape) for i in model.inputs or ()]


def _adds_losses(model: keras.Model) -> bool:
    """Whether layers add to the loss: what they add would have to be stacked too."""
    own = type(model).compute_loss is not keras.Model.compute_loss
    regularised = any(variable.regularizer for variable in model.weights)
    active = any(getattr(layer, "activity_regularizer", None) is not None for layer in model.layers)
    return own or regularised or active or bool(model.losses)
