"""Measurements on disk, kept point by point, so that a killed one goes on where it was."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from study.errors import StoreError
from study.store.atomic import write_parquet
from study.store.measurements import is_measured, measurement_path, part_path
from study.store.run_folder import read_frame

# seconds between two intermediate states on disk
_PAUSE = 2.0


class StoredMeasurement:
    """One measurement of a run: ``measurements/<name>.parquet``, with a part file until then.

    Attributes:
        path: of the finished measurement.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.path = measurement_path(folder, name)
        self._part = part_path(folder, name)
        self._folder, self._name = folder, name
        self._last = time.monotonic()

    @property
    def is_done(self) -> bool:
        """Whether the measurement is finished, and whole."""
        return is_measured(self._folder, self._name)

    def part(self, columns: Iterable[str], **alike: int) -> pd.DataFrame | None:
        """The points measured before, None when there are none.

        Points of which a column named in ``alike`` holds another number are left out: they were
        made in another way, before the project changed it.

        A part file that was cut off, or lacks one of ``columns``, is dropped: its points are
        measured anew.
        """
        if not self._part.exists():
            return None
        try:
            points = read_frame(self._part)
        except StoreError:
            points = pd.DataFrame()
        if set(columns) <= set(points.columns):
            for name, value in alike.items():
                points = points[points[name].isna() | points[name].eq(value)]
            return points
        self._part.unlink()
        return None

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
    """Calls ``measure`` and stores what it returns, unless that is stored already, whole."""
    stored = StoredMeasurement(folder, name)
    if not stored.is_done:
        stored.finish(measure(stored))
