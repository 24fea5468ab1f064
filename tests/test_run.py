"""One run: against plain SGD by hand, stopped, resumed, diverged, damaged."""

import json
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from callbacks import EpochTiming
from study.errors import DiskError, StoreError
from study.model import build_model
from study.store.run_folder import read_norms, read_run
from study.train.batches import epoch_order, take_examples
from study.train.checkpoint import save_weights
from study.train.devices import Devices
from study.train.network import compiled_model
from study.train.run import train_run
from study.train.settings import run_settings_from_dict
from study.train.stored_weights import load_end, load_initial, load_minimiser
from tests.make_run import tiny_pictures, tiny_settings

ONE = Devices(1, "CPU", None)
TRAIN, VALIDATION = np.arange(70), np.arange(70, 90)


@pytest.fixture(scope="module")
def examples():
    images, labels = tiny_pictures()
    return take_examples(images, labels, TRAIN), take_examples(images, labels, VALIDATION)


def plain_sgd(settings, epochs: int):
    """Weights, losses and norms by a loop that knows nothing of Keras's fit."""
    images, labels = tiny_pictures()
    labels = labels[:, None].astype(np.float32)
    model = build_model(settings.image_size, seed=settings.seed)
    variables = [variable.value for variable in model.trainable_variables]
    norms, validation = [], []
    for epoch in range(epochs):
        order = epoch_order(len(TRAIN), settings.seed, epoch, settings.reshuffle).numpy()
        for start in range(0, len(order), settings.batch_size):
            rows = TRAIN[order[start : start + settings.batch_size]]
            with tf.GradientTape() as tape:
                loss = keras.losses.BinaryCrossentropy()(labels[rows], model(images[rows]))
            gradients = tape.gradient(loss, variables)
            before = [variable.numpy() for variable in variables]
            for variable, gradient in zip(variables, gradients, strict=True):
                variable.assign_sub(settings.learning_rate * gradient)
            moves = [b - v.numpy() for b, v in zip(before, variables, strict=True)]
            norms.append(np.sqrt(sum((move.astype(float) ** 2).sum() for move in moves)))
        p = np.clip(model(images[VALIDATION]).numpy().astype(float), 1e-7, 1 - 1e-7)
        y = labels[VALIDATION]
        validation.append(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())
    return model.get_weights(), np.array(norms), np.array(validation)


