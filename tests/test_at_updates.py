"""Runs after the same number of updates, on distances that are known in closed form."""

import math

import numpy as np
import pandas as pd
import pytest

from study.experiments.declare import Cell, RatioAtUpdates
from study.summarise.effects import sample
from study.summarise.samples import Sample
from tests.effect_frames import a_run, a_study, of_runs

SMALL, LARGE = Cell(32), Cell(256)


def compared(updates: dict[Cell, list[float]], slopes: dict[Cell, float]) -> Sample:
    """Large against small, where distances are slopes times ln of the updates."""
    frames = [
        of_runs(
            [a_run(cell.batch_size)],
            epoch=list(range(1, len(steps) + 1)),
            updates=steps,
            distance_from_init=(slopes[cell] * np.log(steps)).tolist(),
            epoch_learning_rate=[0.1] * len(steps),
        )
        for cell, steps in updates.items()
    ]
    study = a_study(a_run(32), a_run(256), epochs=pd.concat(frames))
    return sample(RatioAtUpdates("distance_from_init", LARGE, SMALL), study)


def test_lines_in_log_t_are_compared_where_both_have_been() -> None:
    updates = {SMALL: [60.0, 120.0, 180.0, 240.0], LARGE: [8.0, 16.0, 64.0, 100.0]}
    found = compared(updates, {SMALL: 2.0, LARGE: 3.0})
    assert found.shown == pytest.approx((1.5,))


def test_of_other_lines_the_last_shared_update_counts() -> None:
    runs = [a_run(32), a_run(256)]
    epochs = pd.concat(
        [
            of_runs(
                runs[:1],
                epoch=[1, 2],
                updates=[10, 40],
                distance_from_init=[1.0, 3.0],
                epoch_learning_rate=[0.1, 0.1],
            ),
            of_runs(
                runs[1:],
                epoch=[1, 2, 3],
                updates=[5, 20, 30],
                distance_from_init=[4.0, 8.0, 99.0],
                # the third epoch is at another rate
                epoch_learning_rate=[0.2, 0.2, 0.02],
            ),
        ]
    )
    study = a_study(*runs, epochs=epochs)
    found = sample(RatioAtUpdates("distance_from_init", LARGE, SMALL), study)
    # 20 lies half-way between 10 and 40 in ratio
    assert found.shown == pytest.approx((8 / 2,))
    assert found.log and found.values == pytest.approx((math.log(4),))


def test_runs_that_share_no_update_are_left_out() -> None:
    updates = {SMALL: [60.0, 120.0], LARGE: [8.0, 16.0]}
    found = compared(updates, {SMALL: 1.0, LARGE: 1.0})
    assert found.values == ()
    assert "past its first rate after 16 updates" in found.left_out[0][1]


def test_a_distance_of_zero_has_no_ratio() -> None:
    updates = {SMALL: [60.0, 120.0], LARGE: [50.0, 100.0]}
    found = compared(updates, {SMALL: 1.0, LARGE: 0.0})
    assert found.values == ()
    assert "is 0 after 100 updates" in found.left_out[0][1]
