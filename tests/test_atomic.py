"""Files are wholly there or not there at all."""

import errno
import json
import os
from pathlib import Path

import pandas as pd
import pytest

from study.errors import StoreError
from study.store.atomic import write_atomically, write_csv, write_json, write_parquet, write_text


def test_content_and_nothing_else(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "grüße\n")
    write_json(tmp_path / "b.json", {"x": [1, None]})
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "grüße\n"
    assert json.loads((tmp_path / "b.json").read_text()) == {"x": [1, None]}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b.json"]


def test_frames_read_back_exactly(tmp_path: Path) -> None:
    frame = pd.DataFrame({"name": ["a", "b"], "value": [1 / 3, 1e-17], "count": [1, 2]})
    write_parquet(tmp_path / "f.parquet", frame)
    write_csv(tmp_path / "f.csv", frame)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "f.parquet"), frame)
    again = pd.read_csv(tmp_path / "f.csv")
    assert list(again["value"]) == list(frame["value"])


def test_missing_numbers_are_refused_as_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failing", ["fsync", "write"])
def test_full_disk_leaves_the_former_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "former")

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StoreError, match="No space left on device"):
        if failing == "fsync":
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", full)
                write_text(path, "later")
        else:
            write_atomically(path, full)
    assert path.read_text() == "former"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot write .*none/a\.txt"):
        write_text(tmp_path / "none" / "a.txt", "x")


def test_files_may_be_read_by_others(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_text(tmp_path / "a.txt", "x")
    finally:
        os.umask(mask)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o644
