"""Layers that compute the outputs of one input under several weight vectors at once.

A narrow network leaves most of a CPU's vector lanes empty: 4 filters use a quarter of 16. Side by
side, the filters of several weight vectors fill them, and the first layer reads its input once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

SHARED, CHANNELS, POINTS = "shared", "channels", "points"
"""Layouts of a ``Stack``."""


class Stack(NamedTuple):
    """An intermediate result under several weight vectors, called points.

    Attributes:
        value: a tensor.
        layout: "shared", (rows, ...), the same for every point so far; "channels",
            (rows, height, width, points * channels); or "points", (points, rows, features).
    """

    value: Any
    layout: str


class Points(NamedTuple):
    """Groups of equally many weight vectors; each is a sum over a basis, as in a plane or line.

    Attributes:
        arrays: the id of a Keras variable -> a tensor (groups, number, ...).
        basis: the id of a variable -> a tensor (size, ...), of those that may be asked for.
        coefficients: what the sums weigh the basis with, (groups, number, size).
    """

    arrays: Mapping[int, Any]
    basis: Mapping[int, Any]
    coefficients: Any

    @property
    def number(self) -> int:
        """Weight vectors a group."""
        return int(self.coefficients.shape[1])

    def of(self, variable: Any) -> Any:
        """The values of a variable at all points, (groups, number, *shape)."""
        return self.arrays[id(variable)]

    def joined(self, variable: Any) -> Any:
        """The values of a vector, those of a group one after the other, (groups, number * size)."""
        return tf.reshape(self.of(variable), (-1, self.number * variable.shape[0]))


class Step(NamedTuple):
    """A layer, or a part or two of them, as it is computed for the points of a group.

    Attributes:
        arrange: the arrays that it needs, from those of all groups: made once, ahead of all rows.
            The first axis is that of the groups (but for what is common to all).
        compute: its outputs, from its inputs and the arrays of one group.
        layout: of the outputs.
        activation: comes after it, or None.
    """

    arrange: Callable[[Points], tuple[Any, ...]]
    compute: Callable[..., Stack]
    layout: str
    activation: Any = None


def run(steps: Sequence[Step], stack: Stack, arrays: Sequence[tuple[Any, ...]]) -> Stack:
    """Goes through steps in order, with the arrays of one group for each of them."""
    for step, its in zip(steps, arrays, strict=True):
        stack = step.compute(stack, *its)
        if step.activation is not None:
            stack = Stack(step.activation(stack.value), stack.layout)
    return stack


def part(stack: Stack, number: int) -> list[Any]:
    """One tensor of outputs a point."""
    if stack.layout == SHARED:
        return [stack.value] * number
    if stack.layout == CHANNELS:
        return list(tf.split(stack.value, number, axis=-1))
    return list(tf.unstack(stack.value))


def activation_of(layer: keras.Layer) -> Any:
    """The activation that a layer ends with, or None."""
    return getattr(layer, "activation", None)


def no_arrays(points: Points) -> tuple[Any, ...]:
    """For layers without weights."""
    return ()


def _leave(layer: keras.Layer, layout: str) -> Step:
    """For layers that do nothing, or nothing but their activation."""
    return Step(no_arrays, lambda stack: stack, layout, activation_of(layer))


def _call(layer: keras.Layer, layout: str) -> Step:
    """For layers without weights that treat every value, or every channel, by itself."""
    return Step(no_arrays, lambda stack: Stack(layer(stack.value), layout), layout)


def _normalise(layer: Any, layout: str) -> Step:
    def arrange(points: Points) -> tuple[Any, ...]:
        scale = tf.math.rsqrt(points.of(layer.moving_variance) + layer.epsilon)
        if layer.scale:
            scale *= points.of(layer.gamma)
        shift = -points.of(layer.moving_mean) * scale
        if layer.center:
            shift += points.of(layer.beta)
        joined = (-1, points.number * layer.moving_mean.shape[0])
        return tf.reshape(scale, joined), tf.reshape(shift, joined)

    def compute(stack: Stack, scale: Any, shift: Any) -> Stack:
        value = stack.value
        if layout == SHARED:
            number = scale.shape[0] // layer.moving_mean.shape[0]
            value = tf.tile(tf.cast(value, tf.float32), (1, 1, 1, number))
        return Stack(value * scale + shift, CHANNELS)

    return Step(arrange, compute, CHANNELS)


def _flatten(layer: Any, layout: str) -> Step:
    if layout == SHARED:
        return _call(layer, layout)
    if layout == POINTS:
        return _leave(layer, layout)
    _, height, width, channels = layer.input.shape
    return parted_maps(height * width, channels)


def parted_maps(pixels: int, channels: int) -> Step:
    """Maps of so many pixels and so many channels a point, as the features of each point."""

    def compute(stack: Stack) -> Stack:
        apart = tf.reshape(stack.value, (-1, pixels, stack.value.shape[3] // channels, channels))
        first = tf.transpose(apart, (2, 0, 1, 3))
        return Stack(tf.reshape(first, (first.shape[0], -1, pixels * channels)), POINTS)

    return Step(no_arrays, compute, POINTS)


def averaged_maps() -> Step:
    """The mean of every map, which is left as one of a single pixel."""

    def compute(stack: Stack) -> Stack:
        return Stack(tf.reduce_mean(stack.value, (1, 2), keepdims=True), CHANNELS)

    return Step(no_arrays, compute, CHANNELS)


def _multiply(layer: Any, layout: str) -> Step:
    def arrange(points: Points) -> tuple[Any, ...]:
        kernel = points.of(layer.kernel)
        return (kernel, points.of(layer.bias)[:, :, tf.newaxis]) if layer.use_bias else (kernel,)

    def compute(stack: Stack, kernel: Any, bias: Any = 0.0) -> Stack:
        # a shared input is broadcast over the points
        return Stack(tf.matmul(tf.cast(stack.value, tf.float32), kernel) + bias, POINTS)

    return Step(arrange, compute, POINTS, activation_of(layer))


LAYERS: dict[type, Callable[[Any, str], Step]] = {
    keras.layers.Dropout: _leave,
    keras.layers.Rescaling: _call,
    keras.layers.Activation: _leave,
    keras.layers.ReLU: _call,
    keras.layers.MaxPooling2D: _call,
    keras.layers.AveragePooling2D: _call,
    keras.layers.GlobalAveragePooling2D: _call,
    keras.layers.BatchNormalization: _normalise,
    keras.layers.Flatten: _flatten,
    keras.layers.Dense: _multiply,
}
"""Kinds of layers but convolutions -> what makes a step of one behind a stack of some layout."""
