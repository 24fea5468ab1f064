"""Conditions are measured as the article's runs are: planned, carried out, found again."""

from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest

from callbacks import epsilon_sharpness
from study.conduct.plan import plan_study
from study.conduct.task import COMPARE, MEASURE
from study.experiments import EXPERIMENTS, get_experiment
from study.experiments.conditions import Condition
from study.experiments.declare import (
    AtMatchedLoss,
    Experiment,
    Figure,
    Line,
    LineEnds,
    LineRise,
    ratio,
)
from study.measure.minimiser import measure_minimiser
from study.measure.pairs import compare_minimisers
from study.store.run_folder import read_run
from study.summarise import summarise
from study.summarise.effects import sample
from study.summarise.measured import Measured
from study.train.batch_growth import step_decay
from study.train.network import compiled_model, measured_model
from study.train.recipe import Recipe
from study.train.remedy_settings import Augmentation
from study.train.run import train_run
from study.train.stored_weights import load_end, load_minimiser
from tests.make_conditions import (
    condition_document,
    condition_frames,
    condition_study,
    measured_frames,
)
from tests.make_settings import MEASURES
from tests.test_recipe import with_recipe
from tests.test_run import ONE, examples

__all__ = ["examples"]
SMALL = Condition("small", "small batch")
LARGE = replace(SMALL, name="large", title="large batch", batch_multiple=4)
LARGER = replace(SMALL, name="larger", title="larger batch", batch_multiple=8)
OTHER = replace(SMALL, name="other", title="not measured", rate_multiple=2.0)
DECLARED = Experiment(
    "toy",
    "Toy",
    "nowhere",
    conditions=(SMALL, LARGE, LARGER, OTHER),
    sharpness=(("full", 1e-3), ("subspace", 1e-3)),
    measured=("small", "large", "larger"),
    measured_at="end",
    lines=(Line(SMALL.cell, LARGER.cell), Line(LARGE.cell, LARGER.cell)),
    landscapes=(LARGE.cell,),
)


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch):
    """A study of an experiment that measures three of its four conditions."""
    monkeypatch.setitem(EXPERIMENTS, "toy", DECLARED)
    study = condition_study("goyal")
    along = replace(study.measures, along_levels=(0.5,), along_seeds=1)
    return replace(study, experiment="toy", measures=along)


def test_the_named_conditions_are_measured_and_the_lines_between_them(declared) -> None:
    tasks = plan_study(declared, declared.train_examples, 480)
    assert len({task.id for task in tasks}) == len(tasks)
    measured = [task for task in tasks if task.kind == MEASURE]
    assert sorted((task.run.batch_size, task.run.seed) for task in measured) == [
        (size, seed) for size in (32, 128, 256) for seed in (0, 1, 2)
    ]
    assert all(task.run.learning_rate == declared.base_rate for task in measured)
    assert {task.run.batch_size for task in measured if task.landscape} == {128}
    assert {task.run.seed for task in measured if task.along} == {0}
    assert {law for task in measured for law in task.sharpness} == set(DECLARED.sharpness)
    lines = [task for task in tasks if task.kind == COMPARE]
    pairs = {(t.other.batch_size, t.run.batch_size, t.run.seed) for t in lines if t.other}
    assert pairs == {(size, 256, seed) for size in (32, 128) for seed in (0, 1, 2)}
    assert len({task.failure for task in lines if task.run.seed == 0}) == 2
    assert {task.as_dict()["at"] for task in measured + lines} == {"end"}


def test_conditions_that_come_to_one_run_are_measured_once(declared, monkeypatch) -> None:
    twin = replace(LARGE, name="twin", title="the same")
    twins = replace(
        DECLARED,
        conditions=(SMALL, LARGE, twin),
        measured=("large", "twin"),
        lines=(Line(SMALL.cell, LARGE.cell), Line(SMALL.cell, twin.cell)),
    )
    monkeypatch.setitem(EXPERIMENTS, "toy", twins)
    tasks = plan_study(declared, declared.train_examples, 480)
    kinds = [task.kind for task in tasks if task.run.seed == 0]
    assert (kinds.count(MEASURE), kinds.count(COMPARE)) == (1, 1)


@pytest.mark.parametrize("name", ["goyal", "smith", "hoffer"])
def test_experiments_that_name_none_measure_none(name: str) -> None:
    study = condition_study(name)
    assert not [t for t in plan_study(study, study.train_examples, 480) if t.kind != "train"]


@pytest.mark.parametrize(
    "name", [name for name, experiment in EXPERIMENTS.items() if experiment.conditions]
)
def test_what_is_measured_is_a_condition_and_lines_join_nets_of_one_kind(name: str) -> None:
    experiment = get_experiment(name)
    known = {condition.name for condition in experiment.conditions}
    assert set(experiment.measured) <= known
    assert {cell.condition for cell in experiment.landscapes} <= set(experiment.measured)
    for line in experiment.lines:
        ends = [experiment.condition(cell.condition) for cell in (line.small, line.large)]
        assert {end.name for end in ends} <= known
        assert len({(end.ghost_size, end.batch_normalisation) for end in ends}) == 1


