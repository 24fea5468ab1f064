"""Contours with shared levels."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from reports.figures.landscape import contour_levels, draw_contours, draw_landscape, grid_of
from reports.figures.panel import panel
from reports.figures.theme import HEAT_LEVELS, drawing
from tests.make_plane import plane


def test_levels_are_shared_and_even_in_ratio() -> None:
    levels = contour_levels([plane(1), plane(5)])
    assert len(levels) == HEAT_LEVELS
    assert levels[0] == pytest.approx(0.2)
    assert np.diff(np.log(levels)) == pytest.approx(np.full(9, np.log(levels[1] / levels[0])))


def test_levels_without_usable_losses() -> None:
    frame = plane(1).assign(loss=np.nan)
    assert (np.diff(contour_levels([frame])) > 0).all()
    assert (np.diff(contour_levels([])) > 0).all()
    assert (np.diff(contour_levels([plane(0)])) > 0).all()


def test_grid_keeps_holes() -> None:
    frame = plane(1).drop(index=3)
    alpha, beta, loss = grid_of(frame)
    assert alpha.tolist() == beta.tolist() == [-1, -0.5, 0, 0.5, 1]
    assert np.isnan(loss[0, 3])
    assert loss[2, 0] == pytest.approx(1.2)
    assert loss[0, 2] == pytest.approx(2.2)


def test_contours_use_the_levels_given() -> None:
    levels = contour_levels([plane(1), plane(5)])
    with drawing():
        _, ax = panel(height=394)
        assert draw_landscape(ax, plane(1, 9), levels=levels) is ax
    filled, lines = (item for item in ax.collections)
    assert list(filled.levels) == list(levels)
    assert list(lines.levels) == list(levels[1:])
    assert (ax.lines[0].get_xdata()[0], ax.lines[0].get_ydata()[0]) == (0, 0)


@pytest.mark.parametrize("rows", [0, 1, 4])
def test_too_few_points_draw_no_contours(rows: int) -> None:
    with drawing():
        _, ax = panel(height=394)
        draw_landscape(ax, plane(1).iloc[:rows], levels=contour_levels([plane(1)]))
    assert not ax.collections


def test_labels_of_lines_lie_inside_the_frame() -> None:
    axis = np.linspace(-1, 1, 21)
    alpha, beta = np.meshgrid(axis, axis)
    loss = (1.5 + 5 * (0.98 - beta) ** 2 + 0.02 * alpha**2).ravel()
    frame = pd.DataFrame({"alpha": alpha.ravel(), "beta": beta.ravel(), "loss": loss})
    with drawing():
        figure, ax = panel(height=394)
        draw_contours(ax, frame, levels=np.geomspace(1.4, 20, HEAT_LEVELS))
        texts = [text for text in ax.texts if text.get_text()]
        box = ax.get_window_extent()
        extents = [text.get_window_extent(FigureCanvasAgg(figure).get_renderer()) for text in texts]
    assert texts
    for extent in extents:
        assert box.x0 <= extent.x0 and extent.x1 <= box.x1
        assert box.y0 - 1 <= extent.y0 and extent.y1 <= box.y1 + 1
