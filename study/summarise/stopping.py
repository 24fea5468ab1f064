"""Whether a run had passed its minimum when the stop rule ended it, or was stopped by noise."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from study.summarise.statistics import LEVEL
from study.summarise.words import counted

MINIMUM = frozenset({"min_val_loss", "epochs_to_min", "updates_to_min", "seconds_to_min"})
"""Quantities that depend on where the minimum of the validation loss lies."""

_FEWEST = 3  # epochs after the minimum that a line with an interval needs


def rises_after_minimum(val_loss: ArrayLike) -> bool | None:
    """Whether the validation loss rises after its lowest value.

    By the least-squares line through the epochs after it, whose slope's 95 % interval (Student's
    t) has to lie above 0. Noise that lasts for several epochs makes that interval too narrow, so
    that rises may be seen where there are none.

    Args:
        val_loss: shape (epochs,), finite, in order.

    Returns:
        None where fewer than three epochs follow the lowest value.
    """
    losses = np.asarray(val_loss, np.float64)
    after = losses[int(losses.argmin()) + 1 :] if losses.size else losses
    if after.size < _FEWEST:
        return None
    line = stats.linregress(np.arange(after.size), after)
    quantile = stats.t.ppf((1 + LEVEL) / 2, after.size - 2)
    return bool(line.slope > quantile * line.stderr)


def stopping_words(runs: pd.DataFrame, epochs: pd.DataFrame) -> str:
    """In how many runs that the patience ended no rise was seen; "" where all had risen.

    Args:
        runs: rows of the ledger, with ``id``, ``status`` and ``stopped_by``.
        epochs: rows with ``id``, ``epoch`` and ``val_loss``, of these runs and others.
    """
    if runs.empty or not {"id", "epoch", "val_loss"} <= set(epochs):
        return ""
    ended = runs[(runs["status"] == "completed") & (runs["stopped_by"] == "patience")]
    own = epochs[epochs["id"].isin(set(ended["id"])) & np.isfinite(epochs["val_loss"])]
    risen = [
        found
        for _, rows in own.groupby("id")
        if (found := rises_after_minimum(rows.sort_values("epoch")["val_loss"])) is not None
    ]
    level = risen.count(False)
    if not level:
        return ""
    return (
        f"In {level} of the {counted(len(risen), 'run')} that patience ended, the validation loss "
        "was not seen to rise after its lowest value (a line through the epochs after it, 95 %): "
        "with more patience a lower one may follow"
    )
