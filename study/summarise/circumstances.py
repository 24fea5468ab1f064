"""Whether the runs of a study were made alike, as comparing their times needs."""

import math
from collections.abc import Mapping

import pandas as pd

from study.words import counted, listed

_ALIKE = ["threads", "jobs", "cpu", "cores", "gpus"]
UNLIKE = 2
"""Epochs are unlike when the slowest took more than so many times the fastest."""


def unlike_runs(frame: pd.DataFrame) -> str:
    """One sentence when runs on the same number of devices differ in threads or hardware.

    Args:
        frame: `circumstances`; may be empty.

    Returns:
        "" when they do not differ.
    """
    if frame.empty:
        return ""
    kinds = [group[_ALIKE].drop_duplicates() for _, group in frame.groupby("replicas")]
    if all(len(kind) == 1 for kind in kinds):
        return ""
    counts = frame.groupby(_ALIKE, sort=True)["id"].nunique()
    return (
        "Runs were not all made alike: "
        + listed(_words(count, key) for key, count in counts.items())
        + ". Compare times only between runs made alike."
    )


def unlike_epochs(frames: Mapping[str, pd.DataFrame]) -> str:
    """One sentence when epochs that compute the same took unlike long.

    Epochs compute the same in runs of one model, batch size and number of devices, where a study
    compares conditions in runs of one condition.

    Args:
        frames: of a study, with `runs` and, where there are any, `conditions`.

    Returns:
        "" when the slowest of them took at most :data:`UNLIKE` times as long as the fastest.
    """
    runs = frames["runs"]
    runs = runs[(runs["status"] == "completed") & (runs["seconds_per_epoch"] > 0)]
    by, conditions = ["model", "batch_size", "replicas"], frames.get("conditions")
    if conditions is not None and len(conditions):
        runs, by = runs.merge(conditions[["id", "condition"]], on="id"), ["condition", "replicas"]
    spans = runs.groupby(by)["seconds_per_epoch"].agg(["min", "max"])
    ratios = spans["max"] / spans["min"]
    if not (ratios > UNLIKE).any():
        return ""
    low, high = spans.loc[ratios.idxmax()]
    return (
        f"Epochs that compute the same took up to {ratios.max():.1f} times as long in one run as "
        f"in another ({low:.2g} and {high:.2g} s): the machine had other work or was another, or "
        "the code became faster between them. Comparisons of times hold that, too."
    )


def company(jobs: float, several_devices: bool) -> str:
    """What is added to a sentence on times where runs were not alone on the machine.

    Args:
        jobs: runs at a time on one device; those on several go alone. NaN where that is unknown.
        several_devices: there are runs on several devices.

    Returns:
        "" when every run was alone.
    """
    if not 1 < jobs < math.inf:
        return ""
    return f", {jobs:.0f} runs at a time" + (" where they take one device" * several_devices)


def threads_words(threads: int) -> str:
    """How many threads a run has; 0 leaves it to TensorFlow."""
    return counted(threads, "thread") if threads else "TensorFlow’s choice of threads"


def _words(count: int, key: tuple[int, int, str, int, str]) -> str:
    threads, jobs, cpu, cores, gpus = key
    where = f"{cpu} with {counted(cores, 'core')}" + (f" and {gpus}" if gpus else "")
    return f"{counted(count, 'run')} with {threads_words(threads)}, {jobs} at a time, on {where}"
