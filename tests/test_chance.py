"""Chance level by the shares of the classes."""

import math
from dataclasses import replace

import numpy as np
import pytest

from study.experiments import get_claim, get_experiment
from study.experiments.declare import Cell
from study.summarise.cells import cell_note
from study.summarise.chance import (
    FELL_BACK,
    STAYED,
    Chance,
    at_chance,
    chance_loss,
    share_at_chance,
)
from study.summarise.claims import evaluate_claim
from study.summarise.measured import Measured
from tests.make_study import make_frames, make_settings


@pytest.mark.parametrize("cats", [1, 50, 75, 99])
def test_it_is_the_loss_of_the_best_constant_prediction(cats: int) -> None:
    labels = np.repeat([0.0, 1.0], [cats, 100 - cats])
    predictions = np.linspace(0.001, 0.999, 999)
    losses = [-np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p)) for p in predictions]
    found = chance_loss({"train_by_class": {"cat": cats, "dog": 100 - cats}})
    assert found == pytest.approx(0.98 * min(losses), rel=1e-6)


def test_epochs_at_chance_are_told_and_their_share_of_the_updates() -> None:
    losses = [0.7, 0.68, 0.5, math.nan, 0.69]
    assert at_chance(losses, 0.68).tolist() == [True, True, False, False, True]
    counts = [10, 30, 40, 60, 100]
    # of 80 updates the first 30 and, of the last epoch, 20
    assert share_at_chance(counts, losses, 80, 0.68) == pytest.approx(50 / 80)
    assert share_at_chance(counts, losses, 20, 0.68) == 1
    assert share_at_chance(counts, losses, 80, math.inf) == 0
    assert math.isnan(share_at_chance(counts, losses, math.nan, 0.68))


def test_counts_of_training_come_before_those_of_all() -> None:
    both = {"train_by_class": {"a": 1, "b": 1}, "examples_by_class": {"a": 9, "b": 1}}
    assert chance_loss(both) == pytest.approx(0.98 * math.log(2))
    del both["train_by_class"]
    assert chance_loss(both) < 0.33


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"train_by_class": None},
        {"train_by_class": {}},
        {"train_by_class": {"a": 5}},
        {"train_by_class": {"a": 5, "b": 0}},
        {"train_by_class": {"a": 5, "b": "many"}},
        {"train_by_class": {"a": 5, "b": float("nan")}},
    ],
)
def test_without_counts_classes_are_of_equal_size(data: object) -> None:
    assert chance_loss(data) == pytest.approx(0.98 * math.log(2))


def test_runs_are_judged_by_it() -> None:
    frames = make_frames(1, landscape_points=3)
    settings = make_settings(1)
    article = get_experiment("article")
    frames["runs"].loc[frames["runs"]["batch_size"] == 32, "min_val_loss"] = 0.5
    cell = Cell(32, 1)
    assert not Measured(settings, frames, article).untrained(cell, 0)
    # at nine to one, 0.5 is worse than never looking at the pictures (0.325)
    settings["data"] = {**settings["data"], "train_by_class": {"cat": 900, "dog": 100}}
    assert Measured(settings, frames, article).untrained(cell, 0)
    note = cell_note(cell, Measured(settings, frames, article))
    assert note == "1 of 1 never left chance level by validation loss"


def test_accuracy_up_to_chance_is_the_larger_share_and_its_error() -> None:
    data = {"train_by_class": {"cat": 64, "dog": 36}, "validation_examples": 576}
    # the standard error is 0.48 / 24
    assert Chance.of(data).accuracy == pytest.approx(0.64 + 2 * 0.02)
    assert Chance.of({}).accuracy == 0.5


@pytest.mark.parametrize(
    ("loss", "accuracy", "fell"),
    [(0.693, 0.5, True), (0.9, 0.75, False), (0.3, 0.5, False), (None, 0.5, False)],
)
def test_runs_that_fall_back_to_chance(loss: float | None, accuracy: float, fell: bool) -> None:
    frames, settings = make_frames(1, landscape_points=3), make_settings(1)
    epochs = frames["epochs"]
    last = epochs.groupby("id")["epoch"].transform("max") == epochs["epoch"]
    epochs.loc[last, "val_loss"] = math.nan if loss is None else loss
    epochs.loc[last, "val_accuracy"] = accuracy
    article, cell = get_experiment("article"), Cell(64, 1)
    study = Measured(settings, frames, article)
    assert study.fell_back(cell, 0) is fell
    # the article measures at the minimum, which such a run has
    assert not study.untrained(cell, 0)
    at_end = replace(article, measured_at="end")
    assert Measured(settings, frames, at_end).untrained(cell, 0) is fell
    assert ("fell back to chance level" in cell_note(cell, study)) is fell


def test_claims_tell_runs_that_stayed_at_chance_from_those_that_fell_back() -> None:
    frames, settings = make_frames(3, landscape_points=3), make_settings(3)
    runs, epochs = frames["runs"], frames["epochs"]
    large = (runs["batch_size"] == 256) & (runs["learning_rate"] == 0.01)
    runs.loc[large & (runs["seed"] == 0), "min_val_loss"] = 0.69
    fallen = set(runs.loc[large & (runs["seed"] == 1), "id"])
    last = epochs.groupby("id")["epoch"].transform("max") == epochs["epoch"]
    chosen = last & epochs["id"].isin(fallen)
    epochs.loc[chosen, ["val_loss", "val_accuracy"]] = [0.7, 0.5]
    article = replace(get_experiment("article"), measured_at="end")
    study = Measured(settings, frames, article)
    stayed, fell = f"1 run {STAYED}", f"1 run {FELL_BACK}"
    obstacle = evaluate_claim(get_claim(article, "C14"), study)["obstacle"]
    assert obstacle.startswith(f"{stayed} and {fell}, and are taken to have no minimiser; ")
    assert f"; {stayed}; {fell}" in evaluate_claim(get_claim(article, "C3"), study)["reason"]
