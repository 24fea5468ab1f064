"""The script that times training steps runs, tells each way, and stores what it tells."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "steps.py"
WAYS = ["layers", "pieces", "first block", "both"]


@pytest.mark.parametrize("threads", [1, 2])
def test_all_ways_are_timed(threads: int, tmp_path: Path) -> None:
    options = ["--image-sizes", "32", "--batch-sizes", "24", "64", "--repeats", "2"]
    options += ["--threads", str(threads), "--model", "dropout", "--out", "found.json"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    rows = document["rows"]
    places = [(row["batch_size"], row["part"], row["way"]) for row in rows]
    parts = ("training", "evaluation")
    assert places == [(size, part, way) for size in (24, 64) for part in parts for way in WAYS]
    for row, line in zip(rows, done.stdout.strip().splitlines(), strict=True):
        assert row["microseconds"]["n"] == row["ratio"]["n"] == 2
        assert row["microseconds"]["lowest"] > 0
        if row["way"] == "layers":
            assert row["ratio"]["lowest"] == row["ratio"]["highest"] == 1
        assert re.search(rf"{row['way']} +{row['microseconds']['median']:.1f} µs a picture", line)
    assert document["threads"] == threads and len(document["commit"]) == 40
