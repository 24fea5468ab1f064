"""The histogram of update norms."""

import numpy as np
import pandas as pd
import pytest

from reports.figures.distribution import bin_edges, draw_update_norms
from reports.figures.panel import panel
from reports.figures.theme import Palette, drawing

BINS = pd.DataFrame(
    {
        "batch_size": [32, 32, 32, 32],
        "bin_left": [1.0, 1.0, 2.0, 8.0],
        "bin_right": [2.0, 2.0, 4.0, 16.0],
        "count": [1, 2, 3, 4],
    }
)


def test_edges_leave_no_gap() -> None:
    assert bin_edges(BINS) == pytest.approx([1, 2, 4, 8, 16])


def test_no_updates_draw_empty_axes() -> None:
    with drawing():
        _, ax = panel()
        draw_update_norms(ax, BINS.iloc[:0], Palette.of([32]), sizes=(32,), medians={})
    assert not ax.collections


def test_histogram_and_medians() -> None:
    with drawing():
        _, ax = panel()
        palette = Palette.of([32, 256])
        draw_update_norms(ax, BINS, palette, sizes=(32, 256), medians={32: 3.0, 256: np.nan})
    (outline,) = ax.collections
    (name,) = ax.texts
    assert (name.get_text(), name.get_color()) == (" 32: median 3 ", palette.text(32))
    corners = {(round(x, 4), round(y, 4)) for x, y in outline.get_paths()[0].vertices}
    assert {(1, 30), (4, 30), (4, 0), (8, 0), (8, 40), (16, 40)} <= corners
    assert max(y for _, y in corners) == 40
    assert ax.get_xscale() == "log"
    assert [line.get_xdata()[0] for line in ax.lines] == pytest.approx([3])
    assert [text.get_text().strip() for text in ax.texts] == ["32: median 3"]
