"""Whether runs have learned their training pictures, by the best that is stored of it."""

import math

import pandas as pd
import pytest

from study.experiments.declare import Cell, ratio
from study.summarise.fitted import train_accuracy, unfitted_words
from tests.effect_frames import a_run, a_study, of_runs

RUNS = [a_run(size, seed=seed) for size in (32, 64) for seed in (0, 1)]
LAST = {"32/1/0/1": 0.99, "32/1/1/1": 0.98, "64/1/0/1": 0.99, "64/1/1/1": 0.96}
EFFECT = ratio("sharpness", Cell(64), Cell(32))


def epochs_of(ending: dict[str, float]) -> pd.DataFrame:
    rows = [
        of_runs([run], epoch=[1, 2], accuracy=[0.5, ending[str(run["id"])]], epoch_distance=[1, 1])
        for run in RUNS
    ]
    return pd.concat(rows, ignore_index=True)


def trials_of(accuracy: float) -> pd.DataFrame:
    law = {"epsilon": [1e-3], "space": ["full"], "sharpness": [1.0]}
    return of_runs(RUNS, **law, base_loss=[0.1], base_accuracy=[accuracy])


def test_the_mean_over_seeds_of_the_last_epoch_counts():
    study = a_study(*RUNS, seeds=(0, 1), epochs=epochs_of(LAST))
    assert train_accuracy(Cell(32), (0, 1), study) == (pytest.approx(0.985), True)
    assert train_accuracy(Cell(64), (0, 1), study) == (pytest.approx(0.975), True)
    words = unfitted_words(EFFECT, (0, 1), 0.98, study)
    assert "fewer than 98 % of the training pictures are learned: 97.5 % with batch 64" in words
    assert "batch 32" not in words
    assert "lags a little behind" in words
    assert unfitted_words(EFFECT, (0,), 0.98, study) == ""
    assert unfitted_words(EFFECT, (0, 1), 0.0, study) == ""


def test_the_accuracy_at_the_measured_weights_comes_first():
    study = a_study(*RUNS, seeds=(0, 1), epochs=epochs_of(LAST), sharpness=trials_of(0.5))
    assert train_accuracy(Cell(32), (0, 1), study) == (0.5, False)
    words = unfitted_words(EFFECT, (0, 1), 0.98, study)
    assert "learned: 50 % with batch 64 at rate 0.01 and 50 % with batch 32" in words
    assert "lags" not in words


def test_an_unknown_accuracy_leaves_open():
    study = a_study(*RUNS, seeds=(0, 1))
    assert math.isnan(train_accuracy(Cell(32), (0, 1), study)[0])
    assert "unknown with batch 64" in unfitted_words(EFFECT, (0, 1), 0.98, study)
