"""The order in which rows, groups of weight vectors and layers are gone through.

Pictures go through the convolutions few at a time, so that what is between two layers stays in a
processor's caches, and for one group of weight vectors after the other, so that what is common to
all is computed once. What comes out is collected, and the dense layers, whose kernels are large,
take many rows at once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from study.measure.stacked_chain import make_plan
from study.measure.stacked_layers import CHANNELS, SHARED, Points, Stack, part, run

SIDE_BY_SIDE = 4
"""Weight vectors a group: 4 times 4 filters fill 16 vector lanes."""
PIECES = 16
"""So many pieces of rows, at most, are collected for the dense layers."""
MOST_BYTES = 2**26
"""Of what is collected, and of the weights of all points: more would save no time."""


class StackedPasses:
    """A chain of layers with the arrays of all groups, within a compiled function.

    Args:
        layers: what ``find_chain`` found.
        arrays: the id of a variable -> its values at all points, (groups, 4, ...).
        basis: the id of the first convolution's kernel -> its values in the basis, (size, ...).
        coefficients: (groups, 4, size), float32.
        piece: rows that go through the convolutions at a time.
        most: weight vectors that there may be in any call, of which ``rows`` depends.

    Attributes:
        rows: at most so many rows should be given at a time.
    """

    def __init__(
        self,
        layers: Sequence[keras.Layer],
        arrays: Mapping[int, Any],
        basis: Mapping[int, Any],
        coefficients: Any,
        piece: int,
        most: int,
    ) -> None:
        self._piece = piece
        self._plan = make_plan(layers, SIDE_BY_SIDE, int(coefficients.shape[2]))
        self.rows = piece * _pieces_of(self._plan.features, piece * most)
        points = Points(arrays, basis, coefficients)
        self._common, self._trunk, self._head = (
            [step.arrange(points) for step in steps] for steps in self._plan[:3]
        )
        self._groups = tf.shape(coefficients)[0]

    def scores(self, inputs: Any, score: Callable[[list[Any]], tuple[Any, Any]]) -> tuple[Any, Any]:
        """What ``score`` makes of the outputs, for every weight vector.

        Args:
            inputs: (rows, ...), of the type that the model declares.
            score: takes one tensor of outputs a point of a group, gives two float64 tensors (4,).

        Returns:
            Two float64 tensors (groups * 4,).
        """
        of_trunk = self._trunk_of(inputs)

        def of_group(group: Any) -> tuple[Any, Any]:
            stack = run(self._plan.head, of_trunk(group), _of(group, self._head))
            outputs = part(stack, SIDE_BY_SIDE)
            ends = self._plan.activation
            return score(outputs if ends is None else list(map(ends, outputs)))

        both = tf.map_fn(
            of_group,
            tf.range(self._groups),
            fn_output_signature=(tf.float64, tf.float64),
            parallel_iterations=1,
        )
        return tuple(tf.reshape(one, [-1]) for one in both)

    def _trunk_of(self, inputs: Any) -> Callable[[Any], Stack]:
        """What the head of a group begins with."""
        if self._plan.trunk:
            features = self._features(inputs)
            return lambda group: Stack(features[group], CHANNELS)
        shared = run(self._plan.common, Stack(inputs, SHARED), self._common)
        return lambda group: shared

    def _features(self, inputs: Any) -> Any:
        """What the convolutions make of the inputs, (groups, rows, height, width, channels)."""
        count = tf.shape(inputs)[0]
        pieces = (count + self._piece - 1) // self._piece
        shapes: list[Any] = []

        def of_piece(piece: Any, collected: Any) -> tuple[Any, Any]:
            start = piece * self._piece
            taken = Stack(inputs[start : start + self._piece], SHARED)
            shared = run(self._plan.common, taken, self._common)

            def of_group(group: Any, collected: Any) -> tuple[Any, Any]:
                stack = run(self._plan.trunk, shared, _of(group, self._trunk))
                shapes.append(stack.value.shape)
                return group + 1, collected.write(group * pieces + piece, stack.value)

            _, collected = tf.while_loop(
                lambda group, _: group < self._groups,
                of_group,
                (tf.constant(0), collected),
                parallel_iterations=1,
            )
            return piece + 1, collected

        # the last piece may have fewer rows
        empty = tf.TensorArray(tf.float32, self._groups * pieces, infer_shape=False)
        _, collected = tf.while_loop(
            lambda piece, _: piece < pieces,
            of_piece,
            (tf.constant(0), empty),
            parallel_iterations=1,
        )
        joined = collected.concat()
        apart = tf.concat([[self._groups, count], tf.shape(joined)[1:]], axis=0)
        return tf.ensure_shape(tf.reshape(joined, apart), (None, None, *shapes[-1][1:]))


def _pieces_of(features: int | None, rows: int) -> int:
    """How many pieces are collected where one has ``rows`` of features, its points multiplied."""
    if features is None:
        return 1
    return min(PIECES, max(1, MOST_BYTES // (4 * features * rows)))


def _of(group: Any, arrays: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The arrays of one group, from those of all."""
    return [tuple(array[group] for array in its) for its in arrays]
