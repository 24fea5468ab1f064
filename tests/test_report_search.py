"""The section on the search for the model."""

import dataclasses
import json
import re

from reports.read import checked_view
from reports.search import search_view
from study.experiments import get_experiment
from study.summarise import summarise
from tests.make_study import make_frames, make_settings

ARTICLE = get_experiment("article")
OTHERS = ("dropout", "batch-normalisation")


def made(**more):
    frames, settings = make_frames(2, landscape_points=5, **more), make_settings(2)
    summary = json.loads(json.dumps(summarise(settings, frames, ARTICLE)))
    return checked_view(settings, summary, frames)


def test_a_study_without_a_search_has_no_section():
    assert search_view(made()) is None


def test_the_numbers_of_all_models_stand_beside_the_printed_ones():
    view = made(search=OTHERS)
    found = search_view(view)
    assert found.variants == ("plain", *OTHERS)
    assert [(row.batch, row.published) for row in found.rows][:2] == [
        ("32", "0.343 / 0.344 / 0.345"),
        ("256", "0.395"),
    ]
    loss = found.rows[0].cells[1]
    assert (loss.ours, loss.factor, loss.interval) == ("0.500", "× 1.45", "")
    assert found.rows[0].cells[0].interval == "", "one seed is shared"
    assert [score.best for score in found.scores] == [True, False, False]
    assert [score.n for score in found.scores] == ["1", "1", "1"]
    assert [panel.title for panel in found.panels] == [
        f"{name} loss, batch {size}" for size in (32, 256) for name in ("Validation", "Training")
    ]
    assert "dropout: lowest 0.500 in epoch" in str(found.panels[0].svg)
    assert [panel.title for panel in found.more] == [
        f"{panel.title} by {x}" for x in ("updates", "examples seen") for panel in found.panels
    ]
    assert re.search(r"dropout: lowest 0.500 after [\d,]+ examples", str(found.more[4].svg))


def test_a_search_under_way_says_what_is_missing():
    view = made(
        search=OTHERS, search_missing=[("dropout", 256), *((OTHERS[1], s) for s in (32, 256))]
    )
    found = search_view(view)
    assert found.compared == "4 of 8"
    assert found.rows[1].cells[1].note == "1 of 1 not finished"
    assert (found.scores[2].score, found.scores[2].n) == ("–", "–")
    assert [key.text for key in found.keys] == ["plain", "dropout"]


def test_a_search_without_any_finished_run_gives_a_section():
    missing = [(model, size) for model in OTHERS for size in (32, 256)]
    cells = [(size, 1, seed) for size in (32, 256) for seed in (0, 1)]
    view = made(search=OTHERS, search_missing=missing, missing=cells)
    found = search_view(view)
    assert found.panels == ()
    assert "Fewer than two models" in found.how_sure


def test_an_edited_summary_does_no_harm():
    view = made()
    spoilt = {"question": "<b>", "rows": [3, {"variant": None}], "scores": [{}]}
    found = search_view(dataclasses.replace(view, summary={"model_search": spoilt}))
    assert (found.question, found.panels, found.compared) == ("<b>", (), "– of –")
