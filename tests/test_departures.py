"""Departures that an experiment declares, with the numbers of a study in their words."""

from dataclasses import replace

from study.conduct.settings import StudySettings
from study.experiments import get_experiment
from study.summarise.departures import departures
from tests.make_conditions import condition_document, condition_study

STUDY = condition_study("keskar")


def here_of(study: StudySettings) -> dict[str, str]:
    document = condition_document(study)
    document["measured"] = document["measures"]
    found = departures(document, get_experiment("keskar"))
    return {what: here for what, _, here, _ in found}


def test_epochs_and_updates_are_those_of_the_study() -> None:
    found = here_of(STUDY)
    assert found["epochs"].startswith("60, and for 25 %")
    # 1,920 pictures in batches of 32: 60 updates an epoch
    assert found["updates"] == (
        "about 600 with 10 % of the training set, 600 with 25 %, and 3,600 with the small batch"
    )
    warm = "after three quarters of them 15 are left for the large batch, about 150 updates"
    assert warm in found["warm starts"]
    found = here_of(replace(STUDY, max_epochs=120, train_examples=18_610))
    assert found["updates"].startswith("about 1,200 with 10 %")
    assert found["updates"].endswith("and 69,840 with the small batch")


def test_sharpness_is_told_as_it_is_measured() -> None:
    part = replace(STUDY.measures, sharpness_epsilons=(1e-3,), sharpness_examples=64)
    found = here_of(replace(STUDY, measures=part))["sharpness"]
    assert found == "epsilon 1e-3, 1 trial, on 64 of 1,920 training pictures for each run"
    whole = replace(
        STUDY.measures, sharpness_trials=5, sharpness_epsilons=(), sharpness_examples=1_920
    )
    found = here_of(replace(STUDY, measures=whole))["sharpness"]
    assert found == "epsilon 1e-3 and 5e-4, 5 trials, on all training pictures for each run"


def test_a_study_that_says_little_is_told_of_all_the_same() -> None:
    found = departures({}, get_experiment("keskar"))
    assert len(found) == len(get_experiment("keskar").departures)
