"""Comparisons: pairs, ratios and memory with jobs that sleep, and what is said beside them."""

import importlib
from typing import Any

import pytest
from rich.console import Console

from reports.bench_page import build_bench_page
from study.bench.document import bench_document
from study.bench.peers import compare as compare_module
from study.bench.peers.compare import Comparison, Side, compare
from study.bench.peers.shares import with_shares
from study.command_line.bench_tables import print_peers
from study.store.environment import hardware
from tests import make_peers
from tests.make_bench import request
from tests.make_peers import sleeper

dataset = make_peers.dataset


def test_ratios_of_pairs() -> None:
    one = Comparison("a", "sleep", "", sleeper("short", 0.05), sleeper("long", 0.15), goal=1.2)
    row = compare(one, 3)
    assert row["ratio"]["n"] == 3 and row["ratio"]["interval"] is None
    assert 1.5 < row["ratio"]["median"] < 3.5
    assert row["met"] is True
    assert row["first_speed"]["median"] > row["second_speed"]["median"]
    assert row["difference"] is None and row["first_bytes"] is None


def test_ratio_of_times_is_at_most_its_goal() -> None:
    sides = sleeper("long", 0.15), sleeper("short", 0.05)
    row = compare(Comparison("a", "sleep", "", *sides, of="time", goal=1.02), 1)
    assert row["ratio"]["median"] > 1.5 and row["met"] is False


def test_from_six_pairs_on_the_median_has_an_interval(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dataset: Any
) -> None:
    seconds = iter([2.0, 1, 1, 4, 6, 1, 1, 8, 10, 1, 1, 12])

    def lap(group: Any, side: int) -> dict[str, Any]:
        # sides begin in turn: the first takes 2, 4, 6, ... times as long as the second
        return {"seconds": next(seconds), "processor_seconds": 1.0, "pictures": 10}

    monkeypatch.setattr(compare_module, "_together", lap)
    sides = sleeper("one", 0), sleeper("other", 0)
    row = compare(Comparison("a", "sleep", "", *sides, of="time"), 6)
    assert row["ratio"]["interval"] == pytest.approx((2, 12))
    print_peers(request(), [row], [], Console(width=250))
    assert "7.00 (2.00 to 12.00; median within 2.00 to 12.00)" in capsys.readouterr().out
    page = build_bench_page(bench_document(request(), dataset, "", hardware(), peers=[row]))
    assert "2.00 to 12.0; median within 2.00 to 12.0" in page
    # a benchmark made before
    del row["ratio"]["interval"]
    page = build_bench_page(bench_document(request(), dataset, "", hardware(), peers=[row]))
    assert "2.00 to 12.0<" in page and "median within 2.00" not in page


def test_processes_side_by_side_add_up() -> None:
    sides = sleeper("two", 0.2, processes=2), sleeper("one", 0.2)
    row = compare(Comparison("a", "sleep", "", *sides), 3)
    # two in all but for what a busy machine adds to a lap; neither one nor four
    assert 1.3 < row["ratio"]["median"] < 3
    assert row["met"] is None


def test_memory_of_processes_side_by_side_adds_up(
    dataset: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = {"base_bytes": 300_000_000, "peak_bytes": 550_000_000}
    two = sleeper("two", 0, processes=2, **memory)
    row = compare(Comparison("a", "sleep", "", two, sleeper("one", 0, **memory)), 1)
    assert row["first_bytes"] == 500_000_000 and row["second_bytes"] == 250_000_000
    half_known = sleeper("half", 0, peak_bytes=5, base_bytes=None)
    unknown = compare(Comparison("a", "sleep", "", two, half_known), 1)
    assert unknown["second_bytes"] is None
    print_peers(request(), [row, unknown], [], Console(width=250))
    printed = capsys.readouterr().out
    assert "0.50 : 0.25 GB" in printed and "0.50 : ? GB" in printed
    page = build_bench_page(bench_document(request(), dataset, "", hardware(), peers=[row]))
    assert "memory, first : second" in page and "<td>0.500 : 0.250</td>" in page


def test_losses_that_differ_miss_the_goal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], dataset: Any
) -> None:
    module = importlib.import_module("study.bench.peers.compare")
    laps = iter([1.0, 1.5])

    def lap(group: Any, side: int) -> dict[str, Any]:
        losses = [next(laps)]
        return {"seconds": 1.0, "processor_seconds": 1.0, "pictures": 10, "losses": losses}

    monkeypatch.setattr(module, "_together", lap)
    sides = sleeper("one", 0), sleeper("other", 0)
    row = compare(Comparison("a", "sleep", "", *sides, goal=0.5, agree=1e-5), 1)
    assert row["difference"] == 0.5 and row["agree"] == 1e-5 and row["met"] is False
    print_peers(request(), [row], [], Console(width=250))
    assert "missed, largest difference 5.0e-01 (at most 1e-05)" in capsys.readouterr().out
    page = build_bench_page(bench_document(request(), dataset, "", hardware(), peers=[row]))
    assert "losses at most 0.500 apart (at most 1.00 × 10⁻⁵)" in page
    # a benchmark made before
    for key in ("agree", "one_process", "first_note", "second_note"):
        del row[key]
    assert "missed" in build_bench_page(
        bench_document(request(), dataset, "", hardware(), peers=[row])
    )