COURSE = step_decay(70, 35, 0.05, 2)
RECIPES = {
    "momentum, ghosts, augmented": Recipe(
        COURSE, momentum=0.9, remedy=Augmentation(), normalisation="ghost", ghost_size=7
    ),
    "adam, ghosts": Recipe(COURSE, optimizer="adam", normalisation="ghost", ghost_size=7),
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, examples):
    """Runs by recipes: name -> settings and folder."""
    found = {}
    for name, recipe in RECIPES.items():
        settings = with_recipe(recipe)
        folder = tmp_path_factory.mktemp("runs") / settings.id
        train_run(settings, *examples, folder, ONE)
        found[name] = (settings, folder)
    return found


@pytest.mark.parametrize("name", RECIPES)
def test_a_run_is_measured_in_inference_without_what_trained_it(trained, name, examples) -> None:
    settings, folder = trained[name]
    plain, own = (make(settings, ONE) for make in (measured_model, compiled_model))
    assert type(plain).__module__.startswith("keras.")
    images = examples[1].images[:7]
    for load in (load_end, load_minimiser):
        for ours, theirs in zip(load(folder, plain), load(folder, own), strict=True):
            np.testing.assert_array_equal(ours, theirs)
        outputs = [model(images, training=False) for model in (plain, own)]
        np.testing.assert_allclose(*outputs, rtol=1e-5)


def test_the_end_of_a_run_is_measured_where_it_is_declared(trained, examples) -> None:
    settings, folder = trained["momentum, ghosts, augmented"]
    model = measured_model(settings, ONE)

    def nothing(done: int, total: int) -> None:
        """No progress is wanted."""

    train = examples[0]
    laws = [("full", 1e-3)]
    measure_minimiser(model, folder, train, MEASURES, laws, True, 16, nothing, "end")
    load_end(folder, model)
    wanted = epsilon_sharpness(model, train.images[:64], train.labels[:64], 1e-3, seed=0)
    found = pd.read_parquet(folder / "measurements" / "sharpness.parquet")
    np.testing.assert_allclose(found["sharpness"], wanted.sharpness, rtol=1e-5)
    distances = pd.read_parquet(folder / "measurements" / "layer_distances.parquet")["distance"]
    last = pd.read_parquet(folder / "epochs.parquet")["distance_from_init"].iloc[-1]
    assert np.sqrt((distances**2).sum()) == pytest.approx(last, rel=1e-5)
    assert read_run(folder)["status"] == "completed"


def test_a_line_joins_runs_with_different_optimizers(trained, examples) -> None:
    small, large = (trained[name] for name in RECIPES)

    def nothing(done: int, total: int) -> None:
        """No progress is wanted."""

    measures = replace(MEASURES, interpolation_points=4)
    model = measured_model(large[0], ONE)
    compare_minimisers(model, small[1], large[1], 16, *examples, measures, nothing, "end")
    line = pd.read_parquet(large[1] / "measurements" / f"interpolation@{small[1].name}.parquet")
    losses = line[line["split"] == "train"].set_index("alpha")["loss"]
    for alpha, (_, folder) in ((0.0, small), (1.0, large)):
        load_end(folder, model)
        images, labels = examples[0].images[:64], examples[0].labels[:64]
        loss = keras.losses.BinaryCrossentropy()(labels, model(images, training=False))
        assert losses[alpha] == pytest.approx(float(loss), rel=1e-4)


def test_effects_find_what_was_measured(declared) -> None:
    frames = condition_frames(declared, {})
    frames |= measured_frames(plan_study(declared, declared.train_examples, 480))
    sharpness = frames["sharpness"].set_index("id")["sharpness"]
    frames["runs"]["sharpness"] = frames["runs"]["id"].map(sharpness)
    study = Measured(condition_document(declared), frames, DECLARED)
    sharper = ratio("sharpness", LARGER.cell, SMALL.cell)
    assert sample(sharper, study).shown == pytest.approx((8.0,) * 3)
    assert sample(AtMatchedLoss(sharper), study).shown == pytest.approx((8.0,) * 3)
    rises = sample(LineRise("train", SMALL.cell, LARGER.cell), study)
    assert rises.seeds == (0, 1, 2)
    assert min(rises.values) > 0


def test_tables_and_associations_speak_of_the_weights_that_were_measured(declared) -> None:
    frames = condition_frames(declared, {"larger": 0.7})
    frames |= measured_frames(plan_study(declared, declared.train_examples, 480))
    ends = Figure("T1", "table", "Ends", "", table=LineEnds(SMALL.cell, LARGER.cell))
    experiment = replace(DECLARED, figures=(ends,))
    summary = summarise(condition_document(declared), frames, experiment)
    rows = [row for row in summary["tables"]["T1"] if row["split"] == "train"]
    assert [(row["condition"], row["batch_size"]) for row in rows] == [
        ("small", 32),
        ("larger", 256),
    ]
    assert rows[1]["rise"] > rows[0]["rise"]
    (association,) = summary["associations"]
    assert (association["y"], association["n"]) == ("final_val_loss", 9)
    study = Measured(condition_document(declared), frames, experiment)
    last = np.log(declared.max_epochs + 1)
    assert study.value("final_distance", LARGE.cell, 1) == pytest.approx(last)
