"""What the gradient noise scale of a run comes to over its epochs."""

import math

import numpy as np
import pandas as pd

# quantity's beginning -> columns of `epochs`: |G|^2 and tr(Sigma)
_KINDS = {
    "rest": ("rest_norm_squared", "rest_variance_trace"),
    "steps": ("gradient_norm_squared", "gradient_variance_trace"),
}
_FEWEST_EPOCHS = 3


def noise_values(epochs: pd.DataFrame) -> dict[str, float]:
    """Quantity -> value, from the rows of `epochs` of one run in their order.

    For estimates at rest and from consecutive steps: ``_noise`` is the median over the epochs of
    tr(Sigma) / |G|^2, in which an epoch whose |G|^2 came out 0 or less ranks above all others
    (NaN where the median is such an epoch), ``_unresolved`` the share of such epochs. At rest
    besides: ``_noise_near``, that of the last third of the epochs, the parts averaged apart, and
    ``noise_growth``, its ratio to that of the first third.
    """
    found: dict[str, float] = {}
    for kind, columns in _KINDS.items():
        if not set(columns) <= set(epochs):
            continue
        parts = epochs[list(columns)].to_numpy(np.float64)
        parts = parts[np.isfinite(parts).all(axis=1)]
        if not len(parts):
            continue
        found[f"{kind}_noise"] = ranked_median(parts[:, 0], parts[:, 1])
        found[f"{kind}_unresolved"] = float(np.mean(parts[:, 0] <= 0))
        if kind == "rest" and len(parts) >= _FEWEST_EPOCHS:
            third = math.ceil(len(parts) / 3)
            first, last = (ratio_of_means(part) for part in (parts[:third], parts[-third:]))
            found |= {"rest_noise_near": last, "noise_growth": last / first}
    return found


def ranked_median(norms: np.ndarray, traces: np.ndarray) -> float:
    """Median of traces / norms, where a norm of 0 or less ranks as beyond any number."""
    ratios = np.full(norms.shape, np.inf)
    np.divide(traces, norms, out=ratios, where=norms > 0)
    ordered = np.sort(ratios)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return float(middle) if np.isfinite(middle) else math.nan


def ratio_of_means(parts: np.ndarray) -> float:
    """Mean trace over mean norm of rows (norm, trace); NaN where the mean norm is not above 0."""
    norm, trace = parts.mean(axis=0)
    return float(trace / norm) if norm > 0 else math.nan
