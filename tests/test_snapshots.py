"""Weights kept along a run: when, which, and that keeping them changes nothing."""

import numpy as np
import pandas as pd
import pytest

from study.errors import StoreError
from study.experiments.presets import PRESETS
from study.train import snapshots
from study.train.batches import take_examples
from study.train.checkpoint import restore_state
from study.train.devices import Devices
from study.train.network import compiled_model
from study.train.run import train_run
from study.train.snapshots import (
    LEVELS,
    levels_reached,
    read_snapshots,
    save_snapshot,
    snapshot_weights,
)
from tests.make_run import tiny_pictures, tiny_settings

ONE = Devices(1, "CPU", None)


def test_levels_are_the_declared_grid():
    assert (LEVELS[:3], LEVELS[-1], len(LEVELS)) == ((0.68, 0.66, 0.65), 0.05, 15)
    assert list(LEVELS) == sorted(set(LEVELS), reverse=True)
    for preset in PRESETS.values():
        assert set(preset.measures.along_levels) <= set(LEVELS)


def test_a_level_is_reached_once():
    assert levels_reached([], 0.7) == ()
    assert levels_reached([0.655], 0.65) == (), "at the level is not below it"
    assert levels_reached([], 0.65) == (0.68, 0.66)
    assert levels_reached([0.67], 0.64) == (0.66, 0.65)
    assert levels_reached([0.7, 0.64], 0.63) == ()
    assert levels_reached([0.7, 0.64], 0.48) == (0.6, 0.55, 0.5)
    assert levels_reached([0.7, 0.48, 0.9], 0.52) == (), "it had been lower before"
    assert levels_reached([None, 0.7], None) == ()


def test_snapshots_come_back_by_epoch(tmp_path):
    weights = [np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(2, np.float32)]
    save_snapshot(tmp_path, 12, 0.31, (0.35,), weights)
    save_snapshot(tmp_path, 3, 0.49, (0.6, 0.55, 0.5), weights[::-1])
    found = read_snapshots(tmp_path)
    assert [(one.epoch, one.loss, one.levels) for one in found] == [
        (3, 0.49, (0.6, 0.55, 0.5)),
        (12, 0.31, (0.35,)),
    ]
    for stored, given in zip(snapshot_weights(found[1]), weights, strict=True):
        np.testing.assert_array_equal(stored, given)
    assert read_snapshots(tmp_path / "elsewhere") == []


def test_a_damaged_snapshot_is_named(tmp_path):
    save_snapshot(tmp_path, 3, 0.49, (0.5,), [np.ones(2, np.float32)])
    (path,) = (tmp_path / "snapshots").iterdir()
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(StoreError, match="delete the folder"):
        read_snapshots(tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"epoch": 3, "loss": 0.4}'])
def test_a_snapshot_with_an_edited_description_is_named(tmp_path, text: str) -> None:
    (tmp_path / "snapshots").mkdir()
    path = tmp_path / "snapshots" / "epoch_00003.npz"
    np.savez(path, weight_0000=np.ones(2), snapshot=np.frombuffer(text.encode(), np.uint8))
    with pytest.raises(StoreError, match=r"epoch_00003\.npz cannot be read .* delete the folder"):
        read_snapshots(tmp_path)


class KilledError(Exception):
    """Stands for the end of a process."""


def train(folder, *, kill_after=0):
    images, labels = tiny_pictures()
    examples, validation = (
        take_examples(images, labels, np.arange(*ends)) for ends in ((0, 70), (70, 90))
    )

    def tell(event):
        if event["epoch"] == kill_after:
            raise KilledError

    return train_run(tiny_settings(), examples, validation, folder, ONE, tell)


@pytest.fixture
def whole(tmp_path, monkeypatch):
    # the first epoch falls below this level, whatever its loss
    monkeypatch.setattr(snapshots, "LEVELS", (5.0, 0.1))
    train(tmp_path / "whole")
    return tmp_path / "whole"


def test_a_run_keeps_the_weights_after_the_epoch(whole, tmp_path):
    (found,) = read_snapshots(whole)
    losses = pd.read_parquet(whole / "epochs.parquet")["loss"]
    assert (found.epoch, found.loss, found.levels) == (1, losses[0], (5.0,))
    with pytest.raises(KilledError):
        train(tmp_path / "killed", kill_after=1)
    model = compiled_model(tiny_settings(), ONE)
    restore_state(tmp_path / "killed", model)
    for stored, ended in zip(snapshot_weights(found), model.get_weights(), strict=True):
        np.testing.assert_array_equal(stored, ended)
    (path,) = (tmp_path / "killed" / "snapshots").iterdir()
    before = path.read_bytes()
    train(tmp_path / "killed")
    assert path.read_bytes() == before, "the level has been reached already"
    one, other = (pd.read_parquet(whole.parent / n / "epochs.parquet") for n in ("whole", "killed"))
    columns = ["loss", "val_loss", "epoch_distance"]
    pd.testing.assert_frame_equal(one[columns], other[columns])
