"""Conditions: from rules to runs, found again by effects and tables."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from reports.exhibits.kinds import KINDS
from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import StudyOptions
from study.conduct.conditions import condition_run, condition_runs, condition_schedule
from study.conduct.plan import plan_study, planned_runs
from study.conduct.task import TRAIN
from study.errors import SettingsError
from study.experiments import EXPERIMENTS, get_experiment
from study.experiments.conditions import Condition
from study.experiments.declare import Cell, EpochRatio, difference
from study.experiments.quantities import QUANTITIES
from study.summarise import summarise
from study.summarise.effect_cells import cells_of
from study.summarise.effects import sample
from study.summarise.measured import Measured
from study.train.settings import check_run_settings
from tests.make_conditions import (
    condition_document,
    condition_frames,
    condition_study,
)

COMPARING = [name for name, experiment in EXPERIMENTS.items() if experiment.conditions]
STUDY = condition_study("goyal")


def schedule_of(**rule):
    return condition_schedule(STUDY, Condition("x", "x", **rule))


def test_rates_scale_with_the_batch_size() -> None:
    rates = {
        scaling: schedule_of(batch_multiple=4, scaling=scaling).phases[0].learning_rate
        for scaling in ("none", "linear", "square root")
    }
    base = STUDY.base_rate
    assert rates == pytest.approx({"none": base, "linear": 4 * base, "square root": 2 * base})


def test_warm_up_starts_from_the_rate_before_it_is_scaled() -> None:
    course = schedule_of(
        batch_multiple=8, scaling="linear", rate_multiple=0.5, warm_up="gradual", warm_up_share=0.25
    )
    assert course.warm_up is not None
    assert course.warm_up.epochs == STUDY.max_epochs // 4
    assert course.learning_rate(0) == pytest.approx(0.5 * STUDY.base_rate)
    assert course.learning_rate(course.updates) == pytest.approx(4 * STUDY.base_rate)


def test_growing_batches_stop_at_a_share_of_the_data_and_then_decay() -> None:
    course = schedule_of(changes=(0.25, 0.5, 0.75), grow=True)
    # a tenth of 1,920
    assert course.batch_sizes == (32, 160, 192)
    rates = [phase.learning_rate for phase in course.phases]
    assert rates[1] == rates[0] > rates[2] > rates[3]
    scales = [course.noise_scale(phase.first_epoch) for phase in course.phases]
    assert all(3.5 < first / second < 7 for first, second in pairwise(scales))
    hybrid = schedule_of(changes=(0.25, 0.5), grow=True, decays_first=1)
    assert [phase.batch_size for phase in hybrid.phases] == [32, 32, 160]


def test_equal_updates_take_more_epochs() -> None:
    large = schedule_of(batch_multiple=4, changes=(0.5,), equal_updates_to="small")
    assert large.epochs == 4 * STUDY.max_epochs
    assert large.updates == schedule_of().updates
    assert large.phases[1].first_epoch == 2 * STUDY.max_epochs


def test_a_condition_becomes_a_run_by_a_recipe() -> None:
    rule = Condition("x", "x", momentum=0.9, nesterov=True, ghost_size=16, remedy="augmentation")
    run = condition_run(STUDY, rule, 5, 2)
    check_run_settings(run, STUDY.train_examples)
    assert (run.seed, run.replicas, run.batch_size) == (5, 2, 32)
    assert run.recipe is not None
    assert (run.recipe.normalisation, run.recipe.ghost_size) == ("ghost", 16)
    assert (run.recipe.momentum, run.recipe.nesterov) == (0.9, True)
    assert run.max_epochs == run.patience == STUDY.max_epochs


def test_a_rule_that_does_not_fit_is_refused_with_its_condition() -> None:
    with pytest.raises(SettingsError, match=r"condition 'x': .*larger than the training set"):
        condition_run(STUDY, Condition("x", "x", batch_multiple=100), 0, 1)


def test_runs_are_planned_once_and_trained_only() -> None:
    runs = planned_runs(STUDY)
    assert len(runs) == len({run.id for run in runs}) == 3 * len(condition_runs(STUDY))
    tasks = plan_study(STUDY, STUDY.train_examples, 480)
    assert {task.kind for task in tasks} == {TRAIN}
    shown = {task.run.id for task in tasks}
    assert shown == {run.id for run in runs}


@pytest.mark.parametrize("name", COMPARING)
@pytest.mark.parametrize("preset", ["smoke", "quick", "cpu"])
def test_every_declared_size_can_be_trained(name: str, preset: str) -> None:
    study = condition_study(name, preset)
    for run in planned_runs(study):
        check_run_settings(run, study.train_examples)
        # Keras takes no whole numbers
        assert run.recipe is not None
        assert isinstance(run.recipe.momentum, float)


@pytest.mark.parametrize("name", COMPARING)
def test_declarations_name_only_what_is_there(name: str) -> None:
    experiment = get_experiment(name)
    known = {condition.name for condition in experiment.conditions}
    assert len(known) == len(experiment.conditions)
    study = Measured({}, {}, experiment)
    for claim in experiment.claims:
        cells = [cell for part in claim.parts for cell in cells_of(part.effect, study)]
        assert cells
        assert {cell.condition for cell in cells} <= known
    for figure in experiment.figures:
        assert figure.kind in KINDS
        assert set(figure.conditions) <= known
    for printed in experiment.published:
        assert printed.condition in known
        assert printed.quantity in QUANTITIES
    claims = {claim.id for claim in experiment.claims}
    assert {lesson.claim for lesson in experiment.lessons} <= claims
    assert {other for c in experiment.conditions if (other := c.equal_updates_to)} <= known


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"patience": 3}, "--patience with goyal"),
        ({"heat_map_seeds": 1}, "--heat-map-seeds with goyal"),
        ({"search_seeds": 1}, "--search-seeds with goyal"),
        ({"batch_sizes": (32, 64)}, "--batch-sizes with goyal"),
        ({"preset": "paper"}, "goyal has no preset 'paper'; expected one of smoke, quick, cpu"),
    ],
)
def test_options_that_contradict_the_conditions_are_refused(options, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        adjusted_preset(StudyOptions(**options), "goyal")


@pytest.mark.parametrize(
    ("preset", "data", "pictures"),
    [
        # the drawn pictures' number is no number of real ones
        ("quick", None, 2_400),
        ("quick", "synthetic", 2_400),
        ("quick", "pets.zip", None),
        # of real pictures it holds, wherever they come from
        ("cpu", None, 6_000),
        ("cpu", "tfds", 6_000),
        ("cpu", "pets.zip", 6_000),
    ],
)
def test_how_many_pictures_a_preset_takes(
    preset: str, data: str | None, pictures: int | None
) -> None:
    options = StudyOptions(preset=preset, data=data)
    assert adjusted_preset(options, "keskar").pictures == pictures
    given = StudyOptions(preset=preset, data=data, pictures=900)
    assert adjusted_preset(given, "keskar").pictures == 900


def test_epochs_and_rate_can_be_changed() -> None:
    preset = adjusted_preset(StudyOptions(max_epochs=12, base_rate=0.5), "goyal")
    assert (preset.max_epochs, preset.base_rate) == (12, 0.5)


@pytest.fixture(scope="module")
def measured() -> Measured:
    frames = condition_frames(STUDY, {"none": 0.7}, diverged=[("constant", 1)])
    return Measured(condition_document(STUDY), frames, get_experiment("goyal"))


def test_effects_are_paired_differences_between_conditions(measured: Measured) -> None:
    small, none = (Cell(0, condition=name) for name in ("small", "none"))
    found = sample(difference("final_val_accuracy", none, small), measured)
    np.testing.assert_allclose(found.values, [-0.1] * 3)
    assert found.cut_off == 0
    assert sample(difference("updates", none, small), measured).values[0] < 0


def test_a_seed_whose_run_diverged_is_left_out_by_the_title(measured: Measured) -> None:
    small, constant = (Cell(0, condition=name) for name in ("small", "constant"))
    found = sample(difference("final_val_accuracy", constant, small), measured)
    assert found.seeds == (0, 2)
    assert found.lost
    words = "“8 ×, constant warm-up” diverged (loss not finite in epoch 2)"
    assert found.left_out == ((1, words),)


def test_a_window_keeps_part_of_the_shared_epochs(measured: Measured) -> None:
    small, none = (Cell(0, condition=name) for name in ("small", "none"))
    effect = EpochRatio("loss", none, small)
    parts = [
        sample(replace(effect, window=window), measured).values[0]
        for window in ((0.0, 0.5), (0.5, 1.0), (0.0, 1.0))
    ]
    assert 0 < parts[0] < parts[1]
    assert parts[2] == pytest.approx((parts[0] + parts[1]) / 2)


def test_the_table_by_condition_sets_printed_numbers_beside_ours() -> None:
    frames = condition_frames(STUDY, {"none": 0.7}, spread=1e-12)
    summary = summarise(condition_document(STUDY), frames, get_experiment("goyal"))
    rows = {row["condition"]: row for row in summary["tables"]["G4"]}
    assert rows["none"]["final_val_accuracy"] == pytest.approx(0.701)
    assert rows["none"]["final_val_accuracy_published"] == "24.84 ± 0.37 % error"
    assert rows["gradual-2"]["final_val_accuracy_published"] is None
    assert (rows["none"]["batch_size"], rows["none"]["updates"]) == (256, 8 * STUDY.max_epochs)
    assert rows["small"]["seconds"] == pytest.approx(2.5 * STUDY.max_epochs)
    verdicts = {claim["id"]: claim["verdict"] for claim in summary["claims"]}
    assert verdicts["C1"] == "reproduced"
    lessons = {row["claim"]: row["text"] for row in summary["lessons"]}
    assert lessons["C1"].startswith("Multiply the rate")
    assert "loses" not in lessons["C3"]
    assert [row["condition"] for row in summary["published"]][:2] == ["small", "none"]
    assert summary["deviations"][0]["here"] == "1,920 of cats and dogs at 32 pixels"


def test_averages_of_normalisation_forget_pictures_alike() -> None:
    experiment = get_experiment("hoffer")
    large = experiment.condition("large").average_examples
    assert math.exp(-32 / large) == pytest.approx(0.99, abs=1e-6)
    assert experiment.condition("rate").average_examples == large
    # Keras's own, for batches and ghosts of 32
    assert all(not experiment.condition(name).average_examples for name in ("small", "ghost"))


def test_runs_of_keskar_settle_whatever_their_batch_does() -> None:
    study = condition_study("keskar")
    experiment = get_experiment("keskar")
    for condition in experiment.conditions:
        schedule = condition_schedule(study, condition)
        rates = [schedule.mean_rate(epoch) for epoch in range(schedule.epochs)]
        last = schedule.epochs // 10
        full, settling = rates[:-last], rates[-last:]
        assert full == [pytest.approx(rates[0])] * len(full), condition.name
        assert settling == [pytest.approx(rates[0] / 10)] * last, condition.name


def test_diffusion_is_the_slope_against_the_logarithm_at_the_first_rate() -> None:
    study = condition_study("hoffer")
    frames = condition_frames(study, {})
    measured = Measured(condition_document(study), frames, get_experiment("hoffer"))
    cell = Cell(0, condition="small")
    epochs = frames["epochs"][frames["epochs"]["id"] == measured.completed(cell, 1)["id"]]
    first = epochs[epochs["epoch"] <= study.max_epochs // 2]
    wanted = np.polyfit(np.log(first["updates"]), first["distance_from_init"], 1)[0]
    assert measured.value("diffusion_slope", cell, 1) == pytest.approx(wanted)
