"""Intervals, trends, ranks and verdicts against numbers computed by hand or in another way."""

import math

import numpy as np
import pytest
from scipy import stats

from study.summarise.statistics import (
    Estimate,
    clustered_spearman,
    fieller_interval,
    mean_interval,
    slopes_per_doubling,
    spearman,
    spearman_interval,
    verdict,
)

T2 = 4.302652729911275  # 97.5 % quantile of Student's t with 2 degrees of freedom, from a table


def test_mean_interval_by_hand():
    # mean 2, standard deviation 1, n = 3
    found = mean_interval([1, 2, 3])
    assert found.effect == 2
    assert found.interval == pytest.approx((2 - T2 / math.sqrt(3), 2 + T2 / math.sqrt(3)))
    assert (found.n, found.no_spread) == (3, False)


def test_mean_interval_of_two_values_uses_one_degree_of_freedom():
    # t = 12.7062, standard deviation sqrt(2), so half width 12.7062 * sqrt(2) / sqrt(2)
    found = mean_interval([0, 2])
    assert found.interval == pytest.approx((1 - 12.706204736432095, 1 + 12.706204736432095))


def test_one_value_has_no_interval_and_none_has_no_effect():
    assert mean_interval([5.0]) == Estimate(5.0, None, 1)
    nothing = mean_interval([])
    assert nothing.n == 0
    assert nothing.interval is None
    assert math.isnan(nothing.effect)


@pytest.mark.parametrize("values", [[7, 7], [0, 0, 0], [0.1 + 0.2, 0.3]])
def test_equal_values_give_an_interval_without_width_that_says_so(values):
    found = mean_interval(values)
    assert found.no_spread
    assert found.interval == (values[0], values[0])


@pytest.mark.parametrize("values", [[1, math.nan], [1, math.inf], [[1, 2], [3, 4]]])
def test_mean_interval_refuses_what_is_no_list_of_finite_numbers(values):
    with pytest.raises(ValueError, match=r"finite|dimensions"):
        mean_interval(values)


def test_values_that_cancel_up_to_rounding_have_the_mean_0():
    # of 1,200 pictures, both 2,104 in three seeds
    ours = np.array([700, 707, 697], np.float32) / np.float32(1200)
    others = np.array([720, 680, 704], np.float32) / np.float32(1200)
    differences = ours.astype(np.float64) - others
    assert differences.mean() != 0
    found = mean_interval(differences)
    assert found.effect == 0
    # differences of -20, 27 and -7: s = 24.27, times 4.3027 / sqrt(3)
    assert found.interval == pytest.approx((-60.28 / 1200, 60.28 / 1200), rel=1e-3)
    assert mean_interval([1.0, -1.0001]).effect == pytest.approx(-5e-5)


def test_exponential_by_hand():
    # logs in base 2 are 1, 2 and 3: geometric mean 4
    found = mean_interval(np.log([2, 4, 8])).exponential()
    half = T2 / math.sqrt(3)
    assert found.effect == pytest.approx(4)
    assert found.interval == pytest.approx((2 ** (2 - half), 2 ** (2 + half)))


def test_an_interval_without_width_around_factor_one_stays_one():
    assert mean_interval([0, 0]).exponential().interval == (1, 1)


def test_slopes_by_hand():
    # doublings -1, 0, 1: slope (last - first) / 2
    slopes = slopes_per_doubling([32, 64, 128], [[1, 2, 4], [0.3, 9, 0.1]])
    np.testing.assert_allclose(slopes, [1.5, -0.1])


def test_slope_over_unequal_steps_by_hand():
    # x = 0, 1, 3 (mean 4/3), y = 0, 3, 3 (mean 2): sum dx dy = 4, sum dx dx = 14/3
    assert slopes_per_doubling([1, 2, 8], [[0, 3, 3]])[0] == pytest.approx(6 / 7)


def test_slopes_agree_with_polyfit():
    values = np.random.default_rng(1).normal(size=(5, 4))
    expected = np.polyfit(np.log2([32, 64, 128, 256]), values.T, 1)[0]
    np.testing.assert_allclose(slopes_per_doubling([32, 64, 128, 256], values), expected)


@pytest.mark.parametrize(
    ("sizes", "values", "words"),
    [
        ([32, 32], [[1, 2]], "two different"),
        ([32], [[1]], "two different"),
        ([32, 64], [[1, 2, 3]], "3 columns for 2"),
        ([0, 64], [[1, 2]], "not positive"),
    ],
)
def test_slopes_refuse_what_has_no_trend(sizes, values, words):
    with pytest.raises(ValueError, match=words):
        slopes_per_doubling(sizes, values)


def test_fieller_interval_holds_what_a_t_test_does_not_reject():
    generator = np.random.default_rng(4)
    below = generator.normal(10, 1, 6)
    above = 0.6 * below + generator.normal(0, 0.7, 6)
    found = fieller_interval(above, below)
    assert found.effect == pytest.approx(above.mean() / below.mean())
    for end in found.interval:
        assert stats.ttest_1samp(above - end * below, 0).pvalue == pytest.approx(0.05, abs=1e-9)
    middle = sum(found.interval) / 2
    assert stats.ttest_1samp(above - middle * below, 0).pvalue > 0.05


def test_fieller_has_no_interval_when_the_denominator_may_be_zero():
    found = fieller_interval([1, 1.1, 0.9], [-1, 1, 1.5])
    assert found.n == 3
    assert found.interval is None
    assert found.effect == pytest.approx(2)


