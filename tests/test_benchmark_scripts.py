"""The scripts of ``benchmarks`` run, tell all that they time, and store what they tell."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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


def test_the_recorder_is_timed_beside_steps(tmp_path: Path) -> None:
    options = ["--image-sizes", "32", "64", "--batch-sizes", "24", "96", "--repeats", "3"]
    lines, document = called("update_norm.py", options, tmp_path)
    rows = document["rows"]
    places = [(row["image_size"], row["batch_size"]) for row in rows]
    assert places == [(32, 24), (32, 96), (64, 24), (64, 96)]
    for row, line in zip(rows, lines, strict=True):
        recorder, step = row["recorder_microseconds"], row["step_microseconds"]
        assert recorder["n"] == step["n"] == row["share"]["n"] == 3
        # a step has more to do than what watches it, or the two are mistaken for each other
        assert 0 < recorder["median"] < step["median"]
        assert row["share"]["lowest"] <= recorder["median"] / step["median"]
        assert recorder["median"] / step["median"] <= row["share"]["highest"]
        told = f"{recorder['median']:.1f} of +{step['median']:,.1f} µs a step"
        assert re.search(rf"{told}, {100 * row['share']['median']:.2f} %", line)
    assert rows[0]["step_microseconds"]["median"] < rows[1]["step_microseconds"]["median"]
