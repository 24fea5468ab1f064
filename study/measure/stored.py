"""Measurements on disk, kept point by point, so that a killed one goes on where it was."""

import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from study.store.atomic import write_parquet
from study.store.run_folder import MEASUREMENTS, read_frame

# seconds between two intermediate states on disk
_PAUSE = 2.0


class StoredMeasurement:
    """One measurement of a run: ``measurements/<name>.parquet``, with a part file until then.

    Attributes:
        path: of the finished measurement.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / MEASUREMENTS / f"{name}.parquet"
        self._part = folder / MEASUREMENTS / f"{name}.part"
        self._last = time.monotonic()

    @property
    def is_done(self) -> bool:
        """Whether the measurement is finished."""
        return self.path.exists()

    def part(self) -> pd.DataFrame | None:
        """The points measured before, None when there are none."""
        return read_frame(self._part) if self._part.exists() else None

    def keep(self, points: pd.DataFrame) -> None:
        """Keeps the points measured so far, every few seconds."""
        if time.monotonic() - self._last >= _PAUSE:
            self.path.parent.mkdir(exist_ok=True)
            write_parquet(self._part, points)
            self._last = time.monotonic()

    def finish(self, measured: pd.DataFrame) -> None:
        """Stores the whole measurement and drops the part file."""
        self.path.parent.mkdir(exist_ok=True)
        write_parquet(self.path, measured)
        self._part.unlink(missing_ok=True)


def measure_once(
    folder: Path, name: str, measure: Callable[[StoredMeasurement], pd.DataFrame]
) -> None:
    """Calls ``measure`` and stores what it returns, unless that is stored already."""
    stored = StoredMeasurement(folder, name)
    if not stored.is_done:
        stored.finish(measure(stored))
