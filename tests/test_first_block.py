"""The first block as one convolution for four pixels: the numbers of the layers as they stand."""

from typing import Any

import hypothesis.extra.numpy as numpy_strategies
import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from callbacks.hessian_product import HessianOfMeanLoss
from study.layers.first_block import (
    first_block_of,
    joined_kernel,
    largest_of_blocks,
    largest_of_four,
)
from study.layers.pieces import NetworkInPieces, in_pieces
from study.model import build_model
from study.train.devices import Devices
from study.train.network import compiled_model, measured_model
from study.train.recipe import Recipe
from study.train.remedy_settings import Augmentation
from tests.make_run import tiny_pictures, tiny_settings

# few distinct values, so that equal ones meet in a window
PIXELS = numpy_strategies.arrays(
    np.float32, st.tuples(*[st.sampled_from(n) for n in ((1, 3), (2, 6), (2, 4), (1, 4))]),
    elements=st.integers(-2, 2).map(float),
)  # fmt: skip


def pool_two_by_two(values: Any) -> Any:
    """The largest of each 2 x 2 pixels, once they are four groups of channels."""
    rows, height, width, channels = values.shape
    windows = tf.reshape(values, (rows, height // 2, 2, width // 2, 2, channels))
    windows = tf.transpose(windows, (0, 1, 3, 2, 4, 5))
    return largest_of_four(tf.reshape(windows, (rows, height // 2, width // 2, 4 * channels)))


def pooled(pool: Any, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest of each window, and the gradient of a sum in which each counts differently."""
    inputs = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = pool(inputs)
        shares = tf.reshape(tf.range(1.0, float(tf.size(outputs)) + 1), outputs.shape)
        total = tf.reduce_sum(outputs * shares)
    return outputs.numpy(), tape.gradient(total, inputs).numpy()


@given(PIXELS)
def test_gradient_goes_to_one_of_the_largest(values: np.ndarray) -> None:
    outputs, gradient = pooled(pool_two_by_two, values)
    expected = pooled(lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID"), values)
    np.testing.assert_array_equal(outputs, expected[0])
    for shares in (gradient, expected[1]):
        assert (values == outputs.repeat(2, axis=1).repeat(2, axis=2))[shares != 0].all()
        by_window = shares.reshape(
            -1, shares.shape[1] // 2, 2, outputs.shape[2], 2, shares.shape[3]
        )
        np.testing.assert_array_equal((by_window != 0).sum(axis=(2, 4)), 1)
        np.testing.assert_array_equal(
            by_window.sum(axis=(2, 4)).ravel(), 1 + np.arange(outputs.size)
        )


@given(st.integers(0, 2**32 - 1))
def test_without_equal_ones_it_is_tensorflows_pooling(seed: int) -> None:
    values = np.random.default_rng(seed).permutation(2 * 6 * 4 * 3).astype(np.float32)
    values = values.reshape(2, 6, 4, 3)
    expected = pooled(lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID"), values)
    for a, b in zip(pooled(pool_two_by_two, values), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_pooling_of_one_window_by_hand() -> None:
    window = np.array([[1, 5], [5, 2]], np.float32).reshape(1, 2, 2, 1)
    outputs, gradient = pooled(pool_two_by_two, window)
    assert outputs.tolist() == [[[[5]]]]
    assert gradient.reshape(2, 2).tolist() == [[0, 0], [1, 0]], "the left of two equal ones"


@pytest.mark.parametrize(("height", "width", "channels", "filters"), [(4, 6, 3, 4), (2, 2, 1, 1)])
def test_blocks_are_a_convolution_and_its_pooling(
    height: int, width: int, channels: int, filters: int
) -> None:
    draws = np.random.default_rng(3)
    pictures = tf.constant(draws.normal(size=(5, height, width, channels)))
    kernel = tf.constant(draws.normal(size=(3, 3, channels, filters)))
    shares = draws.normal(size=(5, height // 2, width // 2, filters))

    def blocks(kernel: Any) -> Any:
        return largest_of_blocks(tf.pad(pictures, [[0, 0], [1, 1], [1, 1], [0, 0]]), kernel)

    def layers(kernel: Any) -> Any:
        return tf.nn.max_pool2d(tf.nn.conv2d(pictures, kernel, 1, "SAME"), 2, 2, "VALID")

    found = []
    for compute in (blocks, layers):
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            outputs = compute(kernel)
        found.append((outputs, tape.gradient(outputs, kernel, tf.constant(shares))))
    assert outputs.dtype == tf.float64 and outputs.shape == shares.shape
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-12)


def test_a_joined_kernel_by_hand() -> None:
    kernel = np.arange(1.0, 10).reshape(3, 3, 1, 1)
    joined = joined_kernel(tf.constant(kernel)).numpy()
    assert joined.shape == (4, 2, 2, 4)
    for group, (down, right) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        expected = np.zeros((4, 4))
        expected[down : down + 3, right : right + 3] = kernel[:, :, 0, 0]
        np.testing.assert_array_equal(joined[:, :, :, group].reshape(4, 4), expected)


@pytest.mark.parametrize("variant", ["plain", "dropout"])
@pytest.mark.parametrize("training", [False, True])
def test_network_gives_the_same_outputs(variant: str, training: bool) -> None:
    images = tf.constant(tiny_pictures(8)[0])
    # two networks: a network with dropout draws other masks in its second step
    networks = build_model(32, variant), in_pieces(build_model(32, variant), 1)
    # compiled, as in runs: TensorFlow makes one operation of a convolution, its bias and its ReLU
    found = [tf.function(lambda x, n=n: n(x, training=training))(images) for n in networks]
    np.testing.assert_allclose(*found, rtol=1e-5)
    assert np.ptp(found[0]) > 1e-3


def test_gradients_of_the_network() -> None:
    images, labels = tiny_pictures(8)
    target = tf.constant(labels[:, None].astype(np.float32))
    network = build_model(32)
    # biases start at 0, where they would not tell one order from another
    network.set_weights([w + 0.01 * np.ones_like(w) for w in network.get_weights()])

    @tf.function
    def gradients(model: keras.Model) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(tf.constant(images), training=True)
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(target, outputs))
        return tape.gradient(loss, model.trainable_variables)

    models = network, in_pieces(network, 1)
    found = [[np.asarray(gradient) for gradient in gradients(model)] for model in models]
    names = [variable.path for variable in network.trainable_variables]
    for name, plain, quick in zip(names, *found, strict=True):
        assert np.abs(plain).max() > 0, name
        largest = np.abs(plain).max()
        np.testing.assert_allclose(quick, plain, rtol=1e-4, atol=1e-5 * largest, err_msg=name)


def test_layers_behind_the_block_hear_that_they_train() -> None:
    images = tf.constant(tiny_pictures(8)[0])
    model = in_pieces(build_model(32, "dropout"), 1)
    # outside of the model's own call nothing but the argument tells them
    assert np.any(model.call(images, training=True) != model.call(images, training=False))
    assert np.ptp([np.asarray(model(images, training=True)) for _ in range(3)], axis=0).max() > 0
    assert np.ptp([np.asarray(model(images, training=False)) for _ in range(3)], axis=0).max() == 0


def test_batches_of_any_size_in_a_compiled_call() -> None:
    images = tiny_pictures(10)[0]
    network = build_model(32)
    found = in_pieces(network, 1).predict(images, batch_size=4, verbose=0)
    np.testing.assert_allclose(found, network.predict(images, batch_size=10, verbose=0), rtol=1e-5)


def test_pictures_as_the_only_one_of_a_list_or_a_dict() -> None:
    images = tf.constant(tiny_pictures(4)[0])
    model = in_pieces(build_model(32), 1)
    for inputs in ([images], {"pictures": images}):
        np.testing.assert_array_equal(model(inputs), model(images))


def test_odd_sides_are_refused() -> None:
    with pytest.raises(ValueError, match="pictures of 5 x 4 pixels"):
        largest_of_blocks(tf.zeros((4, 7, 6, 1)), tf.zeros((3, 3, 1, 1)))


def network_of(*middle: keras.layers.Layer) -> keras.Model:
    inputs = value = keras.Input((8, 8, 3))
    for layer in middle:
        value = layer(value)
    return keras.Model(inputs, value)


def convolution(**changes: Any) -> keras.layers.Conv2D:
    values = {"filters": 2, "kernel_size": 3, "padding": "same", "activation": "relu", **changes}
    return keras.layers.Conv2D(**values)


@pytest.mark.parametrize(
    "changes",
    [
        *[{"strides": 2}, {"padding": "valid"}, {"dilation_rate": 2}, {"activation": "tanh"}],
        *[{"use_bias": False}, {"filters": 3, "groups": 3}, {"filters": 5}, {"kernel_size": 5}],
    ],
)
def test_another_convolution_is_left_alone(changes: dict[str, Any]) -> None:
    def block(layer: keras.layers.Layer) -> Any:
        return first_block_of(network_of(layer, keras.layers.MaxPooling2D()))

    assert block(convolution()) is not None
    assert block(convolution(**changes)) is None


@pytest.mark.parametrize(
    "pooling",
    [
        keras.layers.MaxPooling2D(4),
        keras.layers.MaxPooling2D(2, strides=1),
        keras.layers.MaxPooling2D(padding="same"),
        keras.layers.AveragePooling2D(2),
    ],
)
def test_another_pooling_is_left_alone(pooling: keras.layers.Layer) -> None:
    assert first_block_of(network_of(convolution(), pooling)) is None


@pytest.mark.parametrize(
    ("layer", "taken"),
    [
        (keras.layers.Rescaling(1 / 255), True),
        (keras.layers.Rescaling(2, offset=-1), False),
        (keras.layers.Rescaling(2, offset=[0, 0, 1]), False),
        (keras.layers.Dropout(0.5), False),
    ],
)
def test_only_what_leaves_zeros_may_stand_before(layer: keras.layers.Layer, taken: bool) -> None:
    network = network_of(layer, convolution(), keras.layers.MaxPooling2D())
    assert (first_block_of(network) is not None) == taken


def test_networks_without_such_a_block_are_left_alone() -> None:
    assert first_block_of(network_of(keras.layers.Flatten(), keras.layers.Dense(1))) is None
    assert first_block_of(network_of(keras.layers.MaxPooling2D(), convolution())) is None
    assert first_block_of(build_model(32, "batch-normalisation")) is None


def test_layers_of_the_network_stay_its_own() -> None:
    network = build_model(32)
    computed = in_pieces(network, 1)
    assert first_block_of(network) is not None
    assert computed.layers == network.layers
    assert [id(v) for v in computed.variables] == [id(v) for v in network.variables]


@pytest.mark.parametrize(
    ("kind", "changes", "computed"),
    [
        ("CPU", {}, True),
        ("CPU", {"model": "dropout"}, True),
        ("GPU", {}, False),
        ("logical CPU", {}, False),
        ("CPU", {"model": "batch-normalisation"}, False),
        ("CPU", {"recipe": Recipe(tiny_settings().schedule(70), remedy=Augmentation())}, False),
    ],
)
def test_which_runs_are_computed_so(kind: str, changes: dict[str, Any], computed: bool) -> None:
    settings, devices = tiny_settings(**changes), Devices(1, kind, None)
    for make in (compiled_model, measured_model):
        model = make(settings, devices)
        assert isinstance(model, NetworkInPieces) == computed
        assert not computed or model.first_block is not None


def test_hessian_product_through_the_block() -> None:
    images, labels = tiny_pictures(8)
    target = labels.astype(np.float32)[:, None]
    found = []
    for model in (build_model(32, seed=2), in_pieces(build_model(32, seed=2), 1)):
        model.compile(loss="binary_crossentropy")
        products = HessianOfMeanLoss(model, images, target)
        direction = np.random.default_rng(1).normal(size=products.size)
        found.append(products.product(products.weights(), direction))
    assert np.abs(found[0]).max() > 0
    np.testing.assert_allclose(found[1], found[0], rtol=1e-3, atol=1e-5 * np.abs(found[0]).max())
