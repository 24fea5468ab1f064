"""Maps and lines of grids of conditions."""

import numpy as np
import pytest

from reports.exhibits.kinds import KINDS
from study.experiments import get_experiment
from tests.make_conditions import condition_frames, condition_study
from tests.test_condition_report import view_of

NAME = "masters-luschi"
EXPERIMENT = get_experiment(NAME)


@pytest.fixture(scope="module")
def view():
    study = condition_study(NAME)
    lost = [("plain-128-4", seed) for seed in range(3)] + [("plain-32-4", 1)]
    frames = condition_frames(study, {"plain-8-0_25": 0.9, "norm-32-bn-8": 0.9}, diverged=lost)
    return view_of(NAME, frames)


def exhibit_of(view, identifier: str):
    figure = EXPERIMENT.figure(identifier)
    return KINDS[figure.kind](view, figure)


def test_a_map_has_rows_of_batches_and_columns_of_base_rates(view) -> None:
    exhibit = exhibit_of(view, "M2")
    svg = str(exhibit.panels[0].svg)
    for text in ("1/16", "1/4", "batch size", "multiple of the base rate", "3 diverged", "0.901"):
        assert text in svg
    assert "n = 2, 1 div." in svg
    assert "4 runs diverged" in exhibit.caption
    # dark on the light page, light on the dark one
    assert "the stronger its colour, the better" in exhibit.caption
    assert "batch size 8: 0.901 at its best, multiple of the base rate 1/4" in svg
    # all others are alike, so the lowest rate wins there
    assert "For batch size 2, 32 and 128 the best cell lies on the edge" in exhibit.remark
    assert len(exhibit.data) == 4 * 4 * 3 - 4


def test_a_map_of_normalisation_has_whole_batches_at_the_end_of_a_row(view) -> None:
    from reports.exhibits.condition_maps import _placed, map_of

    figure = EXPERIMENT.figure("M6")
    grid = map_of(view, figure, *_placed(view, figure))
    assert (grid.row_axis, grid.rows) == ("SGD batch", ("2", "8", "32", "128"))
    assert (grid.column_axis, grid.columns) == ("BN batch", ("2", "8", "32", "128"))
    there = np.isfinite(grid.mean)
    np.testing.assert_array_equal(there, np.tril(np.ones((4, 4), bool)))
    assert grid.best[2] == 1
    assert not any(grid.at_edge(row) for row in range(4))


def test_lines_by_batch_size_show_what_diverged(view) -> None:
    exhibit = exhibit_of(view, "M1")
    assert [key.text for key in exhibit.keys] == [
        f"{rate} an example" for rate in ("0.0013", "0.0050", "0.020", "0.080")
    ]
    assert "Crosses at the bottom: 4 runs diverged." in exhibit.caption
    assert "none completed" not in str(exhibit.panels[0].svg)


def test_the_table_of_groups_says_what_is_stable(view) -> None:
    exhibit = exhibit_of(view, "M3")
    assert "ends at most 0.1 below the best run of that seed, held apart" in exhibit.caption
    assert exhibit.caption.endswith("4 runs diverged.")


def test_nothing_is_drawn_without_completed_runs() -> None:
    study = condition_study(NAME)
    everything = [(c.name, seed) for c in EXPERIMENT.conditions for seed in range(3)]
    view = view_of(NAME, condition_frames(study, {}, diverged=everything))
    for identifier in ("M1", "M2", "M3", "M6"):
        assert "diverged" in exhibit_of(view, identifier).missing
