"""How many evaluations the search for epsilon-sharpness needs, with a limit."""

from pathlib import Path
from typing import Any

from study.bench.grid import run_settings
from study.bench.peers.counts import count_row
from study.bench.process import BenchWorker
from study.bench.request import BenchRequest
from study.bench.spread import spread
from study.conduct.settings import settings_from_dict
from study.data.dataset import Dataset, split
from study.errors import StudyError
from study.experiments import get_experiment
from study.store.run_folder import BEST_WEIGHTS, END_WEIGHTS, read_run
from study.store.study_directory import StudyDirectory
from study.train.settings import RunSettings, run_settings_from_dict

_JOBS = "study.bench.peers.searching:"
_EPOCHS, _EXAMPLES = 5, 512
_MOST = 30
_FILES = {"minimum": BEST_WEIGHTS, "end": END_WEIGHTS}


def sharpness_count(request: BenchRequest, dataset: Dataset, batch_size: int) -> dict[str, Any]:
    """Evaluations until the search for sharpness has 99 % of what 200 evaluations find.

    After a few epochs on all training pictures: near the initial weights, not at a minimiser.

    Raises:
        StudyError: it failed.
    """
    settings = run_settings(request, dataset, batch_size=batch_size)
    options = {**_options(request, dataset), "run": settings.as_dict(), "epochs": _EPOCHS}
    return _counted(
        "sharpness: evaluations to 99 % of what 200 find",
        f"batch {batch_size}, {request.image_size} px, {options['examples']} pictures, "
        f"after {_EPOCHS} epochs at rate {settings.learning_rate:g}",
        _JOBS + "sharpness_evaluations",
        options,
        request.repeats,
    )


def sharpness_count_at_minimisers(
    request: BenchRequest, dataset: Dataset, batch_size: int, study: Path
) -> dict[str, Any]:
    """The same at the minimisers of a study on the same pictures: one each of ``repeats`` runs.

    Runs on one device, without remedies; seeds in order.

    Raises:
        StudyError: the study has no such runs, or it failed.
    """
    settings = settings_from_dict(StudyDirectory(study).read().get("settings"))
    if settings.fingerprint != dataset.fingerprint:
        raise StudyError(
            f"{study} was trained on other pictures than these (--data, --image-size, --pictures "
            f"of the study; it has {settings.image_size} px); its minimisers are left out."
        )
    at = get_experiment(settings.experiment).measured_at
    found = _minimisers(study, batch_size, _FILES[at])[: request.repeats]
    if not found:
        raise StudyError(f"{study} holds no weights of a completed run with batch {batch_size}.")
    options = {
        **_options(request, dataset),
        "folders": [str(folder) for folder, _ in found],
        "runs": [run.as_dict() for _, run in found],
        "at": at,
    }
    rates = ", ".join(f"{rate:g}" for rate in sorted({run.learning_rate for _, run in found}))
    return _counted(
        "sharpness at minimisers: evaluations to 99 % of what 200 find",
        f"batch {batch_size}, {request.image_size} px, {options['examples']} pictures, "
        f"rate {rates}, one search at each of {len(found)} minimisers of a study "
        f"({settings.experiment})",
        _JOBS + "sharpness_evaluations_at_minimisers",
        options,
        len(found),
    )


def _options(request: BenchRequest, dataset: Dataset) -> dict[str, Any]:
    return {
        "data": str(dataset.directory),
        "threads": request.threads,
        "examples": min(_EXAMPLES, len(split(dataset)[0])),
    }


def _minimisers(study: Path, batch_size: int, weights: str) -> list[tuple[Path, RunSettings]]:
    """Folders and settings of the runs whose weights are there, by seed and rate."""
    found = []
    for place in (study / "runs").glob(f"*/{weights}"):
        document = read_run(place.parent)
        if document is None or document["status"] != "completed":
            continue
        run = run_settings_from_dict(document["settings"])
        remedied = run.recipe is not None and run.recipe.remedy is not None
        if run.batch_size == batch_size and run.replicas == 1 and not remedied:
            found.append((place.parent, run))
    return sorted(found, key=lambda pair: (pair[1].seed, pair[1].learning_rate, pair[1].id))


def _counted(name: str, where: str, job: str, options: dict[str, Any], laps: int) -> dict[str, Any]:
    with BenchWorker(job, options, options["threads"]) as worker:
        worker.ready()
        made = [worker.lap() for _ in range(laps)]
    enough = [lap["evaluations"] for lap in made if lap["evaluations"] is not None]
    shares, losses = (spread([lap[name] for lap in made]) for name in ("share", "loss"))
    return count_row(
        name,
        where,
        "evaluations",
        [float(count) for count in enough],
        _MOST,
        len(made),
        f"share found {shares.lowest:.1%} to {shares.highest:.1%}; training loss there "
        f"{losses.lowest:.3g} to {losses.highest:.3g}",
    )
