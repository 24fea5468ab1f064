"""Recipes: plain values, the id of a run, what is refused."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest

from study.errors import SettingsError
from study.train.batch_growth import growing_batches, step_decay
from study.train.recipe import Recipe, recipe_from_dict
from study.train.remedy_settings import Augmentation, ConservativeTraining, RobustTraining
from study.train.settings import RunSettings, check_run_settings, run_settings_from_dict
from tests.make_run import tiny_settings

GROWING = growing_batches(70, 16, 0.05, 4, [2], 2, 32).with_warm_up("gradual", 1, 0.01)


def with_recipe(recipe: Recipe, **changes: Any) -> RunSettings:
    """A run of the tiny pictures by a recipe."""
    first = recipe.schedule.phases[0]
    values = {
        "batch_size": first.batch_size,
        "learning_rate": first.learning_rate,
        "max_epochs": recipe.schedule.epochs,
        "recipe": recipe,
    }
    return tiny_settings(**{**values, **changes})


def test_ids_of_runs_without_a_recipe_are_those_under_which_runs_are_stored() -> None:
    assert tiny_settings().id == "plain-32px-b16-lr0.05-s1-x1-6b5aaf1270cf"
    other = tiny_settings(reshuffle=True, replicas=2)
    assert other.id == "plain-32px-b16-lr0.05-s1-x2-6cd4de083372"
    assert "recipe" not in tiny_settings().as_dict()


@pytest.mark.parametrize(
    "remedy", [None, Augmentation(degrees=5), RobustTraining(0.02), ConservativeTraining(0.1, 2)]
)
def test_a_recipe_comes_back_from_json(remedy: Any) -> None:
    recipe = Recipe(GROWING, momentum=0.9, nesterov=True, remedy=remedy)
    # ids of runs that were stored before these came
    assert not {"weight_decay", "snapshots"} & set(recipe.as_dict())
    recipe = replace(recipe, weight_decay=0.01 if remedy else 0.0, snapshots=2)
    assert recipe_from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe
    settings = with_recipe(recipe)
    again = run_settings_from_dict(json.loads(json.dumps(settings.as_dict())))
    assert again == settings
    assert again.id == settings.id


@pytest.mark.parametrize(
    "change",
    [
        {"schedule": replace(GROWING, warm_up=None)},
        {"optimizer": "adam"},
        {"momentum": 0.9},
        {"remedy": Augmentation()},
        {"normalisation": "batch"},
        {"normalisation": "ghost", "ghost_size": 8},
        {"weight_decay": 0.01},
        {"snapshots": 3},
    ],
)
def test_every_part_of_a_recipe_enters_the_id(change: dict[str, Any]) -> None:
    recipe = Recipe(GROWING)
    assert with_recipe(replace(recipe, **change)).id != with_recipe(recipe).id
    assert with_recipe(recipe).id != replace(with_recipe(recipe), recipe=None).id


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schedule": step_decay(71, 16, 0.05, 4)}, "for 71 training pictures, but there are 70"),
        ({"optimizer": "rmsprop"}, "optimizer 'rmsprop'; expected 'sgd' or 'adam'"),
        ({"momentum": 1.0}, "momentum 1.0; expected 0 to below 1"),
        ({"momentum": 0.9, "optimizer": "adam"}, "Adam with momentum"),
        ({"nesterov": True}, "Nesterov's step without momentum"),
        ({"weight_decay": -1.0}, "weight decay -1.0; expected a finite number"),
        ({"weight_decay": 0.1, "optimizer": "adam"}, "Adam with weight decay"),
        ({"snapshots": -1}, "-1 snapshots; expected 0 or more"),
        ({"snapshots": 1}, "1 snapshots of 4 epochs draw no path"),
        ({"normalisation": "layer"}, "normalisation 'layer'"),
        ({"normalisation": "ghost"}, "'ghost' with ghost size None"),
        ({"normalisation": "ghost", "ghost_size": 5}, "ghost size 5 does not divide the 16"),
        ({"remedy": ConservativeTraining(steps=0)}, "conservative training"),
    ],
)
def test_recipes_that_cannot_be_trained_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        check_run_settings(with_recipe(replace(Recipe(GROWING), **change)), 70)


def test_settings_beside_a_schedule_have_to_fit_it() -> None:
    check_run_settings(with_recipe(Recipe(GROWING)), 70)
    with pytest.raises(SettingsError, match="and 3 epochs beside a schedule"):
        check_run_settings(with_recipe(Recipe(GROWING), max_epochs=3), 70)


def test_every_batch_size_of_a_schedule_has_to_divide_over_the_devices() -> None:
    growing = growing_batches(70, 16, 0.05, 4, [2], 2, 25)
    with pytest.raises(SettingsError, match="batch size 25 does not divide over 2"):
        check_run_settings(with_recipe(Recipe(growing), replicas=2), 70)


def test_noise_scale_takes_momentum_into_account() -> None:
    plain, heavy = Recipe(GROWING), Recipe(GROWING, momentum=0.9)
    assert plain.noise_scale(1) == pytest.approx(0.05 * (70 / 16 - 1))
    assert heavy.noise_scale(3) == pytest.approx(10 * 0.05 * (70 / 32 - 1))
    assert math.isnan(Recipe(GROWING, optimizer="adam").noise_scale(0))


def test_values_of_something_else_are_refused() -> None:
    with pytest.raises(SettingsError, match="not the values of a recipe"):
        recipe_from_dict({"schedule": 3})
