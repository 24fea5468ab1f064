"""Which minimisers a study measures, and between which it measures the loss."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from study.conduct.conditions import condition_runs
from study.conduct.settings import StudySettings
from study.conduct.task import COMPARE, MEASURE, Task
from study.experiments import get_experiment
from study.experiments.cells import Cell
from study.experiments.declare import Experiment
from study.store.measurements import PLAIN_LANDSCAPE, RESCALING, TRAJECTORY
from study.train.settings import RunSettings

# evaluations of a search at most (callbacks.sharpness.MAX_EVALUATIONS), each with its gradient,
# which takes as long as about three passes forward
_OF_A_SEARCH = 3 * 40


@dataclass(frozen=True)
class _Places:
    """The runs of a study on one device by what declarations call them.

    Attributes:
        base_rate: of the study.
        in_arms: batch size, rate, seed -> run.
        in_conditions: condition, seed -> run.
    """

    base_rate: float
    in_arms: Mapping[tuple[int, float, int], RunSettings]
    in_conditions: Mapping[tuple[str, int], RunSettings]

    def run(self, cell: Cell, seed: int) -> RunSettings | None:
        if cell.condition:
            return self.in_conditions.get((cell.condition, seed))
        return self.in_arms.get((cell.batch_size, cell.rate(self.base_rate), seed))


def measuring_tasks(settings: StudySettings, runs: list[RunSettings]) -> list[Task]:
    """Measurements of minimisers and of lines between two of them; none of other models.

    Of arms all minimisers are measured, of conditions those that the experiment names.

    Args:
        settings: of the study.
        runs: all that are planned.
    """
    experiment = get_experiment(settings.experiment)
    places = _places(settings, experiment, runs)
    return [
        *_of_minimisers(settings, experiment, places),
        *_of_lines(settings, experiment, places),
    ]


def _places(settings: StudySettings, experiment: Experiment, runs: list[RunSettings]) -> _Places:
    if experiment.conditions:
        named = {
            (name, run.seed): run
            for name, found in condition_runs(settings).items()
            for run in found
            if run.replicas == 1
        }
        return _Places(settings.base_rate, {}, named)
    # of the other models only the training is wanted
    single = [run for run in runs if run.replicas == 1 and run.model == settings.model]
    found = {(run.batch_size, run.learning_rate, run.seed): run for run in single}
    return _Places(settings.base_rate, found, {})


def _measured(
    settings: StudySettings, experiment: Experiment, places: _Places
) -> list[RunSettings]:
    """The runs whose minimisers are measured, each once."""
    if experiment.conditions:
        found = [
            run for (name, _), run in places.in_conditions.items() if name in experiment.measured
        ]
    else:
        cells = set(experiment.cells(settings.base_rate, settings.batch_sizes, grid=False))
        found = [run for (size, rate, _), run in places.in_arms.items() if (size, rate) in cells]
    return list({run.id: run for run in found}.values())


def _of_minimisers(settings: StudySettings, experiment: Experiment, places: _Places) -> list[Task]:
    measures, measured = settings.measures, _measured(settings, experiment, places)
    laws = measures.chosen(experiment.sharpness)
    planes = _ids(settings, experiment.landscapes, places)
    further = {run.id: _further(settings, experiment, places, run) for run in measured}
    searched = len(laws) * measures.sharpness_trials * measures.sharpness_examples
    searched_along = len(measures.along_levels) * measures.along_examples
    points = measures.landscape_size**2 * measures.landscape_examples
    seeds = settings.seeds[: measures.along_seeds or len(settings.seeds)]
    along = {run.id: bool(searched_along) and run.seed in seeds for run in measured}
    return [
        Task(
            MEASURE,
            run,
            (run.id,),
            _OF_A_SEARCH * (searched + along[run.id] * searched_along)
            + points * (_planes(further[run.id]) + (run.id in planes)),
            sharpness=laws,
            landscape=run.id in planes,
            along=along[run.id],
            further=further[run.id],
            at=experiment.measured_at,
        )
        for run in measured
    ]


def _ids(settings: StudySettings, cells: Iterable[Cell], places: _Places) -> set[str]:
    """Ids of the runs of some cells."""
    found = (places.run(cell, seed) for cell in cells for seed in settings.seeds)
    return {run.id for run in found if run is not None}


def _further(
    settings: StudySettings, experiment: Experiment, places: _Places, run: RunSettings
) -> tuple[str, ...]:
    """What is measured on a run because its experiment asks for it."""
    names = [PLAIN_LANDSCAPE] * (run.id in _ids(settings, experiment.plain_landscapes, places))
    names += [RESCALING] * (run.id in _ids(settings, experiment.rescalings, places))
    kept = run.recipe is not None and run.recipe.snapshots
    return (*names, *(TRAJECTORY if kept else ()))


def _planes(names: Iterable[str]) -> int:
    """How many whole planes are among measurements."""
    return len({PLAIN_LANDSCAPE, TRAJECTORY[-1]} & set(names))


def _of_lines(settings: StudySettings, experiment: Experiment, places: _Places) -> list[Task]:
    """The lines between two minimisers, within each seed, each once."""
    measures = settings.measures
    pictures = 2 * measures.interpolation_points * measures.interpolation_examples
    tasks = {}
    for line in experiment.lines:
        for seed in settings.seeds:
            small, large = places.run(line.small, seed), places.run(line.large, seed)
            if small is not None and large is not None:
                needs = (small.id, large.id)
                at = experiment.measured_at
                task = Task(COMPARE, large, needs, pictures, other=small, at=at)
                tasks[task.id] = task
    return list(tasks.values())
