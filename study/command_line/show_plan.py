"""The plan of a study, as ``reproduce`` and ``run`` print it: runs, sizes, an estimate of time."""

from collections.abc import Collection, Sequence

from rich.table import Table

from study.command_line.terminal import console, duration, escaped, size
from study.conduct.conditions import condition_runs
from study.conduct.conductor import undone_tasks
from study.conduct.resources import Resources, estimated_seconds
from study.conduct.settings import StudySettings
from study.conduct.settle import Study
from study.conduct.task import TRAIN
from study.experiments import get_experiment
from study.store.study_directory import StudyDirectory
from study.words import counted


def print_plan(study: Study, directory: StudyDirectory, taken: Collection[str] = ()) -> None:
    """Prints the runs, their sizes and an estimate of the time.

    Args:
        study: that is settled.
        directory: its own.
        taken: ids of runs that are still to be taken over.
    """
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
    possible, lacking = undone_tasks(study.tasks, directory)
    tasks = [task for task in possible if not {task.run.id, *task.needs} & set(taken)]
    if len(tasks) < len(study.tasks):
        terminal.print(f"{len(tasks)} of {len(study.tasks)} tasks are left to do.")
    if lacking:
        terminal.print(
            f"{counted(len(lacking), 'measurement')} cannot be made: the runs came from published "
            f"results, without weights. Delete the folder of a run in {directory.runs} to train "
            "it anew.",
            markup=False,
        )
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