def test_what_a_side_says_of_itself_stands_beside_its_name(
    dataset: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"note": "channels-last", "seconds": 0.0}
    noted = Side("PyTorch", "tests.bench_jobs:sleep", options, 1)
    row = compare(Comparison("torch", "one run", "tiny", sleeper("ours", 0.01), noted), 1)
    assert row["first_note"] == "" and row["second_note"] == "channels-last"
    print_peers(request(), [row], [], Console(width=250))
    assert "PyTorch, tiny: channels-last." in capsys.readouterr().out
    page = build_bench_page(bench_document(request(), dataset, "", hardware(), peers=[row]))
    assert "ours : PyTorch<small>channels-last</small>" in page


@pytest.mark.parametrize("shared", [True, False])
def test_one_process_can_make_the_laps_of_both_sides(
    shared: bool, dataset: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = [Side(name, "tests.bench_jobs:own", {"watch": name}, 1) for name in ("two", "one")]
    laps: list[dict[str, Any]] = []
    together = compare_module._together

    def noted(group: Any, side: int) -> dict[str, Any]:
        laps.append(together(group, side))
        return laps[-1]

    monkeypatch.setattr(compare_module, "_together", noted)
    row = compare(Comparison("a", "own", "", *sides, of="time", one_process=shared), 3)
    assert len({lap["process"] for lap in laps}) == (1 if shared else 2)
    assert row["ratio"]["n"] == 3
    # the side that begins changes from pair to pair
    assert [lap["side"] for lap in laps] == [0, 1, 1, 0, 0, 1]
    options = [lap["options"] for lap in laps]
    if shared:
        assert options == [{"sides": [{"watch": "two"}, {"watch": "one"}], "turns": 1}] * 6
    else:
        assert [found["watch"] for found in options[:3]] == ["two", "one", "one"]
    print_peers(request(), [row], [], Console(width=250))
    said = "Both sides in one process, compiled anew for each pair: own."
    assert (said in capsys.readouterr().out) == shared
    page = build_bench_page(bench_document(request(), dataset, "", hardware(), peers=[row]))
    said = "3<small>both sides in one process, compiled anew for each pair of 1 lap a side</small>"
    assert (said in page) == shared
    # a benchmark made before
    del row["turns"]
    page = build_bench_page(bench_document(request(), dataset, "", hardware(), peers=[row]))
    assert ("3<small>both sides in one process</small>" in page) == shared


def test_a_pair_of_several_turns_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # the first side's laps of two pairs; the second's take a second each
    seconds = {0: iter([2.0, 9, 3, 5, 4, 1]), 1: iter([1.0] * 6)}
    sides_in_order: list[int] = []

    def lap(group: Any, side: int) -> dict[str, Any]:
        sides_in_order.append(side)
        return {"seconds": next(seconds[side]), "processor_seconds": 1.0, "pictures": 12}

    monkeypatch.setattr(compare_module, "_together", lap)
    row = compare(Comparison("a", "", "", *map(sleeper, "ab", (0, 0)), of="time", turns=3), 2)
    assert row["turns"] == 3
    assert sides_in_order == [0, 1, 1, 0] * 3
    assert row["ratio"] == {"n": 2, "median": 3.5, "lowest": 3, "highest": 4, "interval": None}
    assert row["first_speed"] == {"n": 2, "median": 3.5, "lowest": 3, "highest": 4}


def test_what_the_limit_leaves_out_is_said_where_shares_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = compare(Comparison("a", "sleep", "", sleeper("one", 0.01), sleeper("two", 0.01)), 1)
    peak = {"operations_a_second": 1e9, "bytes_a_second": 1e9}
    for found, said in ((with_shares(row, 32, peak), True), (with_shares(row, 32, None), False)):
        print_peers(request(model="dropout"), [found], [], Console(width=250))
        assert ("reaches a larger share of its own" in capsys.readouterr().out) == said
