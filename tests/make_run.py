"""A small run for tests: data, settings, training in this process or in one of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from study.train.settings import RunSettings

ROOT = Path(__file__).parents[1]


def tiny_pictures(count: int = 90, size: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Noise whose brightness tells the label; the labels are not sorted."""
    random = np.random.default_rng(7)
    labels = random.integers(0, 2, count).astype(np.uint8)
    images = random.integers(0, 156, (count, size, size, 3)) + 100 * labels[:, None, None, None]
    return images.astype(np.uint8), labels


def tiny_settings(**changes: Any) -> RunSettings:
    """Settings of a run of three epochs on the tiny pictures."""
    values = {
        "data": "tiny",
        "image_size": 32,
        "model": "plain",
        "batch_size": 16,
        "learning_rate": 0.05,
        "seed": 1,
        "patience": 10,
        "max_epochs": 3,
    }
    return RunSettings(**{**values, **changes})


_SCRIPT = """
import json, os, signal, sys
from pathlib import Path
import numpy as np
import tensorflow as tf
from tests.make_run import tiny_pictures
from study.train.batches import take_examples
from study.train.devices import prepare_devices
from study.train.run import train_run
from study.train.settings import run_settings_from_dict

order = json.loads(sys.argv[1])
settings = run_settings_from_dict(order["settings"])
several = settings.replicas > 1
if order["as_gpus"]:
    # no cross-device operations are named then, and TensorFlow takes those of real GPUs
    tf.distribute.ReductionToOneDevice = lambda: None
devices = prepare_devices(settings.replicas, order["threads"], several, settings.rows_apart)
if several:
    print(type(devices.strategy.extended._cross_device_ops).__name__, file=sys.stderr)
images, labels = tiny_pictures()
train = take_examples(images, labels, np.arange(70))
validation = take_examples(images, labels, np.arange(70, 90))

def tell(event):
    print(json.dumps(event), flush=True)
    if event["epoch"] == order["kill_after"]:
        os.kill(os.getpid(), signal.SIGKILL)

train_run(settings, train, validation, Path(order["folder"]), devices, tell)
"""


def run_in_process(
    settings: RunSettings,
    folder: Path,
    kill_after: int = 0,
    threads: int = 1,
    as_gpus: bool = False,
) -> "subprocess.CompletedProcess[str]":
    """Trains in a fresh process, which kills itself after an epoch when asked to.

    With ``as_gpus`` logical devices exchange gradients by the collectives that GPUs get.
    """
    import json

    order = {
        "settings": settings.as_dict(),
        "folder": str(folder),
        "kill_after": kill_after,
        "threads": threads,
        "as_gpus": as_gpus,
    }
    return subprocess.run(
        [sys.executable, "-c", _SCRIPT, json.dumps(order)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
