"""The page of an experiment of conditions."""

import json

import numpy as np
import pytest

from reports.exhibits.kinds import KINDS
from reports.page import build_page
from reports.study_view import StudyView
from study.experiments import get_experiment
from study.summarise import summarise
from tests.make_conditions import condition_document, condition_frames, condition_study
from tests.make_study import empty_frames
from tests.test_conditions import COMPARING
from tests.test_report_page import check_html


def view_of(name: str, frames=None, **changes) -> StudyView:
    study = condition_study(name, **changes)
    document = condition_document(study)
    frames = condition_frames(study, {}) if frames is None else frames
    summary = summarise(document, frames, get_experiment(name))
    return StudyView(document, json.loads(json.dumps(summary, allow_nan=False)), frames)


@pytest.mark.parametrize("name", COMPARING)
def test_page_is_html_with_title_schedules_and_lessons(name: str) -> None:
    view = view_of(name)
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    check_html(html)
    experiment = get_experiment(name)
    assert f"<h1>{experiment.title}</h1>" in html
    assert "What to take from it" in html
    assert "The paper: " in html
    assert "article’s" not in html.replace("the article’s net", "")
    for condition in experiment.conditions_of(view.settings["preset"]):
        assert condition.title in html


@pytest.mark.parametrize("name", COMPARING)
def test_page_of_a_study_without_runs(name: str) -> None:
    view = view_of(name, empty_frames(), seeds=(0,))
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    check_html(html)
    assert "Nothing was measured for this figure" in html
    assert "This study leaves open" in html


def test_schedules_are_drawn_from_what_was_trained() -> None:
    view = view_of("goyal")
    figure = get_experiment("goyal").figure("G1")
    exhibit = KINDS[figure.kind](view, figure)
    assert [panel.title for panel in exhibit.panels] == [
        "Learning rate",
        "Batch size",
        "Noise scale g",
    ]
    data = exhibit.data
    assert data is not None
    gradual = data[data["condition"] == "gradual"].set_index("epoch")
    rate = 0.1 * view.base_rate
    assert rate < gradual.loc[1, "epoch_learning_rate"] < 2 * rate
    np.testing.assert_allclose(gradual.loc[10, "epoch_learning_rate"], 8 * rate)
    assert set(gradual["epoch_batch_size"]) == {256}


def test_curves_have_a_line_a_condition_and_the_other_axes_folded() -> None:
    view = view_of("goyal")
    figure = get_experiment("goyal").figure("G3")
    exhibit = KINDS[figure.kind](view, figure)
    assert len(exhibit.panels) == 2
    assert len(exhibit.more) == 4
    assert exhibit.caption.startswith("n = 3 seeds a condition.")
    # batch sizes that differ have their own colours
    assert [key.variable for key in exhibit.keys] == [f"batch-{32 * k}" for k in (1, 2, 4, 8, 16)]


def test_ends_show_every_seed_and_say_what_diverged() -> None:
    study = condition_study("goyal")
    frames = condition_frames(study, {"none": 0.7}, diverged=[("constant", 1)])
    view = view_of("goyal", frames)
    figure = get_experiment("goyal").figure("G5")
    exhibit = KINDS[figure.kind](view, figure)
    assert exhibit.data is not None
    counts = exhibit.data.groupby("condition").size()
    assert (counts["constant"], counts["none"]) == (2, 3)
    assert "1 run diverged" in exhibit.caption
