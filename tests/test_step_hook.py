"""The hook in the training step: put on, shared, taken off, left over, traced once."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from callbacks import BatchUpdateNorm, EpochDistance, GradientNoiseScale
from callbacks.step_recorder import StepRecorder
from tests.oracles import update_norms
from tests.small_models import Failing, batches_of, fit, oracle_norms, regression_data, smooth_model

SGD = keras.optimizers.SGD


class CountsTraces(keras.Model):
    traces = 0

    def train_step(self, data: Any) -> Any:
        self.traces += 1
        return super().train_step(data)


def counting_model() -> CountsTraces:
    model = smooth_model()
    counting = CountsTraces(model.inputs, model.outputs)
    counting.compile(SGD(0.1), "mse")
    return counting


def test_two_fits_in_a_row_trace_once() -> None:
    model, norms = counting_model(), BatchUpdateNorm()
    fit(model, norms)
    first, traces = norms.norms, model.traces
    fit(model, norms)
    assert model.traces == traces
    assert len(norms.norms) == 6
    np.testing.assert_allclose(
        np.concatenate([first, norms.norms]), oracle_norms(smooth_model(), epochs=2), rtol=2e-5
    )
    model.compile(SGD(0.05), "mse")
    fit(model, norms)
    assert model.traces > traces


def test_a_model_is_left_as_it_was() -> None:
    model = counting_model()
    fit(model, BatchUpdateNorm())
    assert "train_step" not in vars(model)
    step = model.train_step
    calls = []

    def own_step(data: Any) -> Any:
        calls.append(data)
        return step(data)

    model.train_step = own_step
    model.compile(SGD(0.1), "mse")
    function = model.make_train_function() or model.train_function
    norms = BatchUpdateNorm()
    fit(model, norms)
    assert vars(model)["train_step"] is own_step
    assert model.train_function is function
    assert calls
    assert norms.norms.all()


def test_after_an_exception_the_model_trains_on_as_without() -> None:
    plain, watched = counting_model(), counting_model()
    norms = BatchUpdateNorm()
    for model, callbacks in ((plain, ()), (watched, (norms,))):
        with pytest.raises(InterruptedError):
            fit(model, *callbacks, Failing(after_batches=4))
    assert fit(plain, epochs=2) == fit(watched, epochs=2)
    assert "train_step" not in vars(watched)
    traces = watched.traces
    fit(watched)
    assert watched.traces == traces
    # the weights are those of two models at the same place: 4 + 6 + 6 (+ 6) steps
    fit(plain)
    for expected, weight in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


@pytest.mark.parametrize("norms_first", [True, False])
def test_when_one_observer_fails_the_others_give_up_too(
    norms_first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(recorder: StepRecorder, seen: Any) -> None:
        raise InterruptedError

    model = smooth_model()
    watching = [BatchUpdateNorm(), GradientNoiseScale(group=2)]
    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr(StepRecorder, "after_step", fail)
        fit(model, *(watching if norms_first else watching[::-1]))
    assert "apply" not in vars(model.optimizer)
    fit(model)
    fit(model, *watching)
    assert watching[0].norms.size


@pytest.mark.parametrize("compiled_anew", [False, True])
def test_after_an_exception_it_measures_again(compiled_anew: bool) -> None:
    model, norms, left_over = smooth_model(), BatchUpdateNorm(), BatchUpdateNorm()
    with pytest.raises(InterruptedError):
        fit(model, left_over, norms, Failing(after_batches=4))
    if compiled_anew:
        model.compile(SGD(0.1), "mse")
        fit(model)
    fit(model, norms)
    epoch = batches_of(*regression_data(), 4)
    taken = epoch[:4] + epoch * (1 + compiled_anew)
    expected = update_norms(smooth_model(), taken)[-6:]
    np.testing.assert_allclose(norms.norms, expected, rtol=2e-5)
    assert "train_step" not in vars(model)
    assert not hasattr(model.train_function, "step_hook")
    assert not left_over.norms.size


def test_two_instances_on_one_model() -> None:
    model, total, layers = smooth_model(), BatchUpdateNorm(), BatchUpdateNorm(by_layer=True)
    fit(model, total, layers)
    np.testing.assert_array_equal(total.norms, layers.norms)
    assert layers.layer_names == ("hidden", "output")
    fit(model, layers)
    assert len(layers.norms) == 6
    assert "train_step" not in vars(model)


class WrapsStep(keras.callbacks.Callback):
    """Another library's callback that puts its own step over the one it finds."""

    steps = 0

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.found = self.model.train_step

        def step(data: Any) -> Any:
            self.steps += 1
            return self.found(data)

        self.model.train_step = step
        self.model.make_train_function(force=True)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.model.train_step = self.found
        self.model.make_train_function(force=True)


