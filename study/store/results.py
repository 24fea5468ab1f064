"""The consolidated frames of a study: ``results/*.parquet`` and the same as CSV."""

from pathlib import Path

import pandas as pd

from study.store.atomic import write_csv, write_parquet
from study.store.run_folder import read_frame
from study.store.schema import FRAMES, empty_frame, typed_frame
from study.store.study_directory import StudyDirectory


def write_results(directory: StudyDirectory, frames: dict[str, pd.DataFrame]) -> None:
    """Writes every frame as Parquet and as CSV, each file atomically."""
    directory.results.mkdir(exist_ok=True)
    for name, frame in frames.items():
        write_parquet(directory.results / f"{name}.parquet", frame)
        write_csv(directory.results / f"{name}.csv", frame)


def read_results(path: Path) -> dict[str, pd.DataFrame]:
    """Reads the frames back from ``results/`` of a study directory; absent ones are empty.

    Raises:
        StoreError: a file is damaged or lacks columns.
    """
    frames = {}
    for name in FRAMES:
        file = path / "results" / f"{name}.parquet"
        frames[name] = typed_frame(name, read_frame(file)) if file.exists() else empty_frame(name)
    return frames
