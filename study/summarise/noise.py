"""What the gradient noise scale of a run comes to over its epochs."""

import math

import numpy as np
import pandas as pd

from study.summarise.chance import at_chance

# quantity's beginning -> columns of `epochs`: |G|^2 and tr(Sigma)
_KINDS = {
    "rest": ("rest_norm_squared", "rest_variance_trace"),
    "steps": ("gradient_norm_squared", "gradient_variance_trace"),
}
_FEWEST_EPOCHS = 3


def noise_values(epochs: pd.DataFrame, chance: float = math.inf) -> dict[str, float]:
    """Quantity -> value, from the rows of `epochs` of one run in their order.

    Epochs whose mean training loss is at chance level (``chance`` or above) are left out: on that
    plateau |G|^2 is nearly 0, and the noise scale large whatever the training later comes to.

    For estimates at rest and from consecutive steps: ``_noise`` is tr(Sigma) / |G|^2, both parts
    averaged apart over the other epochs before they are divided, as the paper asks: each part is
    without bias, their ratio in one epoch is not. An epoch whose |G|^2 came out 0 or less enters as
    it is; ``_unresolved`` is the share of such epochs, and where the mean is 0 or less the noise
    scale is NaN. At rest besides: ``_noise_near``, that of the last third of the epochs, and
    ``noise_growth``, its ratio to that of the first third.
    """
    found: dict[str, float] = {}
    if "loss" in epochs:
        epochs = epochs[~at_chance(epochs["loss"], chance)]
    for kind, columns in _KINDS.items():
        if not set(columns) <= set(epochs):
            continue
        parts = epochs[list(columns)].to_numpy(np.float64)
        parts = parts[np.isfinite(parts).all(axis=1)]
        if not len(parts):
            continue
        found[f"{kind}_noise"] = ratio_of_means(parts)
        found[f"{kind}_unresolved"] = float(np.mean(parts[:, 0] <= 0))
        if kind == "rest" and len(parts) >= _FEWEST_EPOCHS:
            third = math.ceil(len(parts) / 3)
            first, last = (ratio_of_means(part) for part in (parts[:third], parts[-third:]))
            found |= {"rest_noise_near": last, "noise_growth": last / first}
    return found


def ratio_of_means(parts: np.ndarray) -> float:
    """Mean trace over mean norm of rows (norm, trace); NaN where the mean norm is not above 0."""
    norm, trace = parts.mean(axis=0)
    return float(trace / norm) if norm > 0 else math.nan
