"""A sweep whose truth is known: rates chosen, law fitted, claims judged, tables and figures."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from reports.exhibits.kinds import KINDS
from reports.exhibits.noise import averaged
from reports.ledger import environment, run_rows
from reports.page import build_page
from reports.study_view import StudyView
from reports.wording import shown
from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import StudyOptions
from study.conduct.conditions import condition_run, condition_runs
from study.errors import SettingsError
from study.experiments.conditions import Condition
from study.summarise.critical_batch import crossing
from study.summarise.measured import Measured
from study.summarise.noise import noise_values
from study.summarise.statistics import mean_interval, slopes_per_doubling
from study.summarise.sweep import choose_rates
from tests.make_conditions import condition_document, condition_study
from tests.make_sweep import (
    CRITICAL,
    EXPERIMENT,
    LEAST,
    SIZES,
    STUDY,
    TARGET,
    Law,
    frames_of,
    law_of,
    summary_of,
)
from tests.page_checks import check_html


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return frames_of()


@pytest.fixture(scope="module")
def summary(frames: dict[str, pd.DataFrame]) -> dict[str, object]:
    return json.loads(json.dumps(summary_of(frames), allow_nan=False))


def test_the_best_rate_of_each_batch_size_is_chosen(frames) -> None:
    chosen = choose_rates(EXPERIMENT.sweep, Measured(condition_document(STUDY), frames, EXPERIMENT))
    assert [row.batch_size for row in chosen] == SIZES
    multiples = [row.learning_rate / STUDY.base_rate for row in chosen]
    np.testing.assert_allclose(multiples, [2 if size < 128 else 4 for size in SIZES])
    assert not any(row.edge for row in chosen)


def test_the_law_and_the_predictions_are_found_again(summary) -> None:
    sweep = summary["sweep"]
    assert sweep["target"] == TARGET
    for fit in sweep["fits"]:
        assert fit["batch_size"] == pytest.approx(CRITICAL, rel=1e-3)
        assert fit["least_steps"] == pytest.approx(1000 * LEAST * 1.02 ** fit["seed"], rel=1e-3)
    assert sweep["critical_batch"]["n"] == 3
    predicted = {row["quantity"]: row for row in sweep["predictions"]}
    # 80 times the mean of 1/2, 1 and 2, not their median
    assert predicted["rest_noise"]["effect"] == pytest.approx(80 * 3.5 / 3)
    assert predicted["rest_noise_near"]["effect"] == pytest.approx(160)
    # every estimate from consecutive steps was negative: flagged, and no prediction
    assert predicted["steps_noise"]["effect"] is None


def test_claims_follow(summary) -> None:
    claims = {claim["id"]: claim for claim in summary["claims"]}
    verdicts = {name: claim["verdict"] for name, claim in claims.items()}
    assert verdicts == dict.fromkeys(("C1", "C2", "C3", "C4"), "reproduced")
    assert claims["C1"]["effect"] == pytest.approx(4)
    assert claims["C2"]["effect"] == pytest.approx(0.8 * 3.5 / 3, rel=1e-3)
    smallest, largest, error = claims["C3"]["parts"]
    wanted = [factor(8, 16, 32), factor(128, 256, 512)]
    assert [smallest["effect"], largest["effect"]] == pytest.approx(wanted, rel=1e-3)
    assert error["effect"] < 1e-3
    up_to, beyond = claims["C4"]["parts"]
    wanted = [(2 * factor(8, 16, 32, 64)) ** 3, 2 * factor(128, 256, 512)]
    assert [up_to["effect"], beyond["effect"]] == pytest.approx(wanted, rel=1e-3)
    # the smallest batch alone has the same noise scale as all others here
    alone = claims["C2"]["parts"][1]
    assert (alone["name"], alone["decides"]) == ("of the smallest batch alone", False)
    assert alone["effect"] == pytest.approx(claims["C2"]["effect"], rel=1e-3)
    assert "; mean over batch 8, 3 runs" in alone["reason"]


def factor(*sizes: float) -> float:
    """Of the law's updates per doubling."""
    logs = [math.log(1 + CRITICAL / size) for size in sizes]
    return math.exp(np.polyfit(np.log2(sizes), logs, 1)[0])


def claims_of(frames: dict[str, pd.DataFrame]) -> dict[str, dict[str, object]]:
    return {claim["id"]: claim for claim in summary_of(frames)["claims"]}


def verdicts_of(law: Law) -> dict[str, str]:
    return {name: claim["verdict"] for name, claim in claims_of(frames_of(law=law)).items()}


