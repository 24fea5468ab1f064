"""Whether a run had passed its minimum when the stop rule ended it, or was stopped by noise."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from study.summarise.statistics import LEVEL
from study.words import counted

Course = Literal["rising", "level", "falling"]

_FEWEST = 3  # epochs after the minimum that a line with an interval needs


def course_after_minimum(val_loss: ArrayLike) -> Course | None:
    """Where the validation loss goes after its lowest value.

    By the least-squares line through the epochs after it: "rising" or "falling" where the 95 %
    interval of its slope (Student's t) lies on one side of 0, else "level". Noise that lasts for
    several epochs makes that interval too narrow, so that slopes may be seen where there are none.

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
    half_width = stats.t.ppf((1 + LEVEL) / 2, after.size - 2) * line.stderr
    if line.slope > half_width:
        return "rising"
    return "falling" if line.slope < -half_width else "level"


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
    courses = [
        found
        for _, rows in own.groupby("id")
        if (found := course_after_minimum(rows.sort_values("epoch")["val_loss"])) is not None
    ]
    short = len(courses) - courses.count("rising")
    if not short:
        return ""
    text = (
        f"In {short} of the {counted(len(courses), 'run')} that patience ended, the validation "
        "loss was not seen to rise after its lowest value"
    )
    if falling := courses.count("falling"):
        text += f", in {falling} it was still falling"
    line = "a line through the epochs after it, 95 %"
    return f"{text} ({line}): with more patience a lower one may follow"
