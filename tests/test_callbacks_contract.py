"""What holds for all callbacks: they observe only, and their values reach every log."""

import csv
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

import callbacks
from callbacks import BatchUpdateNorm, EpochDistance, EpochTiming, EpsilonSharpness
from tests.small_models import regression_data, smooth_model, tangled_model

VALUES = {
    "epoch_distance",
    "distance_from_init",
    "update_norm_median",
    "train_seconds",
    "validation_seconds",
}


def all_callbacks() -> list[keras.callbacks.Callback]:
    return [EpochDistance(), BatchUpdateNorm(by_layer=True), EpochTiming()]


def fit(model: keras.Model, watching: list[Any], **options: Any) -> dict[str, list[float]]:
    inputs, targets = regression_data()
    many = [targets] * len(model.outputs)
    settings = {"batch_size": 4, "epochs": 2, "verbose": 0, "shuffle": False, **options}
    history = model.fit(
        inputs, many, validation_data=(inputs, many), callbacks=watching, **settings
    )
    return {name: list(map(float, values)) for name, values in history.history.items()}


@pytest.mark.parametrize("options", [{}, {"steps_per_execution": 4}], ids=str)
def test_weights_and_losses_are_the_same_with_and_without(options: dict[str, Any]) -> None:
    plain, watched = tangled_model(**options), tangled_model(**options)
    watching = all_callbacks()
    for _ in range(2):  # two fits in a row
        expected, history = fit(plain, []), fit(watched, watching)
        assert set(history) - set(expected) == VALUES
        assert {name: history[name] for name in expected} == expected
    variables = zip(
        plain.variables + plain.optimizer.variables,
        watched.variables + watched.optimizer.variables,
        strict=True,
    )
    for one, other in variables:  # optimizer, averages and dropout's seeds too
        np.testing.assert_array_equal(other.numpy(), one.numpy())


def test_every_log_receives_every_value(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    keeps = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(dict(logs)))
    seen: list[dict[str, float]] = []
    history = fit(smooth_model(), [*all_callbacks(), keras.callbacks.CSVLogger(str(path)), keeps])
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for name in VALUES:
        assert [float(row[name]) for row in rows] == history[name]
        assert [logs[name] for logs in seen] == history[name]
        assert all(isinstance(logs[name], float) and math.isfinite(logs[name]) for logs in seen)


@pytest.mark.parametrize("first", [True, False])
def test_history_has_them_wherever_they_stand(first: bool) -> None:
    watching, other = all_callbacks(), [keras.callbacks.TerminateOnNaN()]
    assert set(fit(smooth_model(), watching + other if first else other + watching)) >= VALUES


def test_early_stopping_can_watch_them() -> None:
    stop = keras.callbacks.EarlyStopping("distance_from_init", mode="min", patience=1)
    history = fit(smooth_model(), [*all_callbacks(), stop], epochs=9)
    assert len(history["distance_from_init"]) < 9


def test_all_four_together() -> None:
    inputs, targets = regression_data()
    sharpness = EpsilonSharpness(
        inputs, targets, epsilon=1e-3, schedule=lambda epoch: epoch % 2 == 0, max_iterations=2
    )
    plain, watched = smooth_model(), smooth_model()
    expected = fit(plain, [], epochs=3)
    history = fit(watched, [*all_callbacks(), sharpness], epochs=3)
    assert {name: history[name] for name in expected} == expected
    assert set(history) == {*expected, *VALUES, "sharpness"}
    assert [math.isnan(value) for value in history["sharpness"]] == [False, True, False]


def test_the_package_exports_its_contract() -> None:
    names = {"EpochDistance", "BatchUpdateNorm", "EpochTiming", "EpsilonSharpness"}
    assert {*names, "epsilon_sharpness"} <= set(callbacks.__all__)
    assert set(callbacks.__all__) <= set(dir(callbacks))
    assert all(callable(getattr(callbacks, name)) for name in callbacks.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Sharpness'"):
        callbacks.Sharpness  # noqa: B018


def test_types_of_results_are_exported() -> None:
    assert callbacks.NoiseScale.__name__ == "NoiseScale"
    assert callbacks.SharpnessResult.__name__ == "SharpnessResult"
    assert {"NoiseScale", "SharpnessResult"} <= set(callbacks.__all__)


def test_no_docstring_points_into_the_study() -> None:
    for path in Path(callbacks.__file__).parent.glob("*.py"):
        assert "study." not in path.read_text(encoding="utf-8"), path
