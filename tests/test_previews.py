"""Planes that are still being measured: their points so far, and how the page shows them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import study.measure.stored as stored_module
from reports.exhibits.landscapes import condition_landscapes, landscape_contours
from reports.figures.landscape import contour_levels, draw_preview
from reports.figures.panel import panel
from reports.figures.theme import drawing
from reports.read import checked_view, read_study
from study.experiments import get_experiment
from study.measure.landscape import evaluation_order, landscape, plane_ticks
from study.measure.stored import StoredMeasurement
from study.store.previews import read_previews
from study.summarise import summarise
from tests.make_conditions import condition_document, condition_frames, condition_study
from tests.make_model import tiny_data, tiny_model
from tests.make_study import make_frames, make_settings, make_study_directory


def points(count: int, size: int = 21) -> pd.DataFrame:
    """The first points of a plane, in the order of measuring."""
    ticks = plane_ticks(size)
    places = np.array([(ticks[i], ticks[j]) for i, j in evaluation_order(size)[:count]])
    losses = 0.2 + (places**2).sum(axis=1)
    columns = {"alpha": places[:, 0], "beta": places[:, 1], "loss": losses}
    return pd.DataFrame(columns).assign(examples=64, direction_seed=0)


def part_of(study: Path, run: str, name: str = "landscape") -> Path:
    path = study / "runs" / run / "measurements" / f"{name}.part"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


class KilledError(Exception):
    """Ends a measurement in the middle."""


def test_a_killed_measurement_leaves_a_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_module, "_PAUSE", 0.0)
    stored = StoredMeasurement(tmp_path / "runs" / "jane", "landscape")
    stored.path.parent.mkdir(parents=True)
    kept: list[pd.DataFrame] = []

    def keep(found: pd.DataFrame) -> None:
        stored.keep(found)
        kept.append(found)
        if len(found) >= 9:
            raise KilledError

    model = tiny_model()
    with pytest.raises(KilledError):
        landscape(model, model.get_weights(), *tiny_data(), size=5, on_point=keep)
    found = read_previews(tmp_path)["landscape"]
    assert set(found["id"]) == {"jane"}
    pd.testing.assert_frame_equal(found.drop(columns="id"), kept[-1], check_dtype=False)
    # the coarse grid first: a first look spans the plane
    assert {-1.0, 0.0, 1.0} <= set(found["alpha"]) & set(found["beta"])
    stored.finish(kept[-1])
    assert read_previews(tmp_path)["landscape"].empty


def spoilt(case: str) -> Any:
    good = points(9)
    return {
        "no column": good.drop(columns="beta"),
        "words": good.assign(loss="high"),
        "nothing finite": good.assign(loss=np.inf),
        "far away": good.assign(alpha=1e30),
        "no rows": good.iloc[:0],
        "huge seed": good.assign(direction_seed=1e300),
        "lists": good.assign(loss=[[1.0]] * len(good)),
    }[case]


@pytest.mark.parametrize(
    "case",
    ["no column", "words", "nothing finite", "far away", "no rows", "huge seed", "lists"],
)
def test_points_that_are_none_are_left_out(tmp_path: Path, case: str) -> None:
    spoilt(case).to_parquet(part_of(tmp_path, "jane"))
    points(9).to_parquet(part_of(tmp_path, "joan"))
    assert set(read_previews(tmp_path)["landscape"]["id"]) == {"joan"}


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"\x00" * 4096, b"PAR1" + b"\xff" * 99 + b"PAR1"]
)
def test_files_that_cannot_be_read_are_left_out(tmp_path: Path, content: bytes) -> None:
    part_of(tmp_path, "jane").write_bytes(content)
    part_of(tmp_path, "june").mkdir()
    part_of(tmp_path, "joan", "landscape_plain").write_bytes(content)
    whole = part_of(tmp_path, "jean")
    points(49).to_parquet(whole)
    whole.write_bytes(whole.read_bytes()[:-40])
    found = read_previews(tmp_path)
    assert found["landscape"].empty and found["landscape_plain"].empty


def test_a_point_that_stands_twice_is_one(tmp_path: Path) -> None:
    pd.concat([points(9), points(9)]).to_parquet(part_of(tmp_path, "jane"))
    assert len(read_previews(tmp_path)["landscape"]) == 9


def test_published_results_have_no_previews(tmp_path: Path) -> None:
    assert all(found.empty for found in read_previews(tmp_path).values())


@pytest.mark.parametrize(("count", "drawn"), [(1, 0), (2, 0), (3, 2), (30, 2), (441, 2)])
def test_what_is_there_is_drawn(count: int, drawn: int) -> None:
    frame = points(count)
    with drawing():
        figure, ax = panel(height=394)
        draw_preview(ax, frame, levels=contour_levels([points(441)]))
        FigureCanvasAgg(figure).draw()
    # filled contours and lines, where the points span a plane; and every point itself
    assert len(ax.collections) == drawn
    assert len(ax.lines[0].get_xdata()) == count


@pytest.mark.parametrize("whole", [True, False])
def test_the_section_says_that_it_is_a_preview(tmp_path: Path, whole: bool) -> None:
    frames = make_frames(1, landscape_points=21)
    runs = frames["runs"].query("learning_rate == 0.01").set_index("batch_size")["id"]
    finished = frames["landscape"]
    keep = (finished["id"] == runs[32]) if whole else (finished["id"] == "")
    frames["landscape"] = finished[keep]
    study = make_study_directory(tmp_path / "made", frames=frames, settings=make_settings(1))
    figure = get_experiment("article").figure("A14")
    before = landscape_contours(read_study(study), figure)
    assert before.remark == "" and len(before.panels) == whole
    points(49).to_parquet(part_of(study, runs[256]))
    shown = landscape_contours(read_study(study), figure)
    titles = ["Batch 32"] * whole + ["Batch 256 – preview, 49 of 441 points"]
    assert [panel.title for panel in shown.panels] == titles
    # a surface has no place for holes
    assert [panel.title for panel in shown.more] == ["Batch 32"] * whole
    assert "A preview, not a result, is shown of batch 256, 49 of 441 points" in shown.remark
    assert ("441 points a plane" in shown.caption) == whole
    # the download holds results alone
    assert shown.data is not None and len(shown.data) == 441 * whole


def test_conditions_have_previews_too(tmp_path: Path) -> None:
    experiment, settings = get_experiment("li"), condition_study("li")
    frames, document = condition_frames(settings, {}), condition_document(settings)
    figure = next(f for f in experiment.figures if f.kind == "condition_landscapes")
    members = frames["conditions"].query("seed == 0").set_index("condition")["id"]
    name = figure.conditions[0]
    points(9).to_parquet(part_of(tmp_path, members[name], figure.quantity))
    view = checked_view(document, summarise(document, frames, experiment), frames)
    assert condition_landscapes(view, figure).missing
    object.__setattr__(view, "previews", read_previews(tmp_path))
    shown = condition_landscapes(view, figure)
    assert "preview, 9 of" in shown.panels[0].title
    assert experiment.condition(name).title in shown.remark
