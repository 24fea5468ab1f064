"""The commands on folders that are no studies, or damaged, or in use."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from study.command_line import bench as bench_module
from study.command_line import make_study as make_study_module
from study.errors import StoreError
from study.store.study_directory import StudyDirectory
from tests.command_lines import SMALL, is_one_line_error

PUBLISHED = Path(__file__).parents[1] / "reports" / "published" / "goyal-quick"


@pytest.mark.parametrize("command", ["status", "report"])
def test_directories_that_are_no_study(call, tmp_path: Path, command: str) -> None:
    for path, words in [
        (tmp_path / "none", "does not exist"),
        (tmp_path, "is no study directory"),
    ]:
        code, _, err = call(command, path)
        assert code == 2
        assert is_one_line_error(err)
        assert words in err


@pytest.mark.parametrize("content", ["", "{", "[]", '{"settings": 3}', '{"settings": {}}'])
def test_study_document_cut_off_or_edited(call, tmp_path: Path, content: str) -> None:
    (tmp_path / "study.json").write_text(content)
    for command in ("status", "report"):
        code, _, err = call(command, tmp_path)
        assert code == 2
        assert is_one_line_error(err)
        assert "study.json" in err


@pytest.mark.parametrize("schema", [2, 0, "1", True, None])
def test_study_of_another_schema(call, tmp_path: Path, schema: object) -> None:
    study = tmp_path / "study"
    shutil.copytree(PUBLISHED, study)
    path = study / "study.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": schema}))
    for command in (
        ["status", study],
        ["report", study],
        ["reproduce", *SMALL, "--out", study],
        ["publish", study, "name", "--into", tmp_path / "into"],
        ["remedies", study, "--out", tmp_path / "page"],
    ):
        code, _, err = call(*command)
        assert code == 2
        assert is_one_line_error(err)
        assert f"study.json has the schema {schema!r}, expected 1" in err
        assert "Use the version that made it" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study"]


def test_settings_of_another_version_name_what_mends_them(call, tmp_path: Path) -> None:
    study = tmp_path / "study"
    shutil.copytree(PUBLISHED, study)
    path = study / "study.json"
    document = json.loads(path.read_text())
    document.pop("published")
    document["settings"]["colour"] = "blue"
    path.write_text(json.dumps(document))
    for command in (["status", study], ["report", study]):
        code, _, err = call(*command)
        assert code == 2
        assert "settings (unknown: colour)" in err
        assert "use the version of this project that made it" in err
        assert "--out" not in err, "neither takes it"
    assert "choose another --out" in call("reproduce", *SMALL, "--out", study)[2]


@pytest.mark.parametrize("command", ["status", "report"])
def test_seconds_that_are_no_number(call, tmp_path: Path, command: str) -> None:
    study = tmp_path / "study"
    shutil.copytree(PUBLISHED, study)
    path = study / "study.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "wall_seconds": "long"}))
    code, _, err = call(command, study)
    assert code == 2
    assert "study.json gives wall_seconds as 'long', expected a number; it was edited" in err


def test_results_are_not_published_into_a_file(call, tmp_path: Path) -> None:
    into = tmp_path / "file"
    into.write_text("mine")
    code, _, err = call("publish", PUBLISHED, "name", "--into", into)
    assert code == 2
    assert is_one_line_error(err)
    assert "cannot make the folder" in err and "Choose another with --into." in err
    assert into.read_text() == "mine"


def test_published_results_are_not_trained_into(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(*arguments: object) -> None:
        raise AssertionError("pictures first")

    monkeypatch.setattr(make_study_module, "prepared", prepare)
    study = tmp_path / "study"
    shutil.copytree(PUBLISHED, study)
    before = {path: path.read_bytes() for path in study.rglob("*") if path.is_file()}
    for command in (["reproduce", "--preset", "quick"], ["run", "goyal"]):
        for dry_run in ([], ["--dry-run"]):
            code, _, err = call(*command, "--out", study, *dry_run)
            assert code == 2
            assert is_one_line_error(err)
            assert "holds published results, which have no runs to go on with" in err
            assert "empty or new folder with --out" in err
    assert {path: path.read_bytes() for path in study.rglob("*") if path.is_file()} == before


def test_folder_with_other_things_is_not_used(call, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    code, _, err = call("reproduce", *SMALL, "--out", tmp_path)
    assert code == 2
    assert "holds other things than a study" in err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_what_a_killed_command_left_is_no_reason_to_refuse_its_folder(call, tmp_path: Path) -> None:
    for name in (".part-x8d.work.json", "bench.json", ".lock"):
        (tmp_path / name).write_text("{}")
    code, _, err = call("reproduce", *SMALL, "--out", tmp_path, "--dry-run")
    assert (code, err) == (0, "")


def test_a_study_goes_on_after_its_damaged_document_was_deleted(tmp_path: Path) -> None:
    for name in ("summary.json", "model.json", "samples.npz"):
        (tmp_path / name).write_text("")
    directory = StudyDirectory(tmp_path)
    with pytest.raises(StoreError, match="other things than a study"):
        directory.create()
    directory.runs.mkdir()
    directory.create()


def test_bench_asks_for_its_folder_before_it_measures(
    call, no_gpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured(*arguments: object) -> None:
        raise AssertionError("measured first")

    monkeypatch.setattr(bench_module, "_measure", measured)
    taken = tmp_path / "taken"
    taken.write_text("mine")
    sizes = ["--pictures", "80", "--image-size", "32", "--batch-sizes", "32", "--devices", "1"]
    code, _, err = call("bench", *sizes, "--out", taken)
    assert code == 2
    assert "cannot make the folder" in err
    assert taken.read_text() == "mine"


def test_file_in_place_of_the_study(call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    code, _, err = call("reproduce", *SMALL, "--out", tmp_path / "file")
    assert code == 2
    assert "is a file" in err


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EACCES, "Permission denied"), (errno.ENOSPC, "No space left")]
)
def test_folder_that_cannot_be_made(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    call("data", "synthetic", "--image-size", "32", "--pictures", "320")

    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "mkdir", refuse)
    code, _, err = call("reproduce", *SMALL, "--out", tmp_path / "study")
    assert code == 2
    assert is_one_line_error(err)
    assert words in err


def test_second_process_says_that_it_waits(tmp_path: Path) -> None:
    from filelock import FileLock

    directory = StudyDirectory(tmp_path)
    said: list[str] = []
    other = FileLock(tmp_path / ".lock")
    other.acquire()

    def notice(words: str) -> None:
        said.append(words)
        other.release()

    with directory.locked(notice):
        assert "Another process works on" in said[0]
