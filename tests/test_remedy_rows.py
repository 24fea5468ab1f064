"""How much of the gap each remedy closes: shares, outcomes, costs."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from study.experiments import EXPERIMENTS, get_claim, get_experiment
from study.experiments.quantities import QUANTITIES
from study.summarise.claims import evaluate_claim
from study.summarise.measured import Measured
from study.summarise.remedy_rows import remedy_rows
from study.summarise.statistics import fieller_interval
from tests.make_conditions import condition_document, condition_frames, condition_study
from tests.make_study import empty_frames, make_frames, make_settings

ENDS = {
    "small": (0.90, 0.91, 0.905),
    "large": (0.80, 0.82, 0.79),
    "rate": (0.86, 0.85, 0.84),
    "ghost": (0.89, 0.90, 0.90),
    "regime": (0.70, 0.72, 0.68),
}


def rows_of(name: str, ends: Mapping[str, tuple[float, ...]], **changes: Any) -> dict[str, Any]:
    """The rows of a made-up study whose conditions end as given, one accuracy a seed."""
    study = condition_study(name)
    frames = condition_frames(study, {}, **changes)
    epochs, members = frames["epochs"], frames["conditions"]
    last = epochs.groupby("id")["epoch"].transform("max") == epochs["epoch"]
    for condition, values in ends.items():
        for seed, value in enumerate(values):
            chosen = (members["condition"] == condition) & (members["seed"] == seed)
            rows = epochs["id"].isin(members.loc[chosen, "id"]) & last
            epochs.loc[rows, "val_accuracy"] = value
    experiment = get_experiment(name)
    rows = remedy_rows(experiment, Measured(condition_document(study), frames, experiment))
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    return {row["title"]: row for row in rows}


def test_the_share_of_the_gap_has_fiellers_interval() -> None:
    row = rows_of("hoffer", ENDS)["square-root scaling"]
    small, large, rate = (np.array(ENDS[name]) for name in ("small", "large", "rate"))
    wanted = fieller_interval(rate - large, small - large)
    assert row["share"]["effect"] == pytest.approx(wanted.effect)
    assert row["share"]["interval"] == pytest.approx(list(wanted.interval))
    assert row["gap"]["effect"] == pytest.approx((small - large).mean())
    assert row["difference"]["effect"] == pytest.approx((rate - small).mean())
    assert (row["small_batch"], row["large_batch"], row["batch"]) == (32, 256, 256)


def test_outcomes_follow_the_intervals() -> None:
    outcomes = [row["outcome"] for row in rows_of("hoffer", ENDS).values()]
    assert outcomes == ["closes a part", "closes most", "widens"]
    unsure = {**ENDS, "ghost": (0.75, 0.9, 0.95)}
    assert [row["outcome"] for row in rows_of("hoffer", unsure).values()][1] == "open"


def test_costs_stand_beside_the_large_and_the_small_batch() -> None:
    rows = rows_of("hoffer", ENDS)
    updates = rows["square-root scaling"]["costs"]["updates"]
    assert updates["of_large"]["effect"] == pytest.approx(1)
    assert updates["of_small"]["effect"] == pytest.approx(8 / 60)
    equal = rows["square-root scaling, ghost batches, equal updates"]["costs"]
    assert equal["updates"]["of_small"]["effect"] == pytest.approx(1)
    assert equal["updates"]["of_small"]["interval"] is None
    assert equal["examples"]["of_large"]["effect"] == pytest.approx(60 / 8)
    assert equal["seconds"]["of_large"]["effect"] == pytest.approx(60 / 8)


def test_without_a_gap_there_is_nothing_to_close() -> None:
    level = {**ENDS, "large": (0.91, 0.90, 0.906)}
    rows = rows_of("hoffer", level).values()
    assert {row["outcome"] for row in rows} == {"no clear gap"}
    assert {row["share"] for row in rows} == {None}


def test_runs_that_diverged_and_runs_that_are_missing() -> None:
    lost = rows_of("hoffer", ENDS, diverged=[("rate", seed) for seed in range(3)])
    row = lost["square-root scaling"]
    assert (row["outcome"], row["share"]["n"]) == ("diverged", 0)
    assert row["notes"][0].startswith("“8 ×, rate by the root”: 3 of 3 diverged")
    assert lost["square-root scaling, ghost batches"]["outcome"] == "closes most"
    experiment = get_experiment("hoffer")
    empty = Measured(condition_document(condition_study("hoffer")), empty_frames(), experiment)
    assert {row["outcome"] for row in remedy_rows(experiment, empty)} == {"not run"}


def test_large_batches_that_never_left_chance_are_counted() -> None:
    study = condition_study("hoffer")
    frames = condition_frames(study, {}, diverged=[("large", 2)])
    runs, members = frames["runs"], frames["conditions"]
    chosen = members["condition"].isin(["large", "ghost"]) & (members["seed"] != 0)
    runs.loc[runs["id"].isin(members.loc[chosen, "id"]), "min_val_loss"] = 0.6931
    experiment = get_experiment("hoffer")
    rows = remedy_rows(experiment, Measured(condition_document(study), frames, experiment))
    # only runs that completed, and not those with the remedy
    assert {(row["at_chance"], row["runs"]) for row in rows} == {(1, 2)}
    fine = rows_of("hoffer", ENDS).values()
    assert {(row["at_chance"], row["runs"]) for row in fine} == {(0, 3)}


def test_a_study_made_before_a_control_was_declared_says_why_it_has_no_share() -> None:
    study = condition_study("smith", seeds=(0,))
    frames = condition_frames(study, {})
    members = frames["conditions"]
    frames["conditions"] = members[members["condition"] != "large"]
    experiment = get_experiment("smith")
    rows = remedy_rows(experiment, Measured(condition_document(study), frames, experiment))
    title = experiment.condition("large").title
    for row in rows:
        assert row["share"]["effect"] is None
        assert row["notes"][-1] == (
            f"“{title}” was not trained in this study, so that “{row['title']}” has no gap to "
            "close a share of"
        )
    empty = Measured(condition_document(study), empty_frames(), experiment)
    assert not any(row["notes"] for row in remedy_rows(experiment, empty))


def test_growing_batches_are_set_beside_one_that_is_large_from_the_beginning() -> None:
    ends = {
        "decay": (0.90, 0.91, 0.905),
        "large": (0.70, 0.71, 0.706),
        "grow": (0.90, 0.912, 0.906),
        "rate": (0.75, 0.77, 0.76),
        "momentum": (0.6, 0.65, 0.62),
    }
    rows = list(rows_of("smith", ends).values())
    assert [row["outcome"] for row in rows] == ["closes most", "closes a part", "widens"]
    assert {(row["small_batch"], row["large_batch"]) for row in rows} == {(8, 64)}
    assert rows[0]["costs"]["updates"]["of_large"]["effect"] > 1
    assert rows[0]["costs"]["updates"]["of_small"]["effect"] < 0.5


def test_the_article_is_told_at_its_minimum() -> None:
    experiment = get_experiment("article")
    (row,) = remedy_rows(experiment, Measured(make_settings(), make_frames(), experiment))
    assert (row["small_batch"], row["large_batch"], row["batch"]) == (32, 256, 256)
    assert row["quantity"] == "val_accuracy_at_min"
    assert row["costs"]["updates"]["mean"] > 0


def test_one_seed_has_no_interval() -> None:
    study = condition_study("hoffer", seeds=(0,))
    frames = condition_frames(study, {"small": 0.9, "rate": 0.85})
    experiment = get_experiment("hoffer")
    rows = remedy_rows(experiment, Measured(condition_document(study), frames, experiment))
    assert rows[0]["outcome"] == "open"
    assert rows[0]["share"] == {"effect": pytest.approx(0.5), "interval": None, "n": 1}


def test_declared_remedies_name_what_is_there() -> None:
    for experiment in EXPERIMENTS.values():
        titles = [remedy.title for remedy in experiment.remedies]
        assert len(set(titles)) == len(titles)
        for remedy in experiment.remedies:
            cells = [cell for cell in (remedy.small, remedy.large, remedy.cell) if cell]
            if experiment.conditions:
                assert all(experiment.condition(cell.condition) for cell in cells)
            assert {remedy.quantity, *remedy.costs.values()} <= set(QUANTITIES)


@pytest.mark.parametrize("large", [0.85, 0.9])
def test_with_one_seed_too_there_is_no_share_of_a_gap_that_is_none(large: float) -> None:
    study = condition_study("hoffer", seeds=(0,))
    frames = condition_frames(study, {"small": 0.85, "large": large, "rate": 0.8})
    experiment = get_experiment("hoffer")
    measured = Measured(condition_document(study), frames, experiment)
    assert {row["outcome"] for row in remedy_rows(experiment, measured)} == {"no clear gap"}
    assert {row["share"] for row in remedy_rows(experiment, measured)} == {None}


@pytest.mark.parametrize(("large", "share"), [(0.8, 0.5), (0.9, None)])
def test_the_share_that_a_claim_shows_is_of_an_accuracy_that_was_lost(
    large: float, share: float | None
) -> None:
    study = condition_study("hoffer", seeds=(0,))
    frames = condition_frames(study, {"small": 0.85, "large": large, "rate": (0.85 + large) / 2})
    experiment = get_experiment("hoffer")
    measured = Measured(condition_document(study), frames, experiment)
    part = evaluate_claim(get_claim(experiment, "C2"), measured)["parts"][1]
    assert part["effect"] == (share and pytest.approx(share))
