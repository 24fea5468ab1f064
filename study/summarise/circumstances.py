"""Whether the runs of a study were made alike, as comparing their times needs."""

import pandas as pd

from study.words import counted, listed

_ALIKE = ["threads", "jobs", "cpu", "cores", "gpus"]


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


def _words(count: int, key: tuple[int, int, str, int, str]) -> str:
    threads, jobs, cpu, cores, gpus = key
    each = counted(threads, "thread") if threads else "TensorFlow’s choice of threads"
    where = f"{cpu} with {counted(cores, 'core')}" + (f" and {gpus}" if gpus else "")
    return f"{counted(count, 'run')} with {each}, {jobs} at a time, on {where}"
