"""What a study did in another way than the article."""

import dataclasses
import math

import pytest

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
    settings["data"] |= {"kept_order": True, "largest_side": 500}
    settings["measured"] |= {"interpolation_examples": 18_610}
    left = ["order of the pictures", "search for the largest loss in sharpness"]
    assert list(rows(settings, frames)) == left


def test_the_split_of_other_sources_than_tfds_is_another():
    for source, named in (("synthetic", True), ("cats_and_dogs_128px.zip", True), ("dir", False)):
        settings = make_settings(1, embedded=source == "synthetic")
        settings["data"] |= {"source": source}
        assert ("split" in rows(settings, {})) is named
        assert "split" not in rows(
            {**settings, "data": {**settings["data"], "kept_order": True}}, {}
        )
    settings["data"]["kept_order"] = False
    found = rows(settings, {})["split"]
    assert found["source"] == "the first 80 % in the order of TFDS, train[:80%]"
    assert found["here"].startswith("1,861 of 2,326 by one permutation of all")


def test_orders_are_whole_permutations():
    found = rows(make_settings(1), {})["order of the pictures"]
    assert found["source"] == "drawn through a buffer of 1,000 pictures, the same in every epoch"
    assert found["here"] == "a permutation of all pictures by the seed, the same in every epoch"
    bare = dataclasses.replace(
        ARTICLE, set_up=dataclasses.replace(ARTICLE.set_up, shuffle_buffer=0)
    )
    assert "order of the pictures" not in rows(make_settings(1), {}, bare)
    again = rows({**make_settings(1), "reshuffle": True}, {}, bare)
    assert again["order of the pictures"]["here"] == "new in every epoch"


def test_pictures_that_were_small_before_are_named():
    settings = make_settings(1, embedded=False)
    assert "pictures before they are resized" not in rows(settings, {})
    settings["data"]["largest_side"] = 128
    found = rows(settings, {})["pictures before they are resized"]
    assert (
        found["here"]
        == "copies that were shrunk to at most 128 pixels a side, resized once more to 32"
    )
    settings["image_size"] = 128
    found = rows(settings, {})["pictures before they are resized"]
    assert found["here"] == "copies that were shrunk to at most 128 pixels a side"
    settings["data"]["largest_side"] = 500
    assert "pictures before they are resized" not in rows(settings, {})


def test_measurements_on_a_part_of_the_pictures_are_named():
    settings = make_settings(1)
    settings["measured"] = {
        "interpolation_examples": 1_000,
        "interpolation_points": 13,
        "landscape_size": 9,
        "landscape_examples": 300,
    }
    found = rows(settings, {})
    assert found["pictures in the interpolation"]["here"] == (
        "1,000 of 1,861 training and all 465 validation pictures, the same at every point, "
        "at 13 points"
    )
    assert found["loss landscape"]["source"] == "5 × 5 points (code)"
    assert found["loss landscape"]["here"] == "9 × 9 points, on 300 of 1,861 training pictures"
    settings["measured"] |= {"interpolation_examples": 1_861, "landscape_examples": 1_861}
    found = rows(settings, {})
    assert "pictures in the interpolation" not in found
    assert found["loss landscape"]["here"] == "9 × 9 points, on all 1,861 training pictures"
    settings["measured"]["landscape_size"] = 5
    assert "loss landscape" not in rows(settings, {})


def test_cells_that_only_the_heat_map_needs_and_nobody_asked_for():
    settings = {**make_settings(1), "heat_map_seeds": []}
    found = rows(settings, {})["heat map"]
    assert (found["source"], found["here"]) == (
        "16 cells",
        "10; the 6 that no other figure needs are empty",
    )
    assert "heat map" not in rows(make_settings(1), {})


def test_the_authors_way_is_named_only_where_it_is_measured():
    what = "search for the largest loss in sharpness"
    frames = make_frames(1, batch_sizes=(32, 256), landscape_points=3)
    assert "measured beside it, in B2" in rows(make_settings(1), frames)[what]["why"]
    measured = frames["sharpness"]
    frames["sharpness"] = measured[measured["space"] != "authors"].assign(search=math.nan)
    found = rows(make_settings(1), frames)[what]
    assert found["why"] == "as Keskar et al. define it"
    assert found["here"].endswith("mean loss, L-BFGS-B")
    frames["sharpness"]["search"] = 2.0
    found = rows(make_settings(1), frames)[what]
    assert found["why"].endswith("define it, but for what comes first: L-BFGS-B alone ends lower")
    assert found["here"].endswith("from corner to corner of the box, then L-BFGS-B")


def test_what_was_chosen_differently_is_named():
    settings = make_settings(1, batch_sizes=(32, 256))
    settings |= {"model": "dropout", "reshuffle": True}
    found = rows(settings, make_frames(1, batch_sizes=(32, 256), censored=[(256, 1, 0)]))
    assert found["model"]["here"] == "“dropout”"
    assert "searched for elsewhere (real-32px)" in found["model"]["why"]
    own = rows(settings | {"search_seeds": [0]}, make_frames(1, batch_sizes=(32, 256)))
    assert own["model"]["why"].endswith("its search for the model compares them")
    assert found["batch sizes"]["here"] == "32, 256"
    assert found["order of the pictures"]["here"].endswith("by the seed, new in every epoch")
    assert found["order of the pictures"]["why"].endswith("; new in every epoch as asked for")


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


@pytest.mark.parametrize("reshuffle", [True, False, None])
def test_a_paper_on_one_order_of_the_pictures_says_so(reshuffle: bool | None) -> None:
    settings = {"seeds": [0], "image_size": 32, "model": "plain", "max_epochs": 9}
    if reshuffle is not None:
        settings["reshuffle"] = reshuffle
    experiment = get_experiment("keskar")
    found = [
        row
        for row in deviations(settings, Measured(settings, {}, experiment), experiment)
        if row["what"] == "order of the pictures"
    ]
    # what was not recorded is not told
    assert len(found) == (reshuffle is False)
    assert not found or found[0]["here"].startswith("the same in every epoch")
