"""Effects per seed on curves, lines and layers that are small enough to compute by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from study.experiments.article_design import FIXED
from study.experiments.declare import (
    Cell,
    EachLayer,
    EpochRatio,
    EpochTrend,
    LineRise,
)
from study.summarise.effects import expand, sample
from study.summarise.measured import MissingValueError
from tests.effect_frames import a_run, a_study, of_runs


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
    found = sample(EpochTrend("loss", FIXED), study)
    assert found.values == pytest.approx((0.1,))
    assert found.basis == "mean over the first epochs: 2 (seed 0)"


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
