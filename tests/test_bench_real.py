"""The benchmark as it is: real workers, TensorFlow and clocks, on a few small pictures."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from study.bench.peers.counts import help_seconds, report_seconds
from study.bench.peers.search_counts import sharpness_count
from study.data.load import load_dataset
from tests.make_bench import request
from tests.make_study import make_frames, make_settings, make_study_directory

# half a minute on a free core; workers that wait for one on a busy machine take many times that
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(autouse=True)
def processor(monkeypatch: pytest.MonkeyPatch, no_gpus: None) -> None:
    """Workers of these tests train on the processor, wherever they run."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")


def test_the_command_measures_this_machine(call, tmp_path: Path) -> None:
    data = ["--pictures", "200", "--image-size", "32", "--batch-sizes", "32", "--devices", "1,2"]
    work = ["--repeats", "1", "--threads", "1", "--out", tmp_path]
    target = ["--target", "10", "--rates", "0.01", "--max-epochs", "1"]
    code, printed, _ = call("bench", *data, *work, *target)
    assert code == 0
    document = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    (peak,) = document["peaks"]
    for name in ("operations_a_second", "bytes_a_second"):
        # any machine of this century: above a million, below 10^18
        assert 1e6 < peak[name] < 1e18, name
    assert [row["kind"] for row in document["grid"]] == ["CPU", "logical CPU"]
    for row in document["grid"]:
        check_cell(row)
    assert [row["devices"] for row in document["targets"]] == [1, 2]
    for row in document["targets"]:
        # any loss is below 10
        assert (row["reached"], row["n"], row["epochs"]["median"]) == (1, 1, 1)
        assert row["seconds"]["median"] > 0 and 0 < row["lowest_loss"] < 10
    assert "above TensorFlow" in printed
    assert "To reach a validation loss of 10 soonest on this machine, use batch size 32" in printed
    assert (tmp_path / "index.html").is_file()


def check_cell(row: dict[str, Any]) -> None:
    assert row["problem"] == ""
    for name in ("seconds_per_epoch", "train_seconds", "pictures_per_second"):
        assert row[name]["n"] == 1 and 0 < row[name]["median"] < math.inf, name
    assert row["seconds_per_epoch"]["median"] > row["train_seconds"]["median"]
    for name in ("share_of_peak_operations", "share_of_limit", "scaling_efficiency"):
        assert 0 < row[name] < math.inf, name
    assert row["peak_bytes"] > row["base_bytes"] > 10**7
    assert row["device_peak_bytes"] is None


def test_the_evaluations_of_the_search_are_counted_in_a_worker() -> None:
    dataset = load_dataset("embedded", 32, pictures=60)
    row = sharpness_count(request(repeats=1, threads=1), dataset, 16)
    assert row["where"] == "batch 16, 32 px, 48 pictures, after 5 epochs at rate 0.01"
    assert row["problem"] == "" and row["tried"] == 1 and row["unit"] == "evaluations"
    assert row["note"].startswith("share found ")
    count = row["value"]["median"]
    assert count is None or 1 < count <= 200
    assert row["met"] == (count is not None and count <= row["most"])


def test_commands_are_timed(tmp_path: Path) -> None:
    made = make_study_directory(
        tmp_path / "made", frames=make_frames(1, landscape_points=5), settings=make_settings(1)
    )
    rows = help_seconds(1), report_seconds(made, tmp_path, 1)
    for row in rows:
        assert row["problem"] == "" and row["value"]["n"] == row["tried"] == 1
        assert 0 < row["value"]["median"] < 600
        assert row["met"] == (row["value"]["median"] <= row["most"])
    written = json.loads((tmp_path / "study" / "summary.json").read_text(encoding="utf-8"))
    assert rows[1]["where"] == f"{len(written['runs'])} runs" != "0 runs"
    assert (tmp_path / "study" / "report" / "index.html").is_file()
    assert not (made / "report").exists(), "the copy is drawn, not the study"
