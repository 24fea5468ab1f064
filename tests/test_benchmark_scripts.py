"""The scripts of ``benchmarks`` run, tell all that they time, and store what they tell."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.operations import KINDS, kind_of
from benchmarks.update_norm import row_of

FOLDER = Path(__file__).parents[1] / "benchmarks"
WAYS = ["layers", "pieces", "first block", "both"]


def called(script: str, options: list[str], folder: Path) -> tuple[list[str], dict[str, Any]]:
    """The lines that a script prints and the record that it writes."""
    done = subprocess.run(
        [sys.executable, str(FOLDER / script), *options, "--out", "found.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    assert len(document["commit"]) == 40 and script in document["command"]
    return done.stdout.strip().splitlines(), document


@pytest.mark.parametrize("threads", [1, 2])
def test_all_ways_of_a_step_are_timed(threads: int, tmp_path: Path) -> None:
    options = ["--image-sizes", "32", "--batch-sizes", "24", "64", "--repeats", "2"]
    options += ["--threads", str(threads), "--model", "dropout"]
    lines, document = called("steps.py", options, tmp_path)
    rows = document["rows"]
    places = [(row["batch_size"], row["part"], row["way"]) for row in rows]
    parts = ("training", "evaluation")
    assert places == [(size, part, way) for size in (24, 64) for part in parts for way in WAYS]
    for row, line in zip(rows, lines, strict=True):
        assert row["microseconds"]["n"] == row["ratio"]["n"] == 2
        assert row["microseconds"]["lowest"] > 0
        if row["way"] == "layers":
            assert row["ratio"]["lowest"] == row["ratio"]["highest"] == 1
        assert re.search(rf"{row['way']} +{row['microseconds']['median']:.1f} µs a picture", line)
    assert document["threads"] == threads


def test_shares_of_the_recorder_by_hand() -> None:
    """Copy k takes k + 1 percent more in its middle turn; ten steps a turn of 1, 2 or 4 seconds."""
    times = {}
    for copy in range(6):
        times[f"without {copy}"] = [1.0, 4.0, 2.0]
        times[f"recorded {copy}"] = [3.0, 2.0, 2 * (1 + (copy + 1) / 100)]
    row = row_of(times, steps=10, copies=6)
    assert row["turns"] == 3
    assert row["share"].pop("interval") == pytest.approx((0.01, 0.06))
    expected = {"n": 6, "median": 0.035, "lowest": 0.01, "highest": 0.06}
    assert row["share"] == pytest.approx(expected)
    added = {"n": 6, "median": 7000.0, "lowest": 2000.0, "highest": 12000.0}
    assert row["recorder_microseconds"] == pytest.approx(added)
    step = {"n": 6, "median": 200_000, "lowest": 200_000, "highest": 200_000}
    assert row["step_microseconds"] == pytest.approx(step)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_recorder_is_timed_within_steps(threads: int, tmp_path: Path) -> None:
    options = ["--image-sizes", "32", "--batch-sizes", "24", "96", "--seconds", "0.1"]
    options += ["--copies", "2", "--threads", str(threads)]
    lines, document = called("update_norm.py", options, tmp_path)
    rows = document["rows"]
    assert [(row["batch_size"], row["steps"]) for row in rows] == [(24, 14), (96, 4)]
    for row, line in zip(rows, lines, strict=True):
        recorder, step = row["recorder_microseconds"], row["step_microseconds"]
        share = row["share"]
        # the median of two copies has no interval, and there is no time for more turns
        assert recorder["n"] == step["n"] == share["n"] == 2 and share["interval"] is None
        assert row["turns"] == 3
        assert step["lowest"] > 0 and recorder["median"] < step["median"]
        told = f"{recorder['median']:.1f} of +{step['median']:,.1f} µs a step"
        assert re.search(rf"{told}, {100 * share['median']:.2f} %, n = 2, 3 turns", line)
    assert rows[0]["step_microseconds"]["median"] < rows[1]["step_microseconds"]["median"]
    assert document["copies"] == 2 and document["threads"] == threads


def test_a_step_is_told_operation_by_operation(tmp_path: Path) -> None:
    options = ["--image-sizes", "32", "--batch-sizes", "24", "96", "--repeats", "3"]
    lines, document = called("operations.py", options, tmp_path)
    rows = document["rows"]
    assert [(row["image_size"], row["batch_size"]) for row in rows] == [(32, 24), (32, 96)]
    assert len(lines) == len(rows) * (1 + len(KINDS))
    for row in rows:
        assert tuple(row["kinds"]) == KINDS
        found = [kind["median"] for kind in row["kinds"].values()]
        assert min(found) > 0 and row["microseconds"]["n"] == 3
        # what is counted twice would leave less than nothing between operations
        assert 0.2 < sum(found) / row["microseconds"]["median"] < 5


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("while/body/plain_1/Conv2D", "Conv2D", KINDS[0]),
        ("while/body/plain_1/conv_2_1/Relu", "FusedConv2D", KINDS[2]),
        ("gradient_tape/plain_1/Conv2DBackpropFilter", "Conv2DBackpropFilter", KINDS[1]),
        ("plain_1/conv_5_1/convolution/x", "Conv2DBackpropFilterWithBias", KINDS[3]),
        ("plain_1/conv_2_1/convolution/Conv2DBackpropInput", "Conv2DBackpropInput", KINDS[4]),
        ("plain_1/pool_2_1/MaxPool2d/MaxPoolGrad", "MaxPoolGrad", KINDS[5]),
        ("plain_1/dense_1_1/MatMul/MatMul_1", "MatMul", KINDS[6]),
        # the places of the first block's kernel
        ("plain_1/MatMul", "MatMul", KINDS[7]),
        ("while/plain_1/transpose", "Transpose", KINDS[7]),
    ],
)
def test_kinds_of_operations(name: str, kind: str, expected: str) -> None:
    assert kind_of(name, kind) == expected
