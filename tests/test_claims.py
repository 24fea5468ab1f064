"""Verdicts on the article's claims, on made-up studies."""

import json
from dataclasses import replace

import pytest

from study.experiments import get_claim
from study.experiments.article_design import FIXED
from study.experiments.declare import Cell, Claim, Part, Trend, above, difference
from study.summarise.claims import evaluate_claim, evaluate_claims
from study.summarise.measured import Measured
from tests.judge_claims import ARTICLE, study_of, the, verdicts
from tests.make_study import empty_frames, make_frames, make_settings


@pytest.fixture(scope="module")
def on_gpus():
    return make_frames(4, replicas=(1, 4), devices="GPU", noise=0.03)


def test_a_study_in_which_the_article_is_right_reproduces_it(on_gpus):
    found = verdicts(on_gpus, seeds=[0, 1, 2, 3], replicas=[1, 4])
    # made-up losses of large batches differ too little between rates for a verdict on C21
    assert {name for name, verdict in found.items() if verdict != "reproduced"} <= {"C21"}
    assert list(found) == [f"C{number}" for number in range(1, 22)]


def turned_round(frames):
    """The same study with small and large batches exchanged, in the arm of the base rate."""
    swap = {32: 256, 64: 128, 128: 64, 256: 32}
    found = {}
    for name, frame in frames.items():
        base = frame[(frame["learning_rate"] == 0.01) & (frame["replicas"] == 1)]
        found[name] = base.assign(batch_size=base["batch_size"].map(swap))
    # the line keeps its ends, its alphas run the other way
    runs, line = found["runs"], found["interpolation"]
    others = runs[runs["batch_size"] == 256].set_index("seed")["id"]
    ids = line["seed"].map(others)
    found["interpolation"] = line.assign(
        batch_size=256, small_id=line["id"], id=ids, alpha=1 - line["alpha"]
    )
    return found


@pytest.mark.parametrize(
    "claim", ["C1", "C2", "C3", "C4", "C5", "C8", "C9", "C10", "C11", "C12", "C13", "C14", "C15"]
)
def test_a_study_in_which_the_article_is_wrong_does_not_reproduce_it(claim, on_gpus):
    assert the(claim, turned_round(on_gpus), seeds=[0, 1, 2, 3])["verdict"] == "not reproduced"


@pytest.mark.parametrize("frames", [{}, empty_frames()], ids=["no frames", "empty frames"])
@pytest.mark.parametrize("settings", [{}, make_settings()], ids=["no settings", "settings"])
def test_nothing_measured_is_not_run_with_a_reason(frames, settings):
    rows = evaluate_claims(ARTICLE.claims, Measured(settings, frames, ARTICLE))
    assert {row["verdict"] for row in rows} == {"not run"}
    assert all(row["reason"] and row["effect"] is None and row["n"] == 0 for row in rows)


def test_one_seed_is_inconclusive_with_its_effect():
    rows = evaluate_claims(ARTICLE.claims, study_of(make_frames(1), seeds=[0]))
    assert {row["verdict"] for row in rows} == {"inconclusive", "not run"}
    for row in rows:
        if row["verdict"] == "inconclusive":
            assert (row["n"], row["interval"]) == (1, None)
            assert row["effect"] is not None
            assert "one seed, so no interval" in row["reason"]


def test_claims_on_several_devices_are_not_run_on_one(on_gpus):
    single = {name: frame[frame["replicas"] == 1] for name, frame in on_gpus.items()}
    found = verdicts(single, seeds=[0, 1, 2, 3])
    assert {name for name, verdict in found.items() if verdict == "not run"} == {"C6", "C7"}
    scaled = the("C17", single, seeds=[0, 1, 2, 3])
    assert scaled["verdict"] == "reproduced"
    assert [part["verdict"] for part in scaled["parts"]] == ["reproduced", "reproduced", "not run"]
    assert "part on several devices was not run; the others decide" in scaled["reason"]


def test_times_of_a_processor_are_not_held_against_those_of_gpus(on_gpus):
    runs = on_gpus["runs"]
    mixed = {
        **on_gpus,
        "runs": runs.assign(devices=runs["devices"].where(runs["replicas"] > 1, "CPU")),
    }
    row = the("C6", mixed, seeds=[0, 1, 2, 3], replicas=[1, 4])
    assert row["verdict"] == "not run"
    assert "on one device were made on devices of the kind CPU, those on several" in row["reason"]


def test_logical_devices_show_numbers_and_no_verdict():
    frames = make_frames(3, replicas=(1, 4), devices="logical CPU")
    row = the("C6", frames, replicas=[1, 4])
    assert row["verdict"] == "not run"
    assert row["effect"] == pytest.approx(0.52, abs=0.05)
    assert len(row["interval"]) == 2
    assert "logical CPU" in row["reason"] and "logical CPU" in row["obstacle"]
    assert the("C17", frames, replicas=[1, 4])["parts"][2]["verdict"] == "not run"


