"""Cells of the chapter's tables: gaps, shares, outcomes and costs in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reports.wording import as_number, as_text, duration, interval, shown, whole, whole_or_shown
from study.summarise.remedy_rows import (
    CLOSES_MOST,
    CLOSES_PART,
    DIVERGED,
    NO_GAP,
    NOT_RUN,
    OPEN,
    WIDENS,
)
from study.words import DASH, counted

OUTCOMES = {
    CLOSES_MOST: ("closes most of the gap", "reproduced"),
    CLOSES_PART: ("closes a part of the gap", "reproduced"),
    WIDENS: ("makes the gap wider", "not reproduced"),
    OPEN: ("open", "inconclusive"),
    NO_GAP: ("no clear gap to close", "inconclusive"),
    DIVERGED: ("diverged or failed", "not reproduced"),
    NOT_RUN: ("not run", "not run"),
}
"""Outcome -> what the table says, and the verdict whose colour it has."""
WIDEST = 1000
"""An interval of a ratio whose ends differ by more than this factor tells nothing."""
MARK = "\N{NO-BREAK SPACE}†"
"""Beside a ratio of times that can be off, as epochs of one batch size took unlike long."""


@dataclass(frozen=True)
class Entry:
    """Text of a cell and the lines below it."""

    text: str
    small: tuple[str, ...] = ()


@dataclass(frozen=True)
class RemedyView:
    """A row of the table."""

    title: str
    batches: str
    gap: Entry
    share: Entry
    difference: Entry
    outcome: str
    colour: str
    costs: tuple[Entry, ...]


def remedy_view(row: Mapping[str, Any]) -> RemedyView:
    """A row of ``study.summarise.remedy_rows`` in words."""
    said, verdict = OUTCOMES[row["outcome"]]
    large = row["large_batch"]
    batches = f"{whole(row['small_batch'])} → {whole(row['batch'])}"
    if large is not None and large != row["batch"]:
        batches += f" ({whole(large)} without)"
    costs = row["costs"]
    return RemedyView(
        title=as_text(row["title"], 100),
        batches=batches,
        gap=_effect(row["gap"]),
        share=share_entry(row["share"]),
        difference=_effect(row["difference"]),
        outcome=said,
        colour=verdict.replace(" ", "-"),
        costs=(
            _cost(costs["updates"], whole_or_shown),
            _cost(costs["examples"], whole_or_shown),
            _cost(costs["seconds"], duration, row["unlike_epochs"]),
        ),
    )


def ratio_ends(value: Mapping[str, Any]) -> str:
    """The interval of a ratio: "0.5 to 2.0"; why there is none where it would tell nothing.

    "" where there is none because all seeds agree or there is one.
    """
    ends = value["interval"]
    if ends is None:
        return ""
    low, high = (as_number(end) for end in ends)
    if not high <= WIDEST * low:
        return f"no interval, n = {value['n']}"
    return f"{shown(low, 2)} to {shown(high, 2)}"


def _effect(value: Mapping[str, Any]) -> Entry:
    return Entry(
        shown(value["effect"]), (interval(*value["interval"]),) if value["interval"] else ()
    )


def share_entry(value: Mapping[str, Any] | None) -> Entry:
    """A share in per cent with its interval and number of seeds."""
    if value is None or value["effect"] is None:
        return Entry(DASH)
    seeds = f"n = {counted(value['n'], 'seed')}"
    if value["interval"] is None:
        return Entry(_hundredths(value["effect"]), ("no interval", seeds))
    low, high = (_hundredths(end) for end in value["interval"])
    return Entry(_hundredths(value["effect"]), (f"{low} to {high}", seeds))


def _hundredths(value: float) -> str:
    return f"{round(100 * value):,d}\N{NO-BREAK SPACE}%".replace("-", "−")


def _cost(
    cost: Mapping[str, Any],
    words: Callable[[Any], str],
    unlike: Mapping[str, Any] | None = None,
) -> Entry:
    """A mean and its ratios, with ``unlike`` their intervals and a mark where they can be off."""
    parts = []
    for name, noun in (("of_large", "large"), ("of_small", "small")):
        value = cost[name]
        if value["effect"] is None:
            continue
        text = f"{shown(value['effect'], 2)} × {noun}"
        if unlike is not None:
            span = ratio_ends(value)
            text += (f" ({span})" if span else "") + (MARK if unlike[name] else "")
        parts.append(text)
    return Entry(words(cost["mean"]), tuple(parts))
