"""Rises of the loss about a point, on surfaces whose mean rise is known."""

import math

import numpy as np
import pytest

from study.summarise.rises import line_rise, plane_rise

LINE = np.linspace(-1, 2, 25)


def test_line_rise_of_a_parabola_by_hand():
    # offsets +-1/8, 2/8, 3/8, 4/8: mean of squares (1 + 4 + 9 + 16) / 64 / 4
    expected = 3 * 30 / 256
    assert line_rise(LINE, 3 * (LINE - 1) ** 2 + 7, end=1) == pytest.approx(expected)


def test_line_rise_does_not_see_a_mere_slope():
    assert line_rise(LINE, 5 - 2 * LINE, end=0) == pytest.approx(0)


def test_line_rise_does_not_depend_on_the_order_of_points():
    losses = np.cos(3 * LINE)
    turned = np.random.default_rng(0).permutation(25)
    assert line_rise(LINE[turned], losses[turned], 1) == pytest.approx(line_rise(LINE, losses, 1))


@pytest.mark.parametrize(
    "kept", [LINE > 0.01, LINE < 0.01, np.abs(LINE) > 0.01, np.abs(LINE) < 0.01, LINE > 5]
)
def test_line_rise_is_missing_without_the_end_or_one_side(kept):
    assert math.isnan(line_rise(LINE[kept], LINE[kept] ** 2, end=0))


def test_rises_are_missing_when_a_loss_in_the_window_is_not_finite():
    losses = LINE**2
    far, near = losses.copy(), losses.copy()
    far[-1], near[9] = math.inf, math.inf
    assert math.isfinite(line_rise(LINE, far, end=0))
    assert math.isnan(line_rise(LINE, near, end=0))


def test_plane_rise_by_hand():
    # 5 x 5 grid, step 0.5: four points in the disc of radius 0.5, rises 1, 1, 4, 4 (times 0.25)
    alpha, beta = (
        axis.ravel() for axis in np.meshgrid([-1, -0.5, 0, 0.5, 1], [-1, -0.5, 0, 0.5, 1])
    )
    losses = 2 + alpha**2 + 4 * beta**2
    assert plane_rise(alpha, beta, losses) == pytest.approx(0.25 * 2.5)


def test_plane_rise_is_missing_without_a_centre_or_a_disc():
    assert math.isnan(plane_rise([0.25, -0.25], [0, 0], [1, 1]))
    assert math.isnan(plane_rise([0, 1], [0, 1], [1, 1]))
    assert math.isnan(plane_rise([], [], []))
