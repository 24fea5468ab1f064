"""Which runs and measurements a study consists of."""

import json
from dataclasses import replace

import pytest

from callbacks.sharpness import MAX_EVALUATIONS
from study.conduct import measuring
from study.conduct.plan import plan_study, planned_runs
from study.conduct.settings import check_same_study, kept_measures, settings_from_dict
from study.conduct.task import COMPARE, MEASURE, TRAIN
from study.errors import SettingsError, StoreError
from tests.make_conditions import condition_study
from tests.make_settings import MEASURES, small_study


def cells(runs) -> list[tuple[int, float, int, int]]:
    return [(run.batch_size, run.learning_rate, run.seed, run.replicas) for run in runs]


def test_runs_of_the_article() -> None:
    runs = planned_runs(small_study(batch_sizes=(32, 64, 128, 256), base_rate=0.01))
    assert len({run.id for run in runs}) == len(runs)
    # arms: 0.01 for four, 0.02/64, 0.04/128, 0.08 for four; the heat map's six others once
    assert len(runs) == 2 * 10 + 6
    assert (64, 0.02, 1, 1) in cells(runs)
    assert (32, 0.02, 0, 1) in cells(runs)
    assert (32, 0.02, 1, 1) not in cells(runs), "only the heat map needs it"


def test_the_search_for_the_model_adds_runs_of_other_models_only() -> None:
    without = planned_runs(small_study())
    runs = planned_runs(small_study(search_seeds=(0,)))
    assert runs[: len(without)] == without
    searched = runs[len(without) :]
    assert [(run.model, *cell) for run, cell in zip(searched, cells(searched), strict=True)] == [
        ("dropout", 32, 0.05, 0, 1),
        ("dropout", 256, 0.05, 0, 1),
        ("batch-normalisation", 32, 0.05, 0, 1),
        ("batch-normalisation", 256, 0.05, 0, 1),
    ]
    own = planned_runs(small_study(search_seeds=(0,), model="dropout"))
    assert {run.model for run in own[len(without) :]} == {"plain", "batch-normalisation"}


def test_of_other_models_only_the_training_is_wanted_and_it_comes_last() -> None:
    tasks = plan_study(small_study(search_seeds=(0,)), 100, 25)
    assert [task.run.model == "plain" for task in tasks[-5:]] == [True] + 4 * [False]
    assert all(task.kind == TRAIN for task in tasks if task.run.model != "plain")


def test_sharpness_along_runs_is_measured_for_the_first_seeds() -> None:
    def wanted(**changes) -> set[int]:
        settings = small_study(measures=replace(MEASURES, **changes))
        tasks = [task for task in plan_study(settings, 100, 25) if task.kind == MEASURE]
        assert all(("sharpness_along" in task.outputs) == task.along for task in tasks)
        assert all(task.as_dict()["along"] == task.along for task in tasks)
        return {task.run.seed for task in tasks if task.along}

    assert wanted() == set()
    assert wanted(along_levels=(0.5,)) == {0, 1}
    assert wanted(along_levels=(0.5,), along_seeds=1) == {0}


def test_a_study_made_before_runs_kept_weights_goes_on() -> None:
    asked = small_study(measures=replace(MEASURES, along_levels=(0.5,), along_examples=64))
    check_same_study(small_study(), asked)


def test_a_study_made_before_there_was_a_search_can_be_read() -> None:
    values = json.loads(json.dumps(small_study().as_dict()))
    del values["search_seeds"]
    assert settings_from_dict(values) == small_study()


def test_a_study_made_before_the_order_could_be_chosen_can_be_read() -> None:
    values = json.loads(json.dumps(small_study().as_dict()))
    del values["reshuffle"]
    assert settings_from_dict(values) == small_study(reshuffle=False)


def test_several_devices_have_the_arms_only() -> None:
    runs = planned_runs(small_study(replicas=(1, 4)))
    one = {cell[:3] for cell in cells(runs) if cell[3] == 1}
    four = {cell[:3] for cell in cells(runs) if cell[3] == 4}
    assert four < one
    assert {cell[:2] for cell in four} == {(32, 0.05), (32, 0.4), (256, 0.05), (256, 0.4)}


def test_conditions_of_a_paper_are_trained_on_several_devices_too() -> None:
    study = condition_study("hoffer")
    one, both = planned_runs(study), planned_runs(replace(study, replicas=(1, 2)))
    rules = [replace(run, replicas=1) for run in both if run.replicas == 2]
    assert rules == one == [run for run in both if run.replicas == 1]
    assert len(both) == 2 * len(one)


