"""Ghost statistics against a slow computation; averages, partial batches, replicas, saving."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from study.layers.counted_rows import CountedRows, counted_rows, rows_that_count
from study.layers.ghost_batch_normalisation import GhostBatchNormalization
from study.train.devices import Devices
from tests.ghost_replicas import train

ROOT = Path(__file__).parents[1]


def slow_ghosts(
    x: np.ndarray, real: np.ndarray, size: int, layer: Any, averages: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Normalises ghost after ghost and takes the averages along, in float64."""
    outputs, (mean, variance) = np.zeros(x.shape), averages
    for start in range(0, len(x), size):
        rows = np.arange(start, min(start + size, len(x)))
        taken = x[rows[real[rows]]].astype(np.float64)
        if not len(taken):
            continue
        axes = tuple(range(x.ndim - 1))
        m, v = taken.mean(axes), taken.var(axes)
        outputs[rows] = (x[rows] - m) / np.sqrt(v + layer.epsilon)
        kept = layer.momentum ** (len(taken) / size)
        mean, variance = kept * mean + (1 - kept) * m, kept * variance + (1 - kept) * v
    return outputs * layer.gamma.numpy() + layer.beta.numpy(), (mean, variance)


def picture_rows(rows: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(2, 3, (rows, 2, 3, 4)).astype(np.float32)


def make_layer(size: int, **options: Any) -> GhostBatchNormalization:
    layer = GhostBatchNormalization(size, momentum=0.7, **options)
    layer.build((None, 2, 3, 4))
    layer.gamma.assign([1, 2, 3, 4])
    layer.beta.assign([0, -1, 1, 5])
    return layer


@pytest.mark.parametrize("real_rows", [12, 8, 7, 1])
@pytest.mark.parametrize("size", [1, 4, 5, 12, 20])
def test_statistics_of_real_rows_ghost_by_ghost(size: int, real_rows: int) -> None:
    layer, real = make_layer(size), np.arange(12) < real_rows
    averages = np.zeros(4), np.ones(4)
    for seed in range(2):
        x = picture_rows(12, seed)
        weights = None if real_rows == 12 else np.where(real, 12 / real_rows, 0)
        with counted_rows(weights):
            found = tf.function(layer)(x, training=True).numpy()
        expected, averages = slow_ghosts(x, real, size, layer, averages)
        np.testing.assert_allclose(found[real], expected[real], rtol=1e-4, atol=1e-4)
        assert np.isfinite(found).all()
    np.testing.assert_allclose(layer.moving_mean.numpy(), averages[0], rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), averages[1], rtol=1e-5)
    x = picture_rows(3, 5)
    found = layer(x).numpy()
    expected = (x - averages[0]) / np.sqrt(averages[1] + layer.epsilon)
    expected = expected * layer.gamma.numpy() + layer.beta.numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_averages_do_not_depend_on_how_many_ghosts_a_batch_holds() -> None:
    x, averages = picture_rows(24), []
    for batch in (4, 8, 24):
        layer = make_layer(4)
        for start in range(0, 24, batch):
            layer(x[start : start + batch], training=True)
        averages.append(np.stack([layer.moving_mean.numpy(), layer.moving_variance.numpy()]))
    np.testing.assert_allclose(averages[1], averages[0], rtol=1e-5)
    np.testing.assert_allclose(averages[2], averages[0], rtol=1e-5)


