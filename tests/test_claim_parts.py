"""How a claim's parts make its verdict, on claims made for it."""

from dataclasses import replace

import pandas as pd
import pytest

from study.experiments.article_design import FIXED
from study.experiments.declare import Cell, Claim, Part, Trend, above, below, difference, ratio
from study.summarise.claims import evaluate_claim
from tests.judge_claims import study_of
from tests.make_study import make_frames

RISING = Part("rising", Trend("min_val_loss", FIXED, False), above(0))

FALLING = Part("falling", Trend("min_val_loss", FIXED, False), below(0))

SECONDS = Part("seconds", ratio("seconds_per_epoch", Cell(256), Cell(32)), below(1))

OPEN = Part("open", difference("min_val_loss", Cell(32, 3), Cell(32)), above(0))

SEVERAL = Part("several", ratio("seconds_per_epoch", Cell(256).on_several(), Cell(256)), below(1))


def unclear(frames):
    """Adds a cell (batch 32, thrice the rate) that is better in one seed and worse in another."""
    runs = frames["runs"]
    base = runs[(runs["batch_size"] == 32) & (runs["learning_rate"] == 0.01)]
    shift = base["seed"].map({0: 0.1, 1: -0.1, 2: 0.0})
    added = base.assign(
        learning_rate=0.03, id=base["id"] + "x", min_val_loss=base["min_val_loss"] + shift
    )
    return {**frames, "runs": pd.concat([runs, added], ignore_index=True)}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((RISING, SECONDS), "reproduced"),
        ((RISING, FALLING), "not reproduced"),
        ((OPEN, FALLING), "not reproduced"),
        ((RISING, OPEN), "inconclusive"),
        ((OPEN, RISING), "inconclusive"),
        ((SEVERAL,), "not run"),
        ((SEVERAL, RISING), "not run"),
        ((SEVERAL, FALLING), "not reproduced"),
        ((RISING, SEVERAL), "reproduced"),
        ((OPEN, SEVERAL), "inconclusive"),
        ((RISING, Part("beside", FALLING.effect, FALLING.claimed, decides=False)), "reproduced"),
    ],
)
def test_parts_make_the_verdict(parts, expected):
    claim = Claim("X1", "text", "quantity", "test", parts)
    row = evaluate_claim(claim, study_of(unclear(make_frames(3))))
    assert row["verdict"] == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((SEVERAL, OPEN), "inconclusive"),
        ((SEVERAL, FALLING), "not reproduced"),
        ((SEVERAL, SEVERAL), "not run"),
    ],
)
def test_a_claim_on_each_of_several_things_is_not_run_where_none_is(parts, expected):
    claim = Claim("X1", "text", "quantity", "test", parts, headline="weakest")
    row = evaluate_claim(claim, study_of(unclear(make_frames(3))))
    assert row["verdict"] == expected


def test_the_part_that_stands_for_a_claim_is_called_the_weakest_only_where_it_is():
    larger = Part("larger", ratio("min_val_loss", Cell(256), Cell(32)), above(1))
    parts = (larger, *(Part(name, RISING.effect, RISING.claimed) for name in ("a", "b", "c")))
    claim, study = Claim("X1", "text", "quantity", "test", parts), study_of(make_frames(3))
    reason = evaluate_claim(claim, study)["reason"]
    assert reason.startswith("Of 4 comparisons 4 reproduced. Stands for it, larger: ")
    reason = evaluate_claim(replace(claim, headline="weakest"), study)["reason"]
    assert reason.startswith("Of 4 comparisons 4 reproduced. Weakest, a: ")


def test_a_part_that_was_not_measured_leaves_the_claim_open():
    unmeasured = Part("unmeasured", ratio("landscape_rise", Cell(64), Cell(32)), above(1))
    claim = Claim("X1", "text", "quantity", "test", (RISING, unmeasured))
    row = evaluate_claim(claim, study_of(make_frames(3)))
    assert row["verdict"] == "inconclusive"
    assert row["parts"][1]["verdict"] == "not run"
    assert "has no mean rise of the loss" in row["reason"]
