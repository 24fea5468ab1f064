"""Epoch distances: by hand, against copied weights, and over awkward models."""

import math
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import pytest

from callbacks import BatchUpdateNorm, EpochDistance, LayerDistance
from tests.oracles import euclidean_distance, weight_trajectory
from tests.small_models import (
    Failing,
    batches_of,
    late_model,
    one_weight_model,
    regression_data,
    smooth_model,
    tangled_model,
)

KEYS = ("epoch_distance", "distance_from_init")
STEPS = 6  # 22 examples in batches of 4


def fit(model: keras.Model, *callbacks: keras.callbacks.Callback, **options: Any) -> dict[str, Any]:
    inputs, targets = regression_data()
    settings = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0, **options}
    outputs = [targets] * max(1, len(getattr(model, "outputs", None) or ()))
    history = model.fit(inputs, outputs, callbacks=list(callbacks), **settings)
    return dict(history.history)


def test_one_weight_by_hand() -> None:
    distance = EpochDistance()
    history = one_weight_model().fit(
        np.ones((3, 1)), np.zeros((3, 1)), batch_size=1, epochs=2, verbose=0, callbacks=[distance]
    )
    # w = 1, then 0.8^3 after an epoch of three updates, then 0.8^6
    moved = [1 - 0.8**3, 0.8**3 - 0.8**6]
    away = [1 - 0.8**3, 1 - 0.8**6]
    assert history.history["epoch_distance"] == pytest.approx(moved, rel=1e-6)
    assert history.history["distance_from_init"] == pytest.approx(away, rel=1e-6)
    expected = [LayerDistance(*pair) for pair in zip(moved, away, strict=True)]
    assert list(distance.by_layer) == ["line"]
    np.testing.assert_allclose(distance.by_layer["line"], expected, rtol=1e-6)


def test_against_weights_copied_batch_by_batch() -> None:
    history = fit(smooth_model(), EpochDistance(), epochs=3)
    batches = batches_of(*regression_data(), 4) * 3
    ends = weight_trajectory(smooth_model(), batches)[::STEPS]
    moved = [euclidean_distance(*pair) for pair in pairwise(ends)]
    away = [euclidean_distance(end, ends[0]) for end in ends[1:]]
    assert history["epoch_distance"] == pytest.approx(moved, rel=1e-12)
    assert history["distance_from_init"] == pytest.approx(away, rel=1e-12)


def test_layers_of_a_tangled_model_add_up() -> None:
    model, distance = tangled_model(), EpochDistance()
    before = model.get_layer("inner").get_weights()
    history = fit(model, distance)
    assert list(distance.by_layer) == ["inner/dense", "shared", "norm", "first", "second"]
    away = euclidean_distance(before, model.get_layer("inner").get_weights())
    assert distance.by_layer["inner/dense"][-1].distance_from_init == pytest.approx(away)
    table = np.array(list(distance.by_layer.values()))
    assert table.shape == (5, 2, 2)
    both = np.transpose([history["epoch_distance"], history["distance_from_init"]])
    np.testing.assert_allclose(np.sqrt(np.sum(table**2, axis=0)), both, rtol=1e-12)


def test_weights_no_optimizer_touches_count_on_request() -> None:
    model, distance = tangled_model(), EpochDistance(include_non_trainable=True)
    before = model.get_weights()
    history = fit(model, distance)
    expected = euclidean_distance(before, model.get_weights())
    assert history["distance_from_init"][-1] == pytest.approx(expected, rel=1e-12)
    assert distance.by_layer["frozen"] == [LayerDistance(0, 0)] * 2


def test_two_fits_in_a_row_start_anew() -> None:
    model, distance = smooth_model(), EpochDistance()
    fit(model, distance)
    between = model.get_weights()
    history = fit(model, distance)
    away = euclidean_distance(between, model.get_weights())
    assert history["distance_from_init"][-1] == pytest.approx(away, rel=1e-12)
    assert {len(epochs) for epochs in distance.by_layer.values()} == {2}


def test_a_resumed_run_measures_from_its_true_start() -> None:
    whole = fit(tangled_model(), EpochDistance(), epochs=4)
    model = tangled_model()
    every = EpochDistance(initial_weights=model.get_weights())
    trainable = EpochDistance(initial_weights=[w.numpy() for w in model.trainable_weights])
    fit(model, epochs=2)
    resumed = fit(model, every, trainable, epochs=4, initial_epoch=2)
    for key in KEYS:
        assert resumed[key] == whole[key][2:]
    assert every.by_layer == trainable.by_layer


@pytest.mark.parametrize("given", [[], [np.zeros((4, 2))], [np.zeros(2)] * 4])
def test_initial_weights_that_do_not_fit(given: list[np.ndarray]) -> None:
    with pytest.raises(ValueError, match=rf"holds {len(given)} arrays that do not fit"):
        fit(smooth_model(), EpochDistance(initial_weights=given))


def test_weights_restored_by_a_later_callback_are_the_start() -> None:
    class Restores(keras.callbacks.Callback):
        def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
            self.model.set_weights(restored)

    model = smooth_model()
    restored = [weight + 1 for weight in model.get_weights()]
    history = fit(model, EpochDistance(), Restores())
    away = euclidean_distance(restored, model.get_weights())
    assert history["distance_from_init"][-1] == pytest.approx(away, rel=1e-12)


@pytest.mark.parametrize("eager", [False, True])
def test_model_without_weights_before_its_first_step(eager: bool) -> None:
    def unbuilt() -> keras.Model:
        layer = keras.layers.Dense(1, kernel_initializer="ones", name="line")
        model = keras.Sequential([layer])
        model.compile(keras.optimizers.SGD(0.001), "mse", run_eagerly=eager)
        return model

    model, distance = unbuilt(), EpochDistance()
    history = fit(model, distance)
    away = euclidean_distance([np.ones((4, 1)), np.zeros(1)], model.get_weights())
    assert history["distance_from_init"][-1] == pytest.approx(away, rel=1e-12)
    assert len(distance.by_layer["line"]) == 2
    assert "train_step" not in vars(model)
    plain = unbuilt()
    fit(plain)
    for expected, weight in zip(plain.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_after_an_exception_it_measures_again() -> None:
    model, distance = smooth_model(), EpochDistance()
    with pytest.raises(InterruptedError):
        fit(model, distance, Failing(after_batches=8))
    before = model.get_weights()
    history = fit(model, distance, epochs=1)
    expected = euclidean_distance(before, model.get_weights())
    assert history["epoch_distance"] == pytest.approx([expected], rel=1e-12)
    assert history["distance_from_init"] == history["epoch_distance"]


def test_what_counts_is_settled_when_the_fit_begins() -> None:
    class Freezes(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            self.model.get_layer("hidden").trainable = epoch == 0

    expected = fit(smooth_model(), EpochDistance())
    assert fit(smooth_model(), EpochDistance(), BatchUpdateNorm(), Freezes()).items() >= (
        expected.items()
    )


def test_weights_made_within_the_first_step_are_refused() -> None:
    with pytest.raises(ValueError, match="had 0 weights when training began and has 2 now"):
        fit(late_model(), EpochDistance())


def test_a_diverging_run_is_no_error() -> None:
    history = fit(smooth_model(lambda: keras.optimizers.SGD(1e6)), EpochDistance())
    assert not any(math.isfinite(value) for value in history["distance_from_init"])


def test_initial_weights_are_a_list_of_arrays() -> None:
    with pytest.raises(TypeError, match=r"came as initial_weights; expected the list of arrays"):
        EpochDistance(smooth_model())
