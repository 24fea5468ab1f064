"""What a run's epochs take, whatever else the machine did meanwhile."""

import numpy as np
import pandas as pd

_STANDSTILL = 5


def typical_seconds(epochs: pd.DataFrame) -> np.ndarray:
    """Seconds of training and validation of each epoch of a run, shape (epochs,), float64.

    Every epoch counts as the median of the run's epochs of its batch size. So neither a machine
    that was suspended or busy for a while nor the tracing in the first epoch of a process makes a
    run look slow; a sum by the clock once held three times what the training took.

    Args:
        epochs: the run's records in order, with ``train_seconds`` and ``validation_seconds``.
    """
    return _by_batch_size(epochs, _seconds(epochs))


def standstills(epochs: pd.DataFrame) -> int:
    """How many epochs of a run took over five times what is typical; the first does not count."""
    seconds = _seconds(epochs)
    return int((seconds > _STANDSTILL * _by_batch_size(epochs, seconds))[1:].sum())


def _seconds(epochs: pd.DataFrame) -> np.ndarray:
    return (epochs["train_seconds"] + epochs["validation_seconds"]).to_numpy(np.float64)


def _by_batch_size(epochs: pd.DataFrame, seconds: np.ndarray) -> np.ndarray:
    # a recipe's batch size may change from epoch to epoch, and with it what one takes
    sizes = epochs.get("epoch_batch_size", pd.Series(0.0, index=epochs.index)).fillna(0.0)
    typical = np.empty_like(seconds)
    for size in sizes.unique():
        members = np.flatnonzero(sizes == size)
        steady = members[members > 0] if len(members) > 1 else members
        typical[members] = np.median(seconds[steady])
    return typical