@pytest.mark.parametrize("shape", [(4,), (5, 4), (2, 3, 4)])
def test_one_ghost_is_keras_batch_normalisation(shape: tuple[int, ...]) -> None:
    ours, theirs = GhostBatchNormalization(8), keras.layers.BatchNormalization()
    for seed in range(3):
        x = tf.constant(np.random.default_rng(seed).normal(1, 2, (8, *shape)).astype(np.float32))
        gradients = []
        for layer in (ours, theirs):
            with tf.GradientTape() as tape:
                tape.watch(x)
                outputs = layer(x, training=True)
                loss = tf.reduce_sum(tf.sin(outputs))
            own = tape.gradient(loss, [x, *[v.value for v in layer.trainable_variables]])
            gradients.append([outputs, *own])
        for one, other in zip(*gradients, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_averages_of_float64_are_float64() -> None:
    x = np.random.default_rng(0).normal(1, 2, (64, 3))
    ours = GhostBatchNormalization(64, momentum=0.9, dtype="float64")
    ours(tf.constant(x), training=True)
    np.testing.assert_allclose(ours.moving_mean, 0.1 * x.mean(0), rtol=1e-14)
    np.testing.assert_allclose(ours.moving_variance, 0.9 + 0.1 * x.var(0), rtol=1e-14)


def test_padded_batch_gives_the_gradient_of_its_real_rows() -> None:
    layer = make_layer(4)
    x = tf.constant(picture_rows(6))
    padded = tf.concat([x, x[:2] * 7], axis=0)
    gradients = []
    for values, weights in ((x, None), (padded, [1.0] * 6 + [0.0] * 2)):
        with tf.GradientTape() as tape, counted_rows(weights):
            tape.watch(values)
            loss = tf.reduce_sum(tf.sin(layer(values, training=True)[:6]))
        gradients.append(tape.gradient(loss, values).numpy())
    np.testing.assert_allclose(gradients[1][:6], gradients[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(gradients[1][6:], 0)


def test_a_keras_mask_counts_too() -> None:
    x = picture_rows(8)[:, 0]
    for mask in (np.arange(8) < 5, np.random.default_rng(1).random((8, 3)) < 0.6):
        layer = GhostBatchNormalization(8, momentum=0.0)
        layer(x, training=True, mask=tf.constant(mask))
        expected = x[mask].reshape(-1, 4).mean(0)
        np.testing.assert_allclose(layer.moving_mean.numpy(), expected, rtol=1e-4)


def test_a_model_that_counts_rows_announces_them_while_it_trains() -> None:
    seen: list[Any] = []

    class Asks(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            seen.append(rows_that_count())
            return inputs

    inputs = keras.Input((2,))
    model = CountedRows(inputs, keras.layers.Dense(1)(Asks()(inputs)))
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    x, y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    seen.clear()
    model.fit(x, y, sample_weight=np.array([2, 0, 1, 0]), shuffle=False, verbose=0)
    model.evaluate(x, y, verbose=0)
    assert seen[0].numpy().tolist() == [1, 0, 1, 0]
    assert seen[-1] is None and rows_that_count() is None


def test_saved_and_loaded(tmp_path: Path) -> None:
    inputs = keras.Input((4,))
    value = GhostBatchNormalization(3, 0.9, 1e-2, center=False, name="ghost")(inputs)
    model = CountedRows(inputs, keras.layers.Dense(1)(value))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    x = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    model.fit(x, x[:, :1], batch_size=6, verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(again, CountedRows)
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert again.get_layer("ghost").get_config() == model.get_layer("ghost").get_config()


@pytest.mark.parametrize(
    "options",
    [
        *({"ghost_size": size} for size in (0, 2.5, True, None, "4", np.nan, np.inf, [4])),
        *({"momentum": momentum} for momentum in (2, None)),
        *({"epsilon": epsilon} for epsilon in (0, "small")),
    ],
)
def test_bad_numbers_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        GhostBatchNormalization(**{"ghost_size": 4, **options})


@pytest.mark.parametrize("shape", [(5,), (5, None)])
def test_inputs_without_channels_are_refused(shape: tuple[int | None, ...]) -> None:
    with pytest.raises(ValueError, match=r"layer 'ghosts' got inputs of shape \(5.*expected"):
        GhostBatchNormalization(4, name="ghosts").build(shape)


def test_xla_which_keras_chooses_on_one_gpu_computes_the_same() -> None:
    outputs = []
    for jit in (False, True):
        layer = make_layer(5)
        # the number of rows is unknown while Keras traces a fit on arrays
        spec = [tf.TensorSpec((None, 2, 3, 4))]
        call = tf.function(lambda x, of=layer: of(x, training=True), spec, jit_compile=jit)
        outputs.append([call(picture_rows(12)), *layer.get_weights()])
    for one, other in zip(*outputs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_two_replicas_train_what_one_device_trains() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.ghost_replicas"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    for two, one in zip(result["weights"], train(Devices(1, "CPU", None)), strict=True):
        np.testing.assert_allclose(two, one, rtol=1e-4, atol=1e-5)
    assert "ghost_size 4 does not divide the 6 rows of each of 2 replicas" in result["refused"]
