"""The heat map of batch sizes and rates."""

import numpy as np
import pandas as pd
import pytest

from reports.figures.heat_map import cell_shades, draw_heat_map, grid_of
from reports.figures.panel import panel
from reports.figures.theme import drawing, light

RUNS = pd.DataFrame(
    [
        (32, 0.01, "completed", 0.30),
        (32, 0.01, "completed", 0.40),
        (32, 0.02, "completed", 0.50),
        (32, 0.04, "diverged", np.nan),
        (64, 0.01, "completed", 0.60),
        (64, 0.02, "completed", 0.31),
        (64, 0.04, "completed", 0.45),
        (64, 0.02 * (1 + 1e-13), "failed", 0.10),
    ],
    columns=["batch_size", "learning_rate", "status", "min_val_loss"],
)


def test_grid() -> None:
    grid = grid_of(RUNS)
    assert grid.batch_sizes == (32, 64)
    assert grid.rates == (0.01, 0.02, 0.04)
    assert grid.mean[0, 0] == pytest.approx(0.35)
    assert np.isnan(grid.mean[0, 2])
    assert grid.mean[1, 1] == pytest.approx(0.31)
    assert grid.finished.tolist() == [[2, 1, 0], [1, 1, 1]]
    assert grid.diverged.tolist() == [[0, 0, 1], [0, 0, 0]]


def test_best_rate_and_edge() -> None:
    grid = grid_of(RUNS)
    assert (grid.best(0), grid.at_edge(0)) == (0, True)
    assert (grid.best(1), grid.at_edge(1)) == (1, False)


def test_best_rate_found_elsewhere_counts() -> None:
    assert grid_of(RUNS, {64: 0.04}).best(1) == 2
    # where another way found none in the grid, none is outlined
    grid = grid_of(RUNS, {64: 0.5})
    assert grid.best(1) is None
    assert grid.without_best() == [32, 64]


def test_best_rate_need_not_have_the_lowest_mean() -> None:
    assert grid_of(RUNS, {64: 0.04}).best_is_not_lowest()
    assert not grid_of(RUNS, {64: 0.02}).best_is_not_lowest()
    assert not grid_of(RUNS).best_is_not_lowest()


def test_gaps_are_cells_without_a_run_beside_others() -> None:
    assert not grid_of(RUNS).has_gaps()
    assert grid_of(RUNS[RUNS["min_val_loss"] != 0.45]).has_gaps()
    first = RUNS[(RUNS["batch_size"] == 32) & (RUNS["learning_rate"] == 0.01)]
    assert not grid_of(first).has_gaps()


def test_row_without_values_has_no_best() -> None:
    grid = grid_of(RUNS[RUNS["status"] == "diverged"])
    assert grid.best(0) is None
    assert not grid.at_edge(0)


def test_shades() -> None:
    shades = cell_shades(np.array([[0.0, 0.5], [1.0, np.nan]]))
    assert shades.tolist() == [[0, 5], [9, -1]]
    assert cell_shades(np.array([[2.0]])).tolist() == [[0]]


def test_cells_say_what_they_hold() -> None:
    with drawing():
        _, ax = panel()
        draw_heat_map(ax, grid_of(RUNS))
    texts = [text.get_text() for text in ax.texts]
    assert "0.350" in texts
    assert "n = 2 · best ▸" in texts
    assert "n = 1 · best" in texts
    assert "diverged" in texts
    assert [patch.get_xy() for patch in ax.patches] == [(0.04, 0.04), (1.04, 1.04)]
    (cells,) = ax.collections
    assert cells.get_array().filled(-1).ravel().tolist() == [1, 6, -1, 9, 0, 4]


def test_batch_sizes_part_thousands() -> None:
    with drawing():
        _, ax = panel()
        draw_heat_map(ax, grid_of(RUNS.assign(batch_size=RUNS["batch_size"] * 32)))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["1,024", "2,048"]


def test_text_and_fill_are_known_colours() -> None:
    with drawing():
        _, ax = panel()
        draw_heat_map(ax, grid_of(RUNS))
    assert {text.get_color() for text in ax.texts if text.get_text() == "diverged"} == {
        light("muted")
    }
