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
from study.command_line.commands import StudyOptions
from study.command_line.make_study import adjusted_preset
from study.conduct.conditions import condition_run, condition_runs
from study.errors import SettingsError
from study.experiments.conditions import Condition
from study.summarise.critical_batch import crossing
from study.summarise.measured import Measured
from study.summarise.noise import noise_values
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
    wanted = [2 * factor(8, 16, 32, 64), 2 * factor(128, 256, 512)]
    assert [up_to["effect"], beyond["effect"]] == pytest.approx(wanted, rel=1e-3)


def factor(*sizes: float) -> float:
    """Of the law's updates per doubling."""
    logs = [math.log(1 + CRITICAL / size) for size in sizes]
    return math.exp(np.polyfit(np.log2(sizes), logs, 1)[0])


def verdicts_of(law: Law) -> dict[str, str]:
    claims = summary_of(frames_of(law=law))["claims"]
    return {claim["id"]: claim["verdict"] for claim in claims}


@pytest.mark.parametrize(
    ("law", "updates", "examples"),
    [
        # larger batches save nothing
        (lambda size: 10.0, "not reproduced", "not reproduced"),
        # perfect scaling throughout: no critical batch in the sweep
        (lambda size: 1e4 / size, "not reproduced", "reproduced"),
        # steep at first, never level
        (lambda size: 1e4 / size**0.7, "not reproduced", "reproduced"),
        # a slow fall throughout
        (lambda size: 1e4 / size**0.3, "not reproduced", "not reproduced"),
        # wherever in the sweep the critical batch lies, data by the law agree with both
        (law_of(20), "reproduced", "reproduced"),
        (law_of(33), "reproduced", "reproduced"),
        (law_of(64), "reproduced", "reproduced"),
        (law_of(240), "reproduced", "reproduced"),
    ],
)
def test_updates_are_judged_wherever_the_critical_batch_lies(
    law: Law, updates: str, examples: str
) -> None:
    verdicts = verdicts_of(law)
    assert [verdicts["C3"], verdicts["C4"]] == [updates, examples]


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
    assert claims["C2"]["parts"][2]["verdict"] == "inconclusive"


def test_tables_and_figures_show_the_sweep(frames, summary) -> None:
    view = StudyView(condition_document(STUDY), summary, frames)
    rows = summary["tables"]["N4"]
    assert [row["batch_size"] for row in rows] == SIZES
    assert rows[0]["steps_unresolved"] == 1
    assert rows[0]["smith_scale"] == pytest.approx(2 * STUDY.base_rate * 255)
    exhibits = {figure.id: KINDS[figure.kind](view, figure) for figure in EXPERIMENT.figures}
    assert not any(exhibit.missing for exhibit in exhibits.values())
    assert [len(exhibits[name].panels) for name in ("N1", "N2", "N3", "N5")] == [2, 3, 1, 1]
    assert "Critical batch size of the fit: 100" in exhibits["N2"].caption
    assert "0 or less in 0 of 63 epochs" in exhibits["N1"].caption
    check_html(build_page(dict(view.settings), dict(view.summary), dict(view.frames)))


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
