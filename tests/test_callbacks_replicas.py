"""Under MirroredStrategy the callbacks measure what they measure on one device.

The net is smooth, so that rounding cannot flip a ReLU, and takes a few steps only.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.replica_measurement import measure

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def two_replicas() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.replica_measurement"],
        cwd=ROOT,
        # a crash below Python says where it was
        env={
            **os.environ,
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "2",
            "PYTHONFAULTHANDLER": "1",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.fixture(scope="module")
def one_device() -> dict[str, Any]:
    return measure()


@pytest.mark.parametrize("mode", ["compiled", "eager"])
def test_two_replicas_measure_what_one_device_does(
    mode: str, two_replicas: dict[str, Any], one_device: dict[str, Any]
) -> None:
    two = two_replicas[mode]
    assert len(two["norms"]) == 3
    for name in ("norms", "norms_by_layer"):
        np.testing.assert_allclose(two[name], one_device[name], rtol=1e-4)
    assert list(two["by_layer"]) == list(one_device["by_layer"]) == ["hidden", "output"]
    for layer, distances in one_device["by_layer"].items():
        np.testing.assert_allclose(two["by_layer"][layer], distances, rtol=1e-4)
    for name in (
        "epoch_distance",
        "distance_from_init",
        "update_norm_median",
        "gradient_norm_squared",
        "gradient_variance_trace",
    ):
        np.testing.assert_allclose(two["history"][name], one_device["history"][name], rtol=1e-4)
    assert all(seconds > 0 for seconds in two["history"]["validation_seconds"])


def test_replicas_train_the_same_with_and_without(two_replicas: dict[str, Any]) -> None:
    assert two_replicas["compiled"]["trained"] == two_replicas["plain"]


def test_losses_in_an_open_scope_are_those_of_one_device(two_replicas: dict[str, Any]) -> None:
    evaluated, *ours = two_replicas["losses"]
    np.testing.assert_allclose(ours, evaluated, rtol=1e-5)
