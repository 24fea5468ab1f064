"""Settles a study: what was asked for, resolved and checked before anything is written."""

from dataclasses import dataclass, replace
from typing import Any

from study.conduct.devices import on_fitting_devices
from study.conduct.machine import usable_machine
from study.conduct.plan import plan_study, planned_runs
from study.conduct.resources import Resources, share_machine
from study.conduct.settings import StudySettings, check_same_study, kept_measures
from study.conduct.task import Task
from study.data.dataset import Dataset, split
from study.errors import SettingsError
from study.experiments import get_experiment
from study.experiments.presets import Preset
from study.train.settings import check_run_settings


@dataclass(frozen=True)
class Request:
    """What was asked for on the command line, beside the preset's own values.

    Attributes:
        experiment: name of a declared experiment.
        preset: the size.
        seeds: number of paired seeds; None leaves it to the preset.
        devices: devices of the runs on several; 1 for none, None leaves it to the preset, which
            may take as many GPUs as divide every batch size.
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
        notice: lines for the user on what this machine lacks and which of its GPUs are taken, ""
            when there is nothing to say.
    """

    settings: StudySettings
    dataset: Dataset
    tasks: list[Task]
    resources: dict[int, Resources]
    request: Request
    machine: dict[str, Any]
    logical: bool = False
    notice: str = ""

    @property
    def compared(self) -> bool:
        """Whether times on one device are held against those on several."""
        return times_compared(self.settings, self.logical)


def times_compared(settings: StudySettings, logical: bool) -> bool:
    """Whether there are runs on one device and on several, which are no logical ones."""
    return settings.replicas != (1,) and not logical


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
    if stored is not None:
        # of a study that has more seeds already, its further parts may have as many
        seeds = request.preset.seeds if request.seeds is None else request.seeds
        request = replace(request, seeds=max(seeds, len(stored.seeds)))
    settings = _resolve(request, dataset.fingerprint, len(machine["gpus"]), len(train))
    if request.devices is None and stored is not None:
        # another machine may have more GPUs than the study was begun on
        settings = replace(settings, replicas=stored.replicas)
    elif request.devices is None:
        settings, fewer = on_fitting_devices(settings, len(train))
        notice = "\n".join(line for line in (notice, fewer) if line)
    if stored is not None:
        check_same_study(stored, settings)
        settings = _joined(stored, settings)
        _check_devices_joined(stored, settings, request.logical)
    for run in planned_runs(settings):
        check_run_settings(run, len(train))
    if request.logical and settings.replicas == (1,):
        raise SettingsError(
            "--logical-devices with one device, which it does not change; add --devices 2, or "
            "leave it out."
        )
    size = dataset.images[0].nbytes * len(dataset.labels)
    compared = times_compared(settings, request.logical)
    resources = {
        replicas: share_machine(request.jobs, size, machine, replicas, compared)
        for replicas in settings.replicas
    }
    tasks = plan_study(settings, len(train), len(validation))
    logical = request.logical and settings.replicas != (1,)
    return Study(settings, dataset, tasks, resources, request, machine, logical, notice)


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
        heat_map_seeds=tuple(range(min(seeds, _none_or_more(preset, "heat_map_seeds")))),
        patience=preset.patience,
        max_epochs=preset.max_epochs,
        replicas=_replicas(request, gpus),
        measures=preset.measures,
        reshuffle=preset.reshuffle,
        search_seeds=tuple(range(min(seeds, _none_or_more(preset, "search_seeds")))),
        train_examples=train_examples if conditions else 0,
        target=preset.target,
    )


def _none_or_more(preset: Preset, name: str) -> int:
    count: int = getattr(preset, name)
    if count < 0:
        raise SettingsError(f"--{name.replace('_', '-')} {count}; expected 0 or more.")
    return count


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
        measures=kept_measures(stored.measures, asked.measures),
        seeds=_union(stored.seeds, asked.seeds),
        heat_map_seeds=_union(stored.heat_map_seeds, asked.heat_map_seeds),
        replicas=_union(stored.replicas, asked.replicas),
        search_seeds=_union(stored.search_seeds, asked.search_seeds),
    )


def _check_devices_joined(stored: StudySettings, joined: StudySettings, logical: bool) -> None:
    """Runs on one device that were made alone go in whole epochs, beside several in single steps.

    Raises:
        SettingsError: several real devices come to a study that had one.
    """
    if stored.replicas == (1,) and times_compared(joined, logical):
        raise SettingsError(
            f"--devices {max(joined.replicas)} for a study that was begun on one device, whose "
            "times cannot be held against those on several: its runs took an epoch as one call. "
            "Begin another study with --out."
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
