"""Whether the validation loss rises after its minimum: closed forms, simulation, words."""

import math

import numpy as np
import pandas as pd
import pytest

from reports.exhibits.lines import loss_curves
from reports.read import checked_view
from study.experiments import get_experiment
from study.summarise import summarise
from study.summarise.stopping import (
    NO_RISE,
    course_after_minimum,
    no_rise_words,
    stopping_words,
)
from tests.judge_claims import the
from tests.make_study import make_frames, make_settings


def with_slope(slope: float, noise: float, after: int = 50, seed: int = 0) -> np.ndarray:
    """A fall to 0.4, then a line with noise that stays above it."""
    random = np.random.default_rng(seed)
    rise = 0.5 + slope * np.arange(after) + noise * random.uniform(-1, 1, after)
    return np.concatenate([np.linspace(0.7, 0.4, 20), np.maximum(rise, 0.41)])


def test_a_line_by_hand() -> None:
    # after the minimum 1, 3, 2, 4: slope 0.8, residuals -0.3, 0.9, -0.9, 0.3, so that its standard
    # error is sqrt(1.8 / 2 / 5) = 0.424; Student's quantile with 2 degrees of freedom is 4.303
    assert 4.303 * math.sqrt(1.8 / 2 / 5) > 0.8
    assert course_after_minimum([0.5, 1, 3, 2, 4]) == "level"
    # residuals a tenth as large: 0.8 against 4.303 * 0.0424
    assert course_after_minimum([0.5, 1.27, 2.19, 2.81, 3.73]) == "rising"
    assert course_after_minimum([0.5, 1, 2, 3]) == "rising"
    assert course_after_minimum([0.5, 3, 2, 1]) == "falling"
    assert course_after_minimum([0.5, 1, 1, 1]) == "level"


@pytest.mark.parametrize("losses", [[], [0.5], [0.5, 0.6], [0.5, 0.6, 0.7], [0.7, 0.6, 0.5]])
def test_too_few_epochs_tell_nothing(losses: list[float]) -> None:
    assert course_after_minimum(losses) is None


def test_noise_alone_seldom_rises_and_a_rise_is_seen() -> None:
    def courses(slope: float, count: int) -> list[str | None]:
        return [course_after_minimum(with_slope(slope, 0.02, seed=seed)) for seed in range(count)]

    flat = courses(0, 1000)
    assert 0.01 < np.mean([course == "rising" for course in flat]) < 0.05
    assert 0.01 < np.mean([course == "falling" for course in flat]) < 0.05
    assert np.mean([course == "rising" for course in courses(0.001, 200)]) > 0.95
    assert np.mean([course == "falling" for course in courses(-0.001, 200)]) > 0.95


def study_of(courses: dict[str, np.ndarray], **keys: list[str]) -> tuple[pd.DataFrame, ...]:
    runs = pd.DataFrame({"id": list(courses), "status": "completed", "stopped_by": "patience"})
    epochs = pd.concat(
        pd.DataFrame({"id": name, "epoch": range(1, len(losses) + 1), "val_loss": losses})
        for name, losses in courses.items()
    )
    # in no order: it is by the epochs' numbers
    return runs.assign(**keys), epochs.sample(frac=1, random_state=0)


def test_words_count_runs_without_a_rise() -> None:
    courses = {"up": with_slope(0.002, 0.02), "level": with_slope(0, 0.02)}
    assert stopping_words(*study_of(courses)).startswith("In 1 of the 2 runs that patience ended")
    assert "falling" not in stopping_words(*study_of(courses))
    down = {**courses, "down": with_slope(-0.002, 0.02)}
    assert "In 2 of the 3 runs" in stopping_words(*study_of(down))
    assert no_rise_words(*study_of(down)) == (
        f"In 2 of the 3 runs that patience ended {NO_RISE}, in 1 it was still falling"
    )
    both = {name: down[name] for name in ("level", "down")}
    assert stopping_words(*study_of(both)).startswith("In both runs that patience ended, ")
    assert no_rise_words(*study_of({"up": courses["up"]})) == ""
    assert ", in 1 it was still falling (a line" in stopping_words(*study_of(down))
    assert stopping_words(*study_of({"up": courses["up"]})) == ""
    other = study_of(courses, stopped_by=["patience", "max_epochs"])
    assert stopping_words(*other) == "", "the limit of epochs is told elsewhere"
    assert stopping_words(*study_of(courses, status=["completed", "diverged"])) == ""
    assert stopping_words(study_of(courses)[0], pd.DataFrame()) == ""
    assert stopping_words(pd.DataFrame(), pd.DataFrame()) == ""


def level_study() -> dict[str, pd.DataFrame]:
    """The validation loss is 0.5 but for the second epoch, in all runs."""
    frames = make_frames(3)
    epochs = frames["epochs"]
    return {**frames, "epochs": epochs.assign(val_loss=0.5 - 1e-9 * (epochs["epoch"] == 2))}


def test_claims_on_the_minimum_say_so() -> None:
    flat = level_study()
    for claim, count in {"C2": 12, "C4": 12, "C14": 12, "C15": 6, "C16": 9, "C20": 6}.items():
        assert f"In all {count} runs that patience ended {NO_RISE}" in the(claim, flat)["reason"], (
            claim
        )
    # nothing was run on several devices
    assert NO_RISE not in the("C7", flat)["reason"]
    assert NO_RISE not in the("C1", flat)["reason"]
    assert NO_RISE not in the("C11", flat)["reason"]


def test_captions_of_the_validation_loss_say_so() -> None:
    frames, settings, experiment = level_study(), make_settings(3), get_experiment("article")
    view = checked_view(settings, summarise(settings, frames, experiment), frames)
    for name, words in (("A3", "In all 12 runs"), ("A19", "In all 12 runs")):
        figure = experiment.figure(name)
        assert words in loss_curves(view, figure).caption
