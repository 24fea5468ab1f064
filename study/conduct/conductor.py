"""Makes a study that is settled: carries its plan out, and says how it was made."""

import contextlib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from study.conduct.plan import planned_runs
from study.conduct.pool import Observer, carry_out
from study.conduct.protocol import WorkerConfiguration
from study.conduct.settings import StudySettings
from study.conduct.settle import Study
from study.conduct.task import TRAIN, Task
from study.conduct.tidy import tidy
from study.conduct.timekeeper import Timekeeper
from study.data.describe import describe_dataset
from study.errors import DiskError, SettingsError
from study.experiments import get_experiment
from study.store.atomic import remove_temporaries
from study.store.environment import commit, versions
from study.store.measurements import is_measured
from study.store.run_folder import FINISHED, TAKEN_OVER, holds_course, read_run
from study.store.study_directory import STUDY_SCHEMA, StudyDirectory
from study.store.taken_over import taken_over_now

# keys of study.json that tell where and how its runs were made
_WHERE_MADE = (
    *("jobs", "threads_per_run", "versions", "hardware"),
    *("commit", "dirty", "command"),
)


def conduct(study: Study, directory: StudyDirectory, observer: Observer) -> dict[str, str]:
    """Carries out what is not stored yet, one number of devices after the other.

    Returns:
        Task id -> reason, of those that failed.

    Raises:
        StudyError: something stops every task, such as a full disk.
        SettingsError: runs that are left need more devices than there are.
    """
    with directory.writing():
        remove_temporaries(directory.path)
    tidy((task for task in study.tasks if is_done(task, directory)), directory)
    _check_devices(study, directory)
    keeper = Timekeeper(observer, directory, _document(study, directory))
    failures: dict[str, str] = {}
    try:
        for replicas, in_pieces in _kinds_of_workers(study):
            tasks = [
                task
                for task in open_tasks(study.tasks, directory)
                if _kind_of_worker(task, study) == (replicas, in_pieces)
            ]
            if tasks:
                failures |= carry_out(
                    tasks,
                    completed_runs(study.settings, directory),
                    worker_configuration(study, directory, replicas, in_pieces),
                    study.resources[replicas].jobs,
                    directory.logs,
                    keeper,
                )
    finally:
        # after a full disk this cannot be written either: the first error is the one to tell
        with contextlib.suppress(DiskError):
            keeper.keep()
    return failures


def _check_devices(study: Study, directory: StudyDirectory) -> None:
    """A study may have been begun on another machine."""
    most, gpus = max(study.settings.replicas), len(study.machine["gpus"])
    if most == 1 or study.logical or gpus >= most:
        return
    left = [task for task in open_tasks(study.tasks, directory) if task.run.replicas == most]
    if left:
        raise SettingsError(
            f"{len(left)} tasks of this study need {most} devices, on which it was begun, and "
            f"{gpus} GPUs were found; continue it on a machine with {most}, or begin another study "
            "with --out."
        )


def open_tasks(tasks: Iterable[Task], directory: StudyDirectory) -> list[Task]:
    """The tasks whose results are not stored yet and can be made, as :func:`undone_tasks` tells.

    Raises:
        StoreError: what a run stores of itself is damaged.
    """
    return undone_tasks(tasks, directory)[0]


def undone_tasks(tasks: Iterable[Task], directory: StudyDirectory) -> tuple[list[Task], list[Task]]:
    """The tasks whose results are not stored yet: those that can be made, those without weights.

    Nothing is measured on a run that diverged, or that was taken over, without its weights.

    Raises:
        StoreError: what a run stores of itself is damaged.
    """
    found = [task for task in tasks if not is_done(task, directory)]
    needed = {need: read_run(directory.runs / need) or {} for task in found for need in task.needs}
    diverged = {need for need, run in needed.items() if run.get("status") == "diverged"}
    taken = {need for need, run in needed.items() if TAKEN_OVER in run}
    possible = [task for task in found if diverged.isdisjoint(task.needs)]
    return (
        [task for task in possible if taken.isdisjoint(task.needs)],
        [task for task in possible if not taken.isdisjoint(task.needs)],
    )


def is_done(task: Task, directory: StudyDirectory) -> bool:
    """Whether all that a task makes is stored already."""
    folder = directory.runs / task.run.id
    if task.kind == TRAIN:
        document = read_run(folder)
        ended = document is not None and document["status"] in FINISHED
        return ended and holds_course(folder)
    return all(is_measured(folder, name) for name in task.outputs)


def _document(study: Study, directory: StudyDirectory) -> dict[str, Any]:
    """``study.json`` at the start of a call; without work to do it keeps where it was made."""
    if not directory.exists():
        return study_document(study, 0.0)
    stored = directory.read()
    made = study_document(study, float(stored.get("wall_seconds") or 0.0))
    if TAKEN_OVER in stored:
        runs = planned_runs(study.settings)
        made[TAKEN_OVER] = taken_over_now(stored, (directory.runs / run.id for run in runs))
    if open_tasks(study.tasks, directory):
        return made
    return {**made, **{key: stored[key] for key in _WHERE_MADE if key in stored}}


def completed_runs(settings: StudySettings, directory: StudyDirectory) -> set[str]:
    """Ids of the planned runs that are completed."""
    documents = {run.id: read_run(directory.runs / run.id) for run in planned_runs(settings)}
    return {
        identifier
        for identifier, document in documents.items()
        if document is not None and document["status"] == "completed"
    }


def study_document(study: Study, wall_seconds: float) -> dict[str, Any]:
    """What ``study.json`` holds: the settings, and where and how the study is made."""
    settings, request = study.settings, study.request
    revision, dirty = commit()
    single = study.resources[settings.replicas[0]]
    return {
        "schema": STUDY_SCHEMA,
        "settings": settings.as_dict(),
        "data": describe_dataset(study.dataset),
        "data_directory": str(study.dataset.directory),
        "rate_multiples": list(get_experiment(settings.experiment).grid_multiples),
        "logical_devices": study.logical,
        "jobs": single.jobs,
        "threads_per_run": single.threads,
        "versions": versions(),
        "hardware": study.machine,
        "commit": revision,
        "dirty": dirty,
        "command": request.command,
        "wall_seconds": round(wall_seconds, 1),
    }


def _kind_of_worker(task: Task, study: Study) -> tuple[int, bool]:
    """Devices of the worker that a task needs, and whether its threads take pieces of a batch.

    A process can cut its work among threads in one way only. With one thread there is nothing to
    cut among, and one kind of worker does everything, in the order of the plan.
    """
    replicas = task.run.replicas
    several = replicas == 1 and study.resources[1].threads > 1
    return replicas, several and task.rows_apart


def _kinds_of_workers(study: Study) -> list[tuple[int, bool]]:
    """In their order: what needs runs of both kinds is done by workers of the second."""
    kinds = {_kind_of_worker(task, study) for task in study.tasks}
    return sorted(kinds, key=lambda kind: (kind[0], not kind[1]))


def worker_configuration(
    study: Study, directory: StudyDirectory, replicas: int, in_pieces: bool
) -> WorkerConfiguration:
    """What the workers of one kind are set up with."""
    return WorkerConfiguration(
        study=str(directory.path),
        data=str(study.dataset.directory),
        replicas=replicas,
        threads=study.resources[replicas].threads,
        logical=study.logical and replicas > 1,
        measures=asdict(study.settings.measures),
        in_pieces=in_pieces,
        jobs=study.resources[replicas].jobs,
        hardware=study.machine,
        # what an epoch takes on one GPU is held against several, which go step by step
        whole_epochs=not study.compared,
    )
