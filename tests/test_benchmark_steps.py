"""The script that times training steps runs, and tells each way."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "steps.py"


@pytest.mark.parametrize("threads", [1, 2])
def test_all_ways_are_timed(threads: int, tmp_path: Path) -> None:
    options = ["--image-size", "32", "--batch-size", "64", "--repeats", "2", "--model", "dropout"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *options, "--threads", str(threads)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^  (\w[\w ]+?) +([\d.]+) +[\d.]+ \([\d.]+ to [\d.]+\)$", done.stdout, re.M)
    ways = ["layers", "pieces", "first block", "both"]
    assert [name for name, _ in rows] == [*ways, *ways]
    assert all(float(micros) > 0 for _, micros in rows)
    plain = re.findall(r"^  layers .*", done.stdout, re.M)
    assert [row.split("  ")[-1] for row in plain] == ["1.00 (1.00 to 1.00)"] * 2
