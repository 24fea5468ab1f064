"""Slopes against log t and the comparison with a power law, on ways known in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.summarise.diffusion import at_first_rate, compare_laws, even_in_ratio, log_slope

STEPS = np.unique(np.geomspace(1, 5000, 40).astype(int))


@given(st.floats(-5, 5), st.floats(-3, 3))
def test_slope_of_a_logarithm(intercept: float, slope: float) -> None:
    distances = intercept + slope * np.log(STEPS)
    assert log_slope(STEPS, distances) == pytest.approx(slope, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.1, 3), st.floats(0.1, 5))
def test_a_logarithm_is_told_from_a_power(intercept: float, slope: float) -> None:
    found = compare_laws(STEPS, intercept + slope * np.log(STEPS))
    assert found.log_error < min(1e-9, found.power_error)
    assert found.fitted + found.held_out == STEPS.size
    assert (found.intercept, found.slope) == pytest.approx((intercept, slope))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 1.8), st.floats(0.01, 5))
def test_a_power_is_told_from_a_logarithm(exponent: float, coefficient: float) -> None:
    found = compare_laws(STEPS, coefficient * STEPS**exponent)
    assert found.log_error > found.power_error and found.log_ratio > 3
    assert found.exponent == pytest.approx(exponent, abs=1e-4)
    assert found.coefficient == pytest.approx(coefficient, rel=1e-3)
    assert not found.exponent_at_edge


def test_the_first_rate_lasts_until_it_changes() -> None:
    assert at_first_rate([0.1]) == 1
    assert at_first_rate([0.1, 0.1, 0.1]) == 3
    assert at_first_rate([0.1, 0.1 * (1 + 1e-9), 0.01, 0.1]) == 2


@given(st.integers(1, 2000))
def test_places_even_in_ratio(count: int) -> None:
    places = even_in_ratio(count)
    assert places[0] == 0 and places[-1] == count - 1
    numbers = places + 1
    # a step is a root of two or less, but for rounding at both its ends
    gaps = np.diff(numbers)
    assert (gaps >= 1).all() and (gaps <= (math.sqrt(2) - 1) * (numbers[:-1] + 0.5) + 1).all()
    assert len(places) <= 2 * math.log2(count) + 2


def test_places_by_hand() -> None:
    assert (even_in_ratio(16) + 1).tolist() == [1, 2, 3, 4, 6, 8, 11, 16]


def test_errors_are_those_of_the_held_out_steps() -> None:
    steps, distances = [1, 2, 4, 8, 16], [0.0, 1.0, 2.0, 3.5, 3.0]
    found = compare_laws(steps, distances, fitted_share=0.6)
    assert (found.fitted, found.held_out) == (3, 2)
    # the line through the first three: one more at each doubling
    assert found.log_error == pytest.approx(math.sqrt((0.5**2 + 1) / 2))
    steep = compare_laws([1, 2, 4, 8], [1, 8, 64, 512])
    assert steep.exponent_at_edge


@pytest.mark.parametrize(
    ("steps", "distances"),
    [
        ([1, 2, 3], [1, 2, 3]),
        ([0, 1, 2, 3], [1, 2, 3, 4]),
        ([1, 3, 2, 4], [1, 2, 3, 4]),
        ([1, 2, 3, 4], [1, 2, math.nan, 4]),
        ([1, 2, 3, 4], [1, 2, 3]),
    ],
)
def test_courses_that_are_none(steps: list[float], distances: list[float]) -> None:
    with pytest.raises(ValueError, match=r"steps"):
        compare_laws(steps, distances)


def test_a_share_that_is_none() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        compare_laws([1, 2, 3, 4], [1, 2, 3, 4], fitted_share=1)
