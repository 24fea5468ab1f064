"""Reading a study directory: missing, cut-off and edited files give one clear line."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.exhibits.drawn import sample_pictures
from reports.exhibits.landscapes import landscape_contours
from reports.page import write_report
from reports.read import (
    check_summary,
    flat_settings,
    in_order,
    read_layers,
    read_pictures,
    read_study,
)
from study.errors import StoreError
from tests.make_study import make_frames, make_settings, make_study_directory


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study")
    frames = make_frames(1, landscape_points=5)
    return make_study_directory(path, frames=frames, settings=make_settings(1))


@pytest.fixture
def study(stored: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stored, tmp_path / "study"))


def refused(path: Path) -> str:
    with pytest.raises(StoreError) as caught:
        write_report(path)
    message = str(caught.value)
    assert "\n" not in message
    assert not (path / "report").exists()
    return message


def test_a_study_is_read(study: Path) -> None:
    view = read_study(study)
    assert view.batch_sizes == (32, 64, 128, 256)
    assert view.seeds == (0,)
    assert view.pictures is None
    assert view.layers == ()


def test_no_study(tmp_path: Path) -> None:
    assert "no study directory" in refused(tmp_path)


def test_no_summary(study: Path) -> None:
    (study / "summary.json").unlink()
    assert "summary.json" in refused(study)


@pytest.mark.parametrize("name", ["study.json", "summary.json"])
def test_cut_off_json(study: Path, name: str) -> None:
    text = (study / name).read_text()
    (study / name).write_text(text[: len(text) // 2])
    assert name in refused(study)


@pytest.mark.parametrize("name", ["runs", "epochs", "landscape"])
def test_cut_off_parquet(study: Path, name: str) -> None:
    file = study / "results" / f"{name}.parquet"
    file.write_bytes(file.read_bytes()[:-40])
    assert f"{name}.parquet" in refused(study)


def test_column_taken_out(study: Path) -> None:
    file = study / "results" / "epochs.parquet"
    pd.read_parquet(file).drop(columns="val_loss").to_parquet(file)
    assert "val_loss" in refused(study)


def test_column_of_another_type(study: Path) -> None:
    file = study / "results" / "runs.parquet"
    pd.read_parquet(file).assign(batch_size="many").to_parquet(file)
    assert "runs" in refused(study)


def test_frame_that_was_never_measured_is_empty(study: Path) -> None:
    (study / "results" / "landscape.parquet").unlink()
    view = read_study(study)
    assert view.frames["landscape"].empty
    figure = view.experiment.figure("A14")
    assert landscape_contours(view, figure).missing.startswith("Nothing was measured")


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        ([], "expected an object"),
        ({"claims": {}, "tables": {}}, "no claims"),
        ({"claims": [], "tables": []}, "no tables"),
        ({"claims": [{"verdict": "reproduced"}], "tables": {}}, "without an id"),
        ({"claims": [{"id": "C1", "verdict": "yes"}], "tables": {}}, "expected one of"),
        (
            {"claims": [{"id": "C1", "verdict": "not run"}] * 2, "tables": {}},
            "names a claim twice",
        ),
    ],
)
def test_summary_of_another_shape(summary: Any, words: str) -> None:
    with pytest.raises(StoreError, match=words):
        check_summary(summary)


def test_settings_on_top_or_below() -> None:
    assert flat_settings({"a": 1}) == {"a": 1}
    inner = make_settings(1)["settings"]
    flat = flat_settings({"settings": inner, "base_rate": 7, "jobs": 2})
    assert (flat["base_rate"], flat["jobs"]) == (inner["base_rate"], 2), "the checked ones count"
    assert "settings" not in flat
    with pytest.raises(StoreError, match="does not hold a study's settings"):
        flat_settings({"settings": {**inner, "base_rate": "high"}})
    with pytest.raises(StoreError, match="expected an object"):
        flat_settings([1])


def test_order_of_rows_is_settled() -> None:
    frame = make_frames(1, landscape_points=3)["landscape"]
    shuffled = frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(in_order(shuffled), in_order(frame))


def test_pictures(study: Path) -> None:
    images = np.zeros((3, 8, 8, 3), np.uint8)
    np.savez(study / "samples.npz", images=images, labels=np.array([0, 1, 1]))
    view = read_study(study)
    assert view.pictures is not None
    assert view.pictures["images"].shape == (3, 8, 8, 3)
    assert len(sample_pictures(view, view.experiment.figure("A1")).pictures) == 3


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((3, 8, 8, 3)), np.zeros(3)),
        (np.zeros((3, 8, 9, 3), np.uint8), np.zeros(3)),
        (np.zeros((3, 8, 8), np.uint8), np.zeros(3)),
        (np.zeros((0, 8, 8, 3), np.uint8), np.zeros(0)),
        (np.zeros((3, 8, 8, 3), np.uint8), np.zeros(2)),
        (np.zeros((3, 8, 8, 3), np.uint8), np.array(["a", "b", "c"])),
        (np.zeros((500, 8, 8, 3), np.uint8), np.zeros(500)),
    ],
)
def test_pictures_of_another_shape(tmp_path: Path, images: np.ndarray, labels: np.ndarray) -> None:
    np.savez(tmp_path / "samples.npz", images=images, labels=labels)
    with pytest.raises(StoreError, match="expected uint8"):
        read_pictures(tmp_path / "samples.npz")


def test_pictures_that_are_damaged_or_pickled(tmp_path: Path) -> None:
    path = tmp_path / "samples.npz"
    path.write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(StoreError, match="cannot be read"):
        read_pictures(path)
    np.savez(path, images=np.array([{}], object), labels=np.zeros(1))
    with pytest.raises(StoreError, match="cannot be read"):
        read_pictures(path)
    path.write_bytes(b"garbage")
    with pytest.raises(StoreError, match=r"it is no NumPy file, .*Delete it") as caught:
        read_pictures(path)
    assert "pickle" not in str(caught.value)
    np.savez(path, other=np.zeros(1))
    with pytest.raises(StoreError, match="cannot be read"):
        read_pictures(path)


def test_layers(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    assert read_layers(path) == ()
    path.write_text(json.dumps([{"name": "a"}]))
    assert read_layers(path) == ({"name": "a"},)
    path.write_text(json.dumps({"layers": [{"name": "a"}]}))
    assert read_layers(path) == ({"name": "a"},)
    path.write_text("[1]")
    with pytest.raises(StoreError, match="no list of layers"):
        read_layers(path)