@pytest.mark.parametrize("first", [False, True])
def test_beside_another_hook_in_any_order(first: bool) -> None:
    norms, other = BatchUpdateNorm(), WrapsStep()
    model = smooth_model()
    fit(model, *((other, norms) if first else (norms, other)))
    np.testing.assert_allclose(norms.norms, oracle_norms(smooth_model()), rtol=2e-6)
    assert other.steps
    fit(model, norms)
    assert len(norms.norms) == 6
    fit(model)
    assert len(norms.norms) == 6


class TrainsOnABatch(keras.callbacks.Callback):
    """Takes a step of its own after every epoch, as some kinds of augmentation do."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        inputs, targets = regression_data()
        self.model.train_on_batch(inputs[:4], targets[:4])


def test_steps_between_epochs_do_not_end_the_measurement() -> None:
    plain, watched = counting_model(), counting_model()
    norms, noise = BatchUpdateNorm(), GradientNoiseScale(2)
    expected = fit(plain, TrainsOnABatch(), epochs=3)
    history = fit(watched, norms, noise, TrainsOnABatch(), epochs=3)
    assert history["loss"] == expected["loss"]
    assert len(norms.norms) == 6 and noise.groups == 3
    assert np.isfinite(history["update_norm_median"]).all()
    epoch = batches_of(*regression_data(), 4)
    taken = ([*epoch, epoch[0]] * 3)[:-1]
    oracle = update_norms(smooth_model(), taken)[-6:]
    np.testing.assert_allclose(norms.norms, oracle, rtol=2e-5)
    assert "train_step" not in vars(watched)
    assert not hasattr(watched.train_function, "step_hook")


def test_a_loop_of_its_own_may_take_steps_that_are_not_announced() -> None:
    model, norms = smooth_model(), BatchUpdateNorm()
    watching = keras.callbacks.CallbackList([norms], model=model)
    inputs, targets = regression_data()
    watching.on_train_begin()
    model.train_on_batch(inputs[:4], targets[:4])
    for batch in range(2):
        watching.on_train_batch_begin(batch)
        model.train_on_batch(inputs[:4], targets[:4])
    watching.on_epoch_end(0)
    watching.on_train_end()
    oracle = update_norms(smooth_model(), [(inputs[:4], targets[:4])] * 3)
    np.testing.assert_allclose(norms.norms, oracle[1:], rtol=2e-5)
    assert "train_step" not in vars(model)


class Parts(keras.Model):
    """No call of its own: its step trains two models, as that of a GAN does."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = smooth_model(), smooth_model()

    def train_step(self, data: Any) -> Any:
        inputs, targets = data
        with tf.GradientTape() as tape:
            outputs = self.first(inputs) + self.second(inputs)
            loss = keras.ops.mean(keras.ops.square(outputs - targets))
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        return {"loss": loss}


@pytest.mark.parametrize("eager", [False, True])
def test_models_without_a_call_of_their_own(eager: bool) -> None:
    plain, watched = Parts(), Parts()
    for model in (plain, watched):
        model.compile(SGD(0.1), run_eagerly=eager)
    norms, distance, noise = BatchUpdateNorm(), EpochDistance(), GradientNoiseScale(2)
    for _ in range(2):
        before = watched.get_weights()
        expected = fit(plain, epochs=1)
        history = fit(watched, norms, distance, noise, epochs=1)
        assert history["loss"] == expected["loss"]
        away = [np.sum((a - b) ** 2) for a, b in zip(watched.get_weights(), before, strict=True)]
        assert history["epoch_distance"] == [pytest.approx(np.sqrt(sum(away)), rel=1e-5)]
        assert norms.norms.all() and len(norms.norms) == 6
        assert np.isfinite(history["gradient_variance_trace"]).all()


def test_models_that_only_values_can_build_are_refused() -> None:
    class Chooses(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.layer = keras.layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.layer(inputs if float(inputs[0, 0]) > 0 else -inputs)

    model = Chooses()
    model.compile(SGD(0.1), "mse", run_eagerly=True)
    with (
        pytest.warns(UserWarning, match="build"),
        pytest.raises(ValueError, match=r"no weights before its first step.*build it before fit"),
    ):
        fit(model, BatchUpdateNorm())
