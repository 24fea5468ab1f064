"""What ``summary.json`` holds of a sweep over batch sizes."""

import math
from typing import Any

import numpy as np

from study.experiments.sweep import Sweep
from study.summarise.cells import by_seed, finite
from study.summarise.critical_batch import CriticalBatch
from study.summarise.measured import Measured
from study.summarise.quantity_names import quantity_named
from study.summarise.statistics import Estimate, mean_interval
from study.summarise.sweep import (
    ChosenRate,
    choose_rates,
    critical_batch,
    fit_seed,
    mean_over_sizes,
    seeds_of,
    values_over_sizes,
)


def sweep_summary(sweep: Sweep, study: Measured) -> dict[str, Any]:
    """What summary.json holds of a sweep, plain JSON values, None for "not reached".

    Keys ``target``, ``sizes`` (rows of ``batch_size``, ``learning_rate``, ``condition``, ``edge``,
    ``updates`` by seed whose run completed), ``fits`` (by seed: ``batch_size``, ``least_steps``,
    ``least_examples``, ``error``, ``not_reached``, ``reason``), ``critical_batch`` (over seeds:
    ``effect``, ``interval``, ``n``), ``law`` (geometric means of the fits: ``least_steps``,
    ``least_examples``, ``batch_size``), ``predictions`` (rows of ``quantity``, ``title``,
    ``batch_sizes`` that they are from, ``by_seed``, ``effect``, ``interval``, ``n``) and ``times``
    (rows of ``batch_size``, ``seconds``, ``effect``, ``interval``, ``n``: see :func:`_times`).
    """
    chosen = choose_rates(sweep, study)
    fits = {seed: fit_seed(chosen, seed) for seed in seeds_of(chosen)}
    known = [fit for fit in fits.values() if not fit.reason]
    law = {
        name: _geometric([getattr(fit, name) for fit in known])
        for name in ("least_steps", "least_examples", "batch_size")
    }
    return {
        "target": finite(float(study.settings.get("target") or math.nan)),
        "sizes": [_size_row(row) for row in chosen],
        "fits": [_fit_row(seed, fit) for seed, fit in fits.items()],
        "critical_batch": _plain(critical_batch(chosen, study)),
        "law": law,
        "predictions": [_prediction(name, chosen, study) for name in sweep.predictions],
        "times": _times(chosen, study),
    }


def _size_row(row: ChosenRate) -> dict[str, Any]:
    return {
        "batch_size": row.batch_size,
        "learning_rate": finite(row.learning_rate),
        "condition": row.condition,
        "edge": row.edge,
        "updates": {str(seed): row.updates.get(seed) for seed in row.done},
    }


def _fit_row(seed: int, fit: CriticalBatch) -> dict[str, Any]:
    return {
        "seed": seed,
        "batch_size": finite(fit.batch_size),
        "least_steps": finite(fit.least_steps),
        "least_examples": finite(fit.least_examples),
        "error": finite(fit.error),
        "not_reached": list(fit.not_reached),
        "reason": fit.reason,
    }


def _prediction(quantity: str, chosen: list[ChosenRate], study: Measured) -> dict[str, Any]:
    values = mean_over_sizes(quantity, chosen, study)
    over = mean_interval(np.log(list(values.values()))).exponential()
    return {
        "quantity": quantity,
        "title": quantity_named(quantity).title,
        "batch_sizes": sorted(values_over_sizes(quantity, chosen, study)),
        "by_seed": {str(seed): value for seed, value in values.items()},
        **_plain(over),
    }


def _times(chosen: list[ChosenRate], study: Measured) -> list[dict[str, Any]]:
    """Mean seconds to the target, of the batch sizes at which every seed of the study reached it.

    Beside them the ratio to the batch size with the lowest mean, geometric mean over the seeds,
    with Student's t interval; that size is chosen by the same runs.
    """
    reached = [row for row in chosen if set(row.updates) == set(study.seeds)]
    seconds = {
        row.batch_size: values
        for row in reached
        if set(values := by_seed("seconds", row.cell, study)) == set(study.seeds)
        and min(values.values()) > 0
    }
    means = {size: float(np.mean(list(values.values()))) for size, values in seconds.items()}
    if not means:
        return []
    soonest = seconds[min(means, key=lambda size: means[size])]
    found = []
    for size, mean in means.items():
        ratios = [math.log(seconds[size][seed] / soonest[seed]) for seed in study.seeds]
        against = _plain(mean_interval(ratios).unless_equal().exponential())
        found.append({"batch_size": size, "seconds": mean, **against})
    return found


def _plain(estimate: Estimate) -> dict[str, Any]:
    interval = list(estimate.interval) if estimate.interval else None
    return {"effect": finite(estimate.effect), "interval": interval, "n": estimate.n}


def _geometric(values: list[float]) -> float | None:
    return math.exp(float(np.mean(np.log(values)))) if values else None
