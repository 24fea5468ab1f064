"""Effects per seed on frames that are small enough to compute by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from study.errors import StoreError
from study.experiments import get_experiment
from study.experiments.article_design import FIXED
from study.experiments.declare import (
    Approach,
    BestRate,
    Cell,
    Combination,
    EachLayer,
    EpochRatio,
    EpochTrend,
    LineRise,
    ShareOfGap,
    Trend,
    difference,
    mean_ratio,
    ratio,
)
from study.summarise.cells import best_multiple, cell_note
from study.summarise.effects import expand, sample
from study.summarise.measured import Measured, MissingValueError

ARTICLE = get_experiment("article")


def a_run(batch_size, multiple=1, seed=0, replicas=1, status="completed", **values):
    rate = 0.01 * multiple
    return {
        "id": f"{batch_size}/{multiple:g}/{seed}/{replicas}",
        "batch_size": batch_size,
        "learning_rate": rate,
        "seed": seed,
        "replicas": replicas,
        "status": status,
        "reason": "",
        "stopped_by": "patience",
        "devices": "CPU",
        **values,
    }


def a_study(*runs, seeds=(0,), sizes=(32, 64), **frames):
    settings = {"base_rate": 0.01, "batch_sizes": list(sizes), "seeds": list(seeds)}
    return Measured(settings, {"runs": pd.DataFrame(list(runs)), **frames}, ARTICLE)


def of_runs(runs, **columns):
    """A frame with one row a run and entry of the columns' lists, with the run's keys."""
    length = len(next(iter(columns.values())))
    keys = ("id", "batch_size", "learning_rate", "seed", "replicas")
    return pd.DataFrame(
        [
            {**{key: run[key] for key in keys}, **{name: c[i] for name, c in columns.items()}}
            for run in runs
            for i in range(length)
        ]
    )


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


def test_epoch_trend_compares_the_epochs_that_all_runs_share():
    runs = [a_run(32), a_run(64)]
    epochs = pd.concat(
        [
            of_runs(runs[:1], epoch=[2, 1], loss=[0.2, 0.4]),
            of_runs(runs[1:], epoch=[1, 2, 3, 4], loss=[0.5, 0.3, 99.0, 99.0]),
        ]
    )
    study = a_study(*runs, epochs=epochs)
    # means of the first two epochs: 0.3 and 0.4
    assert sample(EpochTrend("loss", FIXED), study).values == pytest.approx((0.1,))


def test_epoch_ratio_and_its_growth():
    runs = [a_run(32), a_run(64)]
    epochs = pd.concat(
        [
            of_runs(runs[:1], epoch=[1, 2, 3, 4, 5], epoch_distance=[2, 2, 7, 8, 8]),
            of_runs(runs[1:], epoch=[1, 2, 3, 4, 5, 6], epoch_distance=[1, 1, 7, 1, 1, 50]),
        ]
    )
    study = a_study(*runs, epochs=epochs)
    whole = sample(EpochRatio("epoch_distance", Cell(32), Cell(64)), study)
    assert whole.shown == pytest.approx(((2 * 2 * 1 * 8 * 8) ** (1 / 5),))
    growth = sample(EpochRatio("epoch_distance", Cell(32), Cell(64), growth=True), study)
    assert growth.shown == pytest.approx((4,))


def test_curves_that_cross_lie_apart():
    runs = [a_run(32), a_run(64)]
    epochs = pd.concat(
        [
            of_runs(runs[:1], epoch=[1, 2, 3, 4], loss=[2.0, 2.0, 1.0, 1.0]),
            of_runs(runs[1:], epoch=[1, 2, 3, 4], loss=[1.0, 1.0, 2.0, 2.0]),
        ]
    )
    study = a_study(*runs, epochs=epochs)
    # each epoch by a factor of 2, though the mean of the log ratio is 0
    assert sample(EpochRatio("loss", Cell(32), Cell(64)), study).shown == pytest.approx((1,))
    apart = EpochRatio("loss", Cell(32), Cell(64), apart=True)
    assert sample(apart, study).shown == pytest.approx((2,))
    half = EpochRatio("loss", Cell(32), Cell(32), apart=True, window=(0.5, 1))
    assert sample(half, study).shown == pytest.approx((1,))


def test_growth_needs_four_shared_epochs():
    runs = [a_run(32), a_run(64)]
    epochs = of_runs(runs, epoch=[1, 2, 3], epoch_distance=[1.0, 1.0, 1.0])
    effect = EpochRatio("epoch_distance", Cell(32), Cell(64), growth=True)
    assert "at least 4" in sample(effect, a_study(*runs, epochs=epochs)).left_out[0][1]


def test_epochs_with_a_gap_in_their_values_are_left_out():
    runs = [a_run(32), a_run(64)]
    epochs = of_runs(runs, epoch=[1, 2], loss=[1.0, math.nan])
    found = sample(EpochTrend("loss", FIXED), a_study(*runs, epochs=epochs))
    assert found.values == ()


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


def test_line_rise_takes_the_line_between_the_two_minimisers():
    runs = [a_run(32), a_run(64), a_run(64, 2)]
    alphas = np.linspace(-1, 2, 25)
    losses = np.where(alphas < 0.5, alphas**2, 5 * (alphas - 1) ** 2)
    line = of_runs(
        runs[1:2],
        alpha=alphas,
        loss=losses,
        split=["train"] * 25,
        small_id=[runs[0]["id"]] * 25,
    )
    other = of_runs(
        runs[2:], alpha=alphas, loss=-losses, split=["train"] * 25, small_id=["another"] * 25
    )
    study = a_study(*runs, interpolation=pd.concat([other, line]))
    found = sample(LineRise("train", Cell(32), Cell(64)), study)
    assert found.values[0] == pytest.approx(
        study.rise("train", Cell(32), Cell(64), 0, 1)
        - study.rise("train", Cell(32), Cell(64), 0, 0)
    )
    small = np.mean((np.array([1, 2, 3, 4, 1, 2, 3]) / 8) ** 2 * 1.0)
    assert study.rise("train", Cell(32), Cell(64), 0, 0) == pytest.approx(
        (small * 7 + 5 * 0.25) / 8
    )
    assert study.rise("train", Cell(32), Cell(64), 0, 1) == pytest.approx(5 * 30 / 256)
    with pytest.raises(MissingValueError, match="no validation loss"):
        study.rise("validation", Cell(32), Cell(64), 0, 0)
    with pytest.raises(MissingValueError, match="no train loss"):
        study.rise("train", Cell(32), Cell(64, 2), 0, 0)


def test_each_layer_becomes_one_ratio_a_layer_in_the_order_of_the_net():
    runs = [a_run(32), a_run(64)]
    layers = pd.concat(
        [
            of_runs(runs[:1], layer=["output", "conv_1"], order=[1, 0], distance=[4.0, 2.0]),
            of_runs(runs[1:], layer=["output", "conv_1"], order=[1, 0], distance=[1.0, 1.0]),
        ]
    )
    study = a_study(*runs, layer_distances=layers)
    found = expand(EachLayer(Cell(64), Cell(32)), study)
    assert [name for name, _ in found] == ["conv_1", "output"]
    shown = [sample(effect, study).shown[0] for _, effect in found]
    assert shown == pytest.approx([0.5, 0.25])


def test_each_layer_without_layers_is_one_effect_without_values():
    (name, effect), *rest = expand(EachLayer(Cell(64), Cell(32)), a_study(a_run(32), a_run(64)))
    assert (name, rest) == ("", [])
    assert sample(effect, a_study(a_run(32), a_run(64))).values == ()


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
