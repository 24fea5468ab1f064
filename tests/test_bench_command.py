"""The benchmark's command: what it prints, stores and draws, with made-up measurements."""

import json
import re
from pathlib import Path

import pytest

from reports.bench_page import build_bench_page
from reports.page import write_report
from study.command_line.main import main
from study.command_line.publish import publish
from study.errors import StoreError
from study.store.bench_document import write_bench
from study.store.environment import hardware
from tests import made_up_bench
from tests.made_up_bench import bench
from tests.make_study import make_frames, make_settings, make_study_directory

made_up = made_up_bench.made_up


def test_the_command_prints_stores_and_draws(
    made_up: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench"
    target = ["--target", "0.45", "--rates", "0.01", "--max-epochs", "4"]
    assert bench(out, *target) == 0
    printed = capsys.readouterr().out
    assert "Logical CPU devices: not a measurement of several devices" in printed
    assert "not reached" in printed and "no room" in printed
    assert printed.strip().splitlines()[-1].startswith("To reach a validation loss of 0.45 soonest")
    document = json.loads((out / "bench.json").read_text(encoding="utf-8"))
    assert len(document["grid"]) == 4 and len(document["targets"]) == 4
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page == build_bench_page(document)
    for words in ("not reached", "no room", "Logical CPU devices", "use batch size 64"):
        assert words in page, words
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page), "the page needs nothing else"


def test_in_a_study_it_becomes_a_section_of_the_report(
    made_up: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = make_frames(1, landscape_points=5)
    made = make_study_directory(tmp_path / "jane", frames=frames, settings=make_settings(1))
    before = write_report(made).read_text(encoding="utf-8")
    assert 'id="bench"' not in before and "#bench" not in before
    assert bench(made) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    page = (made / "report" / "index.html").read_text(encoding="utf-8")
    assert 'id="bench"' in page and 'href="#bench"' in page and last in page
    assert not (made / "index.html").exists()

    document = json.loads((made / "bench.json").read_text(encoding="utf-8"))
    document["command"] = f"python -m study bench --out {made}"
    write_bench(made, document)
    assert publish(made, "with-speed", tmp_path / "into", tmp_path / "README.md") == 0
    published = tmp_path / "into" / "with-speed"
    again = (published / "report" / "index.html").read_text(encoding="utf-8")
    assert last in again
    assert str(tmp_path) not in again + (published / "bench.json").read_text(encoding="utf-8")

    del document["grid"]
    write_bench(made, document)
    with pytest.raises(StoreError, match=r"bench\.json is damaged"):
        write_report(made)


def test_a_target_is_tried_on_logical_devices_only_where_they_are_named(
    made_up: None, no_gpus: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--pictures", "200", "--image-size", "32", "--batch-sizes", "32,64"]
    more = ["--target", "0.45", "--rates", "0.01", "--out", str(tmp_path)]
    assert main(["bench", *options, *more]) == 0
    assert "the time to the target on 1 CPU alone" in capsys.readouterr().out
    document = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert {row["devices"] for row in document["grid"]} == {1, 2}
    assert {row["devices"] for row in document["targets"]} == {1}
    assert main(["bench", *options, *more, "--devices", "1,2"]) == 0
    assert "on 1 CPU alone" not in capsys.readouterr().out
    document = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert {row["devices"] for row in document["targets"]} == {1, 2}


def test_unused_gpus_are_told(
    made_up: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine = {**hardware(), "gpus": ["H"] * 6}
    monkeypatch.setattr("study.command_line.bench.usable_machine", lambda **more: (machine, ""))
    options = ["--pictures", "200", "--image-size", "32", "--batch-sizes", "32"]
    out = tmp_path / "bench"
    assert main(["bench", *options, "--out", str(out)]) == 0
    assert "6 GPUs found, measured on 1, 2 and 4 of them" in capsys.readouterr().out
    document = json.loads((out / "bench.json").read_text(encoding="utf-8"))
    assert [row["devices"] for row in document["grid"]] == [1, 2, 4]
    assert main(["bench", "--peers", *options, "--out", str(tmp_path / "peers")]) == 2
    assert "CUDA_VISIBLE_DEVICES=-1 python -m study bench --peers" in capsys.readouterr().err
    assert not (tmp_path / "peers").exists()


def test_without_a_target_there_is_no_advice_on_the_loss(
    made_up: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path / "bench") == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert "most pictures a second" in last and "not the same" in last
    assert "Time to a validation loss" not in (tmp_path / "bench" / "index.html").read_text()


def test_logical_devices_alone_give_no_advice_and_nothing_measured_no_success(
    made_up: None, no_gpus: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path / "bench", "--devices", "2") == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("Training was measured on logical CPU devices alone")
    assert "--devices 1 measures it on one" in last
    assert bench(tmp_path / "bench", "--devices", "2", "--batch-sizes", "64") == 1
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("Nothing could be measured")
