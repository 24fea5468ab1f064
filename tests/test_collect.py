"""From run folders to frames: pending, failed, diverged and finished runs."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.errors import StoreError
from study.store.atomic import write_json, write_parquet
from study.store.results import read_results, write_results
from study.store.run_folder import TAKEN_OVER, read_run, record_failure
from study.store.run_records import read_epochs
from study.store.schema import FRAMES, empty_frame, typed_frame
from study.store.study_directory import StudyDirectory
from study.summarise.collect import collect
from study.train.outcome import norm_histogram, run_outcome
from tests.make_run import tiny_settings

RUNS = [tiny_settings(seed=seed) for seed in range(4)]


def epochs(losses: list[float]) -> pd.DataFrame:
    count = len(losses)
    number = np.arange(1, count + 1)
    return pd.DataFrame(
        {
            "epoch": number,
            "updates": number * 5,
            "examples": number * 70,
            "loss": losses,
            "accuracy": 0.5,
            "val_loss": losses,
            "val_accuracy": 0.6,
            "epoch_distance": 0.1,
            "distance_from_init": number * 0.1,
            "update_norm_median": 0.01,
            "train_seconds": [9.0, *[2.0] * (count - 1)],
            "validation_seconds": 0.5,
        }
    )


def write_run(folder: Path, settings, losses: list[float], status: str = "completed") -> None:
    folder.mkdir(parents=True)
    frame, norms = epochs(losses), np.full(5 * len(losses), 0.01, np.float32)
    best = 0 if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1
    write_parquet(folder / "epochs.parquet", frame)
    np.save(folder / "norms.npy", norms)
    outcome = run_outcome(frame, norms, best)
    outcome = {key: None if value != value else value for key, value in outcome.items()}
    write_json(
        folder / "run.json",
        {
            "id": settings.id,
            "status": status,
            "reason": "",
            "stopped_by": "patience",
            "settings": settings.as_dict(),
            "devices": "CPU",
            "outcome": outcome,
        },
    )


@pytest.fixture
def directory(tmp_path: Path) -> StudyDirectory:
    """Completed, diverged, failed and pending."""
    made = StudyDirectory(tmp_path)
    write_run(made.runs / RUNS[0].id, RUNS[0], [0.7, 0.4, 0.5])
    write_run(made.runs / RUNS[1].id, RUNS[1], [0.7, float("nan")], status="diverged")
    record_failure(made.runs / RUNS[2].id, RUNS[2].as_dict(), RUNS[2].id, "ValueError: no\nmore")
    return made


def test_every_planned_run_is_in_the_ledger(directory: StudyDirectory) -> None:
    ledger = collect(directory, RUNS, "article")["runs"].set_index("seed")
    assert list(ledger["status"]) == ["completed", "diverged", "failed", "pending"]
    assert ledger.loc[2, "reason"] == "ValueError: no"
    first = ledger.loc[0]
    assert first["min_val_loss"] == 0.4
    assert first["epochs_to_min"] == 2
    assert first["updates_to_min"] == 10
    assert first["seconds_per_epoch"] == 2.5, "the first epoch, with the tracing, stands apart"
    assert first["first_epoch_seconds"] == 9.5
    assert first["seconds_to_min"] == 5.0, "two epochs of the median"
    assert first["pictures_per_second"] == 35.0
    assert first["distance_from_init"] == pytest.approx(0.2)


def test_records_of_finished_runs(directory: StudyDirectory) -> None:
    frames = collect(directory, RUNS, "article")
    assert frames["epochs"].groupby("seed").size().to_dict() == {0: 3, 1: 2}
    assert frames["update_norms"]["count"].sum() == 25
    assert frames["sharpness"].empty
    for name, frame in frames.items():
        assert list(frame.columns) == list(FRAMES[name])


def test_records_that_are_gone_are_called_missing(directory: StudyDirectory) -> None:
    path = directory.runs / RUNS[0].id / "epochs.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(StoreError, match=r"was cut off or edited\. Delete the folder \S+ and call"):
        collect(directory, RUNS, "article")
    path.unlink()
    with pytest.raises(StoreError, match=r"epochs\.parquet is missing\. Call 'python -m study"):
        collect(directory, RUNS, "article")


def test_frames_read_back_as_they_were(directory: StudyDirectory) -> None:
    frames = collect(directory, RUNS, "article")
    write_results(directory, frames)
    for name, frame in read_results(directory.path).items():
        pd.testing.assert_frame_equal(frame, frames[name], check_exact=True)


def test_main_sharpness_is_the_mean_of_its_trials(directory: StudyDirectory) -> None:
    folder = directory.runs / RUNS[0].id / "measurements"
    folder.mkdir()
    rows = [("full", 1e-3, 0, 2.0), ("full", 1e-3, 1, 4.0), ("full", 5e-4, 0, 9.0)]
    rows += [("subspace", 1e-3, 0, 9.0)]
    frame = pd.DataFrame(rows, columns=["space", "epsilon", "trial", "sharpness"]).assign(
        base_loss=0.1, max_loss=0.2, evaluations=3, status="x", examples=10
    )
    write_parquet(folder / "sharpness.parquet", frame)
    ledger = collect(directory, RUNS, "article")["runs"].set_index("seed")
    assert ledger.loc[0, "sharpness"] == 3.0
    assert np.isnan(ledger.loc[1, "sharpness"])


@pytest.mark.parametrize("damage", [b"", b"PAR1", None])
def test_a_damaged_measurement_is_mended_by_what_can_make_it(
    directory: StudyDirectory, damage: bytes | None
) -> None:
    folder = directory.runs / RUNS[0].id
    (folder / "measurements").mkdir()
    path = folder / "measurements" / "sharpness.parquet"
    if damage is None:
        write_parquet(path, pd.DataFrame({"no such column": [1.0]}))
    else:
        path.write_bytes(damage)
    with pytest.raises(StoreError, match="Delete it and call"):
        collect(directory, RUNS, "article")
    document = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps({**document, TAKEN_OVER: "published"}))
    with pytest.raises(StoreError, match=rf"sharpness\.parquet .*Delete the folder {folder} and"):
        collect(directory, RUNS, "article")


@pytest.mark.parametrize("file", ["run.json", "epochs.parquet", "norms.npy"])
def test_damaged_files_are_named(directory: StudyDirectory, file: str) -> None:
    path = directory.runs / RUNS[0].id / file
    for length in (10, 0):
        path.write_bytes(path.read_bytes()[:length])
        with pytest.raises(StoreError, match=file):
            collect(directory, RUNS, "article")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("status", "splendid"),
        ("status", 3),
        ("reason", ["x"]),
        ("outcome", "good"),
        ("outcome", {"min_val_loss": "low"}),
    ],
)
def test_edited_documents_of_runs_are_named(
    directory: StudyDirectory, key: str, value: object
) -> None:
    path = directory.runs / RUNS[0].id / "run.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, key: value}))
    with pytest.raises(StoreError, match=r"run\.json is no run's document"):
        collect(directory, RUNS, "article")


def take_out(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="val_loss")


def cut_short(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[:-1]


def in_words(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(loss="high")


def in_parts(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(updates=frame["updates"] + 0.5)


def further(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(updates=frame["updates"] + 1)


@pytest.mark.parametrize(
    ("spoil", "file", "words"),
    [
        (take_out, "epochs.parquet", "lacks the columns val_loss"),
        (cut_short, "epochs.parquet", r"holds 2 epochs, expected 3 by run\.json"),
        (in_words, "epochs.parquet", r"holds \S+ in the column loss, expected float64"),
        (in_parts, "epochs.parquet", "holds float64 in the column updates, expected int64"),
        (further, "norms.npy", r"shape \(15,\), expected float32 of shape \(16,\)"),
    ],
)
def test_records_that_do_not_fit_together_name_their_file(
    directory: StudyDirectory, spoil, file: str, words: str
) -> None:
    folder = directory.runs / RUNS[0].id
    path = folder / "epochs.parquet"
    write_parquet(path, spoil(pd.read_parquet(path)))
    mend = rf"Delete the folder {folder} and call 'python -m study reproduce'"
    with pytest.raises(StoreError, match=rf"{RUNS[0].id}/{file} .*{words}.*{mend}"):
        collect(directory, RUNS, "article")


def test_a_measurement_of_other_columns_names_its_file(directory: StudyDirectory) -> None:
    folder = directory.runs / RUNS[0].id / "measurements"
    folder.mkdir()
    # nothing to measure has no columns
    write_parquet(folder / "sharpness_along.parquet", pd.DataFrame())
    assert collect(directory, RUNS, "article")["sharpness_along"].empty
    write_parquet(folder / "landscape.parquet", pd.DataFrame({"alpha": [0.5]}))
    with pytest.raises(StoreError, match=r"landscape\.parquet lacks the columns beta, .*Delete it"):
        collect(directory, RUNS, "article")


def test_no_flipped_bit_reads_as_other_numbers(directory: StudyDirectory) -> None:
    folder = directory.runs / RUNS[0].id
    document, path = read_run(folder), folder / "epochs.parquet"
    whole, written = read_epochs(folder, document), path.read_bytes()
    refused = 0
    for place in np.random.default_rng(0).integers(8 * len(written), size=400):
        damaged = bytearray(written)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            pd.testing.assert_frame_equal(read_epochs(folder, document), whole, check_exact=True)
        except StoreError as error:
            refused += 1
            assert "epochs.parquet" in str(error)
    assert refused > 100


def test_records_without_checksums_are_read(directory: StudyDirectory) -> None:
    folder = directory.runs / RUNS[0].id
    frames = collect(directory, RUNS, "article")
    pd.read_parquet(folder / "epochs.parquet").to_parquet(folder / "epochs.parquet", index=False)
    pd.testing.assert_frame_equal(collect(directory, RUNS, "article")["epochs"], frames["epochs"])


@pytest.mark.parametrize("content", [b"garbage", b"", b"\x93NUMPY"])
def test_norms_that_are_no_array_are_not_to_be_loaded_unsafely(
    directory: StudyDirectory, content: bytes
) -> None:
    (directory.runs / RUNS[0].id / "norms.npy").write_bytes(content)
    with pytest.raises(StoreError, match=r"norms\.npy cannot be read") as caught:
        collect(directory, RUNS, "article")
    assert "pickle" not in str(caught.value)


def test_results_without_a_column_or_with_another_type() -> None:
    frame = empty_frame("landscape").drop(columns="loss")
    frame["id"] = ["a"]
    with pytest.raises(StoreError, match="lack the columns loss"):
        typed_frame("landscape", frame)
    frame["loss"] = "high"
    with pytest.raises(StoreError, match="hold something unexpected"):
        typed_frame("landscape", frame.fillna(1))


def test_histogram_counts_every_finite_norm() -> None:
    norms = np.array([0, 1e-12, 1e-3, 1e-3, 5e9, np.inf, np.nan], np.float32)
    counts = norm_histogram(norms)
    assert counts["count"].sum() == 5
    around = counts[(counts["bin_left"] <= 1.001e-3) & (counts["bin_right"] >= 0.999e-3)]
    assert around["count"].sum() == 2
    np.testing.assert_allclose(counts["bin_right"] / counts["bin_left"], 10 ** (1 / 20))
