"""Runs that measure the gradient noise scale, and runs that end at a target."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.errors import SettingsError
from study.store.run_folder import read_norms
from study.store.schema import typed_frame
from study.train.batch_growth import growing_batches
from study.train.checkpoint import Progress
from study.train.network import compiled_model
from study.train.recipe import Recipe, recipe_from_dict
from study.train.recorder import stop_reason
from study.train.run import train_run
from study.train.schedule import Phase, Schedule
from study.train.settings import check_run_settings
from study.train.stored_weights import load_minimiser
from tests.test_recipe import with_recipe
from tests.test_run import ONE, StoppedError, assert_same_run, examples, stop_after

__all__ = ["examples"]
# 9 updates an epoch, then 1
COURSE = growing_batches(70, 8, 0.05, 4, [2], 10, 70)
STEPS = ["gradient_norm_squared", "gradient_variance_trace", "gradient_noise_scale"]
REST = ["rest_norm_squared", "rest_variance_trace", "rest_noise_scale"]
TRAINED = ["loss", "accuracy", "val_loss", "val_accuracy", "distance_from_init"]


def constant(epochs: int, size: int = 16) -> Schedule:
    return Schedule(70, (Phase(0, epochs, size, 0.05),))


def test_weights_and_records_are_the_same_with_and_without_and_in_single_steps(
    tmp_path: Path, examples
) -> None:
    frames, weights = {}, {}
    for name, noise in (("without", False), ("with", True), ("single", True)):
        devices = replace(ONE, whole_epochs=name != "single")
        recipe = Recipe(constant(2, 8), momentum=0.5, gradient_noise=noise)
        settings = with_recipe(recipe, model="dropout")
        train_run(settings, *examples, tmp_path / name, devices)
        frames[name] = pd.read_parquet(tmp_path / name / "epochs.parquet")
        weights[name] = load_minimiser(tmp_path / name, compiled_model(settings, ONE))
    assert not set(STEPS + REST) & set(frames["without"])
    for name in ("with", "single"):
        pd.testing.assert_frame_equal(
            frames["without"][TRAINED], frames[name][TRAINED], check_exact=True
        )
        norms = [read_norms(tmp_path / folder) for folder in ("without", name)]
        np.testing.assert_array_equal(*norms)
        for one, other in zip(weights["without"], weights[name], strict=True):
            np.testing.assert_array_equal(one, other)
    measured = [frames[name][STEPS].astype(float) for name in ("with", "single")]
    np.testing.assert_allclose(*measured, rtol=1e-3)
    # Smith's g has its column to itself
    np.testing.assert_allclose(frames["with"]["noise_scale"], 2 * 0.05 * (70 / 8 - 1))


def test_killed_and_resumed_it_measures_the_same_where_it_can(tmp_path: Path, examples) -> None:
    settings = with_recipe(Recipe(COURSE, gradient_noise=True), reshuffle=True)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_run(settings, *examples, whole, ONE)
    with pytest.raises(StoppedError):
        train_run(settings, *examples, parts, ONE, stop_after(3))
    train_run(settings, *examples, parts, ONE)
    assert_same_run(whole, parts)
    epochs, again = (pd.read_parquet(folder / "epochs.parquet") for folder in (whole, parts))
    pd.testing.assert_frame_equal(epochs[STEPS + REST], again[STEPS + REST], check_exact=True)
    # an epoch of one step has no second batch, and so no estimate from steps
    assert list(epochs["epoch_batch_size"]) == [8, 8, 70, 70]
    assert list(epochs["gradient_variance_trace"].isna()) == [False, False, True, True]
    assert (epochs["rest_variance_trace"] > 0).all()
    keys = {name: getattr(settings, name) for name in ("id", "batch_size", "learning_rate")}
    frame = typed_frame("epochs", epochs.assign(**keys, seed=1, replicas=1))
    assert frame["gradient_noise_scale"].isna().iloc[-1]


def test_a_run_ends_at_its_target_and_is_the_beginning_of_the_whole(
    tmp_path: Path, examples
) -> None:
    train_run(with_recipe(Recipe(constant(5))), *examples, tmp_path / "whole", ONE)
    losses = pd.read_parquet(tmp_path / "whole" / "epochs.parquet")["val_loss"]
    target = float(losses[1:4].min())
    epoch = int(np.flatnonzero(losses <= target)[0]) + 1
    settings = with_recipe(Recipe(constant(5), target=target))
    document = train_run(settings, *examples, tmp_path / "ended", ONE)
    assert (document["stopped_by"], document["outcome"]["epochs"]) == ("target", epoch)
    reached = pd.read_parquet(tmp_path / "ended" / "epochs.parquet")["val_loss"]
    np.testing.assert_array_equal(reached, losses[:epoch])


def test_what_ends_a_run_with_a_target() -> None:
    settings = with_recipe(Recipe(constant(3), target=0.5))

    def reason(*losses: float) -> str:
        done = {"loss": 1.0, "distance_from_init": 1.0}
        rows = [{"epoch": i + 1, "val_loss": x, **done} for i, x in enumerate(losses)]
        return stop_reason(Progress(rows), settings)

    assert reason(0.6, 0.5) == "target"
    assert reason(0.6, 0.51) == ""
    assert reason(0.6, 0.7, 0.51) == "schedule"
    assert reason(0.6, 0.7, 0.4) == "target"


def test_ids_change_only_where_it_is_asked_for() -> None:
    plain = with_recipe(Recipe(constant(2)))
    assert not {"target", "gradient_noise"} & set(plain.as_dict()["recipe"])
    ids = {plain.id}
    for changes in ({"target": 0.5}, {"gradient_noise": True}):
        recipe = Recipe(constant(2), **changes)
        assert recipe_from_dict(recipe.as_dict()) == recipe
        ids.add(with_recipe(recipe).id)
    assert len(ids) == 3
    with pytest.raises(SettingsError, match="target 0"):
        check_run_settings(with_recipe(Recipe(constant(2), target=0.0)), 70)
