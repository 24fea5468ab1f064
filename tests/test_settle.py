"""Settling a study: order, seeds and data, and what one that goes on keeps."""

from dataclasses import replace

import pytest

from study.conduct.settle import settle
from study.data.dataset import Dataset
from study.errors import SettingsError
from study.experiments.presets import get_preset
from tests import settling
from tests.settling import request

dataset, machine = settling.dataset, settling.machine


def test_order_of_the_pictures(dataset: Dataset, machine) -> None:
    article = settle(request(), dataset)
    anew = settle(request(preset=replace(get_preset("smoke"), reshuffle=True)), dataset)
    assert not any(task.run.reshuffle for task in article.tasks)
    assert all(task.run.reshuffle for task in anew.tasks)
    assert not {t.run.id for t in article.tasks} & {t.run.id for t in anew.tasks}
    with pytest.raises(SettingsError, match="reshuffle: False there, True asked"):
        settle(anew.request, dataset, article.settings)


def test_seeds_are_those_asked_for(dataset: Dataset, machine) -> None:
    assert settle(request(), dataset).settings.seeds == (0,)
    study = settle(request(seeds=3), dataset)
    assert study.settings.seeds == (0, 1, 2)
    assert study.settings.heat_map_seeds == (0,)


@pytest.mark.parametrize(("asked", "wanted"), [(0, ()), (1, (0,)), (9, (0, 1, 2))])
def test_seeds_of_the_heat_map_alone(dataset: Dataset, machine, asked: int, wanted) -> None:
    preset = replace(get_preset("smoke"), heat_map_seeds=asked)
    study = settle(request(seeds=3, preset=preset), dataset)
    assert study.settings.heat_map_seeds == wanted
    in_arms = settle(request(seeds=3, preset=replace(preset, heat_map_seeds=0)), dataset)
    further = {task.run.id for task in study.tasks} - {task.run.id for task in in_arms.tasks}
    assert bool(further) is bool(wanted)


def test_going_on_keeps_further_seeds_and_devices(dataset: Dataset, machine) -> None:
    stored = settle(request(seeds=3, devices=2, logical=True), dataset).settings
    study = settle(request(seeds=1), dataset, stored)
    assert study.settings.seeds == (0, 1, 2)
    assert study.settings.replicas == (1, 2)
    assert {task.run.seed for task in study.tasks} == {0, 1, 2}


def test_parts_of_a_study_may_have_as_many_seeds_as_it_has(dataset: Dataset, machine) -> None:
    stored = settle(request(seeds=3), dataset).settings
    preset = replace(get_preset("smoke"), seeds=1, heat_map_seeds=3, search_seeds=2)
    settings = settle(request(preset=preset), dataset, stored).settings
    assert (settings.seeds, settings.heat_map_seeds) == ((0, 1, 2), (0, 1, 2))
    assert settings.search_seeds == (0, 1)
    assert settle(request(preset=preset), dataset).settings.heat_map_seeds == (0,)


def test_other_data_make_another_study(dataset: Dataset, machine) -> None:
    stored = settle(request(), dataset).settings
    other = replace(dataset, fingerprint="0" * 64)
    with pytest.raises(SettingsError, match="fingerprint"):
        settle(request(), other, stored)
