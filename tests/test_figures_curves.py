"""Lines over epochs, by their artists' data."""

import numpy as np
import pandas as pd
import pytest

from reports.figures.curves import draw_curves, draw_groups, draw_ratio, paired_ratio
from reports.figures.means import THICK, ceiling, drawn_means, mean_curve, reach_of
from reports.figures.panel import panel
from reports.figures.theme import Palette, drawing

PALETTE = Palette.of([32, 256])


def epochs(size: int, seed: int, values: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "batch_size": size,
            "seed": seed,
            "epoch": np.arange(1, len(values) + 1),
            "loss": np.array(values, float),
            "status": "completed",
        }
    )


FRAME = pd.concat(
    [epochs(32, 0, [4, 2, 1]), epochs(32, 1, [2, 4, 3, 9]), epochs(256, 0, [8, 8, 8, 8])],
    ignore_index=True,
)


def lines(ax, width: float) -> list[list[float]]:
    return [
        list(line.get_ydata()) for line in ax.lines if line.get_linewidth() == pytest.approx(width)
    ]


def test_mean_ends_where_the_first_seed_ends() -> None:
    mean = mean_curve(FRAME[FRAME["batch_size"] == 32], "loss")
    assert mean.to_dict() == {1: 3, 2: 3, 3: 2}


def test_thin_seeds_and_thick_means() -> None:
    with drawing():
        _, ax = panel()
        assert draw_curves(ax, FRAME, PALETTE, value="loss", label="loss") is ax
    assert lines(ax, 0.8) == [[4, 2, 1], [2, 4, 3, 9], [8, 8, 8, 8]]
    assert lines(ax, 2.2) == [[3, 3, 2], [8, 8, 8, 8]]
    # the mean of batch 32 ends where lines go on: its name would stand on them
    assert [text.get_text() for text in ax.texts] == ["256"]
    assert ax.lines[0].get_color() == PALETTE.colour(32)


def test_names_at_the_ends_are_readable_and_part_thousands() -> None:
    palette = Palette.of([32, 1024])
    frame = pd.concat([epochs(32, 0, [4, 2, 1]), epochs(1024, 0, [8, 8, 8])])
    with drawing():
        _, ax = panel()
        draw_curves(ax, frame, palette, value="loss", label="loss")
    names = {text.get_text(): text.get_color() for text in ax.texts}
    assert names == {"32": palette.text(32), "1,024": palette.text(1024)}
    assert palette.text(32) != palette.colour(32)


def test_means_are_never_cut_off() -> None:
    frame = pd.concat([epochs(32, 0, [0.5] * 40 + [3]), epochs(32, 1, [0.5] * 40 + [4])])
    assert ceiling(frame["loss"]) < 3
    assert reach_of(frame["loss"], drawn_means(frame, "loss")["loss"]).top == pytest.approx(3.5)
    with drawing():
        _, ax = panel()
        draw_curves(ax, frame, PALETTE, value="loss", label="loss")
    assert 3.5 < ax.get_ylim()[1] < 4


def test_means_that_coincide_lie_within_each_other() -> None:
    frame = pd.concat(
        [epochs(32, 0, [4, 2, 1, 1]), epochs(64, 0, [4, 2, 1, 3]), epochs(256, 0, [9, 8, 7, 6])]
    )
    colours = {32: "#111111", 64: "#222222", 256: "#333333"}
    with drawing():
        _, ax = panel()
        draw_groups(ax, frame, "batch_size", colours, value="loss", label="loss")
    means = [line for line in ax.lines if line.get_linewidth() >= THICK]
    assert [line.get_color() for line in means] == list(colours.values())
    assert means[0].get_linewidth() > means[1].get_linewidth() == means[2].get_linewidth() == THICK


def test_dots_mark_each_seeds_minimum() -> None:
    with drawing():
        _, ax = panel()
        draw_curves(ax, FRAME, PALETTE, value="loss", label="loss", mark_minimum=True)
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in ax.lines
            if line.get_marker() == "o"]  # fmt: skip
    assert dots == [(3, 1), (1, 2), (1, 8)]


def test_values_that_are_not_finite_and_runs_that_did_not_complete() -> None:
    frame = FRAME.copy()
    frame.loc[frame["seed"] == 1, "status"] = "diverged"
    frame.loc[6, "loss"] = np.inf
    with drawing():
        _, ax = panel()
        draw_curves(ax, frame, PALETTE, value="loss", label="loss", mark_minimum=True)
    assert lines(ax, 0.8)[1] == [2, 4, 3]
    assert lines(ax, 2.2)[0] == [4, 2, 1]
    crosses = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "x"]
    assert crosses == [3]


def test_ratio_pairs_seeds_and_epochs() -> None:
    ratio = paired_ratio(FRAME, 256, 32, "loss")
    assert ratio["ratio"].tolist() == [2, 4, 8]
    assert ratio["seed"].unique().tolist() == [0]


def test_draw_ratio() -> None:
    with drawing():
        _, ax = panel()
        draw_ratio(ax, FRAME, 256, 32, value="loss", label="256 / 32")
    assert lines(ax, 2.2) == [[2, 4, 8]]
    assert ax.get_yscale() == "log"
    assert ax.get_ylim()[1] > 8
    assert ax.get_ylabel() == "256 / 32"


def test_distances_on_a_logarithmic_axis() -> None:
    with drawing():
        _, ax = panel()
        draw_curves(ax, FRAME, PALETTE, value="loss", label="d", log_y=True)
    assert ax.get_yscale() == "log"
    low, high = ax.get_ylim()
    assert low < 1
    assert high > 9


def test_runaway_losses_do_not_flatten_the_rest() -> None:
    values = pd.Series([0.5] * 50 + [1e6])
    assert ceiling(values) == pytest.approx(1.25)
    assert ceiling(pd.Series([0.2, 0.9])) == pytest.approx(0.9)
    assert ceiling(pd.Series(dtype=float)) == 1


def test_no_rows_draw_empty_axes() -> None:
    with drawing():
        _, ax = panel()
        draw_curves(ax, FRAME.iloc[:0], PALETTE, value="loss", label="loss")
    assert not ax.lines
