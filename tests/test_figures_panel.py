"""Axes, ticks, thinning and labels of the figures."""

import numpy as np
import pytest

from reports.figures.panel import (
    LABEL_WIDTH,
    LINE_HEIGHT,
    Mark,
    label_ends,
    log_axis,
    name_axes,
    number,
    panel,
    thin,
)


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
