"""Effects per seed on frames that are small enough to compute by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from study.errors import StoreError
from study.experiments.article_design import FIXED
from study.experiments.declare import (
    Approach,
    BestRate,
    Cell,
    Combination,
    ShareOfGap,
    Trend,
    difference,
    mean_ratio,
    ratio,
)
from study.summarise.cells import best_multiple, cell_note
from study.summarise.effects import expand, sample
from tests.effect_frames import a_run, a_study, of_runs


def test_trend_of_a_difference_and_of_a_factor():
    study = a_study(
        a_run(32, min_val_loss=0.3, epochs_to_min=10),
        a_run(64, min_val_loss=0.4, epochs_to_min=20),
        a_run(128, min_val_loss=0.7, epochs_to_min=90),
        sizes=(32, 64, 128),
    )
    assert sample(Trend("min_val_loss", FIXED, log=False), study).shown == pytest.approx((0.2,))
    # slope of the logarithms is (log 90 - log 10) / 2 = log 3
    assert sample(Trend("epochs_to_min", FIXED, log=True), study).shown == pytest.approx((3,))


def test_a_seed_without_a_cell_is_left_out_with_the_reason():
    study = a_study(
        *(a_run(size, seed=seed, min_val_loss=0.3) for size in (32, 64) for seed in (0, 1)),
        a_run(32, seed=2, min_val_loss=0.3),
        a_run(64, seed=2, status="diverged", reason="loss not finite in epoch 3"),
        a_run(32, seed=3, min_val_loss=0.3),
        a_run(64, seed=3, status="running"),
        a_run(32, seed=4, min_val_loss=0.3),
        seeds=range(5),
    )
    found = sample(Trend("min_val_loss", FIXED, log=False), study)
    assert found.seeds == (0, 1)
    assert dict(found.left_out) == {
        2: "batch 64 at rate 0.01 diverged (loss not finite in epoch 3)",
        3: "batch 64 at rate 0.01 is not finished",
        4: "batch 64 at rate 0.01 was not run",
    }


def test_a_value_of_a_run_that_did_not_complete_does_not_count():
    study = a_study(a_run(32, status="diverged", min_val_loss=0.3), a_run(64, min_val_loss=0.3))
    assert sample(Trend("min_val_loss", FIXED, log=False), study).values == ()


def test_lost_means_that_runs_ended_badly_and_none_is_awaited():
    bad, good = a_run(32, status="failed"), a_run(64, min_val_loss=0.3)
    effect = Trend("min_val_loss", FIXED, log=False)
    assert sample(effect, a_study(bad, good)).lost
    assert not sample(effect, a_study(bad, a_run(64, status="pending"))).lost
    assert not sample(effect, a_study(good)).lost


def test_a_value_without_a_logarithm_is_left_out():
    study = a_study(a_run(32, sharpness=0.0), a_run(64, sharpness=1.0))
    found = sample(Trend("sharpness", FIXED, log=True), study)
    assert found.values == ()
    assert "has no logarithm" in found.left_out[0][1]


def test_a_missing_number_is_left_out():
    study = a_study(a_run(32, sharpness=math.nan), a_run(64, sharpness=1.0))
    found = sample(Trend("sharpness", FIXED, log=True), study)
    assert "batch 32 at rate 0.01 has no epsilon-sharpness" in found.left_out[0][1]


def test_rates_are_matched_up_to_rounding():
    row = a_run(32, min_val_loss=0.25) | {"learning_rate": float(np.float32(0.01))}
    study = a_study(row, a_run(64, min_val_loss=0.5))
    assert sample(difference("min_val_loss", Cell(64), Cell(32)), study).values == (0.25,)


def test_ratio_and_mean_ratio():
    study = a_study(
        a_run(32, sharpness=2),
        a_run(64, sharpness=8),
        a_run(64, multiple=2, sharpness=4),
        a_run(128, sharpness=64),
        a_run(128, multiple=4, sharpness=2),
    )
    assert sample(ratio("sharpness", Cell(64), Cell(32)), study).shown == pytest.approx((4,))
    pairs = [(Cell(64, 2), Cell(64)), (Cell(128, 4), Cell(128))]
    # ratios 1/2 and 1/32: geometric mean 1/8
    assert sample(mean_ratio("sharpness", pairs), study).shown == pytest.approx((1 / 8,))


def test_combination_over_several_devices_takes_the_runs_with_most_replicas():
    study = a_study(
        a_run(32, seconds_to_min=10.0),
        a_run(32, replicas=4, seconds_to_min=20.0),
        a_run(64, seconds_to_min=10.0),
        a_run(64, replicas=4, seconds_to_min=5.0),
    )
    assert study.several_devices == 4
    effect = Combination(
        "seconds_to_min",
        ((1, Cell(64).on_several()), (-1, Cell(32).on_several()), (-1, Cell(64)), (1, Cell(32))),
        log=True,
    )
    assert sample(effect, study).shown == pytest.approx((0.25,))


def test_share_of_the_gap_is_a_ratio_of_means():
    study = a_study(
        *(a_run(32, seed=seed, min_val_loss=0.3) for seed in (0, 1)),
        *(a_run(64, seed=seed, min_val_loss=loss) for seed, loss in enumerate((0.4, 0.41))),
        *(a_run(64, 2, seed, min_val_loss=loss) for seed, loss in enumerate((0.35, 0.3))),
        seeds=(0, 1),
    )
    found = sample(ShareOfGap("min_val_loss", Cell(64), Cell(64, 2), Cell(32)), study)
    assert found.shown == pytest.approx((0.5, 1.0))
    # (0.05 + 0.11) / (0.1 + 0.11), not the mean of the shares
    assert found.estimate.effect == pytest.approx(0.16 / 0.21)


def test_of_no_clear_gap_there_is_no_share():
    study = a_study(
        *(a_run(32, seed=seed, min_val_loss=0.3) for seed in (0, 1)),
        *(a_run(64, seed=seed, min_val_loss=loss) for seed, loss in enumerate((0.31, 0.5))),
        *(a_run(64, 2, seed, min_val_loss=loss) for seed, loss in enumerate((0.35, 0.3))),
        seeds=(0, 1),
    )
    found = sample(ShareOfGap("min_val_loss", Cell(64), Cell(64, 2), Cell(32)), study)
    assert math.isnan(found.estimate.effect)
    assert (found.estimate.interval, found.estimate.n) == (None, 2)


def test_share_of_the_gap_of_logarithms_and_of_one_sign():
    study = a_study(a_run(32, sharpness=1.0), a_run(64, sharpness=8.0), a_run(64, 2, sharpness=2.0))
    share = ShareOfGap("sharpness", Cell(64), Cell(64, 2), Cell(32), log=True, sign=1)
    found = sample(share, study)
    assert found.shown == pytest.approx((2 / 3,))
    assert found.estimate.effect == pytest.approx(2 / 3)
    assert found.gap.effect == pytest.approx(8)
    reverse = sample(replace(share, sign=-1), study)
    assert reverse.reversed_gap and not found.reversed_gap
    assert math.isnan(reverse.estimate.effect)
    assert math.isnan(sample(replace(share, before=Cell(32), goal=Cell(64)), study).estimate.effect)


def test_approach_by_hand():
    study = a_study(
        a_run(32, distance_from_init=4),
        a_run(64, distance_from_init=1),
        a_run(64, 2, distance_from_init=8),
        a_run(128, distance_from_init=2),
        a_run(128, 4, distance_from_init=4),
    )
    pairs = ((Cell(64), Cell(64, 2)), (Cell(128), Cell(128, 4)))
    found = sample(Approach("distance_from_init", pairs, Cell(32)), study)
    # in doublings: from 2 to 1 away (on the other side), from 1 to 0 away: mean change -1
    assert found.values == pytest.approx((-math.log(2),))


def test_best_rate_becomes_one_difference_for_each_other_rate():
    study = a_study(
        a_run(32, min_val_loss=0.5),
        a_run(32, 2, min_val_loss=0.75),
        a_run(32, 4, min_val_loss=0.25),
    )
    found = expand(BestRate("min_val_loss", 32, 1, (1, 2, 4)), study)
    assert [name for name, _ in found] == [
        "1 against 2 times the rate",
        "1 against 4 times the rate",
    ]
    assert [sample(effect, study).values for _, effect in found] == [(-0.25,), (0.25,)]


def test_quantities_derived_from_other_frames():
    runs = [a_run(32), a_run(64)]
    gradients = of_runs(
        runs, at=["initial", "minimiser"], mean_example_norm=[2.0, 3.0], batch_norm=[1.0, 0.5]
    )
    sharpness = of_runs(
        runs,
        space=["adaptive", "adaptive", "adaptive", "adaptive", "subspace"],
        epsilon=[1e-3, 1e-3, 5e-4, 2e-3, 1e-3],
        trial=[0, 1, 0, 0, 0],
        sharpness=[1.0, 3.0, 50.0, 60.0, 7.0],
    )
    plane = of_runs(
        runs,
        alpha=[0.0, 0.5, 0.0, 0.5],
        beta=[0.0] * 4,
        loss=[1.0, 2.0, 1.0, 4.0],
        direction_seed=[0, 0, 1, 1],
    )
    epochs = of_runs(runs, epoch=[1, 2, 3], epoch_distance=[1.0, 2.0, 9.0])
    study = a_study(
        *runs, gradient_norms=gradients, sharpness=sharpness, landscape=plane, epochs=epochs
    )
    values = {
        "competition_initial": 2,
        "competition_minimiser": 6,
        "sharpness_adaptive": 2,
        "sharpness_subspace": 7,
        "landscape_rise": 2,
        "epoch_distance": 2,
    }
    assert {name: study.value(name, Cell(64), 0) for name in values} == values


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        (Trend("min_val_loss", FIXED, False), {-1}),
        (Trend("epochs_to_min", FIXED, True), {1}),
        (difference("min_val_loss", Cell(32), Cell(64)), {1}),
        (ratio("sharpness", Cell(64), Cell(32)), {-1, 1}),
        (Approach("distance_from_init", ((Cell(64), Cell(64)),), Cell(32)), {-1, 1}),
    ],
)
def test_where_a_run_that_was_cut_off_could_move_the_effect(effect, expected):
    values = {"min_val_loss": 0.3, "epochs_to_min": 9, "sharpness": 1, "distance_from_init": 2}
    runs = a_run(32, **values), a_run(64, **values) | {"stopped_by": "max_epochs"}
    found = sample(effect, a_study(*runs))
    assert found.cut_off == 1
    assert found.may_move == expected


def test_what_does_not_belong_to_the_minimum_minds_no_cut_off_run():
    runs = [a_run(size, seconds_per_epoch=1.0) | {"stopped_by": "max_epochs"} for size in (32, 64)]
    found = sample(Trend("seconds_per_epoch", FIXED, True), a_study(*runs))
    assert (found.cut_off, found.may_move) == (0, frozenset())


def test_two_runs_of_one_cell_and_seed_are_refused():
    with pytest.raises(StoreError, match="same batch size, rate, seed and devices"):
        a_study(a_run(32), a_run(32) | {"id": "another"})


def test_best_multiple_compares_the_seeds_that_all_rates_share():
    runs = [a_run(32, 1, seed, min_val_loss=loss) for seed, loss in enumerate((0.5, 0.1))]
    runs += [a_run(32, 2, 0, min_val_loss=0.4), a_run(32, 4, 0, status="diverged")]
    study = a_study(*runs, seeds=(0, 1))
    # rate 1 has the lower mean only thanks to seed 1, which rate 2 does not have, and seed 0 alone
    # is no choice
    assert best_multiple("min_val_loss", 32, (1, 2, 4), study) is None
    more = [a_run(32, 1, 2, min_val_loss=0.5), a_run(32, 2, 2, min_val_loss=0.4)]
    longer = a_study(*runs, *more, seeds=(0, 1, 2))
    assert best_multiple("min_val_loss", 32, (1, 2, 4), longer) == 2
    alone = a_study(*(run for run in runs if run["seed"] == 0), seeds=(0,))
    assert best_multiple("min_val_loss", 32, (1, 2, 4), alone) == 2
    assert best_multiple("min_val_loss", 64, (1, 2, 4), study) is None


def test_the_note_of_a_cell_tells_what_went_wrong():
    study = a_study(
        a_run(32, seed=0, min_val_loss=0.3),
        a_run(32, seed=1, status="diverged", reason="loss not finite in epoch 2"),
        a_run(32, seed=2, status="pending"),
        a_run(32, seed=3) | {"stopped_by": "max_epochs"},
        seeds=(0, 1, 2, 3, 4),
    )
    assert cell_note(Cell(32), study) == (
        "1 of 4 diverged (seed 1, loss not finite in epoch 2); 1 of 4 not finished; "
        "1 of 4 stopped by the limit of epochs"
    )
    assert cell_note(Cell(64), study) == ""


def test_a_study_of_one_batch_size_has_no_trend():
    study = a_study(a_run(32, min_val_loss=0.3), sizes=(32,))
    found = sample(Trend("min_val_loss", FIXED, False), study)
    assert found.left_out == ((0, "the study has one batch size, a trend needs two"),)
