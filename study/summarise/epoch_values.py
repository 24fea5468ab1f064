"""What the epochs of a run come to: one number for each quantity that is derived from them."""

import math

import numpy as np
import pandas as pd

from study.summarise.chance import share_at_chance
from study.summarise.critical_batch import crossing
from study.summarise.diffusion import (
    FEWEST_STEPS,
    at_first_rate,
    compare_laws,
    even_in_ratio,
    log_slope,
)
from study.summarise.epoch_seconds import typical_seconds
from study.summarise.noise import noise_values

# quantity -> column of `epochs` whose last value it is
_ENDING = {
    "final_val_accuracy": "val_accuracy",
    "final_val_loss": "val_loss",
    "final_train_loss": "loss",
    "updates": "updates",
    "examples": "examples",
    "final_distance": "distance_from_init",
}


def epoch_values(
    epochs: pd.DataFrame, target: float = math.nan, chance: float = math.inf
) -> dict[str, float]:
    """Quantity -> value, from the rows of `epochs` of one run in their order.

    Args:
        epochs: the rows.
        target: validation loss; what it took to reach it is NaN where it was not reached.
        chance: training loss from which on an epoch is at chance level.
    """
    last = epochs.iloc[-1]
    found = {name: last.get(column, math.nan) for name, column in _ENDING.items()}
    found["epoch_distance"] = epochs["epoch_distance"].median()
    if {"accuracy", "val_loss"} <= set(epochs) and epochs["val_loss"].notna().any():
        found["train_accuracy_at_min"] = epochs["accuracy"].to_numpy()[
            int(np.nanargmin(epochs["val_loss"]))
        ]
    found |= _diffusion(epochs) | noise_values(epochs, chance)
    for name in ("updates", "examples"):
        if {name, "val_loss"} <= set(epochs):
            found[f"{name}_to_target"] = crossing(epochs[name], epochs["val_loss"], target)
    if "loss" in epochs and "updates_to_target" in found:
        reached = found["updates_to_target"]
        found["chance_share"] = share_at_chance(epochs["updates"], epochs["loss"], reached, chance)
    if {"train_seconds", "validation_seconds"} <= set(epochs):
        found["seconds"] = typical_seconds(epochs).sum()
    return {name: float(value) for name, value in found.items()}


def _diffusion(epochs: pd.DataFrame) -> dict[str, float]:
    """How the weights wander at a recipe's first rate; nothing for other or shorter runs."""
    if not {"epoch_learning_rate", "distance_from_init", "updates"} <= set(epochs):
        return {}
    rates = epochs["epoch_learning_rate"].to_numpy(np.float64)
    # a warm-up is no phase of one rate, and gives none here
    first = epochs.iloc[: at_first_rate(rates)]
    steps, distances = (
        first[name].to_numpy(np.float64) for name in ("updates", "distance_from_init")
    )
    if len(first) < FEWEST_STEPS or not np.isfinite(distances).all():
        return {}
    judged = even_in_ratio(len(first))
    return {
        "diffusion_slope": log_slope(steps, distances),
        "diffusion_log_ratio": compare_laws(steps[judged], distances[judged]).log_ratio,
    }
