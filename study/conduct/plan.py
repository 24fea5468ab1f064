"""The plan of a study: its runs and measurements, in the order in which they start."""

from dataclasses import dataclass
from typing import Any

from study.conduct.conditions import condition_runs
from study.conduct.settings import StudySettings
from study.experiments import get_experiment
from study.train.settings import RunSettings

# at batch size 32 and the base rate: seen on the embedded pictures (plain) and on the real ones
_EPOCHS_TO_MINIMUM = {"plain": 30, "dropout": 130, "batch-normalisation": 20}
TRAIN, MEASURE, COMPARE = "train", "measure", "compare"


@dataclass(frozen=True)
class Task:
    """One piece of work that a worker does without stopping.

    Attributes:
        kind: "train" a run, "measure" its minimiser, or "compare" two minimisers.
        run: settings of the run that it belongs to.
        needs: ids of runs that have to be completed before.
        other: the small-batch run of a comparison.
        sharpness: pairs (space, epsilon) to be measured.
        landscape: whether the landscape about this minimiser is wanted.
        along: whether sharpness along the run is wanted.
        pictures: pictures that pass through the net, forward and back counted as three: the
            unit of the estimates of time.
    """

    kind: str
    run: RunSettings
    needs: tuple[str, ...]
    pictures: int
    other: RunSettings | None = None
    sharpness: tuple[tuple[str, float], ...] = ()
    landscape: bool = False
    along: bool = False

    @property
    def id(self) -> str:
        """Unique within a plan."""
        return f"{self.kind}:{self.run.id}"

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the measurements that it stores in the run's folder."""
        if self.kind == MEASURE:
            names = ["layer_distances", "gradient_norms", "sharpness"]
            names += ["landscape"] if self.landscape else []
            names += ["sharpness_along"] if self.along else []
            return tuple(names)
        return (f"interpolation@{self.other.id}",) if self.other else ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as sent to a worker."""
        return {
            "id": self.id,
            "kind": self.kind,
            "run": self.run.as_dict(),
            "other": self.other.as_dict() if self.other else None,
            "sharpness": [list(law) for law in self.sharpness],
            "landscape": self.landscape,
            "along": self.along,
        }


def planned_runs(settings: StudySettings) -> list[RunSettings]:
    """All runs of the study: by devices, then seed, batch size and rate; each once.

    Where the experiment compares conditions: by condition, then devices and seed.
    Those of other models than the study's, for the search for the model, come last.
    """
    experiment = get_experiment(settings.experiment)
    if experiment.conditions:
        found = [run for runs in condition_runs(settings).values() for run in runs]
        return list({run.id: run for run in found}.values())
    in_arms = experiment.cells(settings.base_rate, settings.batch_sizes, grid=False)
    grid_only = experiment.grid_only_cells(settings.base_rate, settings.batch_sizes)
    runs = []
    for replicas in settings.replicas:
        for seed in settings.seeds:
            runs += [_run(settings, size, rate, seed, replicas) for size, rate in in_arms]
        # the heat map needs one device only
        for seed in settings.heat_map_seeds if replicas == 1 else ():
            runs += [_run(settings, size, rate, seed, replicas) for size, rate in grid_only]
    return runs + _search_runs(settings)


def plan_study(
    settings: StudySettings, train_examples: int, validation_examples: int
) -> list[Task]:
    """The tasks of a study: a seed whole, measured too, before the next one.

    The runs of other models, for the search for the model, come after all of them.

    Within a seed, runs that need most epochs (large batch, small rate) come first, so that no
    worker is left alone with a long one at the end.
    """
    runs = planned_runs(settings)
    an_epoch = 3 * train_examples + validation_examples
    tasks = [
        Task(TRAIN, run, (), round(an_epoch * _likely_epochs(run, settings.base_rate)))
        for run in runs
    ]
    # of the other models only the training is wanted, and of conditions
    single = [
        run
        for run in runs
        if run.replicas == 1 and run.model == settings.model and run.recipe is None
    ]
    tasks += _measure_tasks(settings, single)
    tasks += _comparisons(settings, single)
    order = {TRAIN: 0, MEASURE: 1, COMPARE: 2}

    def rank(task: Task) -> tuple[float, ...]:
        run = task.run
        epochs = run.batch_size / run.learning_rate
        searched = run.model != settings.model
        return (run.replicas, searched, run.seed, order[task.kind], -epochs, run.batch_size)

    return sorted(tasks, key=rank)


def _search_runs(settings: StudySettings) -> list[RunSettings]:
    """The runs of the search for the model; those of the study's own model are in its arms."""
    search = get_experiment(settings.experiment).search
    if search is None:
        return []
    return [
        _run(settings, size, rate, seed, settings.replicas[0], model)
        for seed in settings.search_seeds
        for model, size, rate in search.runs(settings.base_rate, settings.batch_sizes)
        if model != settings.model
    ]


