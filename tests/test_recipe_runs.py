"""Runs with a recipe: against SGD by hand, killed and resumed, on two devices."""

from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from study.model import build_model
from study.store.run_folder import read_norms
from study.train.batch_growth import growing_batches
from study.train.batches import epoch_order
from study.train.network import compiled_model
from study.train.recipe import Recipe
from study.train.remedy_settings import Augmentation, ConservativeTraining, RobustTraining
from study.train.run import train_run
from study.train.schedule import Phase, Schedule
from study.train.stored_weights import load_minimiser
from study.train.stretches import stretches
from tests.make_run import run_in_process, tiny_pictures
from tests.test_recipe import with_recipe
from tests.test_run import (
    ONE,
    TRAIN,
    StoppedError,
    assert_same_run,
    examples,
    stop_after,
)
from tests.test_run_processes import distance

pytestmark = pytest.mark.slow

__all__ = ["examples"]
# 5 updates an epoch, then 3, then 3 at a lower rate
COURSE = growing_batches(70, 16, 0.05, 5, [2, 4], 2, 32).with_warm_up("gradual", 1, 0.01)


def momentum_by_hand(settings, epochs: int) -> tuple[np.ndarray, list[float]]:
    """Norms of the updates and distances from the start, by a loop of SGD with momentum."""
    recipe = settings.recipe
    images, labels = tiny_pictures()
    labels = labels[:, None].astype(np.float32)
    model = build_model(32, seed=settings.seed)
    variables = [variable.value for variable in model.trainable_variables]
    start = [variable.numpy() for variable in variables]
    velocity = [np.zeros_like(array) for array in start]
    norms, distances, update = [], [], 0
    for epoch in range(epochs):
        size = recipe.schedule.phase_of(epoch).batch_size
        order = epoch_order(len(TRAIN), settings.seed, epoch, settings.reshuffle).numpy()
        for first in range(0, len(order), size):
            rows = TRAIN[order[first : first + size]]
            with tf.GradientTape() as tape:
                loss = keras.losses.BinaryCrossentropy()(labels[rows], model(images[rows]))
            rate = recipe.schedule.learning_rate(update)
            gradients = [gradient.numpy() for gradient in tape.gradient(loss, variables)]
            velocity = [
                recipe.momentum * old - rate * new
                for old, new in zip(velocity, gradients, strict=True)
            ]
            steps = [
                step - rate * recipe.weight_decay * variable.numpy()
                for step, variable in zip(velocity, variables, strict=True)
            ]
            for variable, step in zip(variables, steps, strict=True):
                variable.assign_add(step)
            norms.append(np.sqrt(sum((step.astype(float) ** 2).sum() for step in steps)))
            update += 1
        away = [(v.numpy() - s).astype(float) for v, s in zip(variables, start, strict=True)]
        distances.append(float(np.sqrt(sum((part**2).sum() for part in away))))
    return np.array(norms), distances


@pytest.mark.parametrize("decay", [0.0, 0.2])
def test_growing_batches_are_sgd_by_hand_without_a_break(
    tmp_path: Path, examples, decay: float
) -> None:
    settings = with_recipe(Recipe(COURSE, momentum=0.5, weight_decay=decay), reshuffle=True)
    document = train_run(settings, *examples, tmp_path, ONE)
    norms, distances = momentum_by_hand(settings, 5)
    np.testing.assert_allclose(read_norms(tmp_path), norms, rtol=1e-3)
    epochs = pd.read_parquet(tmp_path / "epochs.parquet")
    np.testing.assert_allclose(epochs["distance_from_init"], distances, rtol=1e-4)
    assert list(epochs["updates"]) == [5, 10, 13, 16, 19]
    assert list(epochs["examples"]) == [70, 140, 210, 280, 350]
    assert list(epochs["epoch_batch_size"]) == [16, 16, 32, 32, 32]
    rates = [0.01 + 0.04 * 2 / 5, 0.05, 0.05, 0.05, 0.025]
    np.testing.assert_allclose(epochs["epoch_learning_rate"], rates)
    np.testing.assert_allclose(epochs["noise_scale"].iloc[-1], 2 * 0.025 * (70 / 32 - 1))
    assert document["stopped_by"] == "schedule"
    assert document["outcome"]["epochs"] == 5


@pytest.mark.parametrize(
    ("recipe", "stops"),
    [
        (Recipe(COURSE, momentum=0.9, nesterov=True, normalisation="ghost", ghost_size=8), (1, 3)),
        (Recipe(COURSE, optimizer="adam", remedy=Augmentation()), (2, 5)),
        (Recipe(COURSE, remedy=ConservativeTraining(0.1, 2), normalisation="batch"), (3,)),
    ],
    ids=["nesterov and ghosts", "adam and augmentation", "conservative"],
)
def test_resumed_in_every_phase_it_is_the_same_run_bit_for_bit(
    tmp_path: Path, examples, recipe: Recipe, stops: tuple[int, ...]
) -> None:
    settings = with_recipe(recipe, model="dropout", reshuffle=True)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_run(settings, *examples, whole, ONE)
    for epoch in stops:
        with pytest.raises(StoppedError):
            train_run(settings, *examples, parts, ONE, stop_after(epoch))
        with (parts / "norms.f32").open("ab") as file:
            file.write(b"half an epoch")
    train_run(settings, *examples, parts, ONE)
    assert_same_run(whole, parts)


def test_conservative_steps_take_the_rate_of_their_batch() -> None:
    recipe = Recipe(COURSE, remedy=ConservativeTraining(0.1, 3))
    rate = compiled_model(with_recipe(recipe), ONE).optimizer._learning_rate
    for step in (0, 1, 2, 3, 14, 15, 47, 48):
        assert float(rate(step)) == pytest.approx(COURSE.learning_rate(step // 3))


def test_robust_training_trains(tmp_path: Path, examples) -> None:
    settings = with_recipe(Recipe(COURSE, remedy=RobustTraining(0.02)))
    outcome = train_run(settings, *examples, tmp_path, ONE)["outcome"]
    assert outcome["distance_from_init"] > 0


def test_two_devices_compute_what_one_does_while_the_batch_grows(tmp_path: Path) -> None:
    # single updates: rounding may later flip a pooling's tie, and two right runs part
    schedule = Schedule(70, (Phase(0, 1, 64, 0.05), Phase(1, 1, 70, 0.05)))
    recipe = Recipe(schedule, momentum=0.9, normalisation="ghost", ghost_size=1)
    outcomes = {}
    for replicas in (1, 2):
        settings = with_recipe(recipe, replicas=replicas)
        folder = tmp_path / str(replicas)
        done = run_in_process(settings, folder)
        assert done.returncode == 0, done.stderr
        model = compiled_model(with_recipe(recipe), ONE)
        start = model.get_weights()
        outcomes[replicas] = (load_minimiser(folder, model), read_norms(folder))
    (one, norms), (two, others) = outcomes[1], outcomes[2]
    assert len(norms) == 3
    np.testing.assert_allclose(norms, others, rtol=1e-4)
    assert distance(one, two) < 1e-4 * distance(one, start)


def test_stretches_join_phases_of_one_batch_size() -> None:
    assert stretches(COURSE, 0) == [(0, 2, 16), (2, 5, 32)]
    assert stretches(COURSE, 1) == [(1, 2, 16), (2, 5, 32)]
    assert stretches(COURSE, 3) == [(3, 5, 32)]
    assert stretches(COURSE, 5) == []
