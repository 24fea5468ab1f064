"""Times of runs by what their epochs typically take, and how often the machine stood still."""

import pandas as pd

from study.summarise.epoch_seconds import standstills, typical_seconds
from study.words import counted


def with_typical_times(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The frames of a study with ``seconds_to_min`` of every run, by ``typical_seconds``.

    Results that were stored before that was the rule hold sums by the clock; those of runs without
    epochs stay.
    """
    runs, epochs = frames["runs"], frames["epochs"]
    of_run = {run: rows.sort_values("epoch") for run, rows in epochs.groupby("id")}
    seconds = {
        row.id: typical_seconds(of_run[row.id])[: int(row.epochs_to_min)].sum()
        for row in runs[runs["epochs_to_min"].notna()].itertuples()
        if row.id in of_run
    }
    found = runs["id"].map(seconds).fillna(runs["seconds_to_min"])
    return {**frames, "runs": runs.assign(seconds_to_min=found.astype("float64"))}


def standstill_words(epochs: pd.DataFrame) -> str:
    """How many epochs took over five times what is typical of their run; "" where none did."""
    if epochs.empty or not {"train_seconds", "validation_seconds"} <= set(epochs):
        return ""
    runs = (rows.sort_values("epoch") for _, rows in epochs.groupby("id"))
    count = sum(standstills(rows) for rows in runs)
    if not count:
        return ""
    return (
        f"{counted(count, 'epoch')} of {len(epochs):,} took over five times as long as the others "
        "of the run: the machine stood still or was busy"
    )
