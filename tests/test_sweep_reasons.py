"""Reasons of claims on a sweep: targets missed, rates at the edge, runs that never left chance."""

import pytest

from tests import make_sweep
from tests.make_sweep import CRITICAL, STUDY, claims_of, ids_of, summary_of

frames, summary = make_sweep.frames, make_sweep.summary


def test_one_size_short_of_the_target_is_listed_and_left_out(frames) -> None:
    epochs = frames["epochs"]
    largest = (epochs["batch_size"] == 512) & (epochs["seed"] == 1)
    short = epochs.assign(val_loss=epochs["val_loss"].where(~largest, 0.6))
    summary = summary_of({**frames, "epochs": short})
    fit = summary["sweep"]["fits"][1]
    assert fit["not_reached"] == [512]
    assert fit["batch_size"] == pytest.approx(CRITICAL, rel=1e-3)
    assert "1 of 3 did not reach the target (seed 1)" in summary["tables"]["N4"][-1]["note"]
    claims = {claim["id"]: claim for claim in summary["claims"]}
    verdicts = {name: claim["verdict"] for name, claim in claims.items()}
    wanted = {"C1": "reproduced", "C2": "inconclusive", "C3": "inconclusive", "C4": "reproduced"}
    assert verdicts == wanted
    smallest, largest, error = claims["C3"]["parts"]
    assert smallest["verdict"] == "reproduced"
    for part in (largest, error, claims["C2"]["parts"][0]):
        assert part["verdict"] == "inconclusive"
        assert "the target was missed by batch 512 (seed 1)" in part["reason"]


def test_a_run_that_diverged_has_missed_the_target(frames) -> None:
    runs = frames["runs"]
    lost = runs["batch_size"].eq(512) & runs["seed"].eq(1)
    diverged = runs.assign(status=runs["status"].mask(lost, "diverged"))
    largest = claims_of({**frames, "runs": diverged})["C3"]["parts"][1]
    assert largest["verdict"] == "inconclusive"
    assert "the target was missed by batch 512 (seed 1)" in largest["reason"]
    # and where all of its runs did, the size does not drop out unseen
    diverged = runs.assign(status=runs["status"].mask(runs["batch_size"].eq(512), "diverged"))
    largest = claims_of({**frames, "runs": diverged})["C3"]["parts"][1]
    assert "the target was missed by batch 512 (seed 0, 1 and 2)" in largest["reason"]


@pytest.mark.parametrize(
    ("size", "open_parts"),
    [
        (16, {"C2": [0, 1, 2, 3], "C3": [0, 2], "C4": [0]}),
        (256, {"C2": [0, 1, 2, 3], "C3": [1, 2], "C4": [1]}),
    ],
)
def test_a_best_rate_at_the_edge_leaves_open_what_rests_on_it(
    frames, size: int, open_parts: dict[str, list[int]]
) -> None:
    # the largest two rates of the size were not run, so that the best one is the largest of two
    runs = frames["runs"]
    limit = STUDY.base_rate * (2 if size < 128 else 4)
    tried = (runs["batch_size"] != size) | (runs["learning_rate"] <= limit * 1.01)
    claims = claims_of({**frames, "runs": runs[tried]})
    found = {
        name: [k for k, part in enumerate(claim["parts"]) if part["verdict"] == "inconclusive"]
        for name, claim in claims.items()
    }
    assert {name: parts for name, parts in found.items() if parts} == open_parts
    words = f"the best rate of batch {size} is at the edge of those tried"
    assert words in claims["C2"]["reason"]
    assert words not in claims["C1"]["reason"]


def test_only_runs_at_chosen_rates_are_counted_as_at_chance(frames) -> None:
    runs = frames["runs"]
    other = runs["id"].isin(ids_of(frames, "b4-r1", 0))
    stuck = {**frames, "runs": runs.assign(min_val_loss=runs["min_val_loss"].mask(other, 0.69))}
    assert not any("never left chance" in claim["reason"] for claim in claims_of(stuck).values())
    chosen = runs["id"].isin(ids_of(frames, "b4-r2", 0))
    stuck = {**frames, "runs": runs.assign(min_val_loss=runs["min_val_loss"].mask(chosen, 0.69))}
    smallest, largest, _ = claims_of(stuck)["C3"]["parts"]
    assert "1 run never left chance" in smallest["reason"]
    assert "never left chance" not in largest["reason"]


def test_reasons_name_the_sizes_and_what_went_by_at_chance_level(frames, summary) -> None:
    claims = {claim["id"]: claim for claim in summary["claims"]}
    everything = "mean over batch 8, 16, 32, 64, 128, 256 and 512, 21 runs"
    assert everything in claims["C1"]["reason"]
    words = "over batch 8, 16 and 32, whose runs spent 25 % of the updates at chance level"
    assert words in claims["C3"]["reason"]
    epochs = frames["epochs"]
    short = epochs["id"].isin(ids_of(frames, "b4-r2", 2)) & (epochs["epoch"] < 3)
    claims = claims_of({**frames, "epochs": epochs.assign(loss=epochs["loss"].mask(short, 0.69))})
    words = "batch 8, 16, 64, 128, 256 and 512, 18 runs (batch 32 without a value in some seed)"
    assert words in claims["C1"]["reason"]
