"""``reproduce`` and ``run``: the data, the runs, the measurements, the report."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from study.command_line.adjusted_preset import adjusted_preset, check_seeds
from study.command_line.finish import finish_study, print_verdicts
from study.command_line.preparing import prepared, say_data
from study.command_line.progress import StudyProgress
from study.command_line.terminal import console, duration, escaped, size
from study.conduct.conditions import condition_runs
from study.conduct.conductor import conduct, open_tasks
from study.conduct.resources import Resources, estimated_seconds
from study.conduct.settings import StudySettings, settings_from_dict
from study.conduct.settle import Request, Study, settle
from study.conduct.task import TRAIN
from study.data.dataset import Dataset
from study.data.load import undrawn
from study.errors import StoreError, StudyError
from study.experiments import get_experiment
from study.experiments.presets import Preset
from study.store.published import PUBLISHED
from study.store.study_directory import StudyDirectory
from study.words import counted

if TYPE_CHECKING:
    from study.command_line.commands import StudyOptions


def make_study(options: "StudyOptions", experiment: str) -> int:
    """Makes a study, or goes on with it, and its report.

    Returns:
        The exit code: 0, or 1 when tasks have failed (the report lists them).

    Raises:
        StudyError: what came does not fit; nothing has been changed then.
    """
    preset = adjusted_preset(options, experiment)
    terminal = console()
    source = options.data or preset.source
    directory = StudyDirectory(options.out or default_directory(experiment, preset.name))
    # before the pictures, which may take long to prepare
    if _stored(directory)[0] is None:
        # the command that a study was begun with goes on with it, whatever it asks for
        check_seeds(options, preset)
    dataset = _data(source, preset, options.dry_run)
    request = Request(
        experiment=experiment,
        preset=preset,
        seeds=options.seeds,
        devices=options.devices,
        logical=options.logical_devices,
        jobs=options.jobs,
        command=shlex.join(["python", "-m", "study", *sys.argv[1:]]),
    )
    if options.dry_run:
        print_plan(settle(request, dataset, *_stored(directory)), directory)
        return 0
    settle(request, dataset, *_stored(directory))
    directory.create()
    with directory.locked(lambda words: terminal.print(words, markup=False)) as announcer:
        # once more: another process may have begun the study while this one waited
        study = settle(request, dataset, *_stored(directory))
        print_plan(study, directory)
        single = study.resources[study.settings.replicas[0]]
        tasks = open_tasks(study.tasks, directory)
        with StudyProgress(tasks, single.jobs, terminal, announcer.say) as progress:
            try:
                failures = conduct(study, directory, progress)
            except StudyError as error:
                raise StudyError(f"{error} {_reported(directory, study)}") from error
        summary, page = finish_study(directory, study.dataset)
    print_verdicts(summary, page, directory)
    if failures:
        terminal.print(
            f"{counted(len(failures), 'task')} failed, for the reasons printed above; the report "
            "shows what there is without them. The same command tries them again; what the "
            f"workers printed is in {directory.logs}.",
            markup=False,
        )
        return 1
    return 0


def _data(source: str, preset: Preset, dry_run: bool) -> Dataset:
    """The prepared pictures; in a dry run no drawn ones are made, as their number is known."""
    outline = undrawn(source, preset.image_size, preset.pictures) if dry_run else None
    if outline is None:
        return prepared(source, preset.image_size, preset.pictures, console())
    say_data(outline, console())
    return outline


def _reported(directory: StudyDirectory, study: Study) -> str:
    """Makes the report of what is finished after something ended the study; says what came of it.

    Whatever stopped the study may stop the report as well; that must not hide the first error.
    """
    try:
        _, page = finish_study(directory, study.dataset)
    except (StudyError, OSError):
        return (
            "What is finished is stored, but no report of it can be made now; 'python -m study "
            f"report {directory.path}' tries again."
        )
    return f"What is finished is stored, and reported in {page}; the same command goes on from it."


def default_directory(experiment: str, preset: str) -> Path:
    """``runs/PRESET`` for the article, ``runs/EXPERIMENT-PRESET`` for the others."""
    return Path("runs") / (preset if experiment == "article" else f"{experiment}-{preset}")


def print_plan(study: Study, directory: StudyDirectory) -> None:
    """Prints the runs, their sizes and an estimate of the time."""
    terminal, settings = console(), study.settings
    data = study.dataset
    resources = study.resources[settings.replicas[0]]
    runs = [task for task in study.tasks if task.kind == "train"]
    if study.notice:
        terminal.print(study.notice, style="yellow", markup=False)
    by_condition = bool(get_experiment(settings.experiment).conditions)
    terminal.print(_condition_table(settings) if by_condition else _cell_table(study))
    if searched := sum(task.run.model != settings.model for task in runs):
        terminal.print(
            f"{searched} of these runs are of other models than {settings.model}: the search for "
            "the model behind the article's figures (--search-seeds 0 leaves them out)."
        )
    bytes_ = len(data.labels) * data.images[0].nbytes
    length = f"at most {settings.max_epochs} epochs (patience {settings.patience})"
    if by_condition:
        length = f"{_span([run.run.max_epochs for run in runs])} epochs"
    terminal.print(
        f"{len(runs)} runs of {length} "
        f"on {len(data.labels):,} pictures ({size(bytes_)}), and "
        f"{len(study.tasks) - len(runs)} measurements; "
        f"{side_by_side(resources, len(study.machine['gpus']))}."
    )
    tasks = open_tasks(study.tasks, directory)
    if len(tasks) < len(study.tasks):
        terminal.print(f"{len(tasks)} of {len(study.tasks)} tasks are left to do.")
    # more workers than cores take turns
    jobs = min(resources.jobs, int(study.machine["cores"]))
    seconds = estimated_seconds(tasks, settings.image_size, jobs)
    terminal.print(
        f"Estimate for a machine like the reference one: {duration(seconds)}. "
        f"Results: {directory.path}",
        markup=False,
    )


def side_by_side(resources: Resources, gpus: int) -> str:
    """How many runs on one device go at a time, and on what."""
    if not gpus:
        if resources.jobs == 1:
            return f"one at a time with {counted(resources.threads, 'thread')}"
        return f"{resources.jobs} side by side with {counted(resources.threads, 'thread')} each"
    if resources.jobs == 1:
        return f"one at a time, on one of {gpus} GPUs" if gpus > 1 else "one at a time"
    used = min(resources.jobs, gpus)
    on = counted(gpus, "GPU") if used == gpus else f"{used} of {gpus} GPUs"
    return f"{resources.jobs} side by side on {on}"


def _cell_table(study: Study) -> Table:
    """Batch sizes and their rates."""
    table = Table("batch size", "learning rates", "seed numbers", "runs", box=None, pad_edge=False)
    for batch_size in study.settings.batch_sizes:
        own = [t.run for t in study.tasks if t.kind == TRAIN and t.run.batch_size == batch_size]
        rates = sorted({run.learning_rate for run in own})
        seeds = sorted({run.seed for run in own})
        table.add_row(
            str(batch_size),
            ", ".join(f"{rate:g}" for rate in rates),
            ", ".join(map(str, seeds)),
            str(len(own)),
        )
    return table


def _condition_table(settings: StudySettings) -> Table:
    """Conditions with what comes of their rules at the study's size."""
    heads = ("condition", "batch size", "learning rate", "epochs", "updates", "seed numbers")
    table = Table(*heads, box=None, pad_edge=False)
    conditions = get_experiment(settings.experiment).conditions_of(settings.preset)
    for condition, runs in zip(conditions, condition_runs(settings).values(), strict=True):
        schedule = runs[0].schedule(settings.train_examples)
        table.add_row(
            escaped(condition.title),
            _span(schedule.batch_sizes),
            _span([phase.learning_rate for phase in schedule.phases]),
            str(schedule.epochs),
            f"{schedule.updates:,}",
            ", ".join(map(str, settings.seeds)),
        )
    return table


def _span(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _stored(directory: StudyDirectory) -> tuple[StudySettings | None, bool]:
    """The settings of the study that is there, and whether its devices are logical ones.

    Raises:
        StoreError: these are published results, or what is there is damaged.
    """
    if not directory.exists():
        return None, False
    document = directory.read()
    if PUBLISHED in document:
        # without runs to go on from, all would be trained again, and put in their place
        raise StoreError(
            f"{directory.path} holds published results, which have no runs to go on with; choose "
            "an empty or new folder with --out, such as --out runs/again."
        )
    try:
        settings = settings_from_dict(document["settings"])
    except StoreError as error:
        raise StoreError(f"{error} Or choose another --out.") from error
    return settings, document.get("logical_devices") is True