def test_diverged_runs_are_told_in_the_reason():
    row = the("C16", make_frames(3, diverged=[(256, 8, 1)]))
    assert (row["n"], row["parts"][0]["seeds"]) == (2, [0, 2])
    assert (
        "left out 1 of 3 seeds: batch 256 at rate 0.08 diverged (loss not finite in epoch 3)"
        in (row["reason"])
    )
    assert "(seed 1)" in row["reason"]


def test_a_cell_that_always_diverges_leaves_the_claim_open():
    row = the("C20", make_frames(2, diverged=[(32, 8, 0), (32, 8, 1)]), seeds=[0, 1])
    assert (row["verdict"], row["n"]) == ("inconclusive", 0)
    assert "diverged" in row["reason"]


def test_a_cell_that_awaits_its_runs_leaves_the_claim_not_run():
    row = the("C20", make_frames(2, missing=[(32, 8, 0), (32, 8, 1)]), seeds=[0, 1])
    assert (row["verdict"], row["n"]) == ("not run", 0)
    assert "is not finished (seed 0 and 1)" in row["reason"]


def test_runs_cut_off_withdraw_a_verdict_that_going_on_could_undo():
    cut = [(256, 1, seed) for seed in range(3)]
    frames = make_frames(3, censored=cut)
    # the loss of 256 could still fall, its epochs and seconds can only grow
    for claim, expected in {"C2": "inconclusive", "C4": "reproduced", "C5": "reproduced"}.items():
        row = the(claim, frames)
        assert row["verdict"] == expected, claim
        assert "3 runs stopped by the limit of epochs" in row["reason"]
        assert row["obstacle"].startswith("3 runs stopped") == (expected == "inconclusive")
    # sharpness may go either way
    assert the("C14", frames)["verdict"] == "inconclusive"
    assert "3 runs stopped" in the("C14", frames)["reason"]
    assert "limit of epochs" not in the("C1", frames)["reason"]


def test_cut_off_runs_withdraw_a_refutation_too():
    frames = make_frames(3, censored=[(32, 1, seed) for seed in range(3)])
    turned = turned_round(frames)
    # the cut-off runs are now those of 256, whose epochs come out too few
    assert the("C4", turned)["verdict"] == "inconclusive"
    assert the("C2", turned)["verdict"] == "not reproduced"


def test_seeds_without_spread_decide_only_what_follows_from_the_declaration():
    study = study_of(make_frames(3, noise=0))
    row = evaluate_claim(get_claim(ARTICLE, "C2"), study)
    assert row["verdict"] == "inconclusive"
    assert row["interval"][0] == row["interval"][1] == row["effect"]
    assert "per doubling (all 3 seeds alike), claimed above 0; all seeds gave" in row["reason"]
    assert row["obstacle"].startswith("all seeds gave the same value")
    assert "no spread to judge by" in row["reason"]
    rising = Part("rising", Trend("min_val_loss", FIXED, False), above(0), exact=True)
    claim = Claim("X1", "text", "quantity", "test", (rising,))
    assert evaluate_claim(claim, study)["verdict"] == "reproduced"


def test_seeds_that_diverged_leave_the_lucky_ones_and_no_verdict():
    whole, some = make_frames(5), make_frames(5, diverged=[(256, 1, 0), (256, 1, 3)])
    assert the("C2", whole)["verdict"] == "reproduced"
    row = the("C2", some)
    assert (row["verdict"], row["n"]) == ("inconclusive", 3)
    assert "2 seeds with a diverged run left out" in row["reason"]


def claim_of(*parts):
    return Claim("X1", "text", "quantity", "test", parts)


def test_one_of_many_parts_may_miss_by_chance():
    """Two parts: refuted at 95 %, but not at 97.5 %, is no refutation of the claim."""
    frames = make_frames(3, noise=0)
    runs = frames["runs"]
    base = (runs["batch_size"] == 64) & (runs["learning_rate"] == 0.01)
    # t is 1 / (0.37 / sqrt(3)) = 4.7 at 2 degrees of freedom: 4.3 at 95 %, 6.2 at 97.5 %
    worse = runs["seed"].map({0: 1.0, 1: 1.37, 2: 0.63})
    small = (runs["batch_size"] == 32) & (runs["learning_rate"] == 0.01)
    loss = runs.loc[small].set_index("seed")["min_val_loss"]
    runs.loc[base, "min_val_loss"] = runs["seed"].map(loss) - worse
    part = Part("a", difference("min_val_loss", Cell(64), Cell(32)), above(0))
    alone = evaluate_claim(Claim("X1", "text", "quantity", "test", (part,)), study_of(frames))
    assert alone["verdict"] == "not reproduced"
    beside = replace(part, name="b", claimed=above(-9))
    both = evaluate_claim(claim_of(part, beside), study_of(frames))
    assert [row["verdict"] for row in both["parts"]] == ["not reproduced", "reproduced"]
    assert both["verdict"] == "inconclusive"
    assert both["headline"] == "a"
    words = "at the level that allows for 2 parts its interval is −2.33 to 0.326"
    assert both["obstacle"].startswith(f"a: {words}")
    assert f"; {words}" in both["reason"] and words not in alone["reason"]
    assert alone["obstacle"] == ""
    turned = evaluate_claim(claim_of(beside, part), study_of(frames))
    assert (turned["verdict"], turned["headline"]) == ("inconclusive", "a")
    # where another part stands for the claim, the one that misses is named
    unclear = replace(part, name="c", claimed=above(-1.5))
    row = evaluate_claim(claim_of(part, unclear), study_of(frames))
    assert (row["verdict"], row["headline"]) == ("inconclusive", "c")
    assert row["obstacle"].startswith(f"a: {words}")
    # beside one that misses at either level, the one that settles it is not the first that misses
    far = replace(part, name="c", claimed=above(9))
    row = evaluate_claim(claim_of(part, far), study_of(frames))
    assert (row["verdict"], row["headline"]) == ("not reproduced", "c")


