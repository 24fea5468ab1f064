"""summary.json: its keys, its plain values, and that it depends on its input alone."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from study.experiments import get_experiment
from study.summarise.measured import Measured
from study.summarise.summary import associations, rounded, summarise
from tests.make_study import empty_frames, make_frames, make_settings, make_study_directory

ARTICLE = get_experiment("article")


@pytest.fixture(scope="module")
def frames():
    return make_frames(2, diverged=[(256, 8, 1)], landscape_points=9)


@pytest.fixture(scope="module")
def summary(frames):
    return summarise(make_settings(2), frames, ARTICLE)


def test_it_has_the_agreed_keys(summary):
    agreed = {"schema", "experiment", "preset", "data", "runs", "tables", "claims", "published"}
    assert agreed <= set(summary)
    assert (summary["experiment"], summary["preset"]) == ("article", "quick")
    assert [claim["id"] for claim in summary["claims"]] == [claim.id for claim in ARTICLE.claims]


def test_runs_are_plain_and_ordered(summary, frames):
    runs = summary["runs"]
    assert len(runs) == len(frames["runs"])
    order = [(row["batch_size"], row["learning_rate"], row["seed"]) for row in runs]
    assert order == sorted(order)
    assert runs[-1]["status"] == "diverged"
    assert runs[-1]["min_val_loss"] is None
    assert type(runs[0]["epochs_to_min"]) is int
    assert type(runs[0]["min_val_loss"]) is float


def test_the_same_rows_in_another_order_give_the_same_bytes(summary, frames):
    generator = np.random.default_rng(0)
    mixed = {name: frame.iloc[generator.permutation(len(frame))] for name, frame in frames.items()}
    again = summarise(make_settings(2), mixed, ARTICLE)
    assert json.dumps(again, allow_nan=False) == json.dumps(summary, allow_nan=False)


def test_the_input_is_left_as_it_was(frames):
    copies = {name: frame.copy() for name, frame in frames.items()}
    summarise(make_settings(2), frames, ARTICLE)
    for name, frame in frames.items():
        assert frame.equals(copies[name])


@pytest.mark.parametrize("frames_so_far", [{}, empty_frames()], ids=["no frames", "empty frames"])
def test_a_study_that_has_just_begun_has_a_summary(frames_so_far):
    found = summarise(make_settings(), frames_so_far, ARTICLE)
    assert found["runs"] == found["associations"] == []
    assert {claim["verdict"] for claim in found["claims"]} == {"not run"}


def test_a_study_under_way_has_a_summary():
    pending = [(size, multiple, 1) for size in (128, 256) for multiple in (1, 2, 4, 8)]
    found = summarise(make_settings(2), make_frames(2, missing=pending), ARTICLE)
    assert json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("name", sorted(make_frames(1)))
def test_a_missing_frame_does_no_harm(name, frames):
    rest = {other: frame for other, frame in frames.items() if other != name}
    assert len(summarise(make_settings(2), rest, ARTICLE)["claims"]) == 21


def test_sharpness_and_validation_loss_are_correlated_over_minimisers(frames, summary):
    rows = summary["associations"]
    assert [(row["space"], row["epsilon"]) for row in rows] == [
        (space, epsilon)
        for space in ("full", "subspace", "adaptive", "authors")
        for epsilon in (1e-3, 5e-4)
    ]
    done = frames["runs"].dropna(subset=["sharpness"])
    expected = stats.spearmanr(done["sharpness"], done["min_val_loss"]).statistic
    assert rows[0]["effect"] == pytest.approx(expected)
    assert rows[0]["n"] == len(done) == 31
    within = [
        stats.spearmanr(own["sharpness"], own["min_val_loss"]).statistic
        for _, own in done.groupby("seed")
    ]
    assert rows[0]["by_seed"]["effect"] == pytest.approx(np.mean(within))
    assert rows[0]["by_seed"]["n"] == 2
    assert rows[0]["interval"][0] < rows[0]["effect"] < rows[0]["interval"][1]


def test_minimisers_made_on_several_devices_do_not_count_twice(frames):
    both = make_frames(2, replicas=(1, 4), diverged=[(256, 8, 1)], landscape_points=9)
    study = Measured(make_settings(2, replicas=(1, 4)), both, ARTICLE)
    assert associations(study) == associations(Measured(make_settings(2), frames, ARTICLE))


def test_too_few_minimisers_have_no_interval():
    frames = make_frames(1, batch_sizes=(32,), multiples=(1, 2))
    row = associations(Measured(make_settings(1), frames, ARTICLE))[0]
    assert (row["n"], row["interval"]) == (2, None)
    assert "fewer than 5" in row["reason"]


def test_a_made_up_study_directory_holds_what_it_should(tmp_path):
    made = make_study_directory(
        tmp_path / "study", frames=make_frames(1, landscape_points=5), settings=make_settings(1)
    )
    assert json.loads((made / "summary.json").read_text())["schema"] == 1
    assert (made / "results" / "runs.parquet").exists()
    assert (made / "results" / "runs.csv").exists()


def test_fractions_have_nine_digits_and_the_rest_stays() -> None:
    given = {"a": [0.1 + 0.2, 1234567890.0, -1 / 3e-9], "b": (2, True, None, "1.0000000001")}
    found = rounded(given)
    assert found == {
        "a": [0.3, 1234567890.0, -333333333.0],
        "b": [2, True, None, "1.0000000001"],
    }
    assert math.isnan(rounded(math.nan)) and rounded(math.inf) == math.inf
    assert rounded(1.0000000001) == rounded(1.0000000002) != rounded(1.0000001)
