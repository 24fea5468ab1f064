"""The means of curves over seeds: what is drawn, how high the axis reaches, how wide the lines."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

THICK = 2.2
"""The width of a mean."""
_WIDER = 2.6
_FAR = 3.0


def finite(frame: pd.DataFrame, value: str) -> pd.DataFrame:
    """The rows of ``frame`` whose ``value`` is a finite number."""
    return frame[np.isfinite(frame[value].astype(float))]


def completed(rows: pd.DataFrame) -> pd.Series:
    """Which rows are of completed runs, the only ones that enter a mean."""
    if "status" not in rows:
        return pd.Series(True, index=rows.index)
    return rows["status"] == "completed"


def mean_curve(rows: pd.DataFrame, value: str, x: str = "epoch") -> pd.Series:
    """The mean of finite ``value`` over the seeds, by ``x``, as far as all seeds go."""
    # the same as a pivot table, in half its time
    table = rows.groupby([x, "seed"])[value].mean().unstack("seed")  # noqa: PD010
    return table.dropna().mean(axis=1)


def mean_curves(
    rows: pd.DataFrame, value: str, x: str = "epoch", column: str = "batch_size"
) -> pd.DataFrame:
    """Columns ``column``, ``x`` and ``value``: :func:`mean_curve` of each value of ``column``."""
    groups = rows.groupby(column, sort=True)
    curves = {name: mean_curve(group, value, x) for name, group in groups}
    if not curves:
        return pd.DataFrame({column: [], x: [], value: []})
    return pd.concat(curves, names=[column]).rename(value).reset_index()


def drawn_means(
    frame: pd.DataFrame, value: str, x: str = "epoch", column: str = "batch_size"
) -> pd.DataFrame:
    """The means that are drawn: :func:`mean_curves` of the finite values of completed runs."""
    frame = finite(frame, value)
    return mean_curves(frame[completed(frame)], value, x, column)


def ceiling(values: pd.Series) -> float:
    """The top of a linear loss axis: high enough for all but runaway values."""
    if values.empty:
        return 1.0
    return float(min(values.max(), max(1.0, 2.5 * values.median())))


class Reach(NamedTuple):
    """How far up an axis of curves goes.

    Attributes:
        top: of a linear axis: that of :func:`ceiling`, but above all means.
        runs_away: a mean goes so far up that the axis has to be logarithmic to show the rest too.
    """

    top: float
    runs_away: bool


def reach_of(values: pd.Series, means: pd.Series) -> Reach:
    """How far up the axis of finite ``values`` goes, whose means over seeds are ``means``."""
    usual = ceiling(values)
    top = max(usual, float(means.max())) if len(means) else usual
    return Reach(top, bool((values > 0).all()) and top > _FAR * usual)


def mean_widths(
    means: pd.DataFrame, value: str, x: str, column: str, order: Sequence[Any]
) -> dict[Any, float]:
    """Group -> width of its mean: wider for each later one that it coincides with.

    Two means coincide where at least half of their common points lie no further apart than a
    hundredth of the range of all means: the later, narrower one then lies within the other.
    """
    reach = 0.01 * float(means[value].max() - means[value].min()) if len(means) else 0.0
    curves = {name: rows.set_index(x)[value] for name, rows in means.groupby(column)}
    named = [name for name in order if name in curves]
    widths = {}
    for place, name in enumerate(named):
        gaps = ((curves[name] - curves[later]).dropna().abs() for later in named[place + 1 :])
        hidden = sum(len(gap) > 1 and float((gap <= reach).mean()) >= 0.5 for gap in gaps)
        widths[name] = THICK + _WIDER * hidden
    return widths
