"""Sharpness along a run against a measurement of its own."""

import keras
import numpy as np
import pytest

from callbacks import epsilon_sharpness
from callbacks.objective import MeanLoss
from study.measure import along
from study.measure.along import COLUMNS, sharpness_along
from study.measure.stored import StoredMeasurement
from study.train.snapshots import save_snapshot


def nothing(done: int, total: int) -> None:
    """No progress is wanted."""


@pytest.fixture(scope="module")
def model():
    initial = keras.initializers.GlorotUniform(seed=3)
    net = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(1, "sigmoid", kernel_initializer=initial)]
    )
    net.compile("sgd", "binary_crossentropy")
    return net


@pytest.fixture(scope="module")
def data():
    x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
    return x, (x[:, :1] > 0).astype(np.float32)


def test_each_snapshot_of_a_wanted_level_is_measured(tmp_path, model, data):
    start = model.get_weights()
    larger = [1.5 * array for array in start]
    save_snapshot(tmp_path, 2, 0.58, (0.65, 0.6), start)
    save_snapshot(tmp_path, 4, 0.54, (0.55,), start)
    save_snapshot(tmp_path, 9, 0.33, (0.5, 0.45, 0.4, 0.35), larger)
    stored = StoredMeasurement(tmp_path, "sharpness_along")
    found = sharpness_along(model, tmp_path, data, (0.6, 0.4), stored, nothing)
    assert tuple(found.columns) == COLUMNS
    assert list(found["epoch"]) == [2, 9]
    assert list(found["level"]) == [0.6, 0.35]
    assert list(found["loss"]) == [0.58, 0.33]
    model.set_weights(larger)
    wanted = epsilon_sharpness(model, *data, 1e-3, seed=0)
    last = found.iloc[-1]
    assert last["sharpness"] == pytest.approx(wanted.sharpness, rel=1e-6)
    assert last["base_loss"] == pytest.approx(wanted.base_loss, rel=1e-6)
    assert last["examples"] == 8


def test_it_takes_as_many_rows_at_a_time_as_suit_the_threads(tmp_path, model, data, monkeypatch):
    save_snapshot(tmp_path, 2, 0.58, (0.6,), model.get_weights())
    sizes: list[int] = []

    class Watched(MeanLoss):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            sizes.append(self.rows.batch_size)

    monkeypatch.setattr(along, "MeanLoss", Watched)
    monkeypatch.setattr(along, "rows_at_a_time", lambda model, x: len(x) - 1)
    stored = StoredMeasurement(tmp_path, "sharpness_along")
    sharpness_along(model, tmp_path, data, (0.6,), stored, nothing)
    assert sizes == [7]


def test_a_run_without_snapshots_gives_an_empty_frame(tmp_path, model, data):
    stored = StoredMeasurement(tmp_path, "sharpness_along")
    found = sharpness_along(model, tmp_path, data, (0.6,), stored, nothing)
    assert (len(found), tuple(found.columns)) == (0, COLUMNS)
