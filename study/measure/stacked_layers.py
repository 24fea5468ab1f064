"""Layers that compute the outputs of one input under several weight vectors at once.

A narrow network leaves most of a CPU's vector lanes empty: 4 filters use a quarter of 16. Side by
side, the filters of several weight vectors fill them, and the first layer reads its input once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from study.layers.pieces import NetworkInPieces

# With fewer channels a group a grouped convolution is slower than one of fewer groups, in each of
# which several points stand side by side with zeros between them.
FEWEST_GROUPED_CHANNELS = 8
ELEMENTWISE = {"linear", "relu", "relu6", "tanh", "sigmoid", "elu", "selu", "gelu", "silu"}


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
    """Weight vectors: ``arrays`` maps the id of a Keras variable to a tensor (number, ...)."""

    arrays: Mapping[int, Any]
    number: int

    def of(self, variable: Any) -> Any:
        """The values of a variable at all points, (number, *shape)."""
        return self.arrays[id(variable)]

    def joined(self, variable: Any) -> Any:
        """The values of a vector at all points, one after the other, (number * size,)."""
        return tf.reshape(self.of(variable), [-1])


def find_chain(model: keras.Model) -> list[keras.Layer] | None:
    """The model's layers if it is one chain of kinds that can be stacked, else None."""
    # a class of one's own may compute anything
    if not type(model).__module__.startswith("keras.") and type(model) is not NetworkInPieces:
        return None
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if len(model.inputs) != 1 or not all(map(_can_stack, layers)):
        return None
    tensor = model.inputs[0]
    for layer in layers:
        # a layer used twice has no single input
        if len(layer._inbound_nodes) != 1 or layer.input is not tensor:
            return None
        tensor = layer.output
    return layers if tensor is model.outputs[0] and len(model.outputs) == 1 else None


def apply_chain(layers: Sequence[keras.Layer], inputs: Any, points: Points) -> list[Any]:
    """Applies the layers of a chain in inference mode.

    Args:
        layers: what ``find_chain`` found.
        inputs: a tensor (rows, ...) of the type the model declares.
        points: weight vectors.

    Returns:
        One tensor of outputs a point.
    """
    stack = Stack(inputs, "shared")
    for layer in layers:
        stack = _HANDLERS[_kind(layer)](layer, stack, points)
        if layer is not layers[-1]:
            stack = Stack(_activate(layer, stack.value), stack.layout)
    # the last activation comes after the parting: Keras hangs the logits, which its losses use in
    # place of probabilities, on the very tensor that an activation returns
    return [_activate(layers[-1], output) for output in _part(stack, points)]


def _activate(layer: Any, value: Any) -> Any:
    activation = getattr(layer, "activation", None)
    return value if activation is None else activation(value)


def _part(stack: Stack, points: Points) -> list[Any]:
    if stack.layout == "shared":
        return [stack.value] * points.number
    if stack.layout == "channels":
        return list(tf.split(stack.value, points.number, axis=-1))
    return list(tf.unstack(stack.value))


def _kind(layer: keras.Layer) -> type:
    # dropout of any kind does nothing here; of the others a subclass may do something else
    return keras.layers.Dropout if isinstance(layer, keras.layers.Dropout) else type(layer)


def _can_stack(layer: keras.Layer) -> bool:
    if _kind(layer) not in _HANDLERS or layer.compute_dtype != "float32":
        return False
    activation = getattr(layer, "activation", None)
    if activation is not None and getattr(activation, "__name__", "") not in ELEMENTWISE:
        return False
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        return False
    if getattr(layer, "keepdims", False):
        return False
    if isinstance(layer, keras.layers.Conv2D):
        return layer.groups == 1 and layer.padding in ("same", "valid")
    if isinstance(layer, keras.layers.BatchNormalization):
        return layer.axis in (-1, 3) and len(layer.input.shape) == 4
    if isinstance(layer, keras.layers.Dense):
        return len(layer.input.shape) == 2 and not getattr(layer, "lora_enabled", False)
    return True


def _leave(layer: keras.Layer, stack: Stack, points: Points) -> Stack:
    """For layers that do nothing, or nothing but their activation."""
    return stack


