"""Figures of a sweep over batch sizes, by their artists' data."""

import numpy as np
import pandas as pd
import pytest

from reports.exhibits.noise import grouped
from reports.figures.panel import panel
from reports.figures.sweep import draw_noise, draw_rates
from reports.figures.theme import Palette, drawing

SIZES = (8, 32, 1024)
PALETTE = Palette.of(SIZES)


def noise(x: str, places: list[float]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {"batch_size": size, x: places, "noise": np.linspace(1, 2, len(places)) * size}
        )
        for size in SIZES
    ]
    return pd.concat(parts, ignore_index=True)


def test_the_axis_of_losses_ends_where_the_data_do() -> None:
    with drawing():
        _, ax = panel()
        draw_noise(ax, noise("loss", [0.56, 0.62, 0.69]), PALETTE, "loss", "training loss")
    left, right = ax.get_xlim()
    assert 0.69 < left < 0.73
    assert 0.53 < right < 0.56
    assert [text.get_text() for text in ax.texts] == ["1,024", "32", "8"]
    assert [text.get_color() for text in ax.texts] == [PALETTE.text(size) for size in SIZES[::-1]]


@pytest.mark.parametrize(("x", "place"), [("epoch", 1.0), ("loss", 0.6)])
def test_one_point_has_an_axis_too(x: str, place: float) -> None:
    with drawing():
        _, ax = panel()
        draw_noise(ax, noise(x, [place]), PALETTE, x, x)
    low, high = sorted(ax.get_xlim())
    assert low < place < high
    assert len(ax.texts) == len(SIZES)


def test_rates_name_their_batch_sizes_and_ring_the_best() -> None:
    means = pd.DataFrame(
        [(8, 0.01, 900.0), (8, 0.02, 800.0), (1024, 0.02, 90.0), (1024, 0.04, 80.0)],
        columns=["batch_size", "learning_rate", "updates"],
    )
    with drawing():
        _, ax = panel()
        draw_rates(ax, means, PALETTE, {8: 0.02, 1024: np.nan})
    assert sorted(text.get_text() for text in ax.texts) == ["1,024", "8"]
    rings = [line for line in ax.lines if line.get_markersize() == pytest.approx(11)]
    assert [list(ring.get_xdata()) for ring in rings] == [[0.02], []]


def test_late_epochs_are_averaged_with_those_near_them() -> None:
    places = grouped(pd.Series([1, 2, 3, 7, 8, 1, 8], dtype=float))
    assert places.tolist() == [1, 2, 3, 7.5, 7.5, 1, 7.5]
    many = grouped(pd.Series(np.arange(1.0, 131.0)))
    assert len(set(many)) < 25
    assert (many.diff().dropna() >= 0).all()
    assert (abs(np.log(many / np.arange(1, 131))) < np.log(1.25)).all()
