"""A sweep whose truth is known: the runs of its sizes, rates chosen, law fitted, seeds told."""

import numpy as np
import pytest

from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import StudyOptions
from study.conduct.conditions import condition_run, condition_runs
from study.errors import SettingsError
from study.experiments.conditions import Condition
from study.summarise.measured import Measured
from study.summarise.sweep import choose_rates
from tests import make_sweep
from tests.make_conditions import condition_document, condition_study
from tests.make_sweep import (
    CRITICAL,
    EXPERIMENT,
    LEAST,
    SIZES,
    STUDY,
    TARGET,
    ids_of,
    summary_of,
)

frames, summary = make_sweep.frames, make_sweep.summary


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


def test_runs_that_are_not_finished_have_not_missed_the_target(frames) -> None:
    runs = frames["runs"]
    status = runs["status"].where(runs["seed"] < 2, "pending")
    found = summary_of({**frames, "runs": runs.assign(status=status)})
    assert all(set(size["updates"]) == {"0", "1"} for size in found["sweep"]["sizes"])
    assert [fit["not_reached"] for fit in found["sweep"]["fits"]] == [[], []]
    assert found["sweep"]["predictions"][0]["n"] == 2
    assert not any("did not reach" in row["note"] for row in found["tables"]["N4"])


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