def _call(layer: keras.Layer, stack: Stack, points: Points) -> Stack:
    """For layers without weights that treat every value, or every channel, by itself."""
    return Stack(layer(stack.value), stack.layout)


def _convolve(layer: Any, stack: Stack, points: Points) -> Stack:
    kernels = points.of(layer.kernel)
    if stack.layout == "shared":
        kernel = tf.concat(tf.unstack(kernels), axis=-1)
    else:
        kernel = _in_groups(kernels)
    value = tf.nn.conv2d(
        stack.value,
        kernel,
        layer.strides,
        layer.padding.upper(),
        dilations=layer.dilation_rate,
    )
    if layer.use_bias:
        value = tf.nn.bias_add(value, points.joined(layer.bias))
    return Stack(value, "channels")


def _in_groups(kernels: Any) -> Any:
    """Kernels (points, h, w, i, o) as that of a grouped convolution, as few points a group as do.

    Each group takes ``together`` points: (h, w, together * i, points * o), block by block.
    """
    count, height, width, channels, filters = kernels.shape
    together = next(
        size
        for size in range(1, count + 1)
        if count % size == 0 and (size * channels >= FEWEST_GROUPED_CHANNELS or size == count)
    )
    apart = (count // together, together, height, width, channels, filters)
    spread = tf.einsum("gphwio,pq->hwpigqo", tf.reshape(kernels, apart), tf.eye(together))
    return tf.reshape(spread, (height, width, together * channels, count * filters))


def _normalise(layer: Any, stack: Stack, points: Points) -> Stack:
    mean = points.of(layer.moving_mean)
    scale = tf.math.rsqrt(points.of(layer.moving_variance) + layer.epsilon)
    if layer.scale:
        scale *= points.of(layer.gamma)
    shift = -mean * scale
    if layer.center:
        shift += points.of(layer.beta)
    value = _spread(stack, points) * tf.reshape(scale, [-1]) + tf.reshape(shift, [-1])
    return Stack(value, "channels")


def _spread(stack: Stack, points: Points) -> Any:
    """Pictures of all points, (rows, height, width, points * channels)."""
    if stack.layout == "channels":
        return stack.value
    return tf.tile(tf.cast(stack.value, tf.float32), (1, 1, 1, points.number))


def _flatten(layer: Any, stack: Stack, points: Points) -> Stack:
    if stack.layout == "shared":
        return _call(layer, stack, points)
    if stack.layout == "points":
        return stack
    _, height, width, channels = stack.value.shape
    one = channels // points.number
    apart = tf.reshape(stack.value, (-1, height * width, points.number, one))
    first = tf.transpose(apart, (2, 0, 1, 3))
    return Stack(tf.reshape(first, (points.number, -1, height * width * one)), "points")


def _pool_all(layer: Any, stack: Stack, points: Points) -> Stack:
    pooled = layer(stack.value)
    if stack.layout == "shared":
        return Stack(pooled, "shared")
    apart = tf.reshape(pooled, (-1, points.number, pooled.shape[-1] // points.number))
    return Stack(tf.transpose(apart, (1, 0, 2)), "points")


def _multiply(layer: Any, stack: Stack, points: Points) -> Stack:
    # a shared input is broadcast over the points
    value = tf.matmul(tf.cast(stack.value, tf.float32), points.of(layer.kernel))
    if layer.use_bias:
        value += points.of(layer.bias)[:, tf.newaxis]
    return Stack(value, "points")


_HANDLERS: dict[type, Callable[[Any, Stack, Points], Stack]] = {
    keras.layers.Dropout: _leave,
    keras.layers.Rescaling: _call,
    keras.layers.Activation: _leave,
    keras.layers.ReLU: _call,
    keras.layers.MaxPooling2D: _call,
    keras.layers.AveragePooling2D: _call,
    keras.layers.GlobalAveragePooling2D: _pool_all,
    keras.layers.Conv2D: _convolve,
    keras.layers.BatchNormalization: _normalise,
    keras.layers.Flatten: _flatten,
    keras.layers.Dense: _multiply,
}
