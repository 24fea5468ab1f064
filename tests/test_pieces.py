"""Batches in pieces: the numbers of whole batches, with every network that allows it."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from callbacks.objective import MeanLoss
from study.layers.pieces import NetworkInPieces, in_pieces, piece_at_hand, pieces_of
from study.layers.replica_dropout import uniform_rows
from study.measure.chunks import rows_at_a_time
from study.model import build_model
from study.store.run_folder import read_norms
from study.train.recipe import Recipe
from study.train.remedy_settings import Augmentation
from study.train.stored_weights import load_minimiser
from tests.make_run import run_in_process, tiny_pictures, tiny_settings
from tests.test_run import assert_same_run
from tests.test_run_processes import distance

pytestmark = pytest.mark.slow

UNKNOWN = tf.TensorSpec((None, 32, 32, 3), tf.uint8)


def gradients(model: keras.Model, images: Any, labels: Any) -> tuple[Any, ...]:
    """Loss of a training step and its gradient, compiled."""

    @tf.function
    def step(x: Any, y: Any) -> tuple[Any, ...]:
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(y, outputs))
        return outputs, loss, *tape.gradient(loss, model.trainable_variables)

    images, labels = tf.constant(images), tf.constant(labels[:, None].astype(np.float32))
    step(images, labels)
    return tuple(np.asarray(part) for part in step(images, labels))


@pytest.mark.parametrize("variant", ["plain", "dropout"])
def test_second_step_is_that_of_whole_batches(variant: str) -> None:
    images, labels = tiny_pictures(24)
    whole = gradients(build_model(32, variant), images, labels)
    cut = gradients(in_pieces(build_model(32, variant), 3), images, labels)
    for a, b in zip(whole, cut, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)
    assert piece_at_hand() is None


def test_sure_predictions_have_the_loss_and_gradient_of_whole_batches() -> None:
    """Where a probability would be 0 or 1 in 32 bits, Keras computes with logits."""
    images, labels = tiny_pictures(24)
    whole, cut = build_model(32), build_model(32)
    for model in (whole, cut):
        *others, bias = model.get_weights()
        model.set_weights([*others, bias + 30])
    wanted = gradients(whole, images, labels)
    assert wanted[1] == pytest.approx(30 * np.mean(labels == 0), rel=0.02)
    assert np.abs(wanted[-1]) > 0.3
    for a, b in zip(wanted, gradients(in_pieces(cut, 3), images, labels), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_pieces_stand_side_by_side_in_the_graph() -> None:
    model = in_pieces(build_model(32), 2)
    graph = tf.function(lambda x: model(x)).get_concrete_function(
        tf.TensorSpec((8, 32, 32, 3), tf.uint8)
    )
    convolutions = [node for node in graph.graph.get_operations() if node.type == "Conv2D"]
    shapes = [node.outputs[0].shape for node in convolutions]
    assert len(shapes) == 10, "five convolutions for each piece"
    assert {shape[0] for shape in shapes} == {4}


def test_layers_and_weights_are_those_of_the_network() -> None:
    network = build_model(32, "dropout")
    cut = in_pieces(network, 2)
    assert isinstance(cut, NetworkInPieces)
    assert cut.layers == network.layers
    assert [id(v) for v in cut.variables] == [id(v) for v in network.variables]


def test_each_thread_takes_twice_as_many_examples_as_one_alone() -> None:
    images, _ = tiny_pictures(4)
    found = [rows_at_a_time(in_pieces(build_model(32), threads), images) for threads in (1, 3)]
    assert found == [170, 6 * 170]
    assert rows_at_a_time(build_model(32), images) == 170


def test_mean_loss_of_a_network_in_pieces() -> None:
    images, labels = tiny_pictures(40)
    found = []
    for threads in (1, 2):
        model = in_pieces(build_model(32, seed=3), threads)
        model.compile(loss="binary_crossentropy")
        function = MeanLoss(model, images, labels.astype(np.float32)[:, None], batch_size=16)
        value, gradient = function.value_and_gradient(function.weights())
        found.append((value, function.loss_and_accuracy()[1], gradient))
    (value, accuracy, gradient), cut = found
    assert (value, accuracy) == pytest.approx(cut[:2], rel=1e-6)
    np.testing.assert_allclose(gradient, cut[2], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("rows", "side", "threads", "count"),
    [
        *[(256, 128, 1, 16), (256, 64, 1, 4), (256, 32, 1, 1), (32, 128, 1, 2), (32, 64, 1, 1)],
        *[(32, 32, 2, 2), (256, 32, 2, 2), (256, 64, 2, 4), (256, 128, 2, 16)],
        # no graph of more pieces than 16, unless there are more threads
        *[(1216, 128, 1, 16), (2048, 128, 2, 16), (256, 128, 32, 32)],
        # with three threads eight pieces leave the busiest fewer rows than four
        *[(256, 32, 3, 8), (256, 64, 3, 8), (1216, 32, 3, 8), (30, 32, 4, 3)],
        # pieces have 4 rows or more
        *[(32, 32, 8, 8), (32, 32, 16, 8), (31, 32, 8, 1), (6, 32, 2, 1), (3, 32, 2, 1)],
        *[(8, 512, 1, 2), (6, 512, 1, 1)],
    ],
)
def test_number_of_pieces(rows: int, side: int, threads: int, count: int) -> None:
    assert pieces_of(rows, side * side, threads) == count


def test_training_does_not_cut_rows_of_an_unknown_number() -> None:
    assert pieces_of(None, 1024, 4) == 1
    model = in_pieces(build_model(32), 4)
    graph = tf.function(lambda x: model(x, training=True)).get_concrete_function(UNKNOWN)
    assert [node.type for node in graph.graph.get_operations()].count("Conv2D") == 5


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_threads_share_out_rows_that_are_counted_when_they_come(rows: int) -> None:
    """As in a loop over all examples, whose last chunk may have fewer rows than threads."""
    images, labels = tiny_pictures(rows)
    targets = tf.constant(labels[:, None].astype(np.float32))
    found = []
    for model in (build_model(32), in_pieces(build_model(32), 3)):

        def differentiate(x: Any, y: Any, model: keras.Model = model) -> tuple[Any, ...]:
            with tf.GradientTape() as tape:
                outputs = model(x, training=False)
                loss = tf.reduce_mean(keras.losses.binary_crossentropy(y, outputs))
            return outputs, loss, *tape.gradient(loss, model.trainable_variables)

        signature = [UNKNOWN, tf.TensorSpec((None, 1), tf.float32)]
        compiled = tf.function(differentiate, input_signature=signature)
        found.append([np.asarray(part) for part in compiled(tf.constant(images), targets)])
        operations = compiled.get_concrete_function().graph.get_operations()
    for whole, shared in zip(*found, strict=True):
        np.testing.assert_allclose(shared, whole, rtol=1e-4, atol=1e-6)
    assert [node.type for node in operations].count("Conv2D") == 3 * 5


@pytest.mark.parametrize("shape", [(8, 6, 6, 4), (6, 3), (2, 2)])
@pytest.mark.parametrize("parts", [1, 2, 4])
def test_parts_of_random_numbers(shape: tuple[int, ...], parts: int) -> None:
    seed = tf.constant([5, 77])
    whole = tf.random.stateless_uniform((shape[0] * parts, *shape[1:]), seed)
    found = [uniform_rows(seed, tf.zeros(shape), part, parts) for part in range(parts)]
    np.testing.assert_array_equal(np.concatenate(found), whole)


def test_which_runs_allow_it() -> None:
    recipe = tiny_settings().schedule(70)
    assert tiny_settings().rows_apart
    assert tiny_settings(model="dropout").rows_apart
    assert not tiny_settings(model="batch-normalisation").rows_apart
    assert tiny_settings(recipe=Recipe(recipe, momentum=0.9)).rows_apart
    assert not tiny_settings(recipe=Recipe(recipe, normalisation="batch")).rows_apart
    assert not tiny_settings(recipe=Recipe(recipe, remedy=Augmentation())).rows_apart


def test_threads_compute_what_one_computes(tmp_path: Path) -> None:
    """And a killed run in pieces ends as if it had not been."""
    # 70 examples in batches of 64: the second has 6 rows that count
    settings = tiny_settings(model="dropout", batch_size=64, max_epochs=2)
    folders = {name: tmp_path / name for name in ("one", "two", "killed")}
    assert run_in_process(settings, folders["one"]).returncode == 0
    assert run_in_process(settings, folders["two"], threads=2).returncode == 0
    assert run_in_process(settings, folders["killed"], kill_after=1, threads=2).returncode == -9
    assert run_in_process(settings, folders["killed"], threads=2).returncode == 0
    assert_same_run(folders["two"], folders["killed"])
    model = build_model(32, "dropout")
    start = build_model(32, "dropout", seed=1).get_weights()
    one, two = (load_minimiser(folders[name], model) for name in ("one", "two"))
    assert distance(one, two) < 1e-4 * distance(one, start)
    one, two = (pd.read_parquet(folders[name] / "epochs.parquet") for name in ("one", "two"))
    for column in ("loss", "accuracy", "val_loss", "val_accuracy", "epoch_distance"):
        np.testing.assert_allclose(one[column], two[column], rtol=1e-4)
    norms = [read_norms(folders[name]) for name in ("one", "two")]
    np.testing.assert_allclose(norms[0], norms[1], rtol=1e-4)
