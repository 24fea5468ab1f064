"""The histogram of update norms."""

import numpy as np
import pandas as pd
import pytest

from reports.figures.distribution import draw_update_norms, shares
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


def test_shares_add_runs_and_put_empty_bins_back() -> None:
    left, right, share = shares(BINS)
    assert left.tolist() == [1, 2, 4, 8]
    assert right.tolist() == [2, 4, 8, 16]
    assert share.tolist() == [30, 30, 0, 40]
    assert share.sum() == 100


def test_shares_of_nothing() -> None:
    assert [part.size for part in shares(BINS.iloc[:0])] == [0, 0, 0]


def test_histogram_and_medians() -> None:
    with drawing():
        _, ax = panel()
        palette = Palette.of([32, 256])
        draw_update_norms(ax, BINS, palette, sizes=(32, 256), medians={32: 3.0, 256: np.nan})
    values, edges, _ = ax.patches[0].get_data()
    assert values.tolist() == [30, 30, 0, 40]
    assert edges.tolist() == [1, 2, 4, 8, 16]
    assert ax.get_xscale() == "log"
    assert [line.get_xdata()[0] for line in ax.lines] == pytest.approx([3])
    assert [text.get_text().strip() for text in ax.texts] == ["32: median 3"]
