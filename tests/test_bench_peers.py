"""Comparisons: pairs and ratios with jobs that sleep, the table, and the sides at a tiny size."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from callbacks.sharpness import MAX_EVALUATIONS
from reports.bench_page import build_bench_page
from study.bench.document import bench_document
from study.bench.grid import run_settings
from study.bench.limit import fastest, picture_cost
from study.bench.peers import compare as compare_module
from study.bench.peers.compare import Comparison, Side, compare
from study.bench.peers.counts import attempt, report_seconds
from study.bench.peers.declared import comparisons
from study.bench.peers.plane import EVERY, PLANE, POINTS, SAMPLE
from study.bench.peers.shares import with_shares
from study.command_line.bench_tables import print_peers
from study.command_line.main import main
from study.data.load import load_dataset
from study.errors import StudyError
from study.store.environment import hardware
from tests.make_bench import request
from tests.test_bench_grid import Kept

pytestmark = pytest.mark.usefixtures("without_determinism")


@pytest.fixture(scope="module")
def dataset() -> Any:
    return load_dataset("embedded", 32, pictures=120)


def sleeper(
    name: str, seconds: float, pictures: int = 10, processes: int = 1, **facts: Any
) -> Side:
    options = {"note": "", "seconds": seconds, "pictures": pictures, "facts": facts}
    return Side(name, "tests.bench_jobs:sleep", options, 1, processes)


def test_ratios_of_pairs() -> None:
    one = Comparison("a", "sleep", "", sleeper("short", 0.05), sleeper("long", 0.15), goal=1.2)
    row = compare(one, 3)
    assert row["ratio"]["n"] == 3
    assert 1.5 < row["ratio"]["median"] < 3.5
    assert row["met"] is True
    assert row["first_speed"]["median"] > row["second_speed"]["median"]
    assert row["difference"] is None and row["first_bytes"] is None


def test_ratio_of_times_is_at_most_its_goal() -> None:
    sides = sleeper("long", 0.15), sleeper("short", 0.05)
    row = compare(Comparison("a", "sleep", "", *sides, of="time", goal=1.02), 1)
    assert row["ratio"]["median"] > 1.5 and row["met"] is False


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

    def lap(group: Any) -> dict[str, Any]:
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
    for key in ("agree", "anew", "first_note", "second_note"):
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


def test_pairs_can_be_of_processes_of_their_own(
    dataset: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = Side("two", "tests.bench_jobs:own", {}, 1), Side("one", "tests.bench_jobs:own", {}, 1)
    for anew, lives in ((True, 3), (False, 1)):
        laps: list[dict[str, Any]] = []
        with pytest.MonkeyPatch.context() as patch:
            together = compare_module._together
            patch.setattr(
                compare_module,
                "_together",
                lambda group, noted=laps, make=together: noted.append(make(group)) or noted[-1],
            )
            row = compare(Comparison("a", "own", "", *sides, of="time", anew=anew), 3)
        assert len(laps) == 6 and len({lap["process"] for lap in laps}) == 2 * lives
        assert row["ratio"]["n"] == 3
        # the side that begins changes from pair to pair
        assert [lap["number"] for lap in laps] == ([0] * 6 if anew else [0, 0, 1, 1, 2, 2])
        print_peers(request(), [row], [], Console(width=250))
        said = "Every pair is of processes of its own: own." in capsys.readouterr().out
        page = build_bench_page(bench_document(request(), dataset, "", hardware(), peers=[row]))
        assert said == ("3<small>each of processes of its own</small>" in page) == anew


def test_what_the_limit_leaves_out_is_said_where_shares_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    row = compare(Comparison("a", "sleep", "", sleeper("one", 0.01), sleeper("two", 0.01)), 1)
    peak = {"operations_a_second": 1e9, "bytes_a_second": 1e9}
    for found, said in ((with_shares(row, 32, peak), True), (with_shares(row, 32, None), False)):
        print_peers(request(model="dropout"), [found], [], Console(width=250))
        assert ("reaches a larger share of its own" in capsys.readouterr().out) == said


def test_all_comparisons_of_a_batch_size_are_declared(dataset: Any, tmp_path: Path) -> None:
    found = comparisons(request(batch_sizes=(32,)), dataset, tmp_path, None)
    keys = {comparison.key for comparison in found}
    assert keys == {
        "article", "study", "torch", "callbacks", "copying", "gradient", "loss", "landscape",
        "preparing",
    }  # fmt: skip
    of_their_own = {comparison.key for comparison in found if comparison.anew}
    assert of_their_own == {"callbacks", "copying"}, "their goal is near 1"
    trained = {comparison.key for comparison in found if comparison.training}
    assert trained == {"article", "study", "torch"}, "their speeds have a limit"
    (plane,) = (comparison for comparison in found if comparison.key == "landscape")
    assert plane.name.endswith("25 of 625") and plane.where.endswith("24 validation pictures")
    for comparison in found:
        for side in (comparison.first, comparison.second):
            module, name = side.job.split(":")
            assert callable(getattr(importlib.import_module(module), name)), side.job


@pytest.mark.parametrize(("threads", "compared"), [(1, False), (2, True)])
def test_runs_side_by_side_need_two_threads(
    dataset: Any, tmp_path: Path, threads: int, compared: bool
) -> None:
    made = comparisons(request(batch_sizes=(32,), threads=threads), dataset, tmp_path, None)
    (study,) = (comparison for comparison in made if comparison.key == "study")
    assert (study.problem == "") == compared
    assert compared or "--threads 1" in study.problem


def test_another_network_is_named_and_trained_by_all_sides(dataset: Any, tmp_path: Path) -> None:
    plain = comparisons(request(batch_sizes=(32,)), dataset, tmp_path, None)
    assert not any("plain" in comparison.where for comparison in plain)
    found = comparisons(request(batch_sizes=(32,), model="dropout"), dataset, tmp_path, None)
    trained = [comparison for comparison in found if comparison.key != "preparing"]
    assert all("batch 32, 32 px, dropout" in comparison.where for comparison in trained)
    for comparison in trained:
        for side in (comparison.first, comparison.second):
            assert side.options["run"]["model"] == "dropout"


class Enough(Exception):  # noqa: N818
    """Ends an endless job."""


class TwoLaps(Kept):
    def lap(self, **facts: Any) -> None:
        super().lap(**facts)
        if len(self.told) == 3:
            raise Enough


@pytest.mark.parametrize(
    "job",
    [
        "training:ours",
        "training:article",
        "training:callbacks_alone",
        "pytorch:torch_loop",
        "measuring:gradient",
        "measuring:loss",
        "measuring:predicting",
    ],
)
def test_sides_count_their_pictures(dataset: Any, tmp_path: Path, job: str) -> None:
    module, name = job.split(":")
    if module == "pytorch":
        pytest.importorskip("torch")
    options = {
        "data": str(dataset.directory),
        "run": run_settings(request(), dataset).as_dict(),
        # as few as PyTorch takes; TensorFlow's threads are set up already
        "threads": 1 if module == "pytorch" else 0,
        "folder": str(tmp_path),
        "watch": "copying",
        "whole": False,
    }
    laps = TwoLaps()
    with pytest.raises(Enough):
        getattr(importlib.import_module(f"study.bench.peers.{module}"), name)(options, laps)
    points = POINTS if job == "measuring:loss" else 1
    assert [lap["pictures"] for lap in laps.told[1:]] == [96 * points] * 2


def test_the_loss_is_timed_as_interpolation_and_landscape_take_it(
    dataset: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from study.bench.peers import measuring
    from study.measure import interpolation, landscape, many_points

    assert interpolation.ManyPoints is landscape.ManyPoints is many_points.ManyPoints
    assert many_points.TOGETHER == POINTS
    asked: list[Any] = []

    class Watched(many_points.ManyPoints):
        def losses_and_accuracies(self, points: Any) -> Any:
            asked.append((self.examples, self.together, len(points)))
            found = super().losses_and_accuracies(points)
            assert len(set(found)) == len(points), "the points differ"
            return found

    monkeypatch.setattr(measuring, "ManyPoints", Watched)
    run = run_settings(request(), dataset).as_dict()
    with pytest.raises(Enough):
        measuring.loss({"data": str(dataset.directory), "run": run, "threads": 0}, TwoLaps())
    assert set(asked) == {(96, POINTS, POINTS)}


def test_the_timed_points_are_a_sample_of_the_whole_plane() -> None:
    from study.measure.landscape import plane_ticks

    ticks = plane_ticks(PLANE)[::EVERY]
    # the whole width, the minimiser among them
    assert list(ticks) == [-1, -0.5, 0, 0.5, 1] and len(ticks) == SAMPLE


def test_both_ways_to_the_landscape_agree(dataset: Any) -> None:
    from study.bench.peers.measuring import landscape_loop, landscape_ours

    options = {
        "data": str(dataset.directory),
        "run": run_settings(request(), dataset).as_dict(),
        "threads": 0,
    }
    losses = []
    for side in (landscape_ours, landscape_loop):
        laps = TwoLaps()
        with pytest.raises(Enough):
            side(options, laps)
        losses.append(laps.told[-1]["losses"])
        # the validation pictures, at every point
        assert [lap["pictures"] for lap in laps.told[1:]] == [25 * 24] * 2
    assert len(losses[0]) == 25
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_the_search_for_sharpness_is_counted(dataset: Any) -> None:
    from study.bench.peers.searching import sharpness_evaluations

    options = {
        "data": str(dataset.directory),
        "run": run_settings(request(), dataset).as_dict(),
        "threads": 0,
        "epochs": 1,
        "examples": 32,
    }
    laps = TwoLaps()
    with pytest.raises(Enough):
        sharpness_evaluations(options, laps)
    for lap in laps.told[1:]:
        assert 0 < lap["share"] <= 1 and lap["made"] <= MAX_EVALUATIONS
        assert lap["evaluations"] is None or lap["evaluations"] <= lap["made"]


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
