"""Sharpness of minimisers by every measured law, over the trials of each."""

import math

import numpy as np
import pandas as pd

EPSILON = 1e-3
"""The box of the quantities whose names say nothing of it."""

_BOXES = {EPSILON: "", EPSILON / 2: "_half"}
_LAW = ["id", "space", "epsilon"]


def mean_over_trials(trials: pd.DataFrame) -> dict[tuple[str, str, float], float]:
    """(Run id, space, epsilon) -> mean sharpness, from the frame `sharpness`."""
    if trials.empty:
        return {}
    means = trials.groupby(_LAW, sort=True)["sharpness"].mean()
    return {key: float(value) for key, value in means.items()}


def sharpness_values(trials: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(Run id, quantity) -> value: means over trials, how far these spread, how they were found.

    The spread is the standard deviation (n - 1) of the trials in per cent of their mean, to three
    decimals (losses are float32 sums); NaN for one trial, and where the mean is not positive.
    """
    if trials.empty:
        return {}
    values: dict[tuple[str, str], float] = {}
    for (identifier, space, epsilon), found in trials.groupby(_LAW, sort=True)["sharpness"]:
        for box, ending in _BOXES.items():
            if math.isclose(epsilon, box):
                mean = float(found.mean())
                values[identifier, f"sharpness_{space}{ending}"] = mean
                spread = 100 * float(found.std(ddof=1)) / mean if mean > 0 else math.nan
                values[identifier, f"spread_{space}{ending}"] = round(spread, 3)
    return values | _at_the_weights(trials) | _of_the_search(trials)


def _at_the_weights(trials: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(Run id, quantity) -> loss and accuracy at the weights that all trials of a run start from.

    Of the full space alone: the authors' script sums losses in another way.
    """
    full = trials[trials["space"] == "full"]
    columns = [name for name in ("base_loss", "base_accuracy") if name in full]
    means = full.groupby("id", sort=True)[columns].mean()
    return {
        (str(identifier), name): float(value)
        for name in columns
        for identifier, value in means[name].items()
    }


def _of_the_search(trials: pd.DataFrame) -> dict[tuple[str, str], float]:
    """(Run id, quantity) -> evaluations, share of active bounds and version, means over trials.

    Of the full space at EPSILON, the sharpness that stands for a minimiser.
    """
    box = trials[(trials["space"] == "full") & np.isclose(trials["epsilon"], EPSILON)]
    columns = [name for name in ("evaluations", "active_share") if name in box]
    means = box.groupby("id", sort=True)[columns].mean()
    return {
        (str(identifier), f"sharpness_{name}"): float(value)
        for name in columns
        for identifier, value in means[name].items()
    }
