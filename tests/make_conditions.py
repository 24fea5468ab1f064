"""A made-up study of an experiment of conditions: settings and frames, without any training."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from study.command_line.adjusted_preset import adjusted_preset
from study.command_line.commands import StudyOptions
from study.conduct.conditions import condition_runs
from study.conduct.settings import StudySettings
from study.conduct.task import COMPARE, MEASURE, Task
from study.experiments import get_experiment
from study.store.schema import FRAMES, KEYS, typed_frame
from study.train.settings import RunSettings
from tests.make_settings import small_study
from tests.make_study import make_settings

TRAIN_EXAMPLES = {"smoke": 512, "quick": 1920, "cpu": 18610}


def train_examples(experiment: str, preset: str) -> int:
    """Pictures to train on in one of an experiment's sizes."""
    size = get_experiment(experiment).size(preset)
    if size is not None and size.pictures is not None:
        return size.pictures * 4 // 5
    return TRAIN_EXAMPLES[preset]


def condition_study(experiment: str, preset: str = "quick", **changes: Any) -> StudySettings:
    """The settings of a study of a declared experiment in one of its sizes."""
    sized = adjusted_preset(StudyOptions(preset=preset), experiment)
    values = {
        "experiment": experiment,
        "preset": preset,
        "batch_sizes": sized.batch_sizes,
        "base_rate": sized.base_rate,
        "patience": sized.patience,
        "max_epochs": sized.max_epochs,
        "seeds": (0, 1, 2),
        "train_examples": train_examples(experiment, preset),
        "target": sized.target,
    }
    return small_study(**{**values, **changes})


def condition_document(study: StudySettings) -> dict[str, Any]:
    """What study.json holds of it, flat."""
    document = {**make_settings(study.seeds), **study.as_dict()}
    data = {**document["data"], "train_examples": study.train_examples}
    return {**document, "data": data, "command": f"python -m study run {study.experiment}"}


def condition_frames(
    study: StudySettings,
    accuracy: Mapping[str, float],
    diverged: Iterable[tuple[str, int]] = (),
    spread: float = 0.0,
) -> dict[str, pd.DataFrame]:
    """Frames in which every condition ends at the accuracy given, 0.8 if none is.

    Seeds differ by 0.001 from one to the next; the loss falls from 0.7 to 1 - accuracy.

    Args:
        accuracy: by the name of a condition.
        diverged: (condition, seed) of runs that diverged.
        spread: of the differences between conditions over seeds, which have none otherwise.
    """
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in FRAMES}
    for name, runs in condition_runs(study).items():
        for run in runs:
            keys = {key: getattr(run, key) for key in KEYS}
            rows["conditions"].append({**keys, "condition": name})
            lost = (name, run.seed) in set(diverged)
            end = accuracy.get(name, 0.8) + 0.001 * run.seed
            end += spread * run.seed * (run.batch_size + len(name))
            epochs = _epochs(run, keys, end, study.train_examples)[: 2 if lost else None]
            for row in epochs:
                row["distance_from_init"] *= 1 + spread * run.seed * run.batch_size
            rows["epochs"] += epochs
            rows["runs"].append(_run(run, keys, epochs, "diverged" if lost else "completed"))
    return {name: typed_frame(name, pd.DataFrame(values)) for name, values in rows.items()}


def measured_frames(tasks: list[Task]) -> dict[str, pd.DataFrame]:
    """Measurements in which larger batches are sharper, and steeper on the line."""
    rows: dict[str, list[dict[str, Any]]] = {
        "sharpness": [],
        "interpolation": [],
        "sharpness_along": [],
    }
    for task in tasks:
        run = task.run
        keys = {"id": run.id, "batch_size": run.batch_size, "learning_rate": run.learning_rate}
        keys |= {"seed": run.seed, "replicas": 1}
        if task.kind == MEASURE:
            value = run.batch_size / 32 * (1 + 1e-10 * run.seed * run.batch_size)
            law = {"epsilon": 1e-3, "space": "full", "trial": 0, "status": "converged"}
            rows["sharpness"].append({**keys, **law, "sharpness": value})
            rows["sharpness_along"] += [
                {**keys, "epoch": epoch, "base_loss": 0.7 - 0.2 * epoch, "sharpness": value * epoch}
                for epoch in (1, 2)
            ]
        if task.kind == COMPARE and task.other:
            for alpha in np.linspace(-1, 2, 25):
                loss = alpha**2 if alpha < 0.5 else 3 * (alpha - 1) ** 2
                names = {"small_id": task.other.id, "small_batch_size": task.other.batch_size}
                loss *= 1 + 1e-10 * run.seed
                point = {"alpha": alpha, "split": "train", "loss": loss}
                rows["interpolation"].append({**keys, **names, **point})
    return {
        # what is not looked at is 1
        name: typed_frame(name, pd.DataFrame(found).reindex(columns=list(FRAMES[name])).fillna(1))
        for name, found in rows.items()
    }


def _epochs(
    run: RunSettings, keys: dict[str, Any], end: float, examples: int
) -> list[dict[str, Any]]:
    schedule, recipe = run.schedule(examples), run.recipe
    assert recipe is not None
    found = []
    for epoch in range(schedule.epochs):
        done = (epoch + 1) / schedule.epochs
        loss = 0.7 + (1 - end - 0.7) * done
        found.append(
            {
                **keys,
                "epoch": epoch + 1,
                "updates": schedule.updates_before(epoch + 1),
                "examples": (epoch + 1) * examples,
                "loss": loss,
                "accuracy": 1 - loss,
                "val_loss": loss + 0.05,
                "val_accuracy": 0.5 + (end - 0.5) * done,
                "epoch_distance": 0.1,
                "distance_from_init": float(np.log(epoch + 2)),
                "update_norm_median": 0.01,
                "train_seconds": 2.0,
                "validation_seconds": 0.5,
                "epoch_batch_size": schedule.phase_of(epoch).batch_size,
                "epoch_learning_rate": schedule.mean_rate(epoch),
                "noise_scale": recipe.noise_scale(epoch),
            }
        )
    return found


def _run(
    run: RunSettings, keys: dict[str, Any], epochs: list[dict[str, Any]], status: str
) -> dict[str, Any]:
    last = epochs[-1]
    row = dict.fromkeys(FRAMES["runs"], np.nan) | keys
    row |= {
        "experiment": "made up",
        "model": run.model,
        "image_size": run.image_size,
        "devices": "CPU",
        "status": status,
        "reason": "loss not finite in epoch 2" if status == "diverged" else "",
        "stopped_by": "schedule" if status == "completed" else "",
        "epochs": len(epochs),
        "min_val_loss": last["val_loss"],
        "val_accuracy_at_min": last["val_accuracy"],
    }
    return row
