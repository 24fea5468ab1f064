"""The first convolution and its pooling on a processor, in an order that costs less.

The first block has the largest arrays of the network and the fewest channels, which is what
TensorFlow's pooling is slow at: with the bias and the ReLU before it, it took a third of a training
step at 128 pixels. A maximum commutes with adding a constant and with a ReLU, so bias and ReLU can
follow on a quarter of the numbers; and a maximum over 2 x 2 pixels is one of two rows, then one of
two columns. Outputs are the same to the last bit, and so is the kernel's gradient where no two of
the four pixels are equal, with the bias added too; of equal ones another may count. The bias's
gradient is summed in another order. What is not finite spreads further: one value of a window that
is not a number makes the whole window so, and an infinite gradient becomes "not a number" there.
"""

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

_ALIKE = {"padding": "same", "strides": (1, 1), "data_format": "channels_last"}
_CONVOLUTION = {
    **_ALIKE,
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
        value = _through(self.before, inputs, training)
        kernel, bias = map(tf.convert_to_tensor, (self.convolution.kernel, self.convolution.bias))
        value = pool_two_by_two(tf.nn.conv2d(value, kernel, strides=1, padding="SAME"))
        return _through(self.after, tf.nn.relu(tf.nn.bias_add(value, bias)), training)


def first_block_of(network: keras.Model) -> FirstBlock | None:
    """The first block of a network of ``study.model.build_model``: one layer after another.

    None where the first convolution is another than there, or something stands between it, its
    ReLU and its pooling.
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
    )
    return FirstBlock(layers[1:at], convolution, layers[at + 2 :]) if as_there else None


@tf.custom_gradient
def pool_two_by_two(values: Any) -> tuple[Any, Any]:
    """The largest of each 2 x 2 pixels: (rows, h, w, c) to (rows, h / 2, w / 2, c), h and w even.

    One of them takes the gradient: of equal ones the left, then the upper one.

    Raises:
        ValueError: a side is odd.
    """
    height, width, channels = values.shape[1:]
    if height % 2 or width % 2:
        raise ValueError(f"pictures of {height} x {width} pixels came; expected even sides.")
    rows_apart = (-1, height // 2, 2, width * channels)
    columns_apart = (-1, height // 2, width // 2, 2 * channels)
    upper, lower = tf.split(tf.reshape(values, rows_apart), 2, axis=2)
    left, right = tf.split(tf.reshape(tf.maximum(upper, lower), columns_apart), 2, axis=3)

    def gradient(upstream: Any) -> Any:
        columns = _handed_down(upstream, left >= right, axis=3)
        of_taller = tf.reshape(columns, (-1, height // 2, 1, width * channels))
        return tf.reshape(_handed_down(of_taller, upper >= lower, axis=2), tf.shape(values))

    return tf.maximum(left, right), gradient


def _handed_down(upstream: Any, to_first: Any, axis: int) -> Any:
    # a product, since choosing element by element takes longer
    first = upstream * tf.cast(to_first, upstream.dtype)
    return tf.concat([first, upstream - first], axis=axis)


def _through(layers: tuple[keras.layers.Layer, ...], value: Any, training: bool | None) -> Any:
    for layer in layers:
        dropout = isinstance(layer, keras.layers.Dropout)
        value = layer(value, training=training) if dropout else layer(value)
    return value
