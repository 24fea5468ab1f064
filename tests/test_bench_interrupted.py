"""What is left of a benchmark that is interrupted, with made-up measurements."""

import json
from pathlib import Path
from typing import Any

import pytest

import study.bench.grid as grid_module
import study.bench.target as target_module
from study.bench.interruption import UntilInterrupted
from study.errors import StudyError
from tests import made_up_bench
from tests.made_up_bench import bench, made_up_run

made_up = made_up_bench.made_up
AIMED = ("--target", "0.45", "--rates", "0.01")


@pytest.fixture
def interrupted_at(monkeypatch: pytest.MonkeyPatch, made_up: None):
    """Ctrl-C while that run of the grid, or of those to the target, is made; counted from 0."""

    def after(place: int, module: Any = grid_module) -> None:
        begun = []

        def run(*arguments: Any, **more: Any) -> dict[str, Any]:
            begun.append(arguments)
            if len(begun) > place:
                raise KeyboardInterrupt
            return made_up_run(*arguments, **more)

        monkeypatch.setattr(module, "train_here", run)

    return after


def stored(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "bench.json").read_text(encoding="utf-8"))
    return found


def test_what_was_measured_is_stored_and_shown(interrupted_at, tmp_path: Path, capsys) -> None:
    interrupted_at(1)
    assert bench(tmp_path, *AIMED) == 130
    document = stored(tmp_path)
    assert [(row["devices"], row["batch_size"]) for row in document["grid"]] == [(1, 32)]
    assert document["grid"][0]["scaling_efficiency"] == 1
    assert document["targets"] is None
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last == document["conclusion"]
    assert last.startswith("Interrupted before its end. Batch size 32 trains the most pictures")
    assert last in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_on_the_way_to_a_target(interrupted_at, tmp_path: Path, capsys) -> None:
    interrupted_at(0, target_module)
    assert bench(tmp_path / "none", *AIMED) == 130
    document = stored(tmp_path / "none")
    assert (len(document["grid"]), document["targets"]) == (4, None)
    assert "trains the most pictures a second" in document["conclusion"]
    # batch 64 reaches it, on one device
    interrupted_at(2, target_module)
    assert bench(tmp_path / "some", *AIMED) == 130
    document = stored(tmp_path / "some")
    assert [row["batch_size"] for row in document["targets"]] == [32, 64]
    assert document["conclusion"].startswith("Interrupted before its end. To reach a validation")
    assert "use batch size 64" in document["conclusion"]


def test_earlier_results_stay(made_up: None, interrupted_at, tmp_path: Path, capsys) -> None:
    interrupted_at(9)
    assert bench(tmp_path) == 0
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    capsys.readouterr()
    interrupted_at(2)
    assert bench(tmp_path) == 130
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert f"Not stored: {tmp_path} keeps the results" in " ".join(capsys.readouterr().out.split())


def test_before_anything_was_measured(interrupted_at, tmp_path: Path, capsys) -> None:
    interrupted_at(0)
    assert bench(tmp_path) == 130
    assert capsys.readouterr().err.strip() == "error: Interrupted."
    assert not list(tmp_path.iterdir())


def test_comparisons_that_were_made_are_kept(
    monkeypatch: pytest.MonkeyPatch, made_up: None, tmp_path: Path
) -> None:
    made = []

    def compared(comparison: Any, repeats: int) -> dict[str, Any]:
        made.append(comparison)
        if len(made) == 1:
            raise StudyError("made up")
        if len(made) == 3:
            raise KeyboardInterrupt
        return real(comparison, repeats)

    import study.command_line.bench_peers as peers_module

    real = peers_module.compare
    monkeypatch.setattr(peers_module, "compare", compared)
    monkeypatch.setattr(peers_module, "measured_peaks", lambda request: made_up_bench.PEAKS)
    assert bench(tmp_path, "--peers", "--only", "gradient,loss,help") == 130
    document = stored(tmp_path)
    # what cannot be made is asked for again, to say so; nothing came after Ctrl-C
    assert len(made) == 3 and len(document["peers"]) == 1
    assert document["counts"] == []
    assert document["conclusion"].startswith("Interrupted before its end. 0 of 0 goals met")


def test_nothing_is_begun_after_an_interruption() -> None:
    begun = []

    def rows(count: int):
        for number in range(count):
            begun.append(number)
            if number == 2:
                raise KeyboardInterrupt
            yield {"number": number}

    until = UntilInterrupted()
    assert until(rows(2)) == [{"number": 0}, {"number": 1}] and not until.interrupted
    assert until(rows(9)) == [{"number": 0}, {"number": 1}] and until.interrupted
    assert until(rows(2)) == []
    assert begun == [0, 1, 0, 1, 2]
