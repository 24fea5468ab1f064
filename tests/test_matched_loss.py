"""Sharpness at one training loss, on points computed by hand."""

import math

import numpy as np
import pytest

from study.experiments import get_experiment
from study.experiments.declare import Arm, AtMatchedLoss, Trend, ratio
from study.summarise.claims import evaluate_claims
from study.summarise.effects import sample
from study.summarise.matched_loss import at_loss, lowest_shared_loss
from study.summarise.measured import Measured
from tests.make_study import make_frames, make_settings

FIXED = Arm("fixed", "")
CURVE = np.array([[0.6, 1.0], [0.4, 4.0], [0.2, 16.0]])


def test_between_two_points_the_logarithm_is_linear():
    assert at_loss(CURVE, 0.5) == pytest.approx(math.log(2))
    assert at_loss(CURVE[::-1], 0.25) == pytest.approx(math.log(4) + 0.75 * math.log(4))
    assert at_loss(CURVE, 0.2) == pytest.approx(math.log(16))


def test_outside_the_points_there_is_no_value():
    assert math.isnan(at_loss(CURVE, 0.19))
    assert math.isnan(at_loss(CURVE, 0.61))
    assert math.isnan(at_loss(np.empty((0, 2)), 0.3))


def test_points_without_a_logarithm_are_left_out():
    spoilt = np.vstack([CURVE, [0.5, 0.0], [0.3, np.nan], [0.1, -1.0]])
    assert at_loss(spoilt, 0.5) == pytest.approx(at_loss(CURVE, 0.5))
    assert lowest_shared_loss([spoilt]) == 0.2


def test_points_at_one_loss_count_by_their_mean():
    doubled = np.vstack([CURVE, [0.4, 1.0]])
    assert at_loss(doubled, 0.4) == pytest.approx(math.log(2))


def test_the_shared_loss_is_that_of_the_run_which_came_least_far():
    assert lowest_shared_loss([CURVE, CURVE[:2]]) == 0.4
    assert math.isnan(lowest_shared_loss([CURVE, np.empty((0, 2))]))
    assert math.isnan(lowest_shared_loss([]))


def study(frames):
    return Measured(make_settings(2), frames, get_experiment("article"))


def with_points(points):
    """Frames in which every run of the arm "fixed" has the points of its batch size."""
    frames = make_frames(2, multiples=(1,), landscape_points=5)
    along = frames["sharpness_along"]
    rows = []
    for row in along.to_dict("records"):
        place = {0.6: 0, 0.5: 1, 0.4: 2}[row["level"]]
        curve = points[row["batch_size"]]
        if place < len(curve):
            rows.append({**row, "base_loss": curve[place][0], "sharpness": curve[place][1]})
    return {**frames, "sharpness_along": type(along)(rows, columns=along.columns)}


def test_ratio_and_trend_at_the_loss_that_all_have_reached():
    slow = [[0.6, 3.0], [0.5, 6.0]]
    frames = with_points({32: CURVE, 64: CURVE, 128: slow, 256: slow})
    found = sample(
        AtMatchedLoss(ratio("sharpness", FIXED.cell(256), FIXED.cell(32))), study(frames)
    )
    # at 0.5 the small batch has 2
    assert found.estimate.effect == pytest.approx(3)
    assert found.log
    trend = sample(AtMatchedLoss(Trend("sharpness", FIXED, True)), study(frames)).estimate
    # logs 0, 0, log 3, log 3 against 0, 1, 2, 3 doublings: slope 0.4 log 3
    assert trend.effect == pytest.approx(3**0.4)


def test_a_run_that_never_passed_the_loss_leaves_its_seed_out():
    frames = with_points({32: [[0.3, 2.0]], 64: CURVE, 128: CURVE, 256: CURVE[:1]})
    found = sample(
        AtMatchedLoss(ratio("sharpness", FIXED.cell(256), FIXED.cell(32))), study(frames)
    )
    assert found.seeds == ()
    assert "no sharpness along the run about the loss 0.6" in found.left_out[0][1]


def test_runs_made_without_snapshots_do_not_decide_anything():
    frames = make_frames(2, landscape_points=5)
    without = {**frames, "sharpness_along": frames["sharpness_along"].iloc[:0]}
    claims = {claim.id: claim for claim in get_experiment("article").claims}
    chosen = (claims["C14"], claims["C18"])
    for row, bare in zip(
        evaluate_claims(chosen, study(frames)), evaluate_claims(chosen, study(without)), strict=True
    ):
        assert (row["verdict"], row["effect"]) == (bare["verdict"], bare["effect"])
        matched = [part for part in bare["parts"] if "matched" in part["name"]]
        assert matched
        assert all(part["verdict"] == "not run" and not part["decides"] for part in matched)
        measured = [part for part in row["parts"] if "matched" in part["name"]]
        assert all(part["n"] == 2 for part in measured)
