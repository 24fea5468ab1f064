"""The page of an experiment of conditions."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from reports.exhibits.conditions import COLOURED, condition_colours
from reports.exhibits.kinds import KINDS
from reports.ledger import environment, run_rows
from reports.page import build_page
from reports.study_view import StudyView
from study.experiments import get_experiment
from study.summarise import summarise
from tests.make_conditions import condition_document, condition_frames, condition_study
from tests.make_study import empty_frames
from tests.page_checks import check_html
from tests.test_conditions import COMPARING


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
    assert "Not settled here; what the paper says, and what was seen:" in html


def test_alternative_texts_of_schedules_count_batch_sizes() -> None:
    view = view_of("smith")
    figure = next(f for f in view.experiment.figures if f.kind == "condition_schedule")
    panels = {panel.title: str(panel.svg) for panel in KINDS[figure.kind](view, figure).panels}
    label = re.search(r'aria-label="([^"]*)"', panels["Batch size"])[1]  # type: ignore[index]
    ends = re.findall(r": ([\d.,]+) to ([\d.,]+)[;.]", label)
    assert ends
    assert all("." not in number for pair in ends for number in pair)


def test_curves_of_conditions_say_how_far_means_go() -> None:
    several, one = view_of("goyal"), view_of("goyal", seeds=(0,))
    figure = next(f for f in several.experiment.figures if f.kind == "condition_curves")
    made = KINDS[figure.kind](several, figure)
    assert "thick lines their mean, as far as all of them go." in made.caption
    assert "Means over seeds, as far as all of them go: " in str(made.panels[0].svg)
    made = KINDS[figure.kind](one, figure)
    assert "Thin lines" not in made.caption
    assert "over seeds" not in str(made.panels[0].svg)


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


@pytest.mark.parametrize("name", COMPARING)
def test_a_condition_keeps_its_colour_on_the_page_and_shares_none(name: str) -> None:
    view = view_of(name)
    kept: dict[str, str] = {}
    for figure in view.experiment.figures + view.experiment.companions:
        if figure.kind not in COLOURED:
            continue
        colours = condition_colours(view, figure.conditions)
        assert len(set(colours.values())) == len(colours), figure.id
        for condition, colour in colours.items():
            assert kept.setdefault(condition, colour) == colour, (figure.id, condition)


def test_runs_name_their_conditions() -> None:
    view = view_of("goyal")
    rows = run_rows(view)
    assert {row.conditions for row in rows} >= {view.experiment.condition("none").title}
    assert all(row.conditions for row in rows)
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    ledger = html[html.index('<table class="ledger">') :]
    assert '<th scope="col" class="words">condition</th>' in ledger
    assert f'<td class="words">{view.experiment.condition("none").title}</td>' in ledger


def test_length_of_runs_that_cannot_stop_early_is_said_plainly() -> None:
    view = view_of("goyal")
    rules = dict(environment(view))
    assert rules["Stop rule"] == f"no early stop; {view.settings['max_epochs']} epochs"
    # as --max-epochs leaves it: the patience of the preset is smaller, and means nothing
    longer = replace(view, settings={**view.settings, "patience": 40, "max_epochs": 100})
    assert dict(environment(longer))["Stop rule"] == "no early stop; 100 epochs"
    assert rules["Data"] == "synthetic: drawn by this project’s own code"


def test_numbers_from_memory_are_said_to_be_so_once_below_their_table() -> None:
    view = view_of("goyal")
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    assert "look them up" not in html
    words = "The paper’s numbers here are quoted from memory and have not been checked against it."
    assert html.count(words) == 1
    assert html.index('id="G4"') < html.index("</table>", html.index('id="G4"')) < html.index(words)


@pytest.mark.parametrize("name", COMPARING)
def test_a_page_quotes_printed_numbers_from_memory_or_says_that_it_does_not(name: str) -> None:
    view = view_of(name, empty_frames(), seeds=(0,))
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    quoted = bool(get_experiment(name).published)
    assert quoted == (name in ("goyal", "hoffer", "keskar", "smith"))
    assert html.count("The numbers that the paper prints are not quoted") == (not quoted)
    again = name in ("hoffer", "keskar", "mccandlish")
    assert html.count("reviews on 21 and 22&nbsp;November 2026 made") == again
    assert html.count("a review on 21&nbsp;November 2026 made") == (not again)


def test_effects_without_a_unit_have_no_stray_comma() -> None:
    view = view_of("goyal")
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    assert '<span class="unit">,' not in html
    assert '<span class="unit"> ,' not in html
