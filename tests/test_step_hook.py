"""The hook in the training step: put on, shared, taken off, left over, traced once."""

from typing import Any

import keras
import numpy as np
import pytest

from callbacks import BatchUpdateNorm
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
