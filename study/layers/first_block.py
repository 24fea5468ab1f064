"""The first convolution and its pooling on a processor, in an order that costs less.

The first block has the largest arrays of the network and the fewest channels. As it stands it takes
half of a training step: four filters fill a quarter of a processor's vector registers, and pooling
is slow where channels are few. Here the four filters of the four pixels that are pooled together
are one convolution of sixteen: two by two pixels of its output see four by four of the picture,
and two pixels beside each other are six channels of one place, which is the same array read in
another shape. A maximum commutes with adding a constant and with a ReLU, so bias and ReLU follow on
a quarter of the numbers.

The numbers are those of the layers but for rounding. Where two of the four pixels are equal,
another of them may take the gradient. What is not finite spreads further: a kernel with one such
weight, or a window with one such value, gives nothing else.
"""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

_SIDE = 3
# with more, the zeros of the joined kernels cost more than full registers save
_MOST_FILTERS = 4
_ALIKE = {"padding": "same", "data_format": "channels_last"}
_CONVOLUTION = {
    **_ALIKE,
    "kernel_size": (_SIDE, _SIDE),
    "strides": (1, 1),
    "activation": "relu",
    "use_bias": True,
    "dilation_rate": (1, 1),
    "groups": 1,
}
_POOLING = {**_ALIKE, "padding": "valid", "strides": (2, 2), "pool_size": (2, 2)}


@dataclass(frozen=True)
class FirstBlock:
    """A network of ``study.model.build_model``, whose first block is computed here.

    Attributes:
        before: its layers in front of the first convolution.
        convolution: that convolution; its bias and ReLU come after the pooling.
        after: the layers behind the pooling, in order.
    """

    before: tuple[keras.layers.Layer, ...]
    convolution: keras.layers.Conv2D
    after: tuple[keras.layers.Layer, ...]

    def outputs(self, inputs: Any, training: bool | None = None) -> Any:
        """What the network gives, (rows, ...), for (rows, height, width, channels)."""
        # before the scaling, where a pixel is a byte
        padded = tf.pad(inputs, [[0, 0], [1, 1], [1, 1], [0, 0]])
        kernel, bias = map(tf.convert_to_tensor, (self.convolution.kernel, self.convolution.bias))
        value = largest_of_blocks(_through(self.before, padded, training), kernel)
        return _through(self.after, tf.nn.relu(tf.nn.bias_add(value, bias)), training)


def first_block_of(network: keras.Model) -> FirstBlock | None:
    """The first block of a network of ``study.model.build_model``: one layer after another.

    None where the first convolution is another than there or has more filters, something stands
    between it, its ReLU and its pooling, or something other than a scaling of the pictures before.
    """
    layers = tuple(network.layers)
    kinds = [type(layer) for layer in layers]
    if keras.layers.Conv2D not in kinds[:-1]:
        return None
    at = kinds.index(keras.layers.Conv2D)
    convolution, pooling = layers[at : at + 2]
    as_there = (
        kinds[at + 1] is keras.layers.MaxPooling2D
        and _CONVOLUTION.items() <= convolution.get_config().items()
        and _POOLING.items() <= pooling.get_config().items()
        and convolution.filters <= _MOST_FILTERS
        and all(map(_leaves_zeros, layers[1:at]))
    )
    return FirstBlock(layers[1:at], convolution, layers[at + 2 :]) if as_there else None


def largest_of_blocks(padded: Any, kernel: Any) -> Any:
    """The largest of each 2 x 2 pixels of a convolution.

    Args:
        padded: pictures with a frame of one pixel, (rows, height + 2, width + 2, channels), sides
            even.
        kernel: (3, 3, channels, filters).

    Returns:
        (rows, height / 2, width / 2, filters).

    Raises:
        ValueError: a side is odd.
    """
    height, width, channels = padded.shape[1:]
    if height % 2 or width % 2:
        raise ValueError(
            f"pictures of {height - 2} x {width - 2} pixels came; expected even sides."
        )
    pairs = tf.reshape(padded, (-1, height, width // 2, 2 * channels))
    joined = tf.nn.conv2d(pairs, joined_kernel(kernel), strides=(2, 1), padding="VALID")
    return largest_of_four(joined)


def joined_kernel(kernel: Any) -> Any:
    """One kernel for four pixels: (3, 3, channels, filters) to (4, 2, 2 channels, 4 filters).

    It goes over pairs of pixels beside each other, two rows a stride. Its filters are those of the
    upper left pixel, the upper right, the lower left and the lower right.
    """
    channels, filters = kernel.shape[2:]
    places = tf.constant(_places(), kernel.dtype)
    values = places @ tf.reshape(kernel, (_SIDE**2, channels * filters))
    # (row and pair, pixel of the pair, output pixel, channel, filter)
    values = tf.reshape(values, (8, 2, 4, channels, filters))
    return tf.reshape(tf.transpose(values, (0, 1, 3, 2, 4)), (4, 2, 2 * channels, 4 * filters))


@tf.custom_gradient
def largest_of_four(values: Any) -> tuple[Any, Any]:
    """The largest of four groups of channels: (rows, h, w, 4 c) to (rows, h, w, c).

    One of them takes the gradient: of equal ones the first of upper left, lower left, upper right
    and lower right.
    """
    height, width, channels = values.shape[1:]
    # one transposition moves the groups apart in half the time of a split, a few numbers each
    apart = tf.transpose(tf.reshape(values, (-1, 4, channels // 4)), (1, 0, 2))
    upper, lower = apart[:2], apart[2:]
    left, right = tf.unstack(tf.maximum(upper, lower))

    def gradient(upstream: Any) -> Any:
        to_sides = _handed_down(tf.reshape(upstream, tf.shape(left)), left, right)
        joined = tf.concat(_handed_down(tf.stack(to_sides), upper, lower), axis=0)
        return tf.reshape(tf.transpose(joined, (1, 0, 2)), (-1, height, width, channels))

    largest = tf.maximum(left, right)
    return tf.reshape(largest, (-1, height, width, channels // 4)), gradient


def _handed_down(upstream: Any, first: Any, second: Any) -> tuple[Any, Any]:
    # a ReLU's gradient chooses in one operation where the second is larger
    to_second = tf.raw_ops.ReluGrad(gradients=upstream, features=second - first)
    return upstream - to_second, to_second


def _places() -> np.ndarray:
    """Which weight of a kernel stands where in the joined one: 0 or 1, (64, 9).

    The rows are, slowest first, row, pair and pixel of the pair that are looked at, and row and
    column of the output pixel; the columns are the weights, row by row.
    """
    found = np.zeros((4, 4, 2, 2, _SIDE, _SIDE))
    for down, right, row, column in np.ndindex(2, 2, _SIDE, _SIDE):
        found[down + row, right + column, down, right, row, column] = 1
    return found.reshape(64, _SIDE**2)


def _leaves_zeros(layer: keras.layers.Layer) -> bool:
    return isinstance(layer, keras.layers.Rescaling) and not np.any(layer.offset)


def _through(layers: tuple[keras.layers.Layer, ...], value: Any, training: bool | None) -> Any:
    for layer in layers:
        dropout = isinstance(layer, keras.layers.Dropout)
        value = layer(value, training=training) if dropout else layer(value)
    return value