@pytest.mark.parametrize("model", ["dropout", "batch-normalisation"])
def test_epochs_taken_whole_compute_what_single_steps_do(
    tmp_path: Path, examples, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = EpochTiming.on_train_batch_end

    def counting(self, batch: int, logs=None) -> None:
        calls.append(batch)
        original(self, batch, logs)

    monkeypatch.setattr(EpochTiming, "on_train_batch_end", counting)
    settings = tiny_settings(model=model, max_epochs=2, reshuffle=True)
    train_run(settings, *examples, tmp_path / "whole", ONE)
    assert calls == [4, 4]
    train_run(settings, *examples, tmp_path / "single", replace(ONE, whole_epochs=False))
    assert calls[2:] == [*range(5), *range(5)]
    whole, single = tmp_path / "whole", tmp_path / "single"
    np.testing.assert_array_equal(read_norms(whole), read_norms(single))
    columns = ["loss", "accuracy", "val_loss", "val_accuracy", "distance_from_init"]
    frames = [pd.read_parquet(folder / "epochs.parquet")[columns] for folder in (whole, single)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    networks = [compiled_model(settings, ONE) for _ in range(2)]
    for weights in zip(*map(load_minimiser, (whole, single), networks), strict=True):
        np.testing.assert_array_equal(*weights)


def test_run_is_plain_sgd_on_batch_means(tmp_path: Path, examples) -> None:
    settings = tiny_settings(max_epochs=2, reshuffle=True)
    document = train_run(settings, *examples, tmp_path, ONE)
    _, norms, validation = plain_sgd(settings, 2)
    np.testing.assert_allclose(read_norms(tmp_path), norms, rtol=2e-4)
    epochs = pd.read_parquet(tmp_path / "epochs.parquet")
    np.testing.assert_allclose(epochs["val_loss"], validation, rtol=1e-5)
    assert document["outcome"]["min_val_loss"] == epochs["val_loss"].min()
    assert list(epochs["updates"]) == [5, 10]
    assert list(epochs["examples"]) == [70, 140]
    until_best, _, _ = plain_sgd(settings, document["outcome"]["epochs_to_min"])
    best = load_minimiser(tmp_path, build_model(32))
    for ours, wanted in zip(best, until_best, strict=True):
        np.testing.assert_allclose(ours, wanted, atol=2e-6)


def test_distance_is_that_of_the_stored_weights(tmp_path: Path, examples) -> None:
    document = train_run(tiny_settings(), *examples, tmp_path, ONE)
    model = build_model(32)
    start, end = load_initial(tmp_path, model), load_minimiser(tmp_path, model)
    squares = [((a - b).astype(float) ** 2).sum() for a, b in zip(start, end, strict=True)]
    np.testing.assert_allclose(
        document["outcome"]["distance_from_init"], np.sqrt(sum(squares)), rtol=1e-5
    )


def test_recorded_losses_are_those_of_the_stored_minimiser(tmp_path: Path, examples) -> None:
    settings = tiny_settings()
    outcome = train_run(settings, *examples, tmp_path, ONE)["outcome"]
    model = compiled_model(settings, ONE)
    load_minimiser(tmp_path, model)
    images, labels = tiny_pictures()
    loss = model.evaluate(images[VALIDATION], labels[VALIDATION][:, None], verbose=0)[0]
    np.testing.assert_allclose(outcome["min_val_loss"], loss, rtol=1e-5)


class StoppedError(Exception):
    """Raised in the middle of a run."""


def stop_after(epoch: int):
    def tell(event) -> None:
        if event["epoch"] == epoch:
            raise StoppedError

    return tell


@pytest.mark.parametrize("model", ["plain", "dropout", "batch-normalisation"])
def test_resumed_run_is_the_whole_run_bit_for_bit(tmp_path: Path, examples, model: str) -> None:
    settings = tiny_settings(model=model, max_epochs=4, reshuffle=True)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_run(settings, *examples, whole, ONE)
    for epoch in (1, 3):
        with pytest.raises(StoppedError):
            train_run(settings, *examples, parts, ONE, stop_after(epoch))
        # as a process killed in the middle of an epoch might leave them
        with (parts / "norms.f32").open("ab") as file:
            file.write(b"half an epoch")
    document = train_run(settings, *examples, parts, ONE)
    assert_same_run(whole, parts)
    assert document["outcome"]["epochs"] == 4


def assert_same_run(first: Path, second: Path) -> None:
    """Same weights, records and norms to the last bit; times differ."""
    np.testing.assert_array_equal(read_norms(first), read_norms(second))
    records = [
        pd.read_parquet(folder / "epochs.parquet").drop(
            columns=["train_seconds", "validation_seconds"]
        )
        for folder in (first, second)
    ]
    pd.testing.assert_frame_equal(*records, check_exact=True)
    # one device is enough to look at the weights of several
    settings = replace(run_settings_from_dict(read_run(first)["settings"]), replicas=1)
    ends = (load_end,) if settings.recipe is not None else ()
    for load in (load_initial, load_minimiser, *ends):
        ours, theirs = (load(folder, compiled_model(settings, ONE)) for folder in (first, second))
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(a, b)


def test_finished_run_is_not_trained_again(tmp_path: Path, examples) -> None:
    first = train_run(tiny_settings(), *examples, tmp_path, ONE)
    told: list[object] = []
    assert train_run(tiny_settings(), *examples, tmp_path, ONE, told.append) == first
    assert told == []


def test_patience_ends_a_run(tmp_path: Path, examples) -> None:
    settings = tiny_settings(patience=2, max_epochs=60, learning_rate=1e-9)
    document = train_run(settings, *examples, tmp_path, ONE)
    outcome = document["outcome"]
    assert document["stopped_by"] == "patience"
    assert outcome["epochs"] == outcome["epochs_to_min"] + 2 < 60


def test_diverging_run_is_recorded_with_its_epoch(tmp_path: Path, examples) -> None:
    document = train_run(tiny_settings(learning_rate=1e20), *examples, tmp_path, ONE)
    assert document["status"] == "diverged"
    assert document["reason"] == "loss not finite in epoch 1"
    json.loads((tmp_path / "run.json").read_text(), parse_constant=pytest.fail)


class LostWeights(keras.callbacks.Callback):
    """Tells distances as of weights that are no numbers from the second epoch on."""

    def on_epoch_end(self, epoch, logs=None):
        logs["epoch_distance"] = logs["distance_from_init"] = float("nan") if epoch else 1.0


def test_weights_that_are_no_numbers_end_a_run_with_finite_losses(
    tmp_path: Path, examples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("study.train.run.EpochDistance", lambda initial_weights: LostWeights())
    document = train_run(tiny_settings(), *examples, tmp_path, ONE)
    assert (document["status"], document["outcome"]["epochs_to_min"]) == ("diverged", 1)
    assert document["reason"] == "weights not finite in epoch 2"
    epochs = pd.read_parquet(tmp_path / "epochs.parquet")
    assert epochs["val_loss"].notna().all()
    assert list(epochs["distance_from_init"].isna()) == [False, True]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"not an archive"])
def test_damaged_checkpoint_is_named(tmp_path: Path, examples, content: bytes) -> None:
    with pytest.raises(StoppedError):
        train_run(tiny_settings(), *examples, tmp_path, ONE, stop_after(1))
    (tmp_path / "state.npz").write_bytes(content)
    with pytest.raises(StoreError, match=r"checkpoint .*state\.npz cannot be read"):
        train_run(tiny_settings(), *examples, tmp_path, ONE)


@pytest.mark.parametrize("kept", [None, 3])
def test_lost_norms_are_not_made_up(tmp_path: Path, examples, kept: int | None) -> None:
    with pytest.raises(StoppedError):
        train_run(tiny_settings(), *examples, tmp_path, ONE, stop_after(2))
    journal = tmp_path / "norms.f32"
    stored = journal.read_bytes()
    journal.unlink()
    if kept is not None:
        journal.write_bytes(stored[: 4 * kept])
    words = rf"norms\.f32 holds {kept or 0} update norms, expected {len(stored) // 4}; delete"
    with pytest.raises(StoreError, match=words):
        train_run(tiny_settings(), *examples, tmp_path, ONE)


def test_weights_that_cannot_be_written_stop_the_study(tmp_path: Path, examples) -> None:
    with pytest.raises(DiskError, match=r"cannot write .*gone/best\.weights\.h5"):
        save_weights(tmp_path / "gone" / "best.weights.h5", compiled_model(tiny_settings(), ONE))
    with (
        patch.object(keras.Model, "save_weights", side_effect=RuntimeError("file write failed")),
        pytest.raises(DiskError, match="file write failed"),
    ):
        save_weights(tmp_path / "best.weights.h5", compiled_model(tiny_settings(), ONE))
    assert not list(tmp_path.iterdir())


def test_checkpoint_of_another_model_is_refused(tmp_path: Path, examples) -> None:
    with pytest.raises(StoppedError):
        train_run(tiny_settings(), *examples, tmp_path, ONE, stop_after(1))
    (tmp_path / "run.json").unlink()
    with pytest.raises(StoreError, match="not those of this model"):
        train_run(tiny_settings(model="batch-normalisation"), *examples, tmp_path, ONE)
