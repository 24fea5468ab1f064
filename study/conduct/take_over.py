"""Goes on from published results: what they hold of a study's runs, put into its directory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from study.conduct.measuring import measuring_tasks
from study.conduct.plan import planned_runs
from study.conduct.settings import StudySettings, settings_from_dict
from study.errors import StoreError
from study.store.atomic import write_json, write_parquet
from study.store.measurements import measurement_path
from study.store.published import PUBLISHED
from study.store.results import read_results
from study.store.run_folder import (
    FINISHED,
    MODEL_FILE,
    RUN_DOCUMENT,
    TAKEN_OVER,
    read_document,
    read_run,
)
from study.store.study_directory import StudyDirectory
from study.store.taken_over import store_run
from study.train.settings import RunSettings

Frames = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class PublishedStudy:
    """Published results, as the beginning of a study.

    Attributes:
        directory: where they lie.
        name: theirs.
        settings: of the study that they were made from.
        document: their ``study.json``.
    """

    directory: StudyDirectory
    name: str
    settings: StudySettings
    document: dict[str, Any]

    @property
    def data(self) -> Mapping[str, Any]:
        """What ``study.json`` says of their pictures."""
        found = self.document.get("data")
        return found if isinstance(found, Mapping) else {}

    @property
    def logical(self) -> bool:
        """Whether their several devices are logical ones."""
        return self.document.get("logical_devices") is True


def read_published(path: Path) -> PublishedStudy:
    """Published results by their folder.

    Raises:
        StoreError: it holds none, or they are damaged.
    """
    directory = StudyDirectory(path)
    document = directory.read()
    published = document.get(PUBLISHED)
    if not isinstance(published, dict) or not isinstance(published.get("name"), str):
        raise StoreError(
            f"{path} holds no published results; expected a folder that 'python -m study publish' "
            "made. To go on with a study, name its own folder with --out."
        )
    settings = settings_from_dict(document["settings"])
    return PublishedStudy(directory, published["name"], settings, document)


def to_take_over(published: PublishedStudy, directory: StudyDirectory) -> list[RunSettings]:
    """The finished runs of published results that a study would get from them.

    None where the study has had them before: a run whose folder was deleted since is wanted anew.

    Raises:
        StoreError: something stored is damaged, or no run is one that this version would make.
    """
    if directory.exists() and published.name in _names(directory.read()):
        return []
    runs = read_results(published.directory.path)["runs"]
    finished = set(runs.loc[runs["status"].isin(FINISHED), "id"])
    found = [run for run in planned_runs(published.settings) if run.id in finished]
    if not found:
        raise StoreError(
            f"{published.directory.path} has no finished run that this version would make; it was "
            "made before training was changed, or edited. Leave --extend out to train all runs."
        )
    return [run for run in found if not (directory.runs / run.id / RUN_DOCUMENT).exists()]


def take_over(published: PublishedStudy, directory: StudyDirectory) -> int:
    """Puts the finished runs of published results, measurements included, into a study.

    They have no weights, so that nothing more can be measured on them. Killed and called again, it
    goes on where it was. The caller holds the study's lock.

    Args:
        published: where they come from.
        directory: of the study, with its folders; its own runs stay as they are.

    Returns:
        How many runs were taken over.

    Raises:
        StoreError: as :func:`to_take_over`.
    """
    runs = to_take_over(published, directory)
    if not runs and directory.exists():
        return 0
    frames = read_results(published.directory.path)
    planned = {run.id for run in planned_runs(published.settings)}
    lines = frames["interpolation"]
    # a name of a file is made from it
    frames["interpolation"] = lines[lines["small_id"].isin(planned)]
    for run in runs:
        rows = {name: frame[frame["id"] == run.id] for name, frame in frames.items()}
        _check_whole(rows, run, published)
        store_run(directory.runs / run.id, run.as_dict(), published.name, rows)
    _store_empty(published.settings, runs, frames, directory)
    model = published.directory.path / MODEL_FILE
    if model.exists() and not (directory.path / MODEL_FILE).exists():
        write_json(directory.path / MODEL_FILE, read_document(model))
    directory.write(_document(published, directory))
    return len(runs)


def _check_whole(rows: Frames, run: RunSettings, published: PublishedStudy) -> None:
    told, there = float(rows["runs"]["epochs"].iloc[0]), len(rows["epochs"])
    if told != there or not there or len(rows["update_norms"]) == 0 or len(rows["runs"]) > 1:
        raise StoreError(
            f"{published.directory.path} tells of {told:g} epochs of the run {run.id} and holds "
            f"{there}, with {len(rows['update_norms'])} bins of its update norms; it was edited. "
            "Restore it from where it came from."
        )


def _store_empty(
    settings: StudySettings, runs: Iterable[RunSettings], frames: Frames, directory: StudyDirectory
) -> None:
    """Stores that nothing was to be measured along runs that never came below the first level.

    Published frames show rows alone: of these measurements there are none.
    """
    taken = {run.id for run in runs}
    lowest = frames["epochs"].groupby("id")["loss"].min()
    measured = set(frames["sharpness"]["id"])
    for task in measuring_tasks(settings, planned_runs(settings)):
        path = measurement_path(directory.runs / task.run.id, "sharpness_along")
        if (
            task.along
            and task.run.id in taken & measured
            and not path.exists()
            and lowest[task.run.id] >= max(settings.measures.along_levels)
        ):
            write_parquet(path, pd.DataFrame())


def _document(published: PublishedStudy, directory: StudyDirectory) -> dict[str, Any]:
    """``study.json`` with the published results, and the time that they took."""
    folders = [directory.runs / run.id for run in planned_runs(published.settings)]
    # a call before this one may have been killed
    runs = sum((read_run(folder) or {}).get(TAKEN_OVER) == published.name for folder in folders)
    entry = {"name": published.name, "runs": runs, "commits": _commits(published.document)}
    if not directory.exists():
        kept = {key: value for key, value in published.document.items() if key != PUBLISHED}
        return {**kept, TAKEN_OVER: [entry]}
    stored = directory.read()
    seconds = sum(float(d.get("wall_seconds") or 0.0) for d in (stored, published.document))
    return {**stored, TAKEN_OVER: [*_entries(stored), entry], "wall_seconds": round(seconds, 1)}


def _commits(document: Mapping[str, Any]) -> list[Any]:
    """Those of its own runs, and of those that it had taken over itself."""
    own = list(document[PUBLISHED].get("commits", []))
    return own + [commit for entry in _entries(document) for commit in entry.get("commits", [])]


def _entries(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = document.get(TAKEN_OVER)
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def _names(document: Mapping[str, Any]) -> set[str]:
    return {str(entry.get("name")) for entry in _entries(document)}
