"""Loss on the line between two minimisers."""

import numpy as np
import pandas as pd
import pytest

from reports.figures.line_between import (
    at_ends,
    draw_interpolation,
    draw_line,
    sharpness_sides,
)
from reports.figures.panel import panel
from reports.figures.theme import Palette, drawing, light

ALPHA = np.linspace(-1, 2, 7)


def pairs() -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {"seed": seed, "alpha": ALPHA, "split": split, "loss": base + (ALPHA - 0.2) ** 2}
        )
        for seed, base in ((0, 1.0), (1, 3.0))
        for split in ("train", "validation")
    ]
    return pd.concat(parts, ignore_index=True)


def test_each_pair_and_the_mean() -> None:
    with drawing():
        _, ax = panel()
        draw_interpolation(ax, pairs(), Palette.of([32, 256]), small=32, large=256)
    thick = [line for line in ax.lines if line.get_linewidth() == pytest.approx(2.2)]
    assert len(thick) == 2
    assert list(thick[0].get_ydata()) == pytest.approx(list(2 + (ALPHA - 0.2) ** 2))
    # training solid, validation dashed
    assert [line.get_linestyle() for line in thick] == ["-", "--"]
    assert [line.get_color() for line in thick] == [light("accent"), light("ink")]
    rules = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2]
    assert rules == [0, 1]
    assert [text.get_text() for text in ax.texts] == ["batch 32", "batch 256"]
    palette = Palette.of([32, 256])
    assert [text.get_color() for text in ax.texts] == [palette.text(32), palette.text(256)]


def test_losses_between_a_third_and_ten_have_ticks_below_one() -> None:
    frame = pairs()
    frame["loss"] = 0.36 + 0.75 * (frame["alpha"] - 0.2) ** 4
    with drawing():
        _, ax = panel()
        draw_interpolation(ax, frame, Palette.of([32, 2048]), small=32, large=2048)
    low, high = ax.get_ylim()
    assert min(tick for tick in ax.get_yticks() if low <= tick <= high) == pytest.approx(0.5)
    assert ax.texts[1].get_text() == "batch 2,048"


def test_accuracy_has_a_linear_axis_with_room_for_the_names() -> None:
    frame = pairs().drop(columns="loss")
    frame["accuracy"] = 0.9 - 0.05 * frame["alpha"] ** 2 + 0.02 * frame["seed"]
    with drawing():
        _, ax = panel()
        draw_line(ax, frame, [("small", light("accent")), ("large", light("ink"))], "accuracy")
    assert (ax.get_yscale(), ax.get_ylabel()) == ("linear", "accuracy")
    thick = [line for line in ax.lines if line.get_linewidth() == pytest.approx(2.2)]
    assert list(thick[0].get_ydata()) == pytest.approx(list(0.91 - 0.05 * ALPHA**2))
    assert [line.get_linestyle() for line in thick] == ["-", "--"]
    low, high = ax.get_ylim()
    assert low < frame["accuracy"].min() and high > frame["accuracy"].max() + 0.02
    assert at_ends(frame, "accuracy") == pytest.approx((0.91, 0.86))
    assert np.isnan(at_ends(frame[frame["split"] == "train"], "accuracy")[0])


def test_sides() -> None:
    sides = sharpness_sides(pairs())
    assert sides["small"] == pytest.approx(1.2**2 - 0.2**2)
    assert sides["large"] == pytest.approx(1.8**2 - 0.8**2)
    assert np.isnan(sharpness_sides(pairs().iloc[:0])["small"])


def test_losses_that_are_not_finite_are_left_out() -> None:
    frame = pairs()
    frame.loc[0, "loss"] = np.nan
    with drawing():
        _, ax = panel()
        draw_interpolation(ax, frame, Palette.of([32, 256]), small=32, large=256)
    assert len(ax.lines[0].get_xdata()) == 6
