"""Sharpness of one minimiser by every declared law, trial by trial."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import pandas as pd

from callbacks.box import SEARCH_VERSION
from callbacks.objective import MeanLoss
from callbacks.sharpness import SharpnessResult, make_objective, measure_sharpness
from study.experiments.presets import Measures
from study.measure.adaptive_sharpness import adaptive_sharpness
from study.measure.chunks import rows_at_a_time
from study.measure.remembering import RememberingLoss
from study.measure.stored import StoredMeasurement

SUBSPACE_DIMENSION = 100
_KEPT = ("sharpness", "base_loss", "max_loss", "evaluations", "status", "examples")
_COLUMNS = ("epsilon", "space", "trial", *_KEPT, "base_accuracy", "active_share", "search")


def sharpness_trials(
    model: keras.Model,
    data: tuple[Any, Any],
    laws: Sequence[tuple[str, float]],
    measures: Measures,
    stored: StoredMeasurement,
    progress: Callable[[int, int], None],
) -> pd.DataFrame:
    """Measures every law (space, epsilon) in several trials, which differ in their random starts.

    The authors' variant has no random start, so it has one trial.

    Args:
        model: compiled, at the minimiser.
        data: pictures and labels of f.
        laws: spaces "full", "subspace" (100 Gaussian columns), "adaptive", "authors"; epsilons.
        measures: how many trials.
        stored: keeps finished trials.
        progress: called with the trials done and their total.

    Returns:
        Columns epsilon, space, trial, sharpness, base_loss, max_loss, evaluations, status,
        examples, base_accuracy (of the same pictures at the minimiser), active_share (of the
        coordinates of the maximum, those at the bound of the box), search (which version of it,
        nan for the authors').
    """
    trials = [
        (space, epsilon, trial)
        for space, epsilon in laws
        for trial in range(1 if space == "authors" else measures.sharpness_trials)
    ]
    part = stored.part(_COLUMNS, search=SEARCH_VERSION)
    rows = [] if part is None else part.to_dict("records")
    known = {(row["space"], row["epsilon"], row["trial"]) for row in rows}
    plain = RememberingLoss(model, *data, batch_size=rows_at_a_time(model, data[0]))
    objectives: dict[bool, MeanLoss] = {False: plain}
    accuracy = plain.loss_and_accuracy()[1]
    for count, (space, epsilon, trial) in enumerate(trials, start=1):
        if (space, epsilon, trial) not in known:
            if trial == 0:
                plain.forget()
            result = _one_trial(model, data, objectives, space, epsilon, trial)
            figures = {name: getattr(result, name) for name in _KEPT}
            law = {"epsilon": epsilon, "space": space, "trial": trial}
            beside = {
                "base_accuracy": accuracy,
                "active_share": result.active_share,
                "search": math.nan if space == "authors" else SEARCH_VERSION,
            }
            rows.append({**law, **figures, **beside})
            stored.keep(pd.DataFrame(rows))
        progress(count, len(trials))
    return pd.DataFrame(rows)


def _one_trial(
    model: keras.Model,
    data: tuple[Any, Any],
    objectives: dict[bool, MeanLoss],
    space: str,
    epsilon: float,
    trial: int,
) -> SharpnessResult:
    by_authors = space == "authors"
    if by_authors not in objectives:
        objectives[by_authors] = make_objective(model, *data, variant="authors")
    objective = objectives[by_authors]
    if space == "adaptive":
        return adaptive_sharpness(objective, epsilon, seed=trial)
    dimension = SUBSPACE_DIMENSION if space == "subspace" else None
    return measure_sharpness(objective, epsilon, seed=trial, subspace=dimension)
