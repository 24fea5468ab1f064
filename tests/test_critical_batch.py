"""Steps to a target over a sweep, and the critical batch size: found where it is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.summarise.critical_batch import (
    count_to_target,
    critical_batch_interval,
    crossing,
    fit_critical_batch,
)

SIZES = [8, 16, 32, 64, 128, 256, 512, 1024, 2048]


def steps_of(critical: float, least: float) -> np.ndarray:
    return least * (1 + critical / np.array(SIZES))


@settings(max_examples=50, deadline=None)
@given(st.floats(4, 4096), st.floats(10, 1e5))
def test_the_law_is_found_again(critical: float, least: float) -> None:
    found = fit_critical_batch(SIZES, steps_of(critical, least))
    assert found.batch_size == pytest.approx(critical, rel=1e-4)
    assert found.least_steps == pytest.approx(least, rel=1e-4)
    assert found.least_examples == pytest.approx(least * critical, rel=1e-4)
    assert found.reason == "" and found.error < 1e-6
    for size in SIZES:
        product = (found.steps(size) / found.least_steps - 1) * (
            found.examples(size) / found.least_examples - 1
        )
        assert product == pytest.approx(1)
        assert found.examples(size) == pytest.approx(size * found.steps(size))


def test_not_reached_is_left_out_and_listed() -> None:
    steps = steps_of(100, 50)
    steps[[0, 8]] = math.nan
    found = fit_critical_batch(SIZES, steps)
    assert found.batch_size == pytest.approx(100, rel=1e-4)
    assert found.not_reached == (8, 2048) and len(found.fitted) == 7
    steps[2:] = math.nan
    nothing = fit_critical_batch(SIZES, steps)
    assert nothing.reason == "too few batch sizes reached the target"
    assert math.isnan(nothing.batch_size) and math.isnan(nothing.steps(32))


@pytest.mark.parametrize(
    ("power", "reason", "place"), [(-1, "above the sweep", math.inf), (0, "below the sweep", 0)]
)
def test_a_sweep_on_one_side_of_it_says_which(power: int, reason: str, place: float) -> None:
    """Steps that fall as 1 / B throughout, or not at all: it lies beyond the one end or other."""
    found = fit_critical_batch(SIZES, 1000.0 * np.array(SIZES, float) ** power)
    assert (found.reason, found.place) == (reason, place)
    assert math.isnan(found.batch_size)


def test_interval_over_seeds() -> None:
    rows = np.stack([steps_of(critical, 50) for critical in (50, 100, 200)])
    one = critical_batch_interval(SIZES, np.vstack([rows, np.full(9, math.nan)]))
    assert one.effect == pytest.approx(100, rel=1e-3) and one.n == 3
    assert one.interval is not None and one.interval[0] < 50 < 200 < one.interval[1]
    assert critical_batch_interval(SIZES, np.full((2, 9), math.nan)).n == 0


def test_count_to_target() -> None:
    counts, losses = [10, 20, 30, 40], [0.9, math.nan, 0.5, 0.6]
    assert count_to_target(counts, losses, 0.55) == 30
    assert count_to_target(counts, losses, 0.9) == 10
    assert math.isnan(count_to_target(counts, losses, 0.4))


def test_the_target_is_crossed_between_two_epochs() -> None:
    assert crossing([10, 20, 30], [0.6, 0.4, 0.5], 0.45) == pytest.approx(17.5)
    assert crossing([10, 20], [0.4, 0.3], 0.45) == 10
    assert crossing([10, 20], [math.nan, 0.3], 0.45) == 20
    assert math.isnan(crossing([10, 20], [0.6, 0.5], 0.45))
    assert math.isnan(crossing([10, 20], [0.6, 0.5], math.nan))


def test_bad_sweeps() -> None:
    with pytest.raises(ValueError, match="each batch size once"):
        fit_critical_batch([8, 8, 16], [1, 2, 3])
    with pytest.raises(ValueError, match="for each batch size"):
        fit_critical_batch([8, 16], [1, 2, 3])
    with pytest.raises(ValueError, match="not positive"):
        fit_critical_batch([8, 16, 32], [1, 0, 3])
