"""Axes, ticks, thinning and labels of the figures."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from reports.figures.panel import (
    LABEL_WIDTH,
    LINE_HEIGHT,
    Mark,
    in_ratios,
    label_ends,
    log_axis,
    name_axes,
    number,
    panel,
    thin,
)
from reports.figures.theme import drawing


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.35, "0.35"),
        (0.001, "0.001"),
        (1e-6, "10⁻⁶"),
        (2e-5, "2 × 10⁻⁵"),
        (12.0, "12"),
        (3000.0, "3,000"),
        (1e7, "10⁷"),
        (-0.5, "−0.5"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text


def test_panel_has_the_margins_asked_for() -> None:
    figure, ax = panel(width=400, height=200, left=40, right=60, top=20, bottom=30)
    box = ax.get_window_extent()
    assert (figure.get_figwidth() * 72, figure.get_figheight() * 72) == (400, 200)
    assert (box.x0, box.x1, box.y0, box.y1) == pytest.approx((40, 340, 30, 180))


def test_name_axes_keeps_the_labels() -> None:
    _, ax = panel()
    name_axes(ax, "epoch", "loss")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    assert ax.yaxis.label.get_rotation() == 0


@pytest.mark.parametrize("high", [1.5, 30, 400, 1e7])
def test_log_axis_has_a_few_ticks_within_its_limits(high: float) -> None:
    _, ax = panel()
    log_axis(ax, "x", 1, high)
    ticks = [tick for tick in ax.get_xticks() if 1 <= tick <= high]
    assert 2 <= len(ticks) <= 9
    assert ax.get_xscale() == "log"
    assert not len(ax.xaxis.get_minorticklocs())


@pytest.mark.parametrize("low", [1, 1_861, 18_610])
@pytest.mark.parametrize("decades", [0.2, 0.6, 1, 1.6, 2.1, 2.3, 3.1, 3.4, 4.9, 5.5])
def test_labels_of_a_logarithmic_axis_stand_apart(low: float, decades: float) -> None:
    with drawing():
        figure, ax = panel()
        log_axis(ax, "x", low, low * 10**decades)
        figure.draw_without_rendering()
        high = low * 10**decades
        labels = [
            label.get_window_extent()
            for place, label in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
            if low <= place <= high
        ]
    assert len(labels) >= 2
    for left, right in pairwise(labels):
        assert right.x0 - left.x1 >= 4


@pytest.mark.parametrize("decades", [0.8, 1.6, 2.1])
def test_up_to_two_decades_have_ticks_at_1_2_and_5(decades: float) -> None:
    _, ax = panel()
    log_axis(ax, "y", 0.3, 0.3 * 10**decades)
    ticks = [round(tick, 6) for tick in ax.get_yticks() if 0.3 <= tick <= 0.3 * 10**decades]
    assert ticks == [tick for tick in (0.5, 1, 2, 5, 10, 20) if tick <= 0.3 * 10**decades]


@pytest.mark.parametrize(
    ("values", "found"), [((1, 21), True), ((1, 19), False), ((0, 5), False), ((-1, 50), False)]
)
def test_values_that_only_ratios_tell_apart(values: tuple[float, float], found: bool) -> None:
    assert in_ratios(pd.Series(values)) is found


def test_labels_in_one_column_do_not_overlap_and_stay_inside() -> None:
    _, ax = panel()
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    label_ends(ax, [Mark(1, y, str(y), "#000000") for y in (0.0, 0.01, 0.02, 0.5, 0.51)])
    heights = sorted(note.xyann[1] for note in ax.texts)
    gaps = np.diff(heights)
    assert gaps.min() >= LINE_HEIGHT - 1e-9
    box = ax.get_window_extent()
    assert box.y0 <= heights[0] + 1e-9
    assert heights[-1] <= box.y1


def test_labels_far_apart_sideways_stay_at_their_points() -> None:
    _, ax = panel()
    ax.set_xlim(0, 300 / LABEL_WIDTH)
    ax.set_ylim(0, 1)
    label_ends(ax, [Mark(0, 0.5, "a", "#000000"), Mark(3, 0.5, "b", "#000000")])
    first, second = (note.xyann[1] for note in ax.texts)
    assert first == pytest.approx(second)


def test_thin_keeps_ends_and_extremes() -> None:
    x = np.arange(10_000.0)
    y = np.sin(x / 7)
    y[4321] = 9.0
    few = thin(y, limit=100)
    assert len(few) <= 102
    assert y[few].max() == 9
    assert (few[0], few[-1]) == (0, 9999)
    assert (np.diff(few) > 0).all()


def test_thin_leaves_short_curves_alone() -> None:
    assert thin(np.zeros(50), limit=100).tolist() == list(range(50))
