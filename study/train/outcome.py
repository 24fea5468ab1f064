"""What one run comes to: a row of the ``runs`` frame, from its records. No TensorFlow here."""

import math
from typing import Any

import numpy as np
import pandas as pd

_BINS_A_DECADE = 20
_BIN_DECADES = (-8, 3)


def run_outcome(epochs: pd.DataFrame, norms: np.ndarray, best_epoch: int) -> dict[str, Any]:
    """The run's figures, by the names of the ``runs`` frame; None where there is none.

    Args:
        epochs: the run's records, one row an epoch, in order.
        norms: float32 update norms of all batches of the run.
        best_epoch: 1-based epoch of the lowest validation loss; 0 when no loss was finite.
    """
    seconds = epochs["train_seconds"] + epochs["validation_seconds"]
    # the first epoch of a process holds the tracing; a run of one epoch has no other
    steady = epochs.iloc[1:] if len(epochs) > 1 else epochs
    train_seconds = float(steady["train_seconds"].median())
    examples = float(epochs["examples"].iloc[0]) if len(epochs) else math.nan
    outcome: dict[str, Any] = {
        "epochs": len(epochs),
        "seconds_per_epoch": float(seconds[steady.index].median()),
        "train_seconds_per_epoch": train_seconds,
        "validation_seconds_per_epoch": float(steady["validation_seconds"].median()),
        "first_epoch_seconds": float(seconds.iloc[0]),
        "pictures_per_second": examples / train_seconds if train_seconds > 0 else None,
        "median_update_norm": _finite_median(norms),
    }
    if best_epoch:
        best = epochs.iloc[best_epoch - 1]
        outcome |= {
            "min_val_loss": float(best["val_loss"]),
            "val_accuracy_at_min": float(best["val_accuracy"]),
            "train_loss_at_min": float(best["loss"]),
            "epochs_to_min": int(best_epoch),
            "updates_to_min": int(best["updates"]),
            "examples_to_min": int(best["examples"]),
            "distance_from_init": float(best["distance_from_init"]),
        }
    return outcome


def norm_histogram(norms: np.ndarray) -> pd.DataFrame:
    """Counts of update norms in logarithmic bins: bin_left, bin_right, count, empty bins left out.

    Twenty bins a decade from 1e-8 to 1e3; what lies outside counts in the outermost bins, what
    is not finite nowhere.
    """
    low, high = _BIN_DECADES
    edges = np.logspace(low, high, (high - low) * _BINS_A_DECADE + 1)
    finite = norms[np.isfinite(norms)].astype(np.float64)
    counts, _ = np.histogram(np.clip(finite, edges[0], edges[-1]), edges)
    kept = counts > 0
    return pd.DataFrame(
        {"bin_left": edges[:-1][kept], "bin_right": edges[1:][kept], "count": counts[kept]}
    )


def _finite_median(norms: np.ndarray) -> float | None:
    finite = norms[np.isfinite(norms)]
    return float(np.median(finite)) if len(finite) else None