def test_timing_claims_name_the_machine():
    assert (
        "made-up processor at 2.5 GHz with 2 cores, 2 runs at a time"
        in the("C3", make_frames(2))["reason"]
    )
    gpus = {"cpu": "a processor", "cores": 16, "gpus": ["H200", "H200"]}
    row = the("C3", make_frames(2, devices="GPU"), hardware=gpus, jobs=1)
    assert row["reason"].endswith("a processor with 16 cores and 2 x H200.")
    # a run on several devices has the machine to itself
    frames = make_frames(2, replicas=(1, 2), devices="GPU")
    several = the("C6", frames, hardware=gpus, jobs=2, replicas=[1, 2])
    assert "2 x H200, 2 runs at a time where they take one device" in several["reason"]


def test_the_best_rate_on_the_edge_of_the_grid_is_flagged():
    reason = the("C21", make_frames(3))["reason"]
    assert "1 for batch 32" in reason
    assert "edge of the grid" in reason


def test_each_layer_is_a_part_and_the_weakest_is_the_headline():
    frames = make_frames(3)
    layers = frames["layer_distances"]
    worst = (layers["layer"] == "conv_3") & (layers["batch_size"] == 256)
    layers.loc[worst, "distance"] *= 10
    row = the("C9", frames)
    assert len(row["parts"]) == 8
    assert row["headline"] == "distance: conv_3"
    assert row["verdict"] == "not reproduced"
    assert row["effect"] > 1
    assert sum(part["verdict"] == "reproduced" for part in row["parts"]) == 7


def test_rows_are_plain_json_with_the_agreed_keys(on_gpus):
    rows = evaluate_claims(ARTICLE.claims, study_of(on_gpus, replicas=[1, 4]))
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    for row in rows:
        assert {"id", "text", "verdict", "effect", "interval", "n", "parts", "reason"} <= set(row)
        for part in row["parts"]:
            keys = {"name", "verdict", "effect", "interval", "n", "unit", "values", "seeds"}
            assert keys <= set(part)
            assert len(part["values"]) == len(part["seeds"]) == part["n"]


def test_runs_that_never_left_chance_have_no_minimiser_and_decide_nothing():
    frames = make_frames(3)
    assert the("C14", frames)["verdict"] == "reproduced"
    runs = frames["runs"].copy()
    stuck = (runs["batch_size"] == 256) & (runs["learning_rate"] == 0.01) & (runs["seed"] == 1)
    runs.loc[stuck, "min_val_loss"] = 0.69
    frames["runs"] = runs
    for claim in ("C8", "C13", "C14", "C15"):
        row = the(claim, frames)
        assert row["verdict"] == "inconclusive", claim
        found = (
            "1 run never left chance level by validation loss, and is taken to have no minimiser"
        )
        assert found in row["reason"]
        assert found in row["obstacle"]
    # nor do weights on a plateau move
    assert the("C11", frames)["verdict"] == "inconclusive"
    # what does not speak of a minimiser is judged all the same, with a remark
    for claim in ("C1", "C2", "C3"):
        assert "1 run never left chance level by validation loss" in the(claim, frames)["reason"]
    assert the("C3", frames)["verdict"] == "reproduced"


def test_a_failed_run_of_another_cell_does_not_hide_real_devices():
    frames = make_frames(3, replicas=(1, 4), devices="GPU")
    devices = {"replicas": [1, 4], "seeds": [0, 1, 2]}
    before = the("C6", frames, **devices)["verdict"]
    assert before != "not run"
    runs = frames["runs"].copy()
    odd = (runs["batch_size"] == 64) & (runs["replicas"] == 4) & (runs["seed"] == 0)
    runs.loc[odd, ["status", "devices"]] = ["failed", ""]
    frames["runs"] = runs
    assert the("C6", frames, **devices)["verdict"] == before