def _run(
    settings: StudySettings,
    batch_size: int,
    rate: float,
    seed: int,
    replicas: int,
    model: str | None = None,
) -> RunSettings:
    return RunSettings(
        data=settings.fingerprint,
        image_size=settings.image_size,
        model=model or settings.model,
        batch_size=batch_size,
        learning_rate=rate,
        seed=seed,
        patience=settings.patience,
        max_epochs=settings.max_epochs,
        reshuffle=settings.reshuffle,
        replicas=replicas,
    )


def _likely_epochs(run: RunSettings, base_rate: float) -> float:
    """A guess for estimates of time alone: larger batches need more epochs, larger rates fewer.

    Six times as many epochs to the minimum at batch size 256 as at 32, as in the article.
    """
    if run.recipe is not None:
        return run.max_epochs * run.recipe.steps_an_update
    slowness = (run.batch_size / 32) / (run.learning_rate / base_rate)
    epochs = _EPOCHS_TO_MINIMUM.get(run.model, _EPOCHS_TO_MINIMUM["plain"])
    return min(run.max_epochs, run.patience + epochs * slowness**0.85)


def _measure_tasks(settings: StudySettings, runs: list[RunSettings]) -> list[Task]:
    """What is measured on the minimisers of the arms' runs."""
    experiment, measures = get_experiment(settings.experiment), settings.measures
    laws = measures.chosen(experiment.sharpness)
    planes = {(cell.batch_size, cell.rate(settings.base_rate)) for cell in experiment.landscapes}
    measured = set(experiment.cells(settings.base_rate, settings.batch_sizes, grid=False))
    along = measures.along_levels
    effort = len(laws) * measures.sharpness_trials * measures.sharpness_examples
    effort = 3 * 25 * (effort + len(along) * measures.along_examples)
    seeds = measures.along_seeds or len(settings.seeds)
    tasks = []
    for run in runs:
        cell = (run.batch_size, run.learning_rate)
        if cell not in measured:
            continue
        points = measures.landscape_size**2 * measures.landscape_examples
        pictures = effort + (points if cell in planes else 0)
        tasks.append(
            Task(
                MEASURE,
                run,
                (run.id,),
                pictures,
                sharpness=laws,
                landscape=cell in planes,
                along=bool(along) and run.seed in settings.seeds[:seeds],
            )
        )
    return tasks


def _comparisons(settings: StudySettings, runs: list[RunSettings]) -> list[Task]:
    """The lines between two minimisers, within each seed."""
    measures = settings.measures
    pictures = 2 * measures.interpolation_points * measures.interpolation_examples
    found = {(run.batch_size, run.learning_rate, run.seed): run for run in runs}
    tasks = []
    for line in get_experiment(settings.experiment).lines:
        for seed in settings.seeds:
            small, large = (
                found.get((cell.batch_size, cell.rate(settings.base_rate), seed))
                for cell in (line.small, line.large)
            )
            if small is not None and large is not None:
                needs = (small.id, large.id)
                tasks.append(Task(COMPARE, large, needs, pictures, other=small))
    return tasks
