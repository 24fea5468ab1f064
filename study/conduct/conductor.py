"""Makes a study: settles its settings, carries its plan out, gathers what came of it."""

import contextlib
from dataclasses import asdict, dataclass, replace
from typing import Any

from study.conduct.machine import usable_machine
from study.conduct.plan import plan_study, planned_runs
from study.conduct.pool import Observer, carry_out
from study.conduct.protocol import WorkerConfiguration
from study.conduct.resources import Resources, share_machine
from study.conduct.settings import StudySettings, check_same_study
from study.conduct.task import TRAIN, Task
from study.conduct.timekeeper import Timekeeper
from study.data.dataset import Dataset, split
from study.data.load import describe_dataset
from study.errors import DiskError, SettingsError
from study.experiments import get_experiment
from study.experiments.presets import Preset
from study.store.atomic import remove_temporaries
from study.store.environment import commit, versions
from study.store.measurements import forget_failed_measurement, is_measured, part_path
from study.store.run_folder import FINISHED, RUN_FILES, read_run
from study.store.study_directory import StudyDirectory
from study.train.settings import check_run_settings

# keys of study.json that tell where and how its runs were made
_WHERE_MADE = (
    *("jobs", "threads_per_run", "versions", "hardware"),
    *("commit", "dirty", "command"),
)


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line, beside the preset's own values.

    Attributes:
        experiment: name of a declared experiment.
        preset: the size.
        seeds: number of paired seeds; None leaves it to the preset.
        devices: devices of the runs on several; 1 for none, None leaves it to the preset.
        logical: devices are logical ones of one processor.
        jobs: workers side by side; None lets the machine decide.
        command: the command line, for the record.
    """

    experiment: str
    preset: Preset
    seeds: int | None = None
    devices: int | None = None
    logical: bool = False
    jobs: int | None = None
    command: str = ""


@dataclass(frozen=True)
class Study:
    """A study that is settled: what it consists of and how this machine carries it out.

    Attributes:
        machine: the hardware, with the GPUs that TensorFlow sees.
        logical: the runs on several devices use logical ones of one processor.
        notice: a line for the user on what this machine lacks, "" when there is nothing to say.
    """

    settings: StudySettings
    dataset: Dataset
    tasks: list[Task]
    resources: dict[int, Resources]
    request: Request
    machine: dict[str, Any]
    logical: bool = False
    notice: str = ""


def settle(
    request: Request,
    dataset: Dataset,
    stored: StudySettings | None = None,
    stored_logical: bool = False,
) -> Study:
    """Resolves everything and checks it before anything is written.

    Args:
        request: what was asked for.
        dataset: the prepared pictures.
        stored: settings of the study that the folder holds already; it keeps its further seeds
            and devices.
        stored_logical: that study's devices are logical ones; they stay so.

    Raises:
        SettingsError: the settings contradict each other, the data, the machine or ``stored``.
    """
    request = replace(request, logical=_logical(request, stored, stored_logical))
    machine, notice = usable_machine(request.devices, request.logical)
    train, validation = split(dataset)
    settings = _resolve(request, dataset.fingerprint, len(machine["gpus"]), len(train))
    if stored is not None:
        check_same_study(stored, settings)
        settings = _joined(stored, settings)
    for run in planned_runs(settings):
        check_run_settings(run, len(train))
    size = dataset.images[0].nbytes * len(dataset.labels)
    resources = {
        replicas: share_machine(request.jobs, size, machine, replicas)
        for replicas in settings.replicas
    }
    tasks = plan_study(settings, len(train), len(validation))
    logical = request.logical and settings.replicas != (1,)
    return Study(settings, dataset, tasks, resources, request, machine, logical, notice)


def conduct(study: Study, directory: StudyDirectory, observer: Observer) -> dict[str, str]:
    """Carries out what is not stored yet, one number of devices after the other.

    Returns:
        Task id -> reason, of those that failed.

    Raises:
        StudyError: something stops every task, such as a full disk.
    """
    with directory.writing():
        remove_temporaries(directory.path)
    _tidy_measurements(study, directory)
    keeper = Timekeeper(observer, directory, _document(study, directory))
    failures: dict[str, str] = {}
    try:
        for replicas in study.settings.replicas:
            tasks = [t for t in open_tasks(study, directory) if t.run.replicas == replicas]
            if tasks:
                failures |= carry_out(
                    tasks,
                    completed_runs(study.settings, directory),
                    _configuration(study, directory, replicas),
                    study.resources[replicas].jobs,
                    directory.logs,
                    keeper,
                )
    finally:
        # after a full disk this cannot be written either: the first error is the one to tell
        with contextlib.suppress(DiskError):
            keeper.keep()
    return failures


def open_tasks(study: Study, directory: StudyDirectory) -> list[Task]:
    """The tasks whose results are not stored yet."""
    return [task for task in study.tasks if not is_done(task, directory)]


def is_done(task: Task, directory: StudyDirectory) -> bool:
    """Whether all that a task makes is stored already."""
    folder = directory.runs / task.run.id
    if task.kind == TRAIN:
        document = read_run(folder)
        ended = document is not None and document["status"] in FINISHED
        return ended and all((folder / name).exists() for name in RUN_FILES)
    return all(is_measured(folder, name) for name in task.outputs)


def _document(study: Study, directory: StudyDirectory) -> dict[str, Any]:
    """``study.json`` at the start of a call; without work to do it keeps where it was made."""
    if not directory.exists():
        return study_document(study, 0.0)
    stored = directory.read()
    made = study_document(study, float(stored.get("wall_seconds") or 0.0))
    if open_tasks(study, directory):
        return made
    return {**made, **{key: stored[key] for key in _WHERE_MADE if key in stored}}


def _tidy_measurements(study: Study, directory: StudyDirectory) -> None:
    """A process killed just after it stored a measurement leaves its parts, or an old failure."""
    for task in study.tasks:
        if task.kind != TRAIN and is_done(task, directory):
            folder = directory.runs / task.run.id
            forget_failed_measurement(folder, task.failure)
            for name in task.outputs:
                part_path(folder, name).unlink(missing_ok=True)


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
        "schema": 1,
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


def _resolve(request: Request, fingerprint: str, gpus: int, train_examples: int) -> StudySettings:
    preset, conditions = request.preset, get_experiment(request.experiment).conditions
    if not preset.batch_sizes or len(set(preset.batch_sizes)) < len(preset.batch_sizes):
        raise SettingsError(
            f"batch sizes {preset.batch_sizes}; expected one or more, all different."
        )
    seeds = preset.seeds if request.seeds is None else request.seeds
    if seeds < 1:
        raise SettingsError(f"--seeds {seeds}; expected 1 or more.")
    return StudySettings(
        experiment=request.experiment,
        preset=preset.name,
        fingerprint=fingerprint,
        image_size=preset.image_size,
        model=preset.model,
        base_rate=preset.base_rate,
        batch_sizes=preset.batch_sizes,
        seeds=tuple(range(seeds)),
        heat_map_seeds=tuple(range(min(seeds, preset.heat_map_seeds))),
        patience=preset.patience,
        max_epochs=preset.max_epochs,
        replicas=_replicas(request, gpus),
        measures=preset.measures,
        reshuffle=preset.reshuffle,
        search_seeds=tuple(range(min(seeds, _search_seeds(preset)))),
        train_examples=train_examples if conditions else 0,
    )


def _search_seeds(preset: Preset) -> int:
    if preset.search_seeds < 0:
        raise SettingsError(f"--search-seeds {preset.search_seeds}; expected 0 or more.")
    return preset.search_seeds


def _replicas(request: Request, gpus: int) -> tuple[int, ...]:
    devices = request.devices
    if devices is None:
        devices = gpus if request.preset.several_devices and gpus > 1 else 1
    if devices < 1:
        raise SettingsError(f"--devices {devices}; expected 1 or more.")
    if devices > 1 and not request.logical and gpus < devices:
        raise SettingsError(
            f"--devices {devices}, but this machine has {gpus} GPUs that TensorFlow sees "
            "('python -m study doctor' says more); ask for fewer, or add "
            "--logical-devices to try it on logical CPU devices."
        )
    return (1,) if devices == 1 else (1, devices)


def _joined(stored: StudySettings, asked: StudySettings) -> StudySettings:
    return replace(
        asked,
        seeds=_union(stored.seeds, asked.seeds),
        heat_map_seeds=_union(stored.heat_map_seeds, asked.heat_map_seeds),
        replicas=_union(stored.replicas, asked.replicas),
        search_seeds=_union(stored.search_seeds, asked.search_seeds),
    )


def _logical(request: Request, stored: StudySettings | None, stored_logical: bool) -> bool:
    """Whether devices are logical ones; those of one study are all of one kind."""
    several = stored is not None and max(stored.replicas) > 1
    if several and request.logical and not stored_logical:
        raise SettingsError(
            "--logical-devices, but the runs of this study on several devices use real ones, "
            "which must not be mixed; leave it out, or choose another --out."
        )
    return request.logical or (several and stored_logical)


def _union(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted({*first, *second}))


def _configuration(study: Study, directory: StudyDirectory, replicas: int) -> WorkerConfiguration:
    return WorkerConfiguration(
        study=str(directory.path),
        data=str(study.dataset.directory),
        replicas=replicas,
        threads=study.resources[replicas].threads,
        logical=study.logical and replicas > 1,
        measures=asdict(study.settings.measures),
        jobs=study.resources[replicas].jobs,
        hardware=study.machine,
    )
