"""What a study did in another way than the article."""

import dataclasses

from study.experiments import get_experiment
from study.summarise.deviations import deviations
from study.summarise.measured import Measured
from tests.make_study import make_frames, make_settings

ARTICLE = get_experiment("article")


def rows(settings, frames, experiment=ARTICLE):
    found = deviations(settings, Measured(settings, frames, experiment), experiment)
    assert all(all(row.values()) for row in found)
    return {row["what"]: row for row in found}


def test_a_small_study_on_drawn_pictures_names_all_that_differs():
    found = rows(make_settings(2, base_rate=0.04), make_frames(2, base_rate=0.04))
    assert found["pictures"]["here"] == "2,326 drawn by the project itself"
    assert found["pictures"]["source"].startswith("23,262 photographs")
    assert found["size of the pictures"]["here"] == "32 pixels a side"
    assert (found["base learning rate"]["source"], found["base learning rate"]["here"]) == (
        "0.01",
        "0.04",
    )
    assert found["stop rule"]["here"] == "10 epochs"
    assert found["limit of epochs"]["here"] == "400; it stopped no run"
    assert found["runs of each cell"]["here"] == "2 seeds"
    assert found["devices"]["here"] == "1 CPU"
    assert "model" not in found
    assert "batch sizes" not in found


def test_the_set_up_of_the_article_deviates_in_little():
    settings = make_settings(1, replicas=(1, 4), embedded=False)
    settings |= {"image_size": 128, "patience": 100, "max_epochs": None}
    settings["data"] = {**settings["data"], "examples": 23_262}
    settings["measured"] = {"sharpness_examples": 18_610}
    frames = make_frames(1, replicas=(1, 4), devices="GPU")
    assert list(rows(settings, frames)) == ["search for the largest loss in sharpness"]


def test_what_was_chosen_differently_is_named():
    settings = make_settings(1, batch_sizes=(32, 256))
    settings |= {"model": "dropout", "reshuffle": True}
    found = rows(settings, make_frames(1, batch_sizes=(32, 256), censored=[(256, 1, 0)]))
    assert found["model"]["here"] == "“dropout”"
    assert found["batch sizes"]["here"] == "32, 256"
    assert found["order of the pictures"]["here"] == "new in every epoch"


def test_runs_that_the_limit_stopped_are_counted():
    found = rows(make_settings(1), make_frames(1, censored=[(256, 1, 0), (256, 2, 0)]))
    assert found["limit of epochs"]["here"] == "400; it stopped 2 runs"


def test_an_experiment_without_a_set_up_has_none():
    bare = dataclasses.replace(ARTICLE, set_up=None)
    assert rows(make_settings(1), make_frames(1), bare) == {}


def test_departure_that_happens_to_be_none_is_left_out() -> None:
    settings = {"seeds": [0, 1, 2, 3, 4], "image_size": 32, "model": "plain", "max_epochs": 9}
    experiment = get_experiment("goyal")
    for seeds, departs in ((5, False), (3, True)):
        now = {**settings, "seeds": settings["seeds"][:seeds]}
        found = deviations(now, Measured(now, {}, experiment), experiment)
        assert ("runs of each condition" in [row["what"] for row in found]) == departs
