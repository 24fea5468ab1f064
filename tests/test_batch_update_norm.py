"""Update norms: by hand, against copies made batch by batch, and leaving no trace."""

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks import BatchUpdateNorm, batch_update_norm, step_recorder
from tests.oracles import euclidean_distance, weight_trajectory
from tests.small_models import (
    batches_of,
    fit,
    late_model,
    one_weight_model,
    oracle_norms,
    regression_data,
    smooth_model,
    tangled_model,
)

SGD = keras.optimizers.SGD
OPTIMIZERS: dict[str, Callable[[], keras.optimizers.Optimizer]] = {
    "momentum": lambda: SGD(0.05, momentum=0.9, nesterov=True),
    "adamw, clipped": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, clipnorm=0.01),
    "averaged": lambda: SGD(0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2),
    "accumulating": lambda: SGD(0.1, gradient_accumulation_steps=3),
    "loss scale": lambda: keras.optimizers.LossScaleOptimizer(SGD(0.1), initial_scale=2.0**14),
}
MODES: dict[str, dict[str, Any]] = {
    "plain": {},
    "three steps a call": {"steps_per_execution": 3},
    "more steps a call than there are": {"steps_per_execution": 100},
    "eager": {"run_eagerly": True},
    "jit": {"jit_compile": True},
}


def test_one_weight_by_hand() -> None:
    norms = BatchUpdateNorm()
    ones, zeros = np.ones((3, 1)), np.zeros((3, 1))
    history = one_weight_model().fit(
        ones, zeros, batch_size=1, epochs=2, verbose=0, callbacks=[norms]
    )
    # w = 1, 0.8, 0.64, ...: each update takes away a fifth
    np.testing.assert_allclose(norms.norms, 0.2 * 0.8 ** np.arange(3, 6), rtol=1e-5)
    assert norms.norms.dtype == np.float32
    assert history.history["update_norm_median"] == pytest.approx([0.2 * 0.8, 0.2 * 0.8**4])
    assert norms.norms_by_layer is None
    assert norms.layer_names == ()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_against_copies(name: str) -> None:
    norms = BatchUpdateNorm()
    history = fit(smooth_model(OPTIMIZERS[name]), norms, epochs=2)
    expected = oracle_norms(smooth_model(OPTIMIZERS[name]), epochs=2)
    # 22 examples in batches of 4: the sixth batch holds two
    np.testing.assert_allclose(norms.norms, expected[6:], rtol=2e-6)
    assert history["update_norm_median"][0] == pytest.approx(np.median(expected[:6]), rel=2e-6)
    if name == "accumulating":
        assert np.flatnonzero(norms.norms).tolist() == [2, 5]


@pytest.mark.parametrize("mode", MODES)
def test_modes_measure_the_same_and_change_nothing(mode: str) -> None:
    plain, watched = smooth_model(**MODES[mode]), smooth_model(**MODES[mode])
    norms = BatchUpdateNorm()
    losses = fit(plain, epochs=2)["loss"]
    assert fit(watched, norms, epochs=2)["loss"] == losses
    for expected, weight in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    np.testing.assert_allclose(norms.norms, oracle_norms(smooth_model(), epochs=2)[6:], rtol=1e-4)


def test_layers_of_a_tangled_model() -> None:
    norms = BatchUpdateNorm(by_layer=True)
    model = tangled_model()
    fit(model, norms)
    assert norms.layer_names == ("inner/dense", "shared", "norm", "first", "second")
    assert norms.norms_by_layer is not None
    inputs, targets = regression_data()
    batches = [(x, [y, y]) for x, y in batches_of(inputs, targets, 4)]
    trajectory = weight_trajectory(tangled_model(), batches)
    for step, (before, after) in enumerate(pairwise(trajectory)):
        # kernel and bias, gamma and beta: two trainable weights a layer
        layers = [slice(first, first + 2) for first in range(0, 10, 2)]
        expected = [euclidean_distance(before[layer], after[layer]) for layer in layers]
        np.testing.assert_allclose(norms.norms_by_layer[:, step], expected, rtol=1e-5)
        assert norms.norms[step] == pytest.approx(euclidean_distance(before, after), rel=1e-5)


@pytest.mark.parametrize("steps", [1, 3])
def test_long_epochs_are_fetched_in_parts(steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_update_norm, "_WAITING_BATCHES", 4)
    norms = BatchUpdateNorm()
    fit(smooth_model(steps_per_execution=steps), norms, batch_size=2)
    np.testing.assert_allclose(norms.norms, oracle_norms(smooth_model(), size=2), rtol=2e-6)


