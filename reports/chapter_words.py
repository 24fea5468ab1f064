"""What the chapter says of its remedies: cells of its table, and what to take from it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.chapter import OneData
from reports.wording import (
    DASH,
    as_number,
    as_text,
    counted,
    duration,
    interval,
    listed,
    shown,
    whole,
    whole_or_shown,
)
from study.experiments.quantities import QUANTITIES
from study.summarise.remedies import (
    CLOSES_MOST,
    CLOSES_PART,
    DIVERGED,
    NO_GAP,
    NOT_RUN,
    OPEN,
    WIDENS,
)

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
_GOOD = (CLOSES_MOST, CLOSES_PART)


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
    """A row of ``study.summarise.remedies`` in words."""
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
        share=_percent(row["share"]),
        difference=_effect(row["difference"]),
        outcome=said,
        colour=verdict.replace(" ", "-"),
        costs=(
            _cost(costs["updates"], whole_or_shown),
            _cost(costs["examples"], whole_or_shown),
            _cost(costs["seconds"], duration, ends=True),
        ),
    )


def takeaways(group: OneData) -> list[str]:
    """Sentences on what a person choosing a batch size should take from it, from the outcomes."""
    rows = [(study, row) for study in group.studies for row in study.rows]
    named: dict[str, list[str]] = {}
    for study, row in rows:
        title = f"{row['title']} ({study.experiment.name}{_share_words(row)})"
        named.setdefault(row["outcome"], []).append(title)
    texts = [
        (CLOSES_MOST, "Most of the gap between small and large batch is closed by {}."),
        (CLOSES_PART, "A part of the gap is closed by {}."),
        (WIDENS, "Do not use {}: the gap gets wider."),
        (DIVERGED, "Runs diverged or failed with {}."),
        (
            NO_GAP,
            "The large batch without a remedy is not clearly less accurate than the small one, so "
            "that no share can be given of {}.",
        ),
        (OPEN, "These studies leave open what comes of {}."),
    ]
    found = [words.format(listed(named[key])) for key, words in texts if key in named]
    if not any(row["outcome"] in _GOOD for _, row in rows):
        found.append(
            "No remedy is shown to work on these pictures: choose the small batch where accuracy "
            "counts, or add seeds to tell."
        )
    return found + _prices([row for _, row in rows if row["outcome"] in _GOOD])


def _prices(rows: list[Mapping[str, Any]]) -> list[str]:
    """What the remedies that work cost beside their small batches, from the least to the most."""
    found = []
    for cost, words in (
        ("updates", "Those that work take {} times the updates of their small batch."),
        ("seconds", "They take {} times its time."),
    ):
        ratios = {row["title"]: as_number(row["costs"][cost]["of_small"]["effect"]) for row in rows}
        known = {title: value for title, value in ratios.items() if math.isfinite(value)}
        if not known:
            continue
        ends = [choose(known, key=lambda title: known[title]) for choose in (min, max)]
        low, high = (shown(known[title], 2) for title in ends)
        span = low if low == high else f"{low} ({ends[0]}) to {high} ({ends[1]})"
        found.append(words.format(span))
    return found


def notes(group: OneData) -> list[str]:
    """What did not go as planned in the runs behind the table, each once."""
    found = [
        f"{study.experiment.name}, {note}."
        for study in group.studies
        for row in study.rows
        for note in row["notes"]
    ]
    return list(dict.fromkeys(as_text(note, 500) for note in found))


def gap_quantity(row: Mapping[str, Any]) -> str:
    """Title of the accuracy that a row compares."""
    return QUANTITIES[row["quantity"]].title


def _share_words(row: Mapping[str, Any]) -> str:
    share = row["share"]
    if share is None or row["outcome"] not in (CLOSES_MOST, CLOSES_PART, WIDENS):
        return ""
    entry = _percent(share)
    return ", ".join(("", entry.text, *entry.small))


def _effect(value: Mapping[str, Any]) -> Entry:
    return Entry(
        shown(value["effect"]), (interval(*value["interval"]),) if value["interval"] else ()
    )


def _percent(value: Mapping[str, Any] | None) -> Entry:
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


def _cost(cost: Mapping[str, Any], words: Any, ends: bool = False) -> Entry:
    parts = []
    for name, noun in (("of_large", "large"), ("of_small", "small")):
        value = cost[name]
        if value["effect"] is None:
            continue
        text = f"{shown(value['effect'], 2)} × {noun}"
        if ends and value["interval"]:
            text += f" ({' to '.join(shown(end, 2) for end in value['interval'])})"
        parts.append(text)
    return Entry(words(cost["mean"]), tuple(parts))
