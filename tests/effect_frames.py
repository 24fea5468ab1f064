"""Runs and studies small enough to compute effects by hand."""

import pandas as pd

from study.experiments import get_experiment
from study.summarise.measured import Measured

ARTICLE = get_experiment("article")


def a_run(batch_size, multiple=1, seed=0, replicas=1, status="completed", **values):
    rate = 0.01 * multiple
    return {
        "id": f"{batch_size}/{multiple:g}/{seed}/{replicas}",
        "batch_size": batch_size,
        "learning_rate": rate,
        "seed": seed,
        "replicas": replicas,
        "status": status,
        "reason": "",
        "stopped_by": "patience",
        "devices": "CPU",
        **values,
    }


def a_study(*runs, seeds=(0,), sizes=(32, 64), **frames):
    settings = {"base_rate": 0.01, "batch_sizes": list(sizes), "seeds": list(seeds)}
    return Measured(settings, {"runs": pd.DataFrame(list(runs)), **frames}, ARTICLE)


def of_runs(runs, **columns):
    """A frame with one row a run and entry of the columns' lists, with the run's keys."""
    length = len(next(iter(columns.values())))
    keys = ("id", "batch_size", "learning_rate", "seed", "replicas")
    return pd.DataFrame(
        [
            {**{key: run[key] for key in keys}, **{name: c[i] for name, c in columns.items()}}
            for run in runs
            for i in range(length)
        ]
    )