def test_an_epoch_is_counted_as_the_whole_run_is() -> None:
    for task in plan_study(small_study(), 100, 25):
        assert task.pictures_an_epoch == (3 * 100 + 25 if task.kind == TRAIN else 0)
    keskar = condition_study("keskar")
    steps = set()
    for task in plan_study(keskar, keskar.train_examples, 10):
        if task.kind == TRAIN:
            many = task.run.recipe.steps_an_update
            steps.add(many)
            assert task.pictures_an_epoch == 3 * keskar.train_examples * many + 10
            assert task.pictures == task.run.max_epochs * task.pictures_an_epoch
    assert steps == {1, 3}, "conservative training takes three steps an update"


def test_tasks_need_their_runs() -> None:
    tasks = plan_study(small_study(), 100, 25)
    runs = {task.run.id for task in tasks if task.kind == TRAIN}
    for task in tasks:
        assert set(task.needs) <= runs
        assert (task.kind == TRAIN) == (task.needs == ())
    compared = [task for task in tasks if task.kind == COMPARE]
    assert [(t.other.batch_size, t.run.batch_size, t.run.seed) for t in compared if t.other] == [
        (32, 256, 0),
        (32, 256, 1),
    ]
    measured = [task for task in tasks if task.kind == MEASURE]
    assert {t.run.learning_rate for t in measured if t.landscape} == {0.05}
    assert len({task.id for task in tasks}) == len(tasks)


def test_a_seed_comes_whole_and_its_longest_run_first() -> None:
    tasks = plan_study(small_study(), 100, 25)
    assert [task.run.seed for task in tasks] == sorted(task.run.seed for task in tasks)
    first = [task.kind for task in tasks if task.run.seed == 0]
    assert first == sorted(first, key=[TRAIN, MEASURE, COMPARE].index)
    runs = [task.run for task in tasks if task.kind == TRAIN]
    assert (runs[0].batch_size, runs[0].learning_rate) == (256, 0.05)


def test_settings_survive_json() -> None:
    settings = small_study(replicas=(1, 2))
    assert settings_from_dict(json.loads(json.dumps(settings.as_dict()))) == settings


@pytest.mark.parametrize(
    "spoil",
    [
        lambda values: values.pop("seeds"),
        lambda values: values.update(measures=3),
        lambda values: values.update(extra=1),
        lambda values: values.update(batch_sizes=["32"]),
        lambda values: values.update(replicas=4),
        lambda values: values.update(base_rate="0.05"),
        lambda values: values.update(base_rate=None),
        lambda values: values.update(image_size="32"),
        lambda values: values.update(model="../../etc"),
        lambda values: values["measures"].update(landscape_size="large"),
    ],
)
def test_edited_settings_are_refused(spoil) -> None:
    values = json.loads(json.dumps(small_study().as_dict()))
    spoil(values)
    with pytest.raises(StoreError, match="does not hold a study's settings"):
        settings_from_dict(values)


def test_a_study_grows_by_seeds_and_devices_only() -> None:
    check_same_study(small_study(), small_study(seeds=(0, 1, 2), replicas=(1, 2)))
    check_same_study(small_study(), small_study(search_seeds=(0,)))
    with pytest.raises(SettingsError, match=r"base_rate: 0\.05 there, 0\.1 asked"):
        check_same_study(small_study(), small_study(base_rate=0.1))


def test_a_study_keeps_what_it_measures_along_its_runs() -> None:
    of_now = replace(MEASURES, along_levels=(0.5,), along_examples=64)
    of_then = replace(MEASURES, along_levels=(0.7,), along_examples=9, along_seeds=2)
    check_same_study(small_study(measures=of_then), small_study(measures=of_now))
    assert kept_measures(of_then, of_now) == of_then
    assert kept_measures(MEASURES, of_now) == of_now
    other = replace(of_now, landscape_size=of_now.landscape_size + 2)
    assert kept_measures(of_then, other).landscape_size == other.landscape_size
    with pytest.raises(SettingsError, match="landscape_size"):
        check_same_study(small_study(), small_study(measures=other))


def test_other_settings_are_named_briefly() -> None:
    stored = small_study(fingerprint="a" * 64)
    measures = replace(stored.measures, landscape_size=3)
    with pytest.raises(SettingsError) as told:
        check_same_study(stored, small_study(fingerprint="b" * 64, measures=measures))
    there = stored.measures.landscape_size
    assert (
        f"(fingerprint of the pictures: aaaaaaaa there, bbbbbbbb asked; landscape_size: {there} "
        "there, 3 asked)"
    ) in str(told.value)


def test_the_effort_of_a_search_is_that_of_as_many_evaluations_as_it_may_make() -> None:
    assert measuring._OF_A_SEARCH == 3 * MAX_EVALUATIONS
