"""A sweep of batch sizes and rates whose truth is known: a law, its best rates, its noise scale."""

import json
import math
from collections.abc import Callable

import pandas as pd
import pytest

from study.conduct.conditions import condition_runs
from study.experiments import get_experiment
from study.store.schema import FRAMES, KEYS, typed_frame
from study.summarise import summarise
from tests.make_conditions import condition_document, condition_study

EXPERIMENT = get_experiment("mccandlish")

STUDY = condition_study("mccandlish")

SIZES = list(STUDY.batch_sizes)
CRITICAL, LEAST = 100.0, 150.0


TARGET = STUDY.target

Law = Callable[[int], float]


def law_of(critical: float) -> Law:
    """The paper's law of the updates, but for S_min."""
    return lambda size: 1 + critical / size


BY_THE_LAW = law_of(CRITICAL)


def updates_needed(size: int, rate: float, seed: int, law: Law) -> float:
    """By a law, with a best rate that is not on the grid's edge."""
    best = 2 if size < 128 else 4
    away = abs(math.log2(rate / STUDY.base_rate / best))
    # the exponent gives slopes a spread over seeds
    return LEAST * 1.02**seed * size ** (1e-5 * seed) * law(size) * 1.3**away


def frames_of(
    target: float = TARGET, noise: float = 80.0, law: Law = BY_THE_LAW
) -> dict[str, pd.DataFrame]:
    """Four epochs a run: at chance level, above the target, at it by the law, and below.

    The noise scale on the plateau is far off; a quarter of the updates to the target go by there.
    """
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in FRAMES}
    for name, runs in condition_runs(STUDY).items():
        for run in runs:
            keys = {key: getattr(run, key) for key in KEYS}
            needed = updates_needed(run.batch_size, run.learning_rate, run.seed, law)
            rows["conditions"].append({**keys, "condition": name})
            status = {"status": "completed", "reason": "", "stopped_by": "target"}
            row = dict.fromkeys(FRAMES["runs"], math.nan) | keys | status
            row |= {"experiment": "mccandlish", "model": run.model, "image_size": 32}
            rows["runs"].append(row | {"devices": "CPU", "min_val_loss": target - 0.01})
            for epoch, share in enumerate((0.25, 0.5, 1.0, 1.5)):
                course = dict.fromkeys(FRAMES["epochs"], math.nan) | keys
                course |= {
                    "epoch": epoch + 1,
                    "updates": round(1000 * needed * share),
                    "examples": round(1000 * needed * share) * run.batch_size,
                    "loss": (0.69, 0.6, 0.5, 0.4)[epoch],
                    "val_loss": target + (0.2, 0.1, 0.0, -0.01)[epoch],
                    "epoch_batch_size": run.batch_size,
                    "noise_scale": run.learning_rate * (2048 / run.batch_size - 1),
                    "rest_norm_squared": 1.0,
                    "rest_variance_trace": noise * (1e4, 0.5, 1.0, 2.0 + 1e-9 * run.seed)[epoch],
                    "rest_noise_scale": noise,
                    "gradient_norm_squared": -1.0,
                    "gradient_variance_trace": 1.0,
                }
                rows["epochs"].append(course)
    return {name: typed_frame(name, pd.DataFrame(values)) for name, values in rows.items()}


def summary_of(frames: dict[str, pd.DataFrame]) -> dict[str, object]:
    return summarise(condition_document(STUDY), frames, EXPERIMENT)


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    return frames_of()


@pytest.fixture(scope="module")
def summary(frames: dict[str, pd.DataFrame]) -> dict[str, object]:
    return json.loads(json.dumps(summary_of(frames), allow_nan=False))


def claims_of(frames: dict[str, pd.DataFrame]) -> dict[str, dict[str, object]]:
    return {claim["id"]: claim for claim in summary_of(frames)["claims"]}


def ids_of(frames: dict[str, pd.DataFrame], condition: str, seed: int) -> list[str]:
    rows = frames["conditions"]
    return list(rows.loc[(rows["condition"] == condition) & (rows["seed"] == seed), "id"])
