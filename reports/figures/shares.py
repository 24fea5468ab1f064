"""Shares of a gap that remedies close, one row each, with their intervals."""

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from reports.figures.conditions import wrapped
from reports.figures.panel import linear_ticks, muted_rule
from reports.figures.theme import light

LOWEST, HIGHEST = -1.0, 2.0
"""Intervals are cut there; beyond them a share says no more than that it is unknown."""


def draw_shares(ax: Axes, frame: pd.DataFrame, titles: Mapping[str, str]) -> Axes:
    """A dot and its interval for each remedy; 0 is the large batch without it, 1 the small batch.

    Args:
        frame: columns ``key``, ``share``, ``low``, ``high`` (NaN without an interval: the dot is
            hollow then).
        titles: key -> title, in the order of the rows.
    """
    order = list(titles)
    rows = frame.set_index("key").loc[order].reset_index()
    places = pd.Series(range(len(rows)))
    known = rows["low"].notna()
    for place in places[known]:
        low, high = (float(rows.loc[place, end]) for end in ("low", "high"))
        ends = [min(max(end, LOWEST), HIGHEST) for end in (low, high)]
        ax.plot(ends, [place, place], color=light("accent"), linewidth=2.2)
    shares = rows["share"].clip(LOWEST, HIGHEST)
    for chosen, fill in ((known, light("accent")), (~known, light("paper"))):
        if chosen.any():
            sns.scatterplot(
                x=shares[chosen],
                y=places[chosen],
                s=52,
                color=fill,
                edgecolor=light("accent"),
                linewidth=1.4,
                zorder=3,
                legend=False,
                ax=ax,
            )
    for share in (0.0, 1.0):
        muted_rule(ax, x=share)
    ax.set_yticks(range(len(order)), [wrapped(titles[key]) for key in order])
    ax.set_ylim(len(order) - 0.5, -0.5)
    low = min(-0.1, float(shares.min()), *rows["low"].dropna().clip(LOWEST))
    high = max(1.1, float(shares.max()), *rows["high"].dropna().clip(upper=HIGHEST))
    ax.set_xlim(low - 0.05, high + 0.05)
    ax.spines["left"].set_visible(False)
    linear_ticks(ax, "x")
    ax.grid(axis="x")
    ax.set_xlabel("share of the gap closed", labelpad=5)
    ax.set_ylabel("")
    return ax
