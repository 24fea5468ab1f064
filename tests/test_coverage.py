"""How often intervals hold the truth, by simulation."""

import math

import numpy as np
import pytest

from study.summarise.statistics import (
    chosen_interval,
    clustered_spearman,
    fieller_interval,
    mean_interval,
    slopes_per_doubling,
    spearman,
    spearman_interval,
    verdict,
)
from tests.make_sweep import CRITICAL

REPEATS = 2000


def _share_covered(intervals, truth):
    return np.mean([low <= truth <= high for low, high in intervals])


@pytest.mark.parametrize("n", [2, 3, 5])
def test_coverage_of_the_paired_difference(n):
    generator = np.random.default_rng(10 + n)
    start = generator.normal(0, 5, (REPEATS, n))  # shared by both sides of a pair
    first = start + generator.normal(0.3, 1, (REPEATS, n))
    second = start + generator.normal(0, 1, (REPEATS, n))
    intervals = [mean_interval(differences).interval for differences in first - second]
    assert abs(_share_covered(intervals, 0.3) - 0.95) < 0.015


def test_coverage_of_the_trend():
    generator = np.random.default_rng(20)
    sizes = np.array([32, 64, 128, 256])
    level = generator.normal(0, 1, (REPEATS, 3, 1))
    values = level + 0.02 * np.log2(sizes) + generator.normal(0, 0.05, (REPEATS, 3, 4))
    intervals = [mean_interval(slopes_per_doubling(sizes, study)).interval for study in values]
    assert abs(_share_covered(intervals, 0.02) - 0.95) < 0.015


def test_coverage_of_the_share():
    generator = np.random.default_rng(30)
    below = generator.normal(1, 0.05, (REPEATS, 3))
    above = 0.7 * below + generator.normal(0, 0.05, (REPEATS, 3))
    found = [fieller_interval(a, b).interval for a, b in zip(above, below, strict=True)]
    assert None not in found
    assert abs(_share_covered(found, 0.7) - 0.95) < 0.015


def _chosen_by_others(values):
    """Of values of shape (repeats, choices, seeds): in each seed that of the others' best."""
    repeats, _, n = values.shape
    found = np.empty((repeats, n))
    for seed in range(n):
        best = np.delete(values, seed, axis=2).mean(axis=2).argmax(axis=1)
        found[:, seed] = values[np.arange(repeats), best, seed]
    return found


@pytest.mark.parametrize("n", [2, 3, 5])
@pytest.mark.parametrize(("spread", "highest"), [(0.0, 0.985), (3.0, 0.995)])
def test_coverage_where_other_seeds_choose(n, spread, highest):
    # choices that are alike are the worst case; those far apart leave one choice
    generator = np.random.default_rng(50 + n)
    sides = [
        generator.normal(-spread * np.arange(choices)[:, None], 1, (REPEATS, choices, n))
        for choices in (6, 3)
    ]
    values = _chosen_by_others(sides[0]) - _chosen_by_others(sides[1])
    share = _share_covered([chosen_interval(each).interval for each in values], values.mean())
    assert 0.94 < share < highest
    # an interval as if the choices had been given
    assert spread or _share_covered([mean_interval(each).interval for each in values], 0) < 0.935


def test_coverage_of_the_rank_correlation():
    # the true rank correlation of two normals with correlation r is 6 / pi asin(r / 2);
    # the percentile bootstrap of 40 pairs is known to fall a little short of 95 %
    generator = np.random.default_rng(40)
    truth = 6 / math.pi * math.asin(0.25)
    intervals = []
    for seed in range(400):
        x = generator.normal(size=40)
        y = 0.5 * x + math.sqrt(0.75) * generator.normal(size=40)
        intervals.append(spearman_interval(x, y, seed, resamples=300).interval)
    assert 0.90 <= _share_covered(intervals, truth) <= 0.98


def test_few_seeds_of_no_effect_seldom_give_a_verdict():
    generator = np.random.default_rng(50)
    verdicts = [verdict(mean_interval(generator.normal(size=3)), low=0) for _ in range(REPEATS)]
    assert abs(np.mean([each == "inconclusive" for each in verdicts]) - 0.95) < 0.015


def test_coverage_of_the_rank_correlation_within_clusters():
    random = np.random.default_rng(11)

    def drawn(count):
        """Seeds of ten cells; sharpness and loss share the cells' means and the seed's offset."""
        cells = np.linspace(-1, 1, 10)
        offset = 2 * random.normal(size=(count, 1))
        x = cells + offset + random.normal(size=(count, 10))
        y = 0.5 * cells + offset + random.normal(size=(count, 10))
        return list(zip(x, y, strict=True))

    truth = np.mean([spearman(x, y) for x, y in drawn(4000)])
    studies = [drawn(3) for _ in range(600)]
    intervals = [clustered_spearman(study).interval for study in studies]
    covered = np.mean([low <= truth <= high for low, high in intervals])
    assert 0.92 < covered < 0.98


def test_intervals_hold_the_truth_though_rates_are_chosen_on_the_seeds_judged() -> None:
    generator = np.random.default_rng(0)
    sizes, studies = np.array([8, 16, 32]), 2000
    by_law = np.log(1 + CRITICAL / sizes)
    truth = slopes_per_doubling(sizes, [by_law])[0]
    # (study, size, rate, seed): four rates, two of them alike and best
    rates = 0.05 * np.maximum(np.abs(np.arange(4) - 1.5) - 0.5, 0)
    updates = by_law[:, None, None] + rates[:, None]
    updates = updates + generator.normal(0, 0.15, (studies, 3, 4, 3))
    best = updates.mean(axis=-1).argmin(axis=-1)[..., None, None]
    chosen = np.take_along_axis(updates, best, axis=2)[:, :, 0]
    ends = [mean_interval(slopes_per_doubling(sizes, one.T)).interval for one in chosen]
    assert np.mean([low <= truth <= high for low, high in ends]) > 0.94