@pytest.mark.parametrize(
    ("law", "updates", "examples"),
    [
        # larger batches save nothing: so it is too where the critical batch is below all of them
        (lambda size: 10.0, "inconclusive", "inconclusive"),
        # perfect scaling throughout: the critical batch may be above all of them
        (lambda size: 1e4 / size, "inconclusive", "reproduced"),
        # steep at first, never level
        (lambda size: 1e4 / size**0.7, "not reproduced", "not reproduced"),
        # a slow fall throughout, and few sizes up to the critical one
        (lambda size: 1e4 / size**0.3, "not reproduced", "inconclusive"),
        # wherever in the sweep the critical batch lies, data by the law speak against neither
        (law_of(8), "inconclusive", "inconclusive"),
        (law_of(12), "inconclusive", "inconclusive"),
        (law_of(20), "reproduced", "inconclusive"),
        (law_of(33), "reproduced", "reproduced"),
        (law_of(64), "reproduced", "reproduced"),
        (law_of(240), "reproduced", "reproduced"),
        (law_of(400), "inconclusive", "reproduced"),
        (law_of(2000), "inconclusive", "reproduced"),
    ],
)
def test_updates_are_judged_wherever_the_critical_batch_lies(
    law: Law, updates: str, examples: str
) -> None:
    verdicts = verdicts_of(law)
    assert [verdicts["C3"], verdicts["C4"]] == [updates, examples]


def test_an_end_beyond_the_critical_batch_is_open_with_the_reason() -> None:
    claims = claims_of(frames_of(law=law_of(12)))
    smallest, largest, _ = claims["C3"]["parts"]
    assert "the fit puts the critical batch size below 16, twice the smallest" in smallest["reason"]
    assert [smallest["verdict"], largest["verdict"]] == ["inconclusive", "reproduced"]
    words = "fewer than three batch sizes lie up to the critical one (12, the seeds’ median)"
    assert words in claims["C4"]["reason"]
    smallest, largest, _ = claims_of(frames_of(law=law_of(400)))["C3"]["parts"]
    assert (
        "the fit puts the critical batch size above 256, half of the largest" in largest["reason"]
    )
    assert [smallest["verdict"], largest["verdict"]] == ["reproduced", "inconclusive"]


def test_what_needs_a_critical_batch_that_is_not_there_is_inconclusive() -> None:
    frames = frames_of(law=lambda size: 1e4 / size)
    claims = {claim["id"]: claim for claim in summary_of(frames)["claims"]}
    assert claims["C2"]["verdict"] == "inconclusive"
    assert "no critical batch size: above the sweep (seed 0, 1 and 2)" in claims["C2"]["reason"]
    # some runs are still awaited
    runs = frames["runs"]
    pending = runs.assign(status=runs["status"].where(runs["batch_size"] < 512, "pending"))
    claims = {claim["id"]: claim for claim in summary_of({**frames, "runs": pending})["claims"]}
    assert claims["C2"]["verdict"] == "not run"


def test_a_noise_scale_far_off_is_not_a_prediction() -> None:
    claims = {claim["id"]: claim for claim in summary_of(frames_of(noise=2000.0))["claims"]}
    assert claims["C2"]["verdict"] == "not reproduced"
    # every run completed, and none has an estimate from consecutive steps
    assert claims["C2"]["parts"][3]["verdict"] == "inconclusive"


def test_tables_and_figures_show_the_sweep(frames, summary) -> None:
    view = StudyView(condition_document(STUDY), summary, frames)
    rows = summary["tables"]["N4"]
    assert [row["batch_size"] for row in rows] == SIZES
    assert rows[0]["steps_unresolved"] == 1
    assert rows[0]["chance_share"] == pytest.approx(0.25, abs=1e-3)
    assert rows[0]["smith_scale"] == pytest.approx(2 * STUDY.base_rate * 255)
    exhibits = {figure.id: KINDS[figure.kind](view, figure) for figure in EXPERIMENT.figures}
    assert not any(exhibit.missing for exhibit in exhibits.values())
    assert [len(exhibits[name].panels) for name in ("N1", "N2", "N3", "N5")] == [2, 3, 1, 1]
    assert "Critical batch size of the fit: 100" in exhibits["N2"].caption
    assert "0 or less in 0 of 84 epochs" in exhibits["N1"].caption
    assert "Of all epochs 21 are at chance level, with a training loss of 0.679" in (
        exhibits["N1"].caption
    )
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    check_html(html)
    assert "batch sizes from 1 to 64 times the smallest" in html