@pytest.mark.parametrize("by_layer", [False, True])
def test_a_gpu_gets_the_rows_by_a_mask(by_layer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same numbers, also those of a run that has diverged: no row touches another."""
    found = []
    for on_gpu in (False, True):
        monkeypatch.setattr(step_recorder, "_on_gpu", lambda table, on_gpu=on_gpu: on_gpu)
        norms = BatchUpdateNorm(by_layer)
        fit(smooth_model(lambda: SGD(1e6)), norms, epochs=4)
        assert not np.isfinite(norms.norms).all()
        layers = norms.norms_by_layer
        found.append(norms.norms if layers is None else np.vstack([norms.norms, layers]))
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("on_gpu", [False, True])
def test_steps_without_room_are_lost_and_harm_none(
    on_gpu: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step_recorder, "_on_gpu", lambda table: on_gpu)
    model = one_weight_model()
    recorder = step_recorder.StepRecorder(model, by_layer=False, rows=2)
    recorder.prepare()

    @tf.function
    def step(change: Any) -> None:
        seen = recorder.before_step(None)
        model.trainable_variables[0].assign_add(change)
        recorder.after_step(seen)

    for change in (1.0, 2.0, 3.0, 4.0):
        step(tf.fill((1, 1), change))
    np.testing.assert_allclose(recorder.fetch(), [[1, 2]], rtol=1e-6)
    step(tf.fill((1, 1), 5.0))
    np.testing.assert_allclose(recorder.fetch(), [[5]], rtol=1e-6)


def test_a_model_without_trainable_weights_has_no_layers() -> None:
    recorder = step_recorder.StepRecorder(keras.Sequential([keras.Input((1,))]), True, rows=2)
    recorder.prepare()
    recorder.after_step(recorder.before_step(None))
    np.testing.assert_array_equal(recorder.fetch(), [[0]])
    assert recorder.layer_names == ()


def test_weights_of_double_precision_have_no_overflow_in_their_squares() -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, dtype="float64")])
    recorder = step_recorder.StepRecorder(model, by_layer=False, rows=2)
    recorder.prepare()
    seen = recorder.before_step(None)
    model.trainable_variables[0].assign_add([[1e30]])
    recorder.after_step(seen)
    np.testing.assert_allclose(recorder.fetch(), [[1e30]], rtol=1e-6)


def test_norms_are_fetched_once_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = []
    fetch = step_recorder.StepRecorder.fetch

    def counting(recorder: step_recorder.StepRecorder) -> np.ndarray:
        fetched.append(fetch(recorder))
        return fetched[-1]

    monkeypatch.setattr(step_recorder.StepRecorder, "fetch", counting)
    fit(smooth_model(), BatchUpdateNorm(), batch_size=1, epochs=2)
    # the first looks for what an interrupted fit has left
    assert [part.shape for part in fetched] == [(1, 0), (1, 22), (1, 22)]


def test_epochs_of_unknown_length() -> None:
    inputs, targets = regression_data()
    signature = (tf.TensorSpec((None, 4)), tf.TensorSpec((None, 1)))
    dataset = tf.data.Dataset.from_generator(
        lambda: iter(batches_of(inputs, targets, 4)), output_signature=signature
    )
    norms = BatchUpdateNorm()
    with pytest.warns(UserWarning, match="ran out of data"):
        smooth_model().fit(dataset, verbose=0, shuffle=False, callbacks=[norms])
    np.testing.assert_allclose(norms.norms, oracle_norms(smooth_model()), rtol=2e-6)


@pytest.mark.parametrize("eager", [False, True])
def test_model_without_weights_before_its_first_step(eager: bool) -> None:
    def unbuilt() -> keras.Model:
        layers = [keras.layers.Dense(2, kernel_initializer="ones"), keras.layers.Dense(1)]
        layers[1].kernel_initializer = "ones"
        model = keras.Sequential(layers)
        model.compile(SGD(0.001), "mse", run_eagerly=eager)
        return model

    inputs, targets = regression_data()
    plain, watched, norms = unbuilt(), unbuilt(), BatchUpdateNorm()
    plain.fit(inputs, targets, batch_size=4, verbose=0, shuffle=False)
    watched.fit(inputs, targets, batch_size=4, verbose=0, shuffle=False, callbacks=[norms])
    for expected, weight in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)
    built = unbuilt()
    built.build((None, 4))
    np.testing.assert_allclose(norms.norms, oracle_norms(built), rtol=2e-6)


def test_training_stopped_within_an_epoch() -> None:
    class Stops(keras.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
            self.model.stop_training = batch == 2

    norms = BatchUpdateNorm()
    fit(smooth_model(), norms, Stops(), epochs=3)
    assert norms.norms.shape == (3,)


def test_a_diverging_run_is_no_error() -> None:
    norms = BatchUpdateNorm()
    history = fit(smooth_model(lambda: SGD(1e6)), norms, epochs=2)
    assert np.isnan(norms.norms).any()
    assert np.isnan(history["update_norm_median"][-1])


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-7), ("bfloat16", 1e-6)])
def test_other_dtypes(dtype: str, tolerance: float) -> None:
    def model() -> keras.Model:
        inputs = keras.Input((4,), dtype="float32")
        layer = keras.layers.Dense(1, kernel_initializer="ones", dtype=dtype)
        built = keras.Model(inputs, layer(inputs))
        built.compile(SGD(0.1), "mse")
        return built

    norms = BatchUpdateNorm()
    fit(model(), norms)
    assert norms.norms.dtype == np.float32
    np.testing.assert_allclose(norms.norms, oracle_norms(model()), rtol=tolerance)


def test_weights_made_within_the_first_step_are_refused() -> None:
    with pytest.raises(ValueError, match=r"had 0 weights .* 2 now; build it before fit"):
        late_model().fit(*regression_data(), verbose=0, callbacks=[BatchUpdateNorm()])


def test_layers_frozen_between_fits() -> None:
    model, norms = smooth_model(), BatchUpdateNorm(by_layer=True)
    fit(model, norms)
    model.get_layer("hidden").trainable = False
    model.compile(SGD(0.1), "mse")
    fit(model, norms)
    assert norms.layer_names == ("output",)
    assert norms.norms_by_layer is not None
    np.testing.assert_allclose(norms.norms_by_layer[0], norms.norms, rtol=1e-6)


def test_other_strategies_and_backends_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    many = SimpleNamespace(distribute_strategy=SimpleNamespace(num_replicas_in_sync=8))
    with pytest.raises(ValueError, match="built under SimpleNamespace; update norms"):
        step_recorder.StepRecorder(many, by_layer=False, rows=1)
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="backend is 'jax'"):
        fit(smooth_model(), BatchUpdateNorm())
