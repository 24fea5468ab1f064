"""The heat map of rates: the best one, its edge, cells without runs, all in words."""

import re

from reports.study_view import StudyView
from reports.wording import shown
from tests import make_exhibits
from tests.make_exhibits import exhibit, view
from tests.make_study import make_frames

study = make_exhibits.study


def test_heat_map_flags_the_edge_of_the_grid(study: StudyView) -> None:
    shown = exhibit("A20", study)
    assert "the best rate lies on the edge of the grid" in shown.remark
    assert "at its best rate" in shown.panels[0].svg
    assert exhibit("A20", view(make_frames(1))).caption.startswith("In each cell, n is the number")


def test_heat_map_says_why_a_lower_mean_is_not_the_best() -> None:
    frames = make_frames(3)
    assert "by the seeds alone" not in exhibit("A20", view(frames)).caption
    assert "unlike n" not in exhibit("A20", view(frames)).caption
    runs = frames["runs"]
    of_64 = runs["batch_size"] == 64
    base = of_64 & (runs["learning_rate"] == 0.01)
    runs.loc[base, "min_val_loss"] = [0.001, 0.001, 9.0]
    frames["runs"] = runs[~of_64 | (runs["seed"] < 2) | base]
    shown = exhibit("A20", view(frames))
    assert "by the seeds alone that all its rates have run" in shown.caption
    assert "batch 64: 3.00 at its best rate, 0.01" in shown.panels[0].svg
    assert "Cells of unlike n are not to be compared by their colour" in shown.caption
    assert "; batch 64: 0.00100, " in shown.caption
    sizes = "; ".join(re.findall(r"batch (\d+): [^;(]*\((\d) seed", shown.caption)[1])
    assert sizes == "64; 2"
    assert "None is outlined" not in shown.caption


def test_heat_map_marks_no_rate_that_one_seed_chose() -> None:
    frames = make_frames(3)
    runs = frames["runs"]
    alone = (runs["batch_size"] == 64) & (runs["learning_rate"] != 0.01) & (runs["seed"] > 0)
    frames["runs"] = runs[~alone]
    shown = exhibit("A20", view(frames))
    assert "None is outlined for batch 64" in shown.caption
    assert "batch 64:" not in shown.panels[0].svg
    assert "batch 128:" in shown.panels[0].svg
    assert re.search(
        r"batch 64, no best rate: (\d\.\d+ at 0\.\d+(, |;)){4}", str(shown.panels[0].svg)
    )


def test_heat_map_without_any_best_rate_tells_its_cells() -> None:
    frames = make_frames(3, diverged=[(64, 1, 0), (64, 1, 1), (64, 1, 2)])
    runs = frames["runs"]
    frames["runs"] = runs[(runs["seed"] == 0) | (runs["learning_rate"] == 0.01)]
    svg = str(exhibit("A20", view(frames)).panels[0].svg)
    label = re.search(r'aria-label="([^"]*)"', svg)[1]  # type: ignore[index]
    assert "at its best rate" not in label
    mean = runs.loc[(runs["batch_size"] == 32) & (runs["learning_rate"] == 0.01), "min_val_loss"]
    assert f"batch 32, no best rate: {shown(mean.mean())} at 0.01, " in label
    assert "diverged at 0.01" in label


def test_heat_map_says_where_rates_have_no_run() -> None:
    frames = make_frames(1)
    words = "no run has completed there"
    assert words not in exhibit("A20", view(frames)).caption
    runs = frames["runs"]
    frames["runs"] = runs[(runs["batch_size"] != 64) | (runs["learning_rate"] != 0.04)]
    assert words in exhibit("A20", view(frames)).caption


def test_heat_map_without_best_rates_speaks_of_no_other_rates() -> None:
    frames = make_frames(3)
    runs = frames["runs"]
    frames["runs"] = runs[(runs["seed"] == 0) | (runs["learning_rate"] == 0.01)]
    gap = (frames["runs"]["batch_size"] == 64) & (frames["runs"]["learning_rate"] == 0.04)
    frames["runs"] = frames["runs"][~gap]
    shown = exhibit("A20", view(frames))
    assert "A dash: no run has completed there." in shown.caption
    assert "nothing at 0.04" in shown.panels[0].svg
