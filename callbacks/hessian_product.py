"""Products of the Hessian of a model's mean loss with vectors, without the Hessian itself."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from callbacks.objective import MeanLoss
from callbacks.rows import over_chunks
from callbacks.vectors import Vector


class HessianOfMeanLoss(MeanLoss):
    """The mean loss with products of its Hessian.

    Arguments, attributes and errors are those of ``MeanLoss``. A product is exact up to rounding
    (gradient of the product of gradient and vector); where the loss has kinks, as with ReLU and
    max-pooling, it is that of the smooth piece at hand.

    Attributes:
        products: how many were computed.
    """

    def __init__(
        self, model: keras.Model, x: Any, y: Any, *, batch_size: int | None = None
    ) -> None:
        super().__init__(model, x, y, batch_size=batch_size)
        self.products = 0
        self._product = tf.function(self._trace_product, autograph=False)

    def product(self, weights: Vector, vector: Vector) -> Vector:
        """H v at a weight vector: all of shape (size,), float64.

        Raises:
            ValueError: one of the two has another shape.
        """
        flat, others = self._check_vector(weights), self._read_others()
        along = self._check_vector(np.ravel(vector))
        # of unit length, so that float32 neither overflows nor vanishes
        length = float(np.linalg.norm(along))
        if length == 0:
            return np.zeros(self.size)
        self.products += 1
        total = np.zeros(self.size)
        for x, y in self.rows.blocks():
            total += self._product(flat, others, along / length, x, y, self._batch_size()).numpy()
        return total * (length / self.examples)

    def _trace_product(
        self, flat: Any, others: Any, along: Any, x: Any, y: Any, batch_size: Any
    ) -> Any:
        pieces, directions = self._split(flat), self._split(along)
        compute = self._compile(self._differentiate_twice)

        def add(chunk_x: Any, chunk_y: Any, count: Any, sums: tuple[Any, ...]) -> tuple[Any, ...]:
            parts = compute(pieces, directions, others, chunk_x, chunk_y)
            wide = tf.concat([tf.reshape(tf.cast(p, tf.float64), [-1]) for p in parts], axis=0)
            return (sums[0] + count * wide,)

        (total,) = over_chunks(add, x, y, batch_size, (tf.zeros(self.size, tf.float64),))
        return total

    def _differentiate_twice(
        self, pieces: Any, directions: Any, others: Any, x: Any, y: Any
    ) -> list[Any]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(pieces)
            _, *gradients = self._differentiate(pieces, others, x, y)
            slopes = [tf.reduce_sum(g * d) for g, d in zip(gradients, directions, strict=True)]
            # the weights may be of several types
            slope = tf.add_n([tf.cast(part, tf.float64) for part in slopes])
        return list(
            tape.gradient(slope, pieces, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        )
