"""Cells of the chapter's tables: which intervals are worth printing."""

import math

import pytest

from reports.chapter_cells import WIDEST, ratio_ends, remedy_view
from study.experiments import get_experiment
from study.summarise.measured import Measured
from study.summarise.remedy_rows import remedy_rows
from tests.make_conditions import condition_document, condition_frames, condition_study


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ([0.5, 2.0], "0.50 to 2.0"),
        ([0.01, 0.01 * WIDEST], "0.010 to 10"),
        ([0.01, 0.0101 * WIDEST], "no interval, n = 2"),
        ([3.8e-6, 16518.0], "no interval, n = 2"),
        ([0.0, 1.0], "no interval, n = 2"),
        ([0.5, math.inf], "no interval, n = 2"),
        (None, ""),
    ],
)
def test_the_interval_of_a_ratio_is_told_unless_it_tells_nothing(
    ends: list[float] | None, words: str
) -> None:
    assert ratio_ends({"effect": 0.25, "interval": ends, "n": 2}) == words


def test_two_seeds_whose_times_differ_much_give_an_estimate_without_interval() -> None:
    study = condition_study("hoffer", seeds=(0, 1))
    frames = condition_frames(study, {})
    epochs, members = frames["epochs"], frames["conditions"]
    slow = members.loc[(members["condition"] == "rate") & (members["seed"] == 1), "id"]
    epochs.loc[epochs["id"].isin(slow), "train_seconds"] = 8.0
    experiment = get_experiment("hoffer")
    rows = remedy_rows(experiment, Measured(condition_document(study), frames, experiment))
    seconds = remedy_view(rows[0]).costs[2]
    assert seconds.small == (
        "1.8 × large (no interval, n = 2)\N{NO-BREAK SPACE}†",
        "1.8 × small (no interval, n = 2)\N{NO-BREAK SPACE}†",
    )
    assert rows[0]["costs"]["seconds"]["of_small"]["interval"][0] > 0  # the download has it
