"""Remedies of models that are not the study's: Sequential, scaled losses, saved and loaded."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from study.errors import SettingsError
from study.train.remedy_models import with_remedy
from study.train.remedy_settings import Augmentation, ConservativeTraining, RobustTraining

REMEDIES = [Augmentation(), ConservativeTraining(0.5, 2), RobustTraining(0.05, 0.3)]
RANDOM = np.random.default_rng(0)
X = RANDOM.random((8, 6, 6, 3)).astype(np.float32)
Y = (X.mean((1, 2))[:, :1] > 0.5).astype(np.float32)


def network() -> keras.Sequential:
    return keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            keras.layers.Rescaling(1.0, name="rescaling"),
            keras.layers.Conv2D(2, 3, kernel_initializer=keras.initializers.GlorotUniform(1)),
            keras.layers.Flatten(),
            keras.layers.Dense(
                1, "sigmoid", kernel_initializer=keras.initializers.GlorotUniform(2)
            ),
        ]
    )


def train(model: keras.Model, scale: float | None = None) -> list[np.ndarray]:
    optimizer = keras.optimizers.SGD(0.5, loss_scale_factor=scale)
    model.compile(optimizer, "binary_crossentropy", run_eagerly=True)
    model.fit(X, Y, batch_size=8, verbose=0, shuffle=False)
    weights: list[np.ndarray] = model.get_weights()
    return weights


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: type(remedy).__name__)
def test_a_sequential_model_takes_its_weights_along(remedy: Any) -> None:
    given = network()
    before = given.get_weights()
    after = train(with_remedy(given, remedy, seed=3))
    assert any((a != b).any() for a, b in zip(before, after, strict=True))
    for one, other in zip(given.get_weights(), after, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: type(remedy).__name__)
def test_an_optimizer_that_scales_the_loss_makes_the_same_step(remedy: Any) -> None:
    plain, scaled = (train(with_remedy(network(), remedy, 3), scale) for scale in (None, 1024.0))
    for one, other in zip(plain, scaled, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: type(remedy).__name__)
def test_saved_and_loaded_it_trains_on_with_its_remedy(remedy: Any, tmp_path: Path) -> None:
    model = with_remedy(network(), remedy, seed=3)
    train(model)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert (type(again), again.remedy, again.seed) == (type(model), remedy, 3)
    for one, other in zip(train(again), train(model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_pictures_are_turned_without_xla() -> None:
    assert not with_remedy(network(), Augmentation()).supports_jit
    assert with_remedy(network(), RobustTraining()).supports_jit


def test_a_batch_of_several_inputs_counts_its_rows_in_the_loss() -> None:
    inputs = [keras.Input((2,)), keras.Input((3,))]
    outputs = keras.layers.Dense(1)(keras.layers.concatenate(inputs))
    model = with_remedy(keras.Model(inputs, outputs), ConservativeTraining(0, 1))
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=True)
    parts = [X[:, 0, 0, :2], X[:, 0, 1]]
    history = model.fit(parts, Y, batch_size=5, verbose=0).history
    assert history["loss"][0] == pytest.approx(model.evaluate(parts, Y, verbose=0), rel=1e-5)


def pooled(shape: tuple[int | None, ...]) -> keras.Sequential:
    pool = {2: keras.layers.GlobalMaxPooling1D, 3: keras.layers.GlobalMaxPooling2D}[len(shape)]
    return keras.Sequential([keras.Input(shape), pool()])


class Unknown(keras.Model):
    """A model whose inputs only its code knows."""


@pytest.mark.parametrize(
    ("model", "remedy", "message"),
    [
        (lambda: keras.Sequential([keras.layers.Dense(1)]), None, "no functional model"),
        (Unknown, RobustTraining(), "no functional model"),
        (lambda: pooled((4, 3)), Augmentation(), r"pictures .* known size.*one input"),
        (lambda: pooled((None, 4, 3)), Augmentation(), r"known size.*\(None, None, 4, 3\)"),
        (network, "augmentation", "'augmentation' is no remedy; expected"),
        (network, ConservativeTraining(1, 2.5), r"2\.5 steps"),  # type: ignore[arg-type]
    ],
)
def test_what_does_not_fit_is_refused(model: Any, remedy: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        with_remedy(model(), remedy)


def test_robust_training_moves_one_input() -> None:
    inputs = [keras.Input((2,)), keras.Input((2,))]
    model = keras.Model(inputs, keras.layers.Add(name="rescaling")(inputs))
    with pytest.raises(SettingsError, match="2 inputs; expected one"):
        with_remedy(model, RobustTraining())
