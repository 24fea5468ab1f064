"""Published results as the beginning of a study: read, and checked as what comes from outside."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from study.conduct.plan import planned_runs
from study.conduct.settings import StudySettings, settings_from_dict
from study.errors import StoreError
from study.store.measurements import is_kind
from study.store.published import PUBLISHED, check_name
from study.store.results import read_results
from study.store.run_folder import FINISHED
from study.store.study_directory import StudyDirectory
from study.train.settings import RunSettings

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class PublishedStudy:
    """Published results.

    Attributes:
        directory: where they lie.
        name: theirs.
        settings: of the study that they were made from.
        document: their ``study.json``.
        frames: their ``results/``, without what names no run of theirs.
        runs: those of the plan that have ended, in its order.
    """

    directory: StudyDirectory
    name: str
    settings: StudySettings
    document: dict[str, Any]
    frames: Frames
    runs: list[RunSettings]

    @property
    def data(self) -> Mapping[str, Any]:
        """What ``study.json`` says of their pictures."""
        found = self.document.get("data")
        return found if isinstance(found, Mapping) else {}

    @property
    def logical(self) -> bool:
        """Whether their several devices are logical ones."""
        return self.document.get("logical_devices") is True

    @property
    def seconds(self) -> float:
        """What they took to make, as far as it is told."""
        found = float(self.document.get("wall_seconds") or 0.0)
        return found if math.isfinite(found) else 0.0

    def rows_of(self, run: RunSettings) -> dict[str, pd.DataFrame]:
        """What the frames hold of one run."""
        return {
            name: self._by_run[name].get(run.id, frame.iloc[:0])
            for name, frame in self.frames.items()
        }

    @cached_property
    def _by_run(self) -> dict[str, dict[str, pd.DataFrame]]:
        return {name: dict(iter(frame.groupby("id"))) for name, frame in self.frames.items()}


def read_published(path: Path) -> PublishedStudy:
    """Published results by their folder.

    Raises:
        StoreError: it holds none, they are damaged or edited, or no run of theirs is one that this
            version would make.
        SettingsError: their name is none.
    """
    directory = StudyDirectory(path)
    document = directory.read()
    told = document.get(PUBLISHED)
    if not isinstance(told, dict) or not isinstance(told.get("name"), str):
        raise StoreError(
            f"{path} holds no published results; expected a folder that 'python -m study publish' "
            "made. To go on with a study, name its own folder with --out."
        )
    settings = settings_from_dict(document["settings"])
    planned = planned_runs(settings)
    frames = _usable(read_results(directory.path), {run.id for run in planned})
    ended = frames["runs"].loc[frames["runs"]["status"].isin(FINISHED), "id"]
    runs = [run for run in planned if run.id in set(ended)]
    if not runs:
        raise StoreError(
            f"{path} has no finished run that this version would make; it was made before training "
            "was changed, or edited. Leave --extend out to train all runs."
        )
    # a folder is named after it
    published = PublishedStudy(
        directory, check_name(told["name"]), settings, document, frames, runs
    )
    for run in runs:
        _check_whole(run, published)
    return published


def _usable(frames: dict[str, pd.DataFrame], planned: set[str]) -> Frames:
    """``frames`` without rows on other runs, or whose texts would name files elsewhere."""
    lines, failures = frames["interpolation"], frames["failures"]
    kinds = failures["measurement"].map(lambda kind: is_kind(str(kind), planned))
    frames = {
        **frames,
        "interpolation": lines[lines["small_id"].isin(planned)],
        "failures": failures[kinds.astype(bool)],
    }
    texts = {name: frame.select_dtypes("str").columns for name, frame in frames.items()}
    return {
        name: frame[frame["id"].isin(planned)].fillna(dict.fromkeys(texts[name], ""))
        for name, frame in frames.items()
    }


def _check_whole(run: RunSettings, published: PublishedStudy) -> None:
    rows = published.rows_of(run)
    told, there, bins = rows["runs"]["epochs"].iloc[0], len(rows["epochs"]), rows["update_norms"]
    completed = rows["runs"]["status"].iloc[0] == "completed"
    # a run that diverged may have no norm that can be counted
    if told != there or not there or (completed and bins.empty) or len(rows["runs"]) > 1:
        raise StoreError(
            f"{published.directory.path} tells of {told:g} epochs of the run {run.id} and holds "
            f"{there}, with {len(bins)} bins of its update norms; it was edited. Restore it from "
            "where it came from."
        )
