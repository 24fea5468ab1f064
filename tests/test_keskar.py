"""Keskar's experiment: shares of the data as batches, hand-overs, and what its figures show."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from reports.exhibits.kinds import KINDS
from reports.study_view import StudyView
from study.conduct.conditions import condition_run, condition_schedule
from study.conduct.plan import plan_study, planned_runs
from study.errors import SettingsError
from study.experiments import get_experiment
from study.experiments.conditions import Condition
from study.experiments.keskar_conditions import CONDITIONS, LARGE
from study.summarise import summarise
from tests.make_conditions import (
    condition_document,
    condition_frames,
    condition_study,
    measured_frames,
)

STUDY = condition_study("keskar")
EXPERIMENT = get_experiment("keskar")


def sizes_of(**rule) -> list[tuple[int, int]]:
    """First epoch and batch size of every phase, the rate being one."""
    course = condition_schedule(STUDY, Condition("x", "x", **rule))
    assert {phase.learning_rate for phase in course.phases} == {STUDY.base_rate}
    assert course.epochs == STUDY.max_epochs
    return [(phase.first_epoch, phase.batch_size) for phase in course.phases]


def test_a_share_of_the_data_is_a_batch_of_whole_base_batches() -> None:
    assert sizes_of(batch_share=0.1) == [(0, 192)]
    # 96.0 of 1,920 are 3 base batches; 0.12 of them are 7.2
    assert sizes_of(batch_share=0.05) == [(0, 96)]
    assert sizes_of(batch_share=0.12) == [(0, 224)]


def test_a_small_batch_hands_over_to_a_large_one() -> None:
    assert sizes_of(batch_share=0.1, switch_at=0.25) == [(0, 32), (15, 192)]
    assert sizes_of(batch_share=0.1, switch_at=0.001) == [(0, 32), (1, 192)]


def test_a_batch_doubles_until_it_is_the_large_one() -> None:
    assert sizes_of(batch_share=0.1, growth_share=0.75) == [(0, 32), (15, 64), (30, 128), (45, 192)]


def test_epochs_of_a_condition_count_where_its_batch_grows() -> None:
    longer = Condition("x", "x", batch_share=0.1, switch_at=0.25, epochs_multiple=2.0)
    assert condition_schedule(STUDY, longer).epochs == 2 * STUDY.max_epochs
    with pytest.raises(SettingsError, match="expected one of the two"):
        condition_schedule(STUDY, replace(longer, changes=(0.5,)))


def test_a_study_too_small_for_a_large_batch_is_refused_in_a_line() -> None:
    small = replace(STUDY, train_examples=320)
    with pytest.raises(SettingsError, match=r"condition 'large': 10% of 320 .* give 640 training"):
        condition_run(small, LARGE, 0, 1)
    assert condition_run(replace(small, train_examples=640), LARGE, 0, 1).batch_size == 64


def test_all_conditions_differ_at_the_quick_size() -> None:
    assert len(planned_runs(STUDY)) == len(CONDITIONS) * len(STUDY.seeds)


@pytest.fixture(scope="module")
def view() -> StudyView:
    """A made-up study in which larger batches are sharper and less accurate."""
    frames = condition_frames(STUDY, {"large": 0.7, "warm-10": 0.7, "quarter": 0.6}, spread=1e-12)
    study = replace(STUDY, measures=replace(STUDY.measures, along_levels=(0.5,), along_seeds=0))
    frames |= measured_frames(plan_study(study, study.train_examples, 480))
    sharpness = frames["sharpness"].set_index("id")["sharpness"]
    frames["runs"]["sharpness"] = frames["runs"]["id"].map(sharpness)
    document = condition_document(study)
    summary = summarise(document, frames, EXPERIMENT)
    return StudyView(document, json.loads(json.dumps(summary, allow_nan=False)), frames)


def exhibit_of(view: StudyView, name: str):
    figure = EXPERIMENT.figure(name)
    return KINDS[figure.kind](view, figure)


def test_verdicts_follow_from_what_was_measured(view: StudyView) -> None:
    claims = {claim["id"]: claim for claim in view.summary["claims"]}
    parts = {part["name"]: part for part in claims["C1"]["parts"]}
    assert parts["full space"]["values"] == pytest.approx([6.0] * 3)
    assert parts["at one training loss"]["effect"] == pytest.approx(6.0)
    assert parts["full space, 5e-4"]["verdict"] == "not run"
    verdicts = {name: claim["verdict"] for name, claim in claims.items()}
    # six times as sharp is sharper, but not 8 times
    assert verdicts["C2"] == "not reproduced"
    assert verdicts["C3"] == "not reproduced"
    assert verdicts["C4"] == verdicts["C6"] == verdicts["C7"] == "reproduced"
    # as sharp as the large batch: nothing of the gap is removed, in every seed alike
    assert claims["C8"]["parts"][0]["values"] == pytest.approx([0.0] * 3, abs=1e-6)


def verdicts_of(
    changes: Mapping[str, float], accuracy: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """The claims where the measured sharpness, or accuracy on training pictures, is another one."""
    frames = condition_frames(STUDY, {"large": 0.7}, spread=1e-12)
    frames |= measured_frames(plan_study(STUDY, STUDY.train_examples, 480))
    named = frames["conditions"].drop_duplicates("id").set_index("id")["condition"]
    trials = frames["sharpness"]
    condition = trials["id"].map(named)
    # seeds differ a little, as runs do
    spread = 1 + 0.01 * trials["seed"] * condition.map(len)
    trials["sharpness"] = condition.map(changes).fillna(trials["sharpness"]) * spread
    if accuracy is None:
        trials["base_accuracy"] = math.nan
    else:
        trials["base_accuracy"] = condition.map(accuracy).fillna(1.0)
    sharpness = trials.set_index("id")["sharpness"]
    frames["runs"]["sharpness"] = frames["runs"]["id"].map(sharpness)
    summary = summarise(condition_document(STUDY), frames, EXPERIMENT)
    return {claim["id"]: claim for claim in summary["claims"]}


MINIMISERS = ("C1", "C2", "C3", "C4", "C6", "C8")


def test_claims_on_minimisers_are_open_where_the_large_batch_has_not_learned_its_pictures() -> None:
    found = verdicts_of({}, {"large": 0.979, "quarter": 0.9})
    assert {found[name]["verdict"] for name in MINIMISERS} == {"inconclusive"}
    for name in MINIMISERS:
        assert "no minimisers yet, as fewer than 98 % of the training" in found[name]["reason"]
    assert "97.9 % with “large batch”; more epochs" in found["C1"]["reason"]
    assert "no minimisers" not in found["C5"]["reason"] + found["C7"]["reason"]
    learned = verdicts_of({}, {"large": 0.981})
    assert learned["C1"]["parts"][0]["verdict"] == "reproduced"
    assert learned["C2"]["verdict"] == "not reproduced"


def test_without_an_accuracy_at_the_weights_that_of_the_last_epoch_counts() -> None:
    # as made up, runs end at a training accuracy of 0.8 and less
    found = verdicts_of({})
    assert "which lags a little behind" in found["C2"]["reason"]
    assert found["C2"]["verdict"] == "inconclusive"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"augmented": 5.0, "conservative": 5.0, "robust": 5.0}, "reproduced"),
        # more than the small batch, but most of the gap is gone
        ({"augmented": 1.3, "conservative": 5.0, "robust": 5.0}, "not reproduced"),
        # a large batch that is flatter leaves no gap
        ({"large": 0.5}, "inconclusive"),
    ],
)
def test_remedies_leave_minimisers_sharp_that_keep_most_of_the_gap(changes, expected) -> None:
    claim = verdicts_of(changes, {})["C8"]
    assert claim["verdict"] == expected
    beside = claim["parts"][4]
    assert (beside["name"], beside["decides"]) == (
        "large, augmented pictures, against the small batch",
        False,
    )
    assert ("the gap lies the other way round: 0.5" in claim["reason"]) == ("large" in changes)


def test_dynamic_sampling_is_beside_what_the_paper_tests() -> None:
    claims = {claim.id: claim for claim in EXPERIMENT.claims}
    for name in ("C7", "C8"):
        decides = {part.name: part.decides for part in claims[name].parts}
        assert decides.pop("dynamic sampling") is False
        assert sum(decides.values()) == 3


def test_printed_sharpness_stands_beside_ours(view: StudyView) -> None:
    rows = {row["condition"]: row for row in view.summary["tables"]["K4"]}
    assert rows["large"]["sharpness"] == pytest.approx(6.0)
    assert "205 / 311 / 707 / 925 / 259 / 422" in rows["large"]["sharpness_published"]
    # made-up runs have no sharpness at 5e-4, so that no column is empty
    assert "sharpness_full_half" not in rows["large"]
    assert (rows["large"]["base_loss"], rows["large"]["base_accuracy"]) == (1, 1)
    assert rows["warm-10"]["sharpness_published"] is None
    assert rows["large"]["final_distance"] == pytest.approx(rows["small"]["final_distance"])


def test_the_line_joins_small_and_large_of_one_seed(view: StudyView) -> None:
    exhibit = exhibit_of(view, "K5")
    assert exhibit.data is not None
    assert exhibit.caption.startswith("n = 3 pairs of runs with the same initial weights")
    assert "after the last epoch" in exhibit.caption
    assert len(exhibit.data) == 3 * 25
    assert exhibit.data["id"].str.contains("b192").all()
    assert "large batch" in exhibit.panels[0].svg
    assert [panel.title for panel in exhibit.panels] == ["Loss", "Accuracy"]
    assert "Accuracy at the same weights" in exhibit.panels[1].svg
    assert [key.text for key in exhibit.keys][1] == "validation pictures (dashed)"


def test_ways_are_drawn_in_the_colours_of_conditions(view: StudyView) -> None:
    exhibit = exhibit_of(view, "K6")
    assert exhibit.data is not None
    assert [key.text for key in exhibit.keys] == ["small batch", "large batch"]
    assert set(exhibit.data["condition"]) == {"small", "large"}
    assert "large batch: 12" in exhibit.panels[0].svg


def test_warm_starts_stand_at_their_epochs_between_large_and_small(view: StudyView) -> None:
    exhibit = exhibit_of(view, "K8")
    assert exhibit.data is not None
    places = exhibit.data.drop_duplicates("condition").set_index("condition")["x"].to_dict()
    assert places == {
        "large": 0,
        "warm-10": 6,
        "warm-25": 15,
        "warm-50": 30,
        "warm-75": 45,
        "small": 60,
    }
    assert len(exhibit.panels) == 2
    assert "95 % intervals" in exhibit.caption
    accuracy = exhibit.data[exhibit.data["quantity"] == "final_val_accuracy"]
    assert accuracy.groupby("x")["value"].mean()[0] == pytest.approx(0.701)


def test_the_threshold_is_drawn_by_batch_size(view: StudyView) -> None:
    exhibit = exhibit_of(view, "K9")
    assert exhibit.data is not None
    assert sorted(set(exhibit.data["x"])) == [32, 64, 128, 192, 480]


@pytest.mark.parametrize("name", ["K5", "K6", "K8", "K9"])
def test_one_seed_has_no_intervals_and_no_measurement_says_so(name: str) -> None:
    study = condition_study("keskar", seeds=(0,))
    frames = condition_frames(study, {})
    document = condition_document(study)
    summary = summarise(document, frames, EXPERIMENT)
    alone = StudyView(document, json.loads(json.dumps(summary, allow_nan=False)), frames)
    exhibit = exhibit_of(alone, name)
    assert bool(exhibit.missing) == (name in ("K5", "K6"))
    assert "interval" not in exhibit.caption
