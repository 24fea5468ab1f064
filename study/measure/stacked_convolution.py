"""Convolutions under several weight vectors at once, in the order that suits their shapes.

What a convolution costs on a processor is products of whole vector registers, sixteen numbers each
with AVX-512, zeros included. For the points of a plane the first one costs least as sums: it is
linear in its weights, so that what it gives with the weights in the middle and with the two
directions makes up what it gives anywhere on the plane.
"""

from typing import Any

import keras
import tensorflow as tf

from study.measure.stacked_layers import CHANNELS, SHARED, Points, Stack, Step, activation_of

# With fewer channels a group a grouped convolution is slower than one of fewer groups, in each of
# which several points stand side by side with zeros between them.
FEWEST_GROUPED_CHANNELS = 8


def is_mixing_worth_it(layer: Any, size: int) -> bool:
    """Whether sums over a basis of ``size`` take half the products of the convolution or fewer."""
    height, width, channels, filters = layer.kernel.shape
    return 2 * size * filters <= height * width * channels


def are_pairs_worth_it(layer: Any, pooling: keras.Layer, number: int) -> bool:
    """Whether ``convolution_in_pairs`` can be taken, and leaves fewer zeros between points."""
    height, _, channels, _ = layer.kernel.shape
    halving = {"pool_size": (2, 2), "strides": (2, 2), "padding": "valid"}
    return (
        type(pooling) is keras.layers.MaxPooling2D
        and halving.items() <= pooling.get_config().items()
        and layer.padding == "same"
        and (*layer.strides, *layer.dilation_rate) == (1, 1, 1, 1)
        and height % 2 == 1
        and (layer.output.shape[1] or 1) % 2 == 0
        and points_a_group(number, channels) * height > height + 1
    )


def points_a_group(number: int, channels: int) -> int:
    """As few of ``number`` points a group of a convolution as have enough channels."""
    return next(
        size
        for size in range(1, number + 1)
        if number % size == 0 and (size * channels >= FEWEST_GROUPED_CHANNELS or size == number)
    )


def convolution_of_basis(layer: Any) -> Step:
    """What a convolution gives with each weight vector of the basis, without its bias."""

    def arrange(points: Points) -> tuple[Any, ...]:
        return (tf.concat(tf.unstack(points.basis[id(layer.kernel)]), axis=-1),)

    def compute(stack: Stack, kernel: Any) -> Stack:
        return Stack(_convolved(layer, stack.value, kernel), SHARED)

    return Step(arrange, compute, SHARED)


def mixed_convolution(layer: Any) -> Step:
    """Sums of what ``convolution_of_basis`` gave, one a point."""

    def arrange(points: Points) -> tuple[Any, ...]:
        size, filters = points.coefficients.shape[2], layer.filters
        kernel = tf.einsum("gns,fq->gsfnq", points.coefficients, tf.eye(filters))
        shape = (-1, 1, 1, size * filters, points.number * filters)
        return (tf.reshape(kernel, shape), *_bias(layer, points))

    def compute(stack: Stack, kernel: Any, *bias: Any) -> Stack:
        return Stack(_biased(tf.nn.conv2d(stack.value, kernel, 1, "VALID"), *bias), CHANNELS)

    return Step(arrange, compute, CHANNELS, activation_of(layer))


def shared_convolution(layer: Any) -> Step:
    """A convolution of what is the same for every point: all filters side by side."""

    def arrange(points: Points) -> tuple[Any, ...]:
        height, width, channels, filters = layer.kernel.shape
        kernel = tf.einsum("gnhwio->ghwino", points.of(layer.kernel))
        shape = (-1, height, width, channels, points.number * filters)
        return (tf.reshape(kernel, shape), *_bias(layer, points))

    return _convolution(layer, arrange)


def grouped_convolution(layer: Any) -> Step:
    """A convolution of each point's channels by themselves."""

    def arrange(points: Points) -> tuple[Any, ...]:
        """Kernels as blocks (h, w, together * i, points * o), ``together`` points a group."""
        height, width, channels, filters = layer.kernel.shape
        together = points_a_group(points.number, channels)
        apart = (-1, points.number // together, together, height, width, channels, filters)
        kernel = tf.reshape(points.of(layer.kernel), apart)
        spread = tf.einsum("ganhwio,nm->ghwmiano", kernel, tf.eye(together))
        shape = (-1, height, width, together * channels, points.number * filters)
        return (tf.reshape(spread, shape), *_bias(layer, points))

    return _convolution(layer, arrange)


def convolution_in_pairs(layer: Any, pooling: keras.Layer) -> Step:
    """A convolution and the pooling behind it: two pixels, one above the other, at once.

    Both are filters of one kernel that is a row higher and goes down two rows at a time. So a group
    has twice as many filters, and needs no second point, with zeros between, to fill registers.
    """

    def arrange(points: Points) -> tuple[Any, ...]:
        height, width, channels, filters = layer.kernel.shape
        kernel = points.of(layer.kernel)
        upper, lower = (
            tf.pad(kernel, [[0, 0], [0, 0], rows, [0, 0], [0, 0], [0, 0]])
            for rows in ([0, 1], [1, 0])
        )
        both = tf.einsum("gnhwipo->ghwinpo", tf.stack([upper, lower], axis=5))
        shape = (-1, height + 1, width, channels, 2 * points.number * filters)
        bias = [tf.repeat(points.of(layer.bias), 2, axis=1)] if layer.use_bias else []
        return (
            tf.reshape(both, shape),
            *(tf.reshape(one, (-1, 2 * points.number * filters)) for one in bias),
        )

    def compute(stack: Stack, kernel: Any, *bias: Any) -> Stack:
        value = _biased(tf.nn.conv2d(stack.value, kernel, (2, 1), "SAME"), *bias)
        activation = activation_of(layer)
        value = value if activation is None else activation(value)
        shape, filters = tf.shape(value), layer.filters
        number = value.shape[3] // (2 * filters)
        # the pairs as a second axis of the picture: one pooling takes the columns and them
        columns = tf.reshape(value, (-1, shape[2], 2 * number, filters))
        pooled = tf.nn.max_pool2d(columns, 2, 2, "VALID")
        _, rows, wide, _ = pooling.output.shape
        known = tf.reshape(pooled, (-1, shape[1], shape[2] // 2, number * filters))
        return Stack(tf.ensure_shape(known, (None, rows, wide, number * filters)), CHANNELS)

    return Step(arrange, compute, CHANNELS)


def _convolution(layer: Any, arrange: Any) -> Step:
    def compute(stack: Stack, kernel: Any, *bias: Any) -> Stack:
        return Stack(_biased(_convolved(layer, stack.value, kernel), *bias), CHANNELS)

    return Step(arrange, compute, CHANNELS, activation_of(layer))


def _convolved(layer: Any, value: Any, kernel: Any) -> Any:
    padding, dilations = layer.padding.upper(), layer.dilation_rate
    # a model may declare inputs of another type, which its first layer casts
    single = tf.cast(value, tf.float32)
    return tf.nn.conv2d(single, kernel, layer.strides, padding, dilations=dilations)


def _bias(layer: Any, points: Points) -> tuple[Any, ...]:
    return (points.joined(layer.bias),) if layer.use_bias else ()


def _biased(value: Any, *bias: Any) -> Any:
    return tf.nn.bias_add(value, *bias) if bias else value
