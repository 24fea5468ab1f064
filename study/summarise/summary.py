"""The value of summary.json."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from study.experiments.declare import Experiment
from study.summarise.cells import finite
from study.summarise.claims import evaluate_claims
from study.summarise.deviations import deviations
from study.summarise.measured import Measured
from study.summarise.multiplicity import together
from study.summarise.records import ordered_records
from study.summarise.search import model_search
from study.summarise.statistics import RESAMPLES, clustered_spearman, spearman_interval
from study.summarise.sweep_summary import sweep_summary
from study.summarise.table_headers import headers
from study.summarise.tables import published_rows, table_rows

SCHEMA = 1
BOOTSTRAP_SEED = 20200
_DIGITS = 9
_WHOLE = frozenset(
    {"batch_size", "seed", "replicas", "image_size"}
    | {"epochs", "epochs_to_min", "updates_to_min", "examples_to_min"}
)


def summarise(
    settings: Mapping[str, Any], frames: Mapping[str, pd.DataFrame], experiment: Experiment
) -> dict[str, Any]:
    """Everything that a study shows, as plain JSON values; missing numbers are None.

    Args:
        settings: what study.json holds.
        frames: the frames of results/ by name; missing and empty ones are fine.
        experiment: the declaration that the study follows.

    Returns:
        Keys ``schema``, ``experiment``, ``preset``, ``data``, ``runs`` (rows of the frame `runs`
        ordered by batch size, rate, seed, devices; those of other models than the study's too,
        which enter nothing but ``model_search``), ``failed_measurements`` (rows of the frame
        `failures`), ``tables`` and ``headers`` (by figure id,
        see ``study.summarise.tables``), ``claims`` (see ``study.summarise.claims``),
        ``together`` (see ``study.summarise.multiplicity``), ``published`` (printed numbers beside
        ours), ``associations``, ``model_search`` (see ``study.summarise.search``) and
        ``deviations`` (see ``study.summarise.deviations``). The same settings and frames, in
        whatever order of rows, give the same value. What is computed from the runs has 9
        significant digits.
    """
    study = Measured(settings, frames, experiment)
    tables = table_rows(experiment, study)
    claims = evaluate_claims(experiment.claims, study)
    everything = frames.get("runs", pd.DataFrame())
    return {
        "schema": SCHEMA,
        "experiment": experiment.name,
        "preset": settings.get("preset"),
        "data": settings.get("data"),
        "runs": [_plain_row(row) for row in ordered_records(everything)],
        "failed_measurements": [_plain_row(row) for row in study.records("failures")],
        **rounded(
            {
                "tables": tables,
                "headers": headers(tables),
                "claims": claims,
                "together": together(claims),
                "published": published_rows(experiment, study),
                "associations": associations(study, experiment.measured_at),
                "model_search": model_search(settings, frames, experiment),
                "deviations": deviations(settings, study, experiment),
                **({"sweep": sweep_summary(experiment.sweep, study)} if experiment.sweep else {}),
                **({"lessons": lessons(experiment, claims)} if experiment.lessons else {}),
            }
        ),
    }


def rounded(value: Any) -> Any:
    """JSON values with fractions to 9 significant digits.

    Sums and fits end in other digits with another processor or another BLAS: far below this, and
    the same results shall give the same bytes on every machine.
    """
    if isinstance(value, Mapping):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    if isinstance(value, float) and not value.is_integer():
        return float(f"{value:.{_DIGITS}g}")
    return value


def lessons(experiment: Experiment, claims: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What to take from the claims, by their verdicts: rows of ``claim``, ``verdict``, ``text``.

    The text is "" where the study does not decide.
    """
    verdicts = {claim["id"]: claim["verdict"] for claim in claims}
    texts = {"reproduced": "reproduced", "not reproduced": "not_reproduced"}
    return [
        {
            "claim": lesson.claim,
            "verdict": verdicts[lesson.claim],
            "text": getattr(lesson, texts.get(verdicts[lesson.claim], ""), ""),
        }
        for lesson in experiment.lessons
    ]


def associations(study: Measured, measured_at: str = "minimum") -> list[dict[str, Any]]:
    """Rank correlation of sharpness with validation loss over all minimisers on one device.

    The validation loss is that of the weights that are measured: the lowest, or at the end.

    One row for each space and epsilon measured: ``space``, ``epsilon``, ``effect`` (Spearman's),
    ``interval`` (95 %, percentile bootstrap over minimisers), ``n`` (minimisers), ``resamples``,
    ``seed``, ``reason``, and ``by_seed``: ``effect``, ``interval`` (t over seeds) and ``n`` (seeds)
    of the mean rank correlation within a seed. Minimisers of one seed share initial weights and
    order and are not independent, so the interval over minimisers is narrower than one over new
    seeds, which is that of ``by_seed``; and an association is no cause.
    """
    column = "final_val_loss" if measured_at == "end" else "min_val_loss"
    losses = {row["id"]: float(study.of_run(column, row) or np.nan) for row in study.runs}
    minimisers = {
        row["id"]: (losses[row["id"]], row["seed"])
        for row in study.runs
        if row["status"] == "completed"
        and row["replicas"] == study.one_device
        and np.isfinite(losses[row["id"]])
    }
    measured = study.sharpness_by_run
    kinds = sorted({(space, epsilon) for _, space, epsilon in measured}, key=_kind_order)
    found = []
    for space, epsilon in kinds:
        pairs = [
            (sharpness, *minimisers[identifier])
            for (identifier, *kind), sharpness in sorted(measured.items())
            if kind == [space, epsilon] and identifier in minimisers and np.isfinite(sharpness)
        ]
        found.append(_association(space, epsilon, column, pairs))
    return found


def _association(
    space: str, epsilon: float, column: str, minimisers: list[tuple[float, float, int]]
) -> dict[str, Any]:
    sharpness, losses, seeds = np.array(minimisers, np.float64).reshape(-1, 3).T
    estimate = spearman_interval(sharpness, losses, BOOTSTRAP_SEED)
    by_seed = clustered_spearman(
        [(sharpness[seeds == seed], losses[seeds == seed]) for seed in np.unique(seeds)]
    ).unless_equal()
    why = "" if estimate.interval else "fewer than 5 minimisers, all alike or in perfect order"
    return {
        "space": space,
        "epsilon": epsilon,
        "x": "sharpness",
        "y": column,
        "effect": finite(estimate.effect),
        "interval": list(estimate.interval) if estimate.interval else None,
        "n": estimate.n,
        "resamples": RESAMPLES,
        "seed": BOOTSTRAP_SEED,
        "reason": why,
        "by_seed": {
            "effect": finite(by_seed.effect),
            "interval": list(by_seed.interval) if by_seed.interval else None,
            "n": by_seed.n,
        },
    }


def _kind_order(kind: tuple[str, float]) -> tuple[int, str, float]:
    spaces = ["full", "subspace", "adaptive", "authors"]
    space, epsilon = kind
    return (spaces.index(space) if space in spaces else len(spaces), space, -epsilon)


def _plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(name, value) for name, value in row.items()}


def _plain(name: str, value: Any) -> Any:
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return int(value) if name in _WHOLE else value
