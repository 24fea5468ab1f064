"""The network against the article's own figures."""

import numpy as np
import pytest
import tensorflow as tf

from study.errors import SettingsError
from study.model import build_model, describe_model


def test_article_network_has_the_article_parameters() -> None:
    model = build_model(128)
    assert model.count_params() == 353_161
    described = {row["name"]: row for row in describe_model(model)}
    assert described["flatten"]["output_shape"] == [1024]
    assert described["dense_1"]["parameters"] == 1024 * 256 + 256
    assert [described[f"conv_{i}"]["output_shape"][-1] for i in range(1, 6)] == [4, 8, 16, 32, 64]


def test_initial_weights_are_a_pure_function_of_the_seed() -> None:
    first, again, other = (build_model(32, seed=seed).get_weights() for seed in (3, 3, 4))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(first[0], other[0])


def test_layers_of_one_run_start_differently() -> None:
    weights = {w.path: np.asarray(w) for w in build_model(32).trainable_variables}
    assert not np.array_equal(
        weights["dense_2/kernel"][:64, :256], weights["dense_1/kernel"][:64, :256]
    )


def test_initial_kernels_are_glorot_uniform() -> None:
    kernel = np.asarray(build_model(32, seed=1).get_layer("dense_2").kernel)
    limit = np.sqrt(6 / (256 + 256))
    assert np.abs(kernel).max() <= limit
    np.testing.assert_allclose(kernel.std(), limit / np.sqrt(3), rtol=0.02)


def test_input_is_scaled_to_the_unit_interval() -> None:
    model = build_model(32)
    scaled = model.get_layer("rescaling")(np.array([[0, 51, 255]], np.uint8))
    np.testing.assert_allclose(np.asarray(scaled), [[0, 0.2, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("variant", "dropouts", "norms"),
    [("plain", 0, 0), ("dropout", 7, 0), ("batch-normalisation", 2, 5)],
)
def test_variants(variant: str, dropouts: int, norms: int) -> None:
    kinds = [row["kind"] for row in describe_model(build_model(32, variant))]
    assert kinds.count("ReplicaDropout") == dropouts
    assert kinds.count("BatchNormalization") == norms


def test_dropout_drops_its_share_and_keeps_the_mean() -> None:
    from study.layers.replica_dropout import ReplicaDropout

    layer = ReplicaDropout(0.2, seed=5)
    ones = np.ones((64, 1000), np.float32)
    dropped = np.asarray(layer(ones, training=True))
    assert set(np.unique(dropped)) == {np.float32(0), np.float32(1.25)}
    np.testing.assert_allclose((dropped == 0).mean(), 0.2, atol=0.01)
    again = np.asarray(layer(ones, training=True))
    assert not np.array_equal(dropped, again), "every step has its own mask"
    np.testing.assert_array_equal(np.asarray(layer(ones, training=False)), ones)


@pytest.mark.parametrize("rate", [0.2, 0.7])
def test_dropout_computes_what_choosing_element_by_element_does(rate: float) -> None:
    from study.layers.replica_dropout import ReplicaDropout

    layer = ReplicaDropout(rate, seed=5)
    random = np.random.default_rng(1)
    values, back = random.normal(size=(2, 8, 500)).astype(np.float32)
    seed = tf.cast(ReplicaDropout(rate, seed=5).seed_generator.next(), tf.int32)
    keep = tf.random.stateless_uniform(values.shape, seed) >= rate

    @tf.function
    def both(x: tf.Tensor) -> tuple[tf.Tensor, ...]:
        chosen = tf.where(keep, x / (1 - rate), tf.zeros_like(x))
        masked = layer(x, training=True)
        return chosen, masked, *(tf.gradients(y, x, back)[0] for y in (chosen, masked))

    chosen, masked, slow, fast = both(tf.constant(values))
    np.testing.assert_array_equal(masked, chosen)
    np.testing.assert_array_equal(fast, slow)


@pytest.mark.parametrize("size", [0, 16, 33, 100])
def test_image_size_that_five_poolings_do_not_fit(size: int) -> None:
    with pytest.raises(SettingsError, match="multiple of 32"):
        build_model(size)


def test_unknown_variant_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="plain, dropout, batch-normalisation"):
        build_model(32, "vgg")