def test_a_target_that_no_run_reached_is_no_number() -> None:
    frames = frames_of(target=TARGET + 0.2)
    summary = json.loads(json.dumps(summary_of(frames), allow_nan=False))
    row = summary["tables"]["N4"][0]
    assert row["updates_to_target"] is None
    assert row["updates_to_target_words"] == "not reached"
    assert all(size["updates"] == {"0": None, "1": None, "2": None} for size in _sizes(summary))
    assert all(claim["effect"] is None for claim in summary["claims"])
    # all completed, so nothing is "not run"
    assert {claim["verdict"] for claim in summary["claims"]} == {"inconclusive"}
    reason = {claim["id"]: claim["reason"] for claim in summary["claims"]}["C3"]
    assert (
        "fewer than two of the batches 8, 16 and 32 reached the target (seed 0, 1 and 2)" in reason
    )
    view = StudyView(condition_document(STUDY), summary, frames)
    exhibit = KINDS["sweep_law"](view, EXPERIMENT.figure("N2"))
    assert exhibit.missing.startswith("No run reached the target, a validation loss of 0.37")
    html = build_page(dict(view.settings), dict(view.summary), dict(view.frames))
    assert ">not reached<" in html


def _sizes(summary) -> list[dict[str, object]]:
    return summary["sweep"]["sizes"]


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


def test_only_runs_at_chosen_rates_are_counted_as_hardly_learned(frames) -> None:
    runs = frames["runs"]
    other = runs["id"].isin(ids_of(frames, "b4-r1", 0))
    stuck = {**frames, "runs": runs.assign(min_val_loss=runs["min_val_loss"].mask(other, 0.69))}
    assert not any("hardly learned" in claim["reason"] for claim in claims_of(stuck).values())
    chosen = runs["id"].isin(ids_of(frames, "b4-r2", 0))
    stuck = {**frames, "runs": runs.assign(min_val_loss=runs["min_val_loss"].mask(chosen, 0.69))}
    smallest, largest, _ = claims_of(stuck)["C3"]["parts"]
    assert "1 run hardly learned" in smallest["reason"]
    assert "hardly learned" not in largest["reason"]


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


def test_intervals_hold_the_truth_though_rates_are_chosen_on_the_seeds_judged() -> None:
    generator = np.random.default_rng(0)
    sizes, studies = np.array([8, 16, 32]), 2000
    by_law = np.log(1 + CRITICAL / sizes)
    truth = slopes_per_doubling(sizes, [by_law])[0]
    # (study, size, rate, seed): four rates, two of them alike and best
    rates = 0.05 * np.maximum(np.abs(np.arange(4) - 1.5) - 0.5, 0)
    updates = by_law[:, None, None] + rates[:, None]
    updates = updates + generator.normal(0, 0.15, (studies, 3, 4, 3))
    best = updates.mean(axis=-1).argmin(axis=-1)[..., None, None]
    chosen = np.take_along_axis(updates, best, axis=2)[:, :, 0]
    ends = [mean_interval(slopes_per_doubling(sizes, one.T)).interval for one in chosen]
    assert np.mean([low <= truth <= high for low, high in ends]) > 0.94


def test_a_size_left_out_of_the_noise_scale_is_named(frames) -> None:
    epochs = frames["epochs"]
    chosen = epochs["id"].isin(ids_of(frames, "b4-r2", 2))
    norms = epochs["rest_norm_squared"].where(~chosen, -0.1)
    summary = summary_of({**frames, "epochs": epochs.assign(rest_norm_squared=norms)})
    words = "left out of the mean noise scale, |G|² not resolved (seed 2)"
    assert [words in row["note"] for row in summary["tables"]["N4"]] == [
        size == 32 for size in SIZES
    ]
    assert 32 not in summary["sweep"]["predictions"][0]["batch_sizes"]


def ids_of(frames: dict[str, pd.DataFrame], condition: str, seed: int) -> list[str]:
    rows = frames["conditions"]
    return list(rows.loc[(rows["condition"] == condition) & (rows["seed"] == seed), "id"])


def test_the_target_is_crossed_between_two_epochs() -> None:
    assert crossing([10, 20, 30], [0.6, 0.4, 0.5], 0.45) == pytest.approx(17.5)
    assert crossing([10, 20], [0.4, 0.3], 0.45) == 10
    assert crossing([10, 20], [math.nan, 0.3], 0.45) == 20
    assert math.isnan(crossing([10, 20], [0.6, 0.5], 0.45))
    assert math.isnan(crossing([10, 20], [0.6, 0.5], math.nan))


