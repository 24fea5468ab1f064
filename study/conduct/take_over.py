"""Puts what published results hold of a study's runs into its directory."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from study.conduct.measuring import measuring_tasks
from study.conduct.plan import planned_runs
from study.conduct.published_study import PublishedStudy
from study.conduct.settings import StudySettings
from study.conduct.task import MEASURE, Task
from study.errors import SettingsError
from study.store.atomic import write_json, write_parquet
from study.store.measurements import is_measured, measurement_path
from study.store.published import PUBLISHED
from study.store.run_folder import (
    MODEL_FILE,
    RUN_DOCUMENT,
    TAKEN_OVER,
    read_document,
    read_run,
)
from study.store.study_directory import StudyDirectory
from study.store.taken_over import store_run, taken_over_entries
from study.train.settings import RunSettings

# what is no fact of the study that begins with published results
_OF_THE_PUBLISHED = (PUBLISHED, TAKEN_OVER, "command")


def check_devices_alike(
    published: PublishedStudy, stored: StudySettings | None, logical: bool
) -> None:
    """Refuses runs that took their steps otherwise than those of the study that is there.

    Args:
        published: where runs would come from.
        stored: settings of the study that is there, None without one.
        logical: that study's several devices are logical ones.

    Raises:
        SettingsError: the two were made on other devices.
    """
    theirs = (published.settings.replicas, published.logical)
    if stored is None or (stored.replicas, logical) == theirs:
        return
    there, came = (_devices_words(*kind) for kind in ((stored.replicas, logical), theirs))
    raise SettingsError(
        f"the study in --out was begun on {there}, and {published.directory.path} was made on "
        f"{came}; expected the same devices. Choose another --out."
    )


def to_take_over(published: PublishedStudy, directory: StudyDirectory) -> list[RunSettings]:
    """The finished runs of published results that a study would get from them.

    A run that it had from them before and whose folder was deleted since is wanted anew.

    Raises:
        StoreError: what the study stores is damaged.
    """
    had = _had(published, directory)
    return [
        run
        for run in published.runs
        if run.id not in had and not (directory.runs / run.id / RUN_DOCUMENT).exists()
    ]


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
        StoreError: what the study stores is damaged.
    """
    runs = to_take_over(published, directory)
    for run in runs:
        rows = published.rows_of(run)
        store_run(directory.runs / run.id, run.as_dict(), published.name, rows)
    taken = {run.id for run in published.runs if _is_from(published, directory, run)}
    if taken <= _had(published, directory):
        return 0
    _store_empty(published, taken, directory)
    model = published.directory.path / MODEL_FILE
    if model.exists() and not (directory.path / MODEL_FILE).exists():
        write_json(directory.path / MODEL_FILE, read_document(model))
    # last: a call that was killed before this does all of it again
    directory.write(_document(published, directory, taken))
    return len(runs)


def _is_from(published: PublishedStudy, directory: StudyDirectory, run: RunSettings) -> bool:
    return (read_run(directory.runs / run.id) or {}).get(TAKEN_OVER) == published.name


def _had(published: PublishedStudy, directory: StudyDirectory) -> set[str]:
    """Ids of the runs that a study has, or once had, from published results of that name."""
    found = taken_over_entries(directory.read()) if directory.exists() else []
    return {run for entry in found if entry["name"] == published.name for run in entry["ids"]}


def _store_empty(published: PublishedStudy, taken: set[str], directory: StudyDirectory) -> None:
    """Stores that there was nothing to measure; published frames show rows alone."""
    settings = published.settings
    lowest = published.frames["epochs"].groupby("id")["loss"].min()
    measured = set(published.frames["layer_distances"]["id"]) & taken
    for task in measuring_tasks(settings, planned_runs(settings)):
        if task.kind == MEASURE and task.run.id in measured:
            folder = directory.runs / task.run.id
            for name in _nothing_to_measure(task, lowest[task.run.id], settings):
                if not is_measured(folder, name):
                    write_parquet(measurement_path(folder, name), pd.DataFrame())


def _nothing_to_measure(task: Task, lowest_loss: float, settings: StudySettings) -> list[str]:
    """Measurements of a task that have no rows: no law was asked for, or no level reached."""
    found = [] if task.sharpness else ["sharpness"]
    never = task.along and lowest_loss >= max(settings.measures.along_levels)
    return [*found, "sharpness_along"] if never else found


def _document(
    published: PublishedStudy, directory: StudyDirectory, taken: set[str]
) -> dict[str, Any]:
    """``study.json`` with the published results, and the time that they took."""
    ids = sorted(taken | _had(published, directory))
    entry = {
        "name": published.name,
        "ids": ids,
        "runs": len(taken),
        "commits": _commits(published.document),
        "hardware": published.document.get("hardware"),
        "versions": published.document.get("versions"),
    }
    if not directory.exists():
        told = published.document.items()
        kept = {key: value for key, value in told if key not in _OF_THE_PUBLISHED}
        return {**kept, "wall_seconds": published.seconds, TAKEN_OVER: [entry]}
    stored = directory.read()
    others = [other for other in taken_over_entries(stored) if other["name"] != published.name]
    again = len(others) < len(taken_over_entries(stored))
    seconds = float(stored.get("wall_seconds") or 0.0) + (0.0 if again else published.seconds)
    return {**stored, "wall_seconds": round(seconds, 1), TAKEN_OVER: [*others, entry]}


def _commits(document: Mapping[str, Any]) -> list[str]:
    """Those of its own runs, and of those that it had taken over itself, each once."""
    own = document[PUBLISHED].get("commits")
    rows = [row for row in own if isinstance(row, Mapping)] if isinstance(own, list) else []
    inner = [commit for entry in taken_over_entries(document) for commit in entry["commits"]]
    return list(dict.fromkeys([*(str(row.get("commit") or "") for row in rows), *inner]))


def _devices_words(replicas: tuple[int, ...], logical: bool) -> str:
    if replicas == (1,):
        return "one device"
    return f"one device and {max(replicas)}" + (" logical ones" if logical else "")
