"""Departures that an experiment declares, with the numbers of a study in their words."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from study.conduct.measuring import measuring_tasks
from study.conduct.plan import planned_runs
from study.conduct.settings import StudySettings
from study.experiments import get_experiment
from study.summarise.departures import departures
from study.summarise.measured import Measured
from tests.make_conditions import (
    condition_document,
    condition_frames,
    condition_study,
    measured_frames,
)

STUDY = condition_study("keskar")


KESKAR = get_experiment("keskar")


def here_of(study: StudySettings, frames: dict[str, pd.DataFrame] | None = None) -> dict[str, str]:
    document = condition_document(study)
    document["measured"] = document["measures"]
    found = departures(document, Measured(document, frames or {}, KESKAR), KESKAR)
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
    assert found == (
        "epsilon 1e-3, 1 trial, on 64 of 1,920 training pictures for each run, "
        "L-BFGS-B, at most 10 iterations"
    )
    whole = replace(
        STUDY.measures, sharpness_trials=5, sharpness_epsilons=(), sharpness_examples=1_920
    )
    found = here_of(replace(STUDY, measures=whole))["sharpness"]
    assert found == (
        "epsilon 1e-3 and 5e-4, 5 trials, on all training pictures for each run, "
        "L-BFGS-B, at most 10 iterations"
    )


def test_the_search_that_was_made_is_the_one_that_is_told() -> None:
    frames = condition_frames(STUDY, {})
    measured = measured_frames(measuring_tasks(STUDY, planned_runs(STUDY)))["sharpness"]
    for version, words in (
        (math.nan, "run, L-BFGS-B, at most 10 iterations"),
        (2, "run, from corner to corner of the box, then L-BFGS-B, at most"),
        (4, "run, by steps along the signs of the gradient, then L-BFGS-B, at most 10 iterations "),
    ):
        told = {**frames, "sharpness": measured.assign(search=version)}
        assert words in here_of(STUDY, told)["sharpness"]
    both = measured.assign(search=np.where(np.arange(len(measured)) % 2, 3, 4))
    words = "the box, then L-BFGS-B; or by steps along the signs"
    assert words in here_of(STUDY, {**frames, "sharpness": both})["sharpness"]


def test_a_study_that_says_little_is_told_of_all_the_same() -> None:
    found = departures({}, Measured({}, {}, KESKAR), KESKAR)
    assert len(found) == len(KESKAR.departures)
