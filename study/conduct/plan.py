"""The plan of a study: its runs and measurements, in the order in which they start."""

from study.conduct.conditions import condition_runs
from study.conduct.measuring import measuring_tasks
from study.conduct.settings import StudySettings
from study.conduct.task import COMPARE, MEASURE, TRAIN, Task
from study.experiments import get_experiment
from study.train.settings import RunSettings

# at batch size 32 and the base rate: seen on the embedded pictures (plain) and on the real ones,
# with dropout at 32 pixels; there the article's 128 pixels take half as many
_EPOCHS_TO_MINIMUM = {"plain": 30, "dropout": 320, "batch-normalisation": 20}
_PIXELS = 32


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
    tasks = [_training(run, settings, train_examples, validation_examples) for run in runs]
    tasks += measuring_tasks(settings, runs)
    order = {TRAIN: 0, MEASURE: 1, COMPARE: 2}

    def rank(task: Task) -> tuple[float, ...]:
        run = task.run
        epochs = run.batch_size / run.learning_rate
        searched = run.model != settings.model
        return (run.replicas, searched, run.seed, order[task.kind], -epochs, run.batch_size)

    return sorted(tasks, key=rank)


def _training(run: RunSettings, settings: StudySettings, train: int, validation: int) -> Task:
    steps = run.recipe.steps_an_update if run.recipe is not None else 1
    an_epoch = 3 * train * steps + validation
    epochs = _likely_epochs(run, settings.base_rate)
    return Task(TRAIN, run, (), round(an_epoch * epochs), pictures_an_epoch=an_epoch)


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

    From batch size 32 to 256 the article takes six times as many epochs to the minimum, and ten
    runs with dropout at 32 pixels three times as many (158 to 958, 320 to 962).
    """
    if run.recipe is not None:
        return run.max_epochs
    slowness = (run.batch_size / 32) / (run.learning_rate / base_rate)
    epochs = _EPOCHS_TO_MINIMUM.get(run.model, _EPOCHS_TO_MINIMUM["plain"])
    if run.model == "dropout":
        epochs *= (_PIXELS / run.image_size) ** 0.5
    return min(run.max_epochs, run.patience + epochs * slowness**0.6)
