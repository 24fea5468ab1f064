"""What is measured on a run's minimiser, and how it is kept."""

import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import keras
import numpy as np
import pandas as pd
import pytest

from callbacks import epsilon_sharpness
from callbacks.box import SEARCH_VERSION
from callbacks.objective import MeanLoss
from study.measure import sharpness_trials as trials_module
from study.measure import stored as stored_module
from study.measure.adaptive_sharpness import adaptive_sharpness
from study.measure.chunks import rows_at_a_time
from study.measure.minimiser import measure_minimiser
from study.measure.pairs import compare_minimisers
from study.measure.remembering import RememberingLoss
from study.measure.sharpness_trials import sharpness_trials
from study.measure.stored import StoredMeasurement, measure_once
from study.train.batches import Examples, take_examples
from study.train.devices import Devices
from study.train.network import compiled_model
from study.train.run import train_run
from study.train.stored_weights import load_initial, load_minimiser
from tests.make_run import tiny_pictures, tiny_settings
from tests.make_settings import MEASURES

pytestmark = pytest.mark.slow

ONE = Devices(1, "CPU", None)
LAWS = [("full", 1e-3), ("adaptive", 1e-2), ("authors", 1e-3)]


def nothing(done: int, total: int) -> None:
    """No progress is wanted."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):
    """Settings, folder and examples of a trained run."""
    images, labels = tiny_pictures()
    train = take_examples(images, labels, np.arange(70))
    validation = take_examples(images, labels, np.arange(70, 90))
    settings = tiny_settings(max_epochs=2)
    folder = tmp_path_factory.mktemp("run")
    train_run(settings, train, validation, folder, ONE)
    model = compiled_model(settings, ONE)
    measure_minimiser(model, folder, train, MEASURES, LAWS, True, 16, nothing)
    return settings, folder, train, validation


def measured(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / "measurements" / f"{name}.parquet")


def test_every_part_is_stored_and_no_part_file_is_left(run) -> None:
    names = sorted(path.name for path in (run[1] / "measurements").iterdir())
    assert names == [
        "gradient_norms.parquet",
        "landscape.parquet",
        "layer_distances.parquet",
        "sharpness.parquet",
    ]


def test_layer_distances_against_the_stored_weights(run) -> None:
    settings, folder, *_ = run
    model = compiled_model(settings, ONE)
    load_initial(folder, model)
    start = {w.path: np.asarray(w) for w in model.trainable_variables}
    load_minimiser(folder, model)
    end = {w.path: np.asarray(w) for w in model.trainable_variables}
    for row in measured(folder, "layer_distances").itertuples():
        moves = [(end[p] - start[p]).ravel() for p in end if p.split("/")[0] == row.layer]
        assert len(moves) == 2, "kernel and bias"
        np.testing.assert_allclose(row.distance, np.linalg.norm(np.concatenate(moves)), rtol=1e-5)
    assert list(measured(folder, "layer_distances")["order"]) == list(range(8))


def test_sharpness_is_that_of_the_minimiser(run) -> None:
    settings, folder, train, _ = run
    model = compiled_model(settings, ONE)
    load_minimiser(folder, model)
    x, y = train.images[:64], train.labels[:64]
    wanted = epsilon_sharpness(model, x, y, 1e-3, seed=0)
    found = measured(folder, "sharpness").set_index("space")
    np.testing.assert_allclose(found.loc["full", "sharpness"], wanted.sharpness, rtol=1e-6)
    np.testing.assert_allclose(found["base_loss"], wanted.base_loss, rtol=1e-5)
    assert (found["examples"] == 64).all()
    shrinking = adaptive_sharpness(MeanLoss(model, x, y), 1e-2, seed=0)
    assert found.loc["adaptive", "sharpness"] == pytest.approx(shrinking.sharpness, rel=1e-6)
    assert shrinking.sharpness != pytest.approx(wanted.sharpness, rel=0.01)


def test_gradient_norms_hold_the_triangle_inequality(run) -> None:
    norms = measured(run[1], "gradient_norms").set_index("at")
    assert list(norms.index) == ["initial", "minimiser"]
    assert (norms["mean_example_norm"] >= norms["batch_norm"]).all()
    assert (norms["batch_norm"] >= norms["norm_of_mean"]).all()
    assert (norms["batches"] == 2).all(), "32 examples, batches of 16"


def test_measuring_again_changes_nothing(run) -> None:
    settings, folder, train, _ = run
    before = {p.name: p.stat().st_mtime_ns for p in (folder / "measurements").iterdir()}
    measure_minimiser(
        compiled_model(settings, ONE), folder, train, MEASURES, LAWS, True, 16, nothing
    )
    after = {p.name: p.stat().st_mtime_ns for p in (folder / "measurements").iterdir()}
    assert after == before


def test_the_line_goes_from_the_small_minimiser_to_the_large_one(run, tmp_path: Path) -> None:
    settings, folder, train, validation = run
    large = tmp_path / "large"
    shutil.copytree(folder, large)
    measures = replace(MEASURES, interpolation_points=4)
    model = compiled_model(settings, ONE)
    losses = {0.0: _loss(folder, model, validation)}
    # the larger minimiser, made up: all weights twice as long
    model.set_weights([2 * weight for weight in model.get_weights()])
    model.save_weights(large / "best.weights.h5")
    losses[1.0] = _loss(large, model, validation)
    assert losses[1.0] != pytest.approx(losses[0.0], rel=1e-3)
    compare_minimisers(model, folder, large, 16, train, validation, measures, nothing)
    line = pd.read_parquet(large / "measurements" / f"interpolation@{folder.name}.parquet")
    found = line[line["split"] == "validation"].set_index("alpha")["loss"]
    assert {at: found[at] for at in losses} == pytest.approx(losses, rel=1e-5)
    assert set(line["small_id"]) == {folder.name}
    assert set(line["small_batch_size"]) == {16}
    assert dict(line.groupby("split")["examples"].first()) == {"train": 64, "validation": 20}


def test_interrupted_trials_go_on_and_agree(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, folder, train, _ = run
    monkeypatch.setattr(stored_module, "_PAUSE", 0.0)
    model = compiled_model(settings, ONE)
    load_minimiser(folder, model)
    data = train.images[:64], train.labels[:64]
    measures = replace(MEASURES, sharpness_trials=2)
    laws = [("full", 1e-3), ("subspace", 1e-3)]

    sizes: list[int] = []

    def objective(*arguments, batch_size: int) -> RememberingLoss:
        sizes.append(batch_size)
        return RememberingLoss(*arguments, batch_size=batch_size)

    monkeypatch.setattr(trials_module, "RememberingLoss", objective)

    def trials(place: Path, progress) -> pd.DataFrame:
        kept = StoredMeasurement(place, "sharpness")
        return sharpness_trials(model, data, laws, measures, kept, progress)

    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
    compute = MeanLoss.value_and_gradient
    with patch.object(MeanLoss, "value_and_gradient", autospec=True, side_effect=compute) as made:
        whole = trials(tmp_path / "whole", nothing)
    # what the trials of the full space share is computed once
    assert made.call_count < whole["evaluations"].sum() - 5
    assert set(whole["search"]) == {SEARCH_VERSION}
    assert sizes == [rows_at_a_time(model, data[0])]

    class StoppedError(Exception):
        """Raised after the second trial."""

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        trials(tmp_path / "parts", stop)
    assert len(pd.read_parquet(tmp_path / "parts" / "measurements" / "sharpness.part")) == 2
    pd.testing.assert_frame_equal(trials(tmp_path / "parts", nothing), whole)
    assert list(whole["trial"]) == [0, 1, 0, 1]
    # trials of another search, from before the project changed it, are made again
    (tmp_path / "older").mkdir()
    StoredMeasurement(tmp_path / "older", "sharpness").keep(
        whole.assign(search=SEARCH_VERSION - 1, sharpness=99.0)
    )
    pd.testing.assert_frame_equal(trials(tmp_path / "older", nothing), whole)
    right = (model.predict(data[0], verbose=0) > 0.5) == (np.asarray(data[1]) > 0.5)
    assert whole["base_accuracy"].tolist() == pytest.approx([float(right.mean())] * 4)
    assert whole.groupby("space")["sharpness"].nunique().max() == 2, "trials differ by seed"
    assert whole["active_share"].between(0, 1).all()
    # the maximum of a rising function lies in a corner, but for weights that change nothing
    assert whole.loc[whole["space"] == "full", "active_share"].min() > 0.2


def _loss(folder: Path, model: keras.Model, examples: Examples) -> float:
    load_minimiser(folder, model)
    return model.evaluate(examples.images, examples.labels, verbose=0)[0]


def test_points_that_were_made_in_another_way_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_module, "_PAUSE", 0.0)
    kept = StoredMeasurement(tmp_path, "thing")
    points = pd.DataFrame({"at": [1, 2, 3], "search": [3, 4, 4], "direction_seed": [0, 0, 1]})
    kept.keep(points)
    pd.testing.assert_frame_equal(kept.part(("at",)), points)
    assert kept.part(("at",), search=4)["at"].tolist() == [2, 3]
    assert kept.part(("at",), search=4, direction_seed=1)["at"].tolist() == [3]


def test_measure_once_measures_once(tmp_path: Path) -> None:
    calls: list[int] = []

    def measure(kept: StoredMeasurement) -> pd.DataFrame:
        calls.append(1)
        return pd.DataFrame({"a": [1]})

    for _ in range(2):
        measure_once(tmp_path, "thing", measure)
    assert calls == [1]
