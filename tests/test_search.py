"""The search for the model, and that its runs enter nothing else."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from study.experiments import get_experiment
from study.experiments.declare import Published
from study.summarise.of_model import of_model
from study.summarise.search import log_distance, model_search, printed_numbers, seed_scores
from study.summarise.summary import summarise
from tests.make_study import make_frames, make_settings

ARTICLE = get_experiment("article")
OTHERS = ("dropout", "batch-normalisation")


@pytest.fixture(scope="module")
def mixed():
    return make_frames(2, search=OTHERS, landscape_points=5)


@pytest.fixture(scope="module")
def found(mixed):
    return model_search(make_settings(2), mixed, ARTICLE)


def test_distances_from_a_printed_range():
    assert log_distance(0.2, 0.15, 0.4) == 0
    assert log_distance(0.8, 0.15, 0.4) == pytest.approx(math.log(2))
    assert log_distance(0.05, 0.15, 0.4) == pytest.approx(-math.log(3))
    assert log_distance(79, 158, 158) == pytest.approx(-math.log(2))


def test_a_score_is_the_mean_size_of_the_log_ratios():
    printed = [
        Published("epochs_to_min", "fixed", 32, (100,)),
        Published("epoch_distance", "fixed", 32, span=(1, 2)),
    ]
    ids = [item.id for item in printed]
    numbers = {ids[0]: {0: 200.0, 1: 100.0, 2: 5.0}, ids[1]: {0: 0.25, 1: 1.5}}
    scores = seed_scores(printed, numbers)
    assert scores == pytest.approx({0: (math.log(2) + math.log(4)) / 2, 1: 0.0})
    assert seed_scores([], numbers) == {}


def test_the_article_declares_eight_numbers():
    printed = printed_numbers(ARTICLE.search, ARTICLE)
    assert [(item.quantity, item.batch_size) for item in printed] == [
        (quantity, size) for quantity in ARTICLE.search.quantities for size in (32, 256)
    ]


def test_runs_of_other_models_change_nothing_else(mixed):
    alone = summarise(make_settings(2), make_frames(2, landscape_points=5), ARTICLE)
    together = summarise(make_settings(2), mixed, ARTICLE)
    assert alone["model_search"] is None
    assert len(together["runs"]) == len(alone["runs"]) + 4
    assert {row["model"] for row in together["runs"]} == {"plain", *OTHERS}
    for key in ("tables", "headers", "claims", "published", "associations"):
        assert json.dumps(together[key]) == json.dumps(alone[key]), key


def test_the_study_may_be_about_another_model(mixed):
    own = of_model({"settings": {"model": "dropout"}}, mixed)
    assert len(own["runs"]) == 2
    for name, frame in own.items():
        assert set(frame["id"]) <= set(own["runs"]["id"]), name
    claims = summarise({**make_settings(2), "model": "dropout"}, mixed, ARTICLE)["claims"]
    assert claims[0]["verdict"] == "not run", "of six batch sizes and rates it has one"


def test_frames_without_a_model_are_left_as_they_are(mixed):
    assert of_model({}, mixed) == mixed
    bare = {"epochs": mixed["epochs"]}
    assert of_model({"model": "plain"}, bare)["epochs"] is mixed["epochs"]


def test_every_variant_stands_beside_every_printed_number(found, mixed):
    assert len(found["rows"]) == 3 * 8
    row = next(r for r in found["rows"] if (r["variant"], r["batch_size"]) == ("dropout", 32))
    assert (row["quantity"], row["ours"], row["n"]) == ("min_val_loss", 0.5, 1)
    assert row["published"] == "0.343 / 0.344 / 0.345"
    assert row["log_ratio"] == pytest.approx(math.log(0.5 / 0.345))
    plain = [r for r in found["rows"] if r["variant"] == "plain"]
    # plain has two seeds, the others one of them, and luck is not to be compared with a mean
    assert found["seeds"] == [0]
    assert {r["n"] for r in plain} == {1}
    runs = mixed["runs"]
    own = (runs["model"] == "plain") & (runs["batch_size"] == 32) & (runs["seed"] == 0)
    at_base = runs[own & np.isclose(runs["learning_rate"], 0.01)]
    assert plain[0]["ours"] == at_base["min_val_loss"].item()


def test_scores_are_means_of_the_rows(found):
    for score in found["scores"]:
        ratios = [r["log_ratio"] for r in found["rows"] if r["variant"] == score["variant"]]
        assert score["numbers"] == 8
        assert (score["n"], score["seeds"]) == (1, [0])
        assert score["score"] == pytest.approx(np.mean(np.abs(ratios)))
        assert score["score_low"] is None


def test_one_seed_is_said_to_be_no_proof(found):
    assert found["best"] == "plain"
    assert "“plain” fits best" in found["how_sure"]
    assert "Only what all of them have is compared: seed 0." in found["how_sure"]
    assert "chance is not ruled out" in found["how_sure"]
    assert "spread by" in found["how_sure"]
    assert "over the 2 seeds of plain" in found["how_sure"]


def test_a_search_under_way_compares_what_all_have():
    frames = make_frames(
        1,
        search=OTHERS,
        search_missing=[("dropout", 256), ("batch-normalisation", 32), (OTHERS[1], 256)],
        landscape_points=5,
    )
    found = model_search(make_settings(1), frames, ARTICLE)
    assert found["compared_on"] == 4
    assert "No completed runs yet of batch-normalisation." in found["how_sure"]
    assert "4 of 8 printed numbers" in found["how_sure"]
    numbers = {score["variant"]: score["numbers"] for score in found["scores"]}
    assert numbers == {"plain": 8, "dropout": 4, "batch-normalisation": 0}
    pending = next(r for r in found["rows"] if (r["variant"], r["batch_size"]) == ("dropout", 256))
    assert (pending["ours"], pending["log_ratio"]) == (None, None)
    assert pending["note"] == "1 of 1 not finished"
    assert json.dumps(found, allow_nan=False)


def test_a_running_run_has_no_minimum():
    frames = make_frames(1, search=OTHERS, landscape_points=5)
    runs = frames["runs"]
    begun = (runs["model"] == "dropout") & (runs["batch_size"] == 32)
    frames["runs"] = runs.assign(status=runs["status"].where(~begun, "running"))
    found = model_search(make_settings(1), frames, ARTICLE)
    row = next(r for r in found["rows"] if (r["variant"], r["batch_size"]) == ("dropout", 32))
    assert row["ours"] is None
    assert found["compared_on"] == 4


def test_variants_without_a_shared_seed_are_not_compared():
    frames = make_frames(1, search=OTHERS, landscape_points=5)
    others = set(frames["runs"].loc[frames["runs"]["model"] != "plain", "id"])
    moved = {
        name: frame.assign(seed=frame["seed"] + frame["id"].isin(others))
        if "id" in frame
        else frame
        for name, frame in frames.items()
    }
    found = model_search(make_settings(2), moved, ARTICLE)
    assert (found["best"], found["seeds"]) == (None, [])
    assert "share no seed and cannot be compared" in found["how_sure"]
    assert all(row["ours"] is not None for row in found["rows"])


def test_a_seed_that_lacks_a_number_of_one_variant_is_not_compared():
    frames = make_frames(2, search=OTHERS, landscape_points=5)
    runs, others = frames["runs"], set(frames["runs"].loc[frames["runs"]["model"] != "plain", "id"])
    for name, frame in list(frames.items()):
        if "id" in frame:
            copies = frame[frame["id"].isin(others)]
            copies = copies.assign(seed=1, id=copies["id"] + "-1")
            frames[name] = pd.concat([frame, copies], ignore_index=True)
    runs = frames["runs"]
    # of dropout's second seed the large batch is at work
    at_work = (runs["model"] == "dropout") & (runs["batch_size"] == 256) & (runs["seed"] == 1)
    frames["runs"] = runs.assign(status=runs["status"].where(~at_work, "running"))
    found = model_search(make_settings(2), frames, ARTICLE)
    assert found["seeds"] == [0]
    assert {score["n"] for score in found["scores"]} == {1}
    assert "Only what all of them have is compared: seed 0." in found["how_sure"]


def test_several_shared_seeds_are_judged_by_their_interval():
    frames = make_frames(3, search=OTHERS, landscape_points=5)
    runs, others = frames["runs"], frames["runs"]["model"] != "plain"
    for seed in (1, 2):
        for name, frame in list(frames.items()):
            ids = set(runs.loc[others, "id"])
            copies = frame[frame["id"].isin(ids)]
            copies = copies.assign(seed=seed, id=copies["id"] + f"-{seed}")
            frames[name] = pd.concat([frame, copies], ignore_index=True)
    found = model_search(make_settings(3), frames, ARTICLE)
    assert "Paired over 3 seeds" in found["how_sure"]
    assert "so it is clear" in found["how_sure"]
    assert "spread by" not in found["how_sure"]
    assert "Only what all" not in found["how_sure"]
    plain = next(r for r in found["rows"] if r["variant"] == "plain")
    assert (plain["n"], found["seeds"]) == (3, [0, 1, 2])
    assert plain["ours_low"] <= plain["ours"] <= plain["ours_high"]
