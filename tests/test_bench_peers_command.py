"""The command that compares: its lines and its page, what is skipped, and counts."""

import json
from pathlib import Path
from typing import Any

import pytest

from reports.bench_page import build_bench_page
from study.bench.document import bench_document
from study.bench.limit import fastest, picture_cost
from study.bench.peers.compare import Comparison, Side
from study.bench.peers.counts import attempt, report_seconds
from study.command_line.main import main
from study.errors import StudyError
from study.store.environment import hardware
from tests import make_peers
from tests.make_bench import request
from tests.make_peers import sleeper

dataset = make_peers.dataset


def count_row(**changes: Any) -> dict[str, Any]:
    value = {"n": 0, "median": None, "lowest": None, "highest": None}
    row = {"name": "search", "where": "here", "unit": "evaluations", "value": value, "tried": 3}
    return {**row, "most": 30, "met": False, "note": "", "problem": "", **changes}


def test_the_command_compares_and_draws(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def declared(*arguments: Any) -> list[Comparison]:
        sides = sleeper("short", 0.01), sleeper("long", 0.05)
        return [
            Comparison("article", "a run", "tiny", *sides, goal=1.2, training=True),
            Comparison("torch", "a run", "tiny", *sides, problem="PyTorch is not installed"),
            Comparison("loss", "a loss", "tiny", *sides),
        ]

    monkeypatch.setattr("study.command_line.bench_peers.comparisons", declared)
    options = ["--pictures", "120", "--image-size", "32", "--batch-sizes", "32"]
    out = ["--out", str(tmp_path / "bench"), "--repeats", "1"]
    assert main(["bench", "--peers", "--only", "article,torch,loss", *options, *out]) == 0
    printed = capsys.readouterr().out
    assert "short : long" in printed and "PyTorch is not installed" in printed
    assert "1 of 1 goals met on this machine; 1 comparison skipped." in printed
    document = json.loads((tmp_path / "bench" / "bench.json").read_text(encoding="utf-8"))
    run, skipped, loss = document["peers"]
    peak = document["peaks"][-1]
    limit = fastest(picture_cost(32), peak["operations_a_second"], peak["bytes_a_second"])
    for side in ("first", "second"):
        share = run[f"{side}_speed"]["median"] / limit
        assert run[f"{side}_share_of_limit"] == pytest.approx(share)
        assert skipped[f"{side}_share_of_limit"] is None is loss[f"{side}_share_of_limit"]
    page = (tmp_path / "bench" / "index.html").read_text(encoding="utf-8")
    assert "Beside others" in page and "PyTorch is not installed" in page
    assert page.count("% of the limit") == 2 and "epochs that were timed validate too" in page
    assert main(["bench", "--peers", "--only", "report", *options, *out]) == 1
    printed = capsys.readouterr().out
    assert "python -m study report skipped: needs --study DIR" in printed
    assert "0 of 0 goals met on this machine; 1 comparison skipped." in printed
    assert "needs --study DIR" in (tmp_path / "bench" / "index.html").read_text(encoding="utf-8")
    assert main(["bench", "--peers", "--only", "jax", *options, *out]) == 2
    assert (
        "expected some of article, help, loss, report, sharpness, torch" in capsys.readouterr().err
    )


def test_a_comparison_that_fails_is_kept_as_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = Side("broken", "tests.bench_jobs:fail", {"message": "no such net"}, 1)
    made = [Comparison("article", "a run", "tiny", sleeper("ours", 0), failing)]
    monkeypatch.setattr("study.command_line.bench_peers.comparisons", lambda *arguments: made)
    options = ["--pictures", "120", "--image-size", "32", "--batch-sizes", "32"]
    assert (
        main(["bench", "--peers", "--only", "article", *options, "--out", str(tmp_path / "bench")])
        == 1
    )
    printed = capsys.readouterr().out
    assert "no such net" in printed and "1 comparison skipped." in printed
    assert "no such net" in (tmp_path / "bench" / "index.html").read_text(encoding="utf-8")


def test_counts_on_the_page_have_no_number_where_nothing_got_there(dataset: Any) -> None:
    document = bench_document(
        request(), dataset, "", hardware(), counts=[count_row(), count_row(problem="no room")]
    )
    page = build_bench_page(document)
    assert "not reached" in page and "0 of 3" in page and "no room" in page


def test_a_count_that_fails_says_why(tmp_path: Path) -> None:
    row = attempt("report", lambda: report_seconds(tmp_path, tmp_path, 1))
    assert "no study directory" in row["problem"]
    with pytest.raises(StudyError):
        report_seconds(tmp_path, tmp_path, 1)
