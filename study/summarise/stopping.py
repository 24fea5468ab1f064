"""Whether a run had passed its minimum when the stop rule ended it, or was stopped by noise."""

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from study.summarise.statistics import LEVEL
from study.words import share_of

Course = Literal["rising", "level", "falling"]

_LINE = "a line through the epochs after it, 95 %"
NO_RISE = "no rise of the validation loss was seen"
NO_RISE_MEANS = (
    f"Where a claim says that {NO_RISE}, it does not clearly rise after its lowest value "
    f"({_LINE}): with more patience a lower one may follow."
)
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
    """In how many runs that the patience ended no rise was seen, and what that means.

    Args:
        runs: rows of the ledger, with ``id``, ``status`` and ``stopped_by``.
        epochs: rows with ``id``, ``epoch`` and ``val_loss``, of these runs and others.

    Returns:
        "" where all had risen.
    """
    courses = _courses(runs, epochs)
    text = "the validation loss was not seen to rise after its lowest value"
    found = _counted_words(courses, f", {text}")
    return found and f"{found} ({_LINE}): with more patience a lower one may follow"


def no_rise_words(runs: pd.DataFrame, epochs: pd.DataFrame) -> str:
    """The same counts in short, to stand where :data:`NO_RISE_MEANS` is said once."""
    return _counted_words(_courses(runs, epochs), f" {NO_RISE}")


def _courses(runs: pd.DataFrame, epochs: pd.DataFrame) -> list[Course]:
    """Those of the runs that patience ended, as far as they tell."""
    if runs.empty or not {"id", "epoch", "val_loss"} <= set(epochs):
        return []
    ended = runs[(runs["status"] == "completed") & (runs["stopped_by"] == "patience")]
    own = epochs[epochs["id"].isin(set(ended["id"])) & np.isfinite(epochs["val_loss"])]
    return [
        found
        for _, rows in own.groupby("id")
        if (found := course_after_minimum(rows.sort_values("epoch")["val_loss"])) is not None
    ]


def _counted_words(courses: list[Course], unrisen: str) -> str:
    short, total = len(courses) - courses.count("rising"), len(courses)
    if not short:
        return ""
    text = f"In {share_of(short, total, 'run')} that patience ended{unrisen}"
    falling = courses.count("falling")
    return f"{text}, in {falling} it was still falling" if falling else text
