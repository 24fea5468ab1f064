"""Runs in processes of their own: killed and called again; several replicas beside one device."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.model import build_model
from study.store.run_folder import read_norms, read_run
from study.train.stored_weights import load_minimiser
from tests.make_run import run_in_process, tiny_settings
from tests.test_run import assert_same_run

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("replicas", [1, 2])
def test_killed_run_ends_as_if_it_had_not_been(tmp_path: Path, replicas: int) -> None:
    settings = tiny_settings(replicas=replicas, model="dropout")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    done = run_in_process(settings, whole)
    assert done.returncode == 0, done.stderr
    assert run_in_process(settings, killed, kill_after=2).returncode == -9
    stored = read_run(killed)
    assert stored is not None and stored["status"] == "running"
    again = run_in_process(settings, killed)
    assert again.returncode == 0, again.stderr
    epochs = [json.loads(line)["epoch"] for line in again.stdout.splitlines()]
    assert epochs == [3], "it goes on after the last finished epoch"
    assert_same_run(whole, killed)


@pytest.mark.parametrize(
    ("model", "as_gpus"),
    [
        ("plain", False),
        ("dropout", False),
        ("batch-normalisation", False),
        ("batch-normalisation", True),
    ],
)
def test_replicas_compute_what_one_device_computes(
    tmp_path: Path, model: str, as_gpus: bool
) -> None:
    """70 examples in batches of 64: the last one has 6 rows, too few for four replicas of 16."""
    outcomes = {}
    for replicas in (1, 4):
        # two steps: rounding may later flip a pooling's tie, and two right runs part
        settings = tiny_settings(replicas=replicas, model=model, batch_size=64, max_epochs=1)
        folder = tmp_path / str(replicas)
        done = run_in_process(settings, folder, as_gpus=as_gpus)
        assert done.returncode == 0, done.stderr
        # not in vain: what stands for the exchange between GPUs was used
        assert ("CollectiveAllReduce" in done.stderr) == (as_gpus and replicas > 1)
        weights = load_minimiser(folder, build_model(32, model))
        outcomes[replicas] = (weights, pd.read_parquet(folder / "epochs.parquet"), folder)
    one, four = outcomes[1], outcomes[4]
    start = build_model(32, model, seed=1).get_weights()
    # Keras synchronises the variance as E(x^2) - E(x)^2, which loses digits
    tolerance = 0.02 if model == "batch-normalisation" else 1e-4
    assert distance(one[0], four[0]) < tolerance * distance(one[0], start)
    for column in ("loss", "accuracy", "val_loss", "val_accuracy", "epoch_distance"):
        np.testing.assert_allclose(one[1][column], four[1][column], rtol=tolerance)
    np.testing.assert_allclose(read_norms(one[2]), read_norms(four[2]), rtol=tolerance)


def distance(first: list[np.ndarray], second: list[np.ndarray]) -> float:
    """Between two lists of weights, as one vector each."""
    return float(np.sqrt(sum(((a - b) ** 2).sum() for a, b in zip(first, second, strict=True))))
