"""``reproduce`` and ``run``: the data, the runs, the measurements, the report."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from study.command_line.adjusted_preset import adjusted_preset, check_seeds
from study.command_line.finish import finish_study, print_verdicts
from study.command_line.preparing import prepared, say_data
from study.command_line.progress import StudyProgress
from study.command_line.show_plan import print_plan
from study.command_line.terminal import console
from study.conduct.conductor import conduct, open_tasks
from study.conduct.published_study import PublishedStudy, read_published
from study.conduct.settings import StudySettings, settings_from_dict
from study.conduct.settle import Request, Study, settle
from study.conduct.take_over import check_devices_alike, take_over, to_take_over
from study.data.dataset import Dataset
from study.data.load import undrawn
from study.errors import StoreError, StudyError
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
    published = None if options.extend is None else read_published(options.extend)
    preset = adjusted_preset(options, experiment, published)
    terminal = console()
    source = options.data or preset.source
    directory = StudyDirectory(options.out or default_directory(experiment, preset.name, published))
    # before the pictures, which may take long to prepare
    stored = _stored(directory)
    if stored[0] is None:
        # the command that a study was begun with goes on with it, whatever it asks for
        check_seeds(options, preset)
    if published is not None:
        check_devices_alike(published, *stored)
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
    study = settle(request, dataset, *_stored(directory, published))
    if options.dry_run:
        runs = [] if published is None else to_take_over(published, directory)
        _say_taken(len(runs), published)
        print_plan(study, directory, {run.id for run in runs})
        return 0
    directory.create()
    with directory.locked(lambda words: terminal.print(words, markup=False)) as announcer:
        # once more: another process may have begun the study while this one waited
        study = settle(request, dataset, *_stored(directory, published))
        if published is not None:
            _say_taken(take_over(published, directory), published)
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


def _say_taken(count: int, published: PublishedStudy | None) -> None:
    if published is not None and count:
        console().print(
            f"From {published.directory.path}: {counted(count, 'finished run')}, and what was "
            "measured on them. They have no weights: no more can be measured on them.",
            markup=False,
        )


def default_directory(
    experiment: str, preset: str, published: PublishedStudy | None = None
) -> Path:
    """``runs/PRESET`` for the article, ``runs/EXPERIMENT-PRESET`` for the others.

    ``runs/NAME-extended`` for what extends published results.
    """
    if published is not None:
        return Path("runs") / f"{published.name}-extended"
    return Path("runs") / (preset if experiment == "article" else f"{experiment}-{preset}")


def _stored(
    directory: StudyDirectory, published: PublishedStudy | None = None
) -> tuple[StudySettings | None, bool]:
    """The settings of the study to go on with, and whether its devices are logical ones.

    The one that is there, or else the published one.

    Raises:
        StoreError: these are published results, or what is there is damaged.
    """
    if not directory.exists():
        return (None, False) if published is None else (published.settings, published.logical)
    document = directory.read()
    if PUBLISHED in document:
        # results alone are published; a study in their place would no longer be that
        raise StoreError(
            f"{directory.path} holds published results, which have no runs to go on with; choose "
            f"an empty or new folder with --out, and add --extend {directory.path} to begin with "
            "these results."
        )
    try:
        settings = settings_from_dict(document["settings"])
    except StoreError as error:
        raise StoreError(f"{error} Or choose another --out.") from error
    return settings, document.get("logical_devices") is True