def test_fieller_of_few_values():
    assert fieller_interval([], []).n == 0
    assert fieller_interval([1], [2]) == Estimate(0.5, None, 1)
    assert fieller_interval([1, 1], [2, 2]) == Estimate(0.5, (0.5, 0.5), 2, no_spread=True)
    zero = fieller_interval([1, 1], [-1, 1])
    assert math.isnan(zero.effect)
    assert zero.interval is None
    with pytest.raises(ValueError, match="2 numerators for 1"):
        fieller_interval([1, 2], [1])


@pytest.mark.parametrize(
    ("interval", "low", "high", "expected"),
    [
        ((0.1, 0.2), 0, math.inf, "reproduced"),
        ((-0.2, -0.1), 0, math.inf, "not reproduced"),
        ((-0.1, 0.2), 0, math.inf, "inconclusive"),
        ((0.0, 0.2), 0, math.inf, "inconclusive"),
        ((-0.2, 0.0), 0, math.inf, "inconclusive"),
        ((0.8, 0.9), -math.inf, 1, "reproduced"),
        ((1.1, 1.2), -math.inf, 1, "not reproduced"),
        ((0.9, 1.2), -math.inf, 1, "inconclusive"),
        ((0.8, 1.2), 2 / 3, 1.5, "reproduced"),
        ((0.5, 1.2), 2 / 3, 1.5, "inconclusive"),
        ((0.5, 1.8), 2 / 3, 1.5, "inconclusive"),
        ((1.6, 1.8), 2 / 3, 1.5, "not reproduced"),
        ((0.1, 0.6), 2 / 3, 1.5, "not reproduced"),
        ((0.0, 0.0), 0, math.inf, "inconclusive"),
        ((1.0, 1.0), 0, math.inf, "reproduced"),
        (None, 0, math.inf, "inconclusive"),
    ],
)
def test_verdict_follows_from_where_the_whole_interval_lies(interval, low, high, expected):
    assert verdict(Estimate(0.0, interval, 3), low, high) == expected


def test_verdict_without_values_is_not_run():
    assert verdict(mean_interval([]), low=0) == "not run"


def test_verdict_on_one_seed_is_inconclusive_however_large_the_effect():
    assert verdict(mean_interval([1e9]), low=0) == "inconclusive"


def test_spearman_by_hand():
    # ranks 1 2 3 4 against 2 1 4 3: 1 - 6 * 4 / (4 * 15)
    assert spearman([1, 2, 3, 4], [20, 10, 40, 30]) == pytest.approx(0.6)
    assert spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert math.isnan(spearman([1, 2, 3], [5, 5, 5]))


def test_spearman_with_ties_agrees_with_scipy():
    generator = np.random.default_rng(2)
    x, y = generator.integers(0, 6, (2, 40))
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)


def test_spearman_interval_is_a_function_of_the_seed():
    x, y = np.random.default_rng(3).normal(size=(2, 20))
    first = spearman_interval(x, y + x, seed=1)
    assert first == spearman_interval(x, y + x, seed=1)
    assert first.interval != spearman_interval(x, y + x, seed=2).interval
    assert first.interval[0] < first.effect < first.interval[1]


def test_spearman_interval_survives_resamples_without_spread():
    # with 5 pairs some resamples draw one pair five times
    found = spearman_interval([1, 2, 3, 4, 5], [1, 2, 3, 5, 4], seed=0)
    assert found.interval is not None
    assert -1 <= found.interval[0] < found.effect < found.interval[1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([1, 2, 3, 4], [1, 3, 2, 4]),
        ([1, 2, 3, 4, 5], [5, 5, 5, 5, 5]),
        # in perfect order all resamples agree
        ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        ([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]),
        ([], []),
    ],
)
def test_spearman_interval_needs_five_pairs_that_differ(x, y):
    assert spearman_interval(x, y, seed=0).interval is None


def test_spearman_interval_refuses_sides_of_unequal_length():
    with pytest.raises(ValueError, match="3 first values for 2"):
        spearman_interval([1, 2, 3], [1, 2], seed=0)


# Coverage: of 2,000 intervals 95 % +- 1.5 % (three standard errors) must hold the truth.


def test_rank_correlation_within_clusters_by_hand():
    rising, falling = [1.0, 2.0, 3.0], [3.0, 2.0, 1.0]
    middle = [1.0, 3.0, 2.0]  # 0.5 with rising
    found = clustered_spearman([(rising, rising), (rising, middle), (rising, rising)])
    assert found.n == 3
    assert found.effect == pytest.approx(2.5 / 3)
    half = stats.t.ppf(0.975, 2) * np.std([1, 0.5, 1], ddof=1) / math.sqrt(3)
    assert found.interval == pytest.approx((2.5 / 3 - half, 1.0)), "no end beyond 1"
    assert clustered_spearman([(rising, falling)]).interval is None
    assert clustered_spearman([(rising[:2], falling[:2]), (rising, [1, 1, 1])]).n == 0


def test_what_a_cluster_shares_does_not_count():
    random = np.random.default_rng(5)
    clusters = []
    for offset in (0.0, 100.0, -100.0):
        x = random.normal(size=8)
        clusters.append((x, x + offset))
    assert clustered_spearman(clusters).effect == pytest.approx(1)
    pooled = spearman(
        np.concatenate([x for x, _ in clusters]), np.concatenate([y for _, y in clusters])
    )
    assert pooled < 0.7
