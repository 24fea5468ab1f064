"""The commands on folders that are no studies, or damaged, or in use."""

import errno
import os
from pathlib import Path

import pytest

from study.command_line import bench as bench_module
from study.errors import StoreError
from study.store.study_directory import StudyDirectory
from tests.command_lines import SMALL, is_one_line_error


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


def test_folder_with_other_things_is_not_used(call, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    code, _, err = call("reproduce", *SMALL, "--out", tmp_path)
    assert code == 2
    assert "holds other things than a study" in err
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


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
