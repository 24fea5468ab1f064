"""Bars, by their artists' data."""

import numpy as np
import pandas as pd
import pytest

from reports.figures.bars import draw_bars, draw_layers
from reports.figures.panel import panel
from reports.figures.theme import Palette, drawing

PALETTE = Palette.of([32, 256])
FRAME = pd.DataFrame(
    {
        "batch_size": [32, 32, 256, 256, 256],
        "seed": [0, 1, 0, 1, 2],
        "value": [1.0, 3.0, 6.0, 8.0, np.nan],
        "arm": ["fixed", "fixed", "fixed", "linear", "linear"],
    }
)


def dots(ax) -> list[list[float]]:
    return [sorted(dots.get_offsets()[:, 1]) for dots in ax.collections if len(dots.get_offsets())]


def test_bars_are_means_and_dots_are_seeds() -> None:
    with drawing():
        _, ax = panel()
        assert draw_bars(ax, FRAME, PALETTE, value="value", label="distance") is ax
    assert [bar.get_height() for bar in ax.patches] == [2, 7]
    assert dots(ax) == [[1, 3], [6, 8]]
    assert [text.get_text() for text in ax.texts] == ["2.00", "7.00"]
    # at the foot of the bars, where no dot is
    assert [text.xy for text in ax.texts] == [(0, 0), (1, 0)]
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylabel() == "distance"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["32", "256"]


def test_mean_of_a_bar_that_is_too_low_is_named() -> None:
    low = FRAME.assign(value=[0.01, 0.03, 60.0, 80.0, np.nan])
    with drawing():
        _, ax = panel()
        draw_bars(ax, low, PALETTE, value="value", label="y")
    assert [text.get_text() for text in ax.texts] == ["mean\n0.0200", "70.0"]
    assert [text.xy[1] for text in ax.texts] == [0.03, 0]


def test_arms_side_by_side_the_second_hatched() -> None:
    with drawing():
        _, ax = panel()
        draw_bars(ax, FRAME, PALETTE, value="value", label="y", arms=("fixed", "linear"))
    assert [bar.get_height() for bar in ax.patches] == [2, 6, 8]
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, False, True]
    middles = [bar.get_x() + bar.get_width() / 2 for bar in ax.patches]
    assert middles == pytest.approx([-0.2, 0.8, 1.2])


def test_layers_from_top_to_bottom() -> None:
    layers = pd.DataFrame(
        {
            "batch_size": [32, 256, 32, 256],
            "seed": 0,
            "layer": ["dense", "dense", "conv", "conv"],
            "order": [1, 1, 0, 0],
            "distance": [4.0, 2.0, 3.0, 1.0],
        }
    )
    with drawing():
        _, ax = panel()
        draw_layers(ax, layers, PALETTE, sizes=(32, 256), label="distance")
    assert [bar.get_width() for bar in ax.patches] == [3, 4, 1, 2]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["conv", "dense"]