def test_noise_of_a_run_flags_what_is_negative() -> None:
    norms, traces = np.array([1.0, -1.0, 2.0]), np.array([4.0, 4.0, 4.0])
    frame = pd.DataFrame({"rest_norm_squared": norms, "rest_variance_trace": traces})
    found = noise_values(frame)
    # the parts are averaged before they are divided: 4 / (2 / 3)
    assert found["rest_noise"] == pytest.approx(6)
    assert math.isnan(noise_values(frame.assign(rest_norm_squared=-norms))["rest_noise"])
    assert found["rest_unresolved"] == pytest.approx(1 / 3)
    assert (found["rest_noise_near"], found["noise_growth"]) == (2, 0.5)
    assert "steps_noise" not in found
    nothing = frame.assign(rest_norm_squared=math.nan)
    assert noise_values(nothing) == {}
    # epochs at chance level are left out, and two are too few for thirds
    plateau = noise_values(frame.assign(loss=[0.5, 0.69, 0.4]), chance=0.68)
    assert plateau == {"rest_noise": pytest.approx(8 / 3), "rest_unresolved": 0}
    assert noise_values(frame.assign(loss=[0.7, math.nan, 0.7]), chance=0.68) == {
        "rest_noise": pytest.approx(math.nan, nan_ok=True),
        "rest_unresolved": 1,
    }


def test_parts_are_averaged_apart_over_seeds() -> None:
    frame = pd.DataFrame(
        {
            "batch_size": 8,
            "epoch": [1, 1, 2],
            "rest_norm_squared": [3.0, -1.0, -1.0],
            "rest_variance_trace": [10.0, 20.0, 20.0],
        }
    )
    assert averaged(frame, "epoch").to_dict("records") == [
        {"batch_size": 8, "epoch": 1, "noise": 15.0}
    ]


def test_what_does_not_fit_is_refused_in_one_line() -> None:
    small = condition_study("mccandlish", train_examples=400)
    with pytest.raises(SettingsError, match=r"batch size 512 .* larger than the training set"):
        condition_runs(small)
    with pytest.raises(SettingsError, match=r"--target 0; mccandlish trains until"):
        condition_runs(condition_study("mccandlish", target=0.0))
    with pytest.raises(SettingsError, match="--target with goyal, whose runs have none"):
        adjusted_preset(StudyOptions(target=0.4), "goyal")
    run = condition_run(condition_study("goyal"), Condition("x", "x"), 0, 1)
    assert run.recipe is not None
    assert run.recipe.target is None


def test_smoke_runs_a_part_of_the_conditions() -> None:
    assert STUDY.batch_sizes == (8, 16, 32, 64, 128, 256, 512)
    assert condition_study("mccandlish", "cpu").batch_sizes == tuple(8 * 2**k for k in range(9))
    assert adjusted_preset(StudyOptions(preset="cpu"), "mccandlish").seeds == 3
    smoke = condition_study("mccandlish", "smoke")
    assert len(condition_runs(smoke)) == 8
    assert smoke.batch_sizes == (2, 16, 128, 512)
    preset = adjusted_preset(StudyOptions(preset="smoke", target=0.6), "mccandlish")
    assert preset.target == 0.6


def test_the_list_of_runs_shows_smiths_g_and_what_ended_them(frames, summary) -> None:
    view = StudyView(condition_document(STUDY), summary, frames)
    rows = {row.id: row for row in run_rows(view)}
    for run in condition_runs(STUDY)["b8-r2"]:
        g = run.learning_rate * (2048 / run.batch_size - 1)
        assert rows[run.id].noise == shown(g)
        assert rows[run.id].reason == "ended at its target"
    # without a recipe's record, from rate, batch size and the number of training pictures
    bare = frames["epochs"].assign(epoch_batch_size=math.nan, noise_scale=math.nan)
    again = run_rows(StudyView(condition_document(STUDY), summary, {**frames, "epochs": bare}))
    assert {row.id: row.noise for row in again} == {row.id: row.noise for row in rows.values()}
    assert ("Stop rule", "a validation loss of 0.370, or the end of the run’s epochs") in (
        environment(view)
    )


def test_runs_that_are_not_finished_have_not_missed_the_target(frames) -> None:
    runs = frames["runs"]
    status = runs["status"].where(runs["seed"] < 2, "pending")
    found = summary_of({**frames, "runs": runs.assign(status=status)})
    assert all(set(size["updates"]) == {"0", "1"} for size in found["sweep"]["sizes"])
    assert [fit["not_reached"] for fit in found["sweep"]["fits"]] == [[], []]
    assert found["sweep"]["predictions"][0]["n"] == 2
    assert not any("did not reach" in row["note"] for row in found["tables"]["N4"])
