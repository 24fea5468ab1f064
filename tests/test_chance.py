"""Chance level by the shares of the classes."""

import math

import numpy as np
import pytest

from study.experiments import get_experiment
from study.experiments.declare import Cell
from study.summarise.chance import chance_loss
from study.summarise.measured import Measured
from tests.make_study import make_frames, make_settings


@pytest.mark.parametrize("cats", [1, 50, 75, 99])
def test_it_is_the_loss_of_the_best_constant_prediction(cats: int) -> None:
    labels = np.repeat([0.0, 1.0], [cats, 100 - cats])
    predictions = np.linspace(0.001, 0.999, 999)
    losses = [-np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p)) for p in predictions]
    found = chance_loss({"train_by_class": {"cat": cats, "dog": 100 - cats}})
    assert found == pytest.approx(0.98 * min(losses), rel=1e-6)


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
    assert not Measured(settings, frames, article).at_chance(cell, 0)
    # at nine to one, 0.5 is worse than never looking at the pictures (0.325)
    settings["data"] = {**settings["data"], "train_by_class": {"cat": 900, "dog": 100}}
    assert Measured(settings, frames, article).at_chance(cell, 0)
