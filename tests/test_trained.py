"""Layers frozen after compile: refused where the compiled step would not be the observed one."""

from typing import Any

import keras
import numpy as np
import pytest

from callbacks import BatchUpdateNorm, EpochDistance, GradientNoiseScale
from tests.small_models import fit, smooth_model

# Keras says the same as a warning
pytestmark = pytest.mark.filterwarnings("ignore:A layer's `trainable` state:UserWarning")

MAKERS = {
    "norms": BatchUpdateNorm,
    "distance": EpochDistance,
    "noise": lambda: GradientNoiseScale(2),
}


def hidden(model: keras.Model) -> Any:
    return model.get_layer("hidden")


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("observed_before", [False, True])
def test_layers_frozen_after_a_fit_are_refused(name: str, observed_before: bool) -> None:
    model, watcher = smooth_model(), MAKERS[name]()
    fit(model, *([BatchUpdateNorm()] if observed_before else []))
    hidden(model).trainable = False
    before = model.get_weights()
    with pytest.raises(ValueError, match=r" 2 are frozen now, and 0 others are trained.*compile"):
        fit(model, watcher)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert "train_step" not in vars(model)
    model.compile(keras.optimizers.SGD(0.1), "mse")
    fit(model, watcher)
    np.testing.assert_array_equal(hidden(model).kernel.numpy(), before[0])


def test_layers_unfrozen_after_a_fit_are_refused() -> None:
    model = smooth_model()
    hidden(model).trainable = False
    model.compile(keras.optimizers.SGD(0.1), "mse")
    fit(model)
    hidden(model).trainable = True
    with pytest.raises(ValueError, match=r" 0 are frozen now, and 2 others are trained"):
        fit(model, BatchUpdateNorm())


@pytest.mark.parametrize("eager", [False, True])
def test_where_it_changes_nothing_layers_may_be_frozen_without_compiling(eager: bool) -> None:
    plain, watched = (smooth_model(run_eagerly=eager) for _ in range(2))
    for model in (plain, watched):
        # the first step is made after this, and an eager one anew each time
        if eager:
            fit(model)
        hidden(model).trainable = False
    watching = [make() for make in MAKERS.values()]
    assert fit(plain)["loss"] == fit(watched, *watching)["loss"]
    assert fit(plain)["loss"] == fit(watched, *watching)["loss"]


def test_an_optimizer_that_is_taken_over_may_know_more() -> None:
    model = smooth_model()
    fit(model)
    hidden(model).trainable = False
    model.compile(model.optimizer, "mse")
    before = hidden(model).kernel.numpy()
    for _ in range(2):
        fit(model, BatchUpdateNorm())
    np.testing.assert_array_equal(hidden(model).kernel.numpy(), before)


def test_all_weights_may_be_measured_all_the_same() -> None:
    model = smooth_model()
    fit(model)
    hidden(model).trainable = False
    before = model.get_weights()
    found = fit(model, EpochDistance(include_non_trainable=True))["epoch_distance"][0]
    moved = [a - b for a, b in zip(model.get_weights(), before, strict=True)]
    assert found == pytest.approx(np.sqrt(sum((part**2).sum() for part in moved)), rel=1e-5)
