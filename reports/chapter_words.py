"""What the chapter says of its remedies: what to take from it, and notes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reports.chapter import OneData
from reports.chapter_cells import share_entry
from reports.wording import as_number, as_text, counted, listed, shown
from study.experiments.quantities import QUANTITIES
from study.summarise.remedies import (
    CLOSES_MOST,
    CLOSES_PART,
    DIVERGED,
    NO_GAP,
    OPEN,
    WIDENS,
)

_GOOD = (CLOSES_MOST, CLOSES_PART)


def takeaways(group: OneData) -> list[str]:
    """Sentences on what a person choosing a batch size should take from it, from the outcomes."""
    rows = [(study.experiment.name, row) for study in group.studies for row in study.rows]
    told: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for name, row in rows:
        told.setdefault(row["outcome"], []).append((name, row))
    texts = [
        (CLOSES_MOST, "Most of the gap between small and large batch is closed by {}{}."),
        (CLOSES_PART, "A part of the gap is closed by {}{}."),
        (WIDENS, "Do not use {}: the gap gets wider{}."),
        (DIVERGED, "Runs diverged or failed with {}."),
        (
            NO_GAP,
            "The large batch without a remedy is not clearly less accurate than the small one, so "
            "that no share can be given of {}.",
        ),
        (OPEN, "These studies leave open what comes of {}."),
    ]
    found = [
        words.format(listed([_named(*row) for row in told[key]]), _without(told[key]))
        for key, words in texts
        if key in told
    ]
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


def at_chance(row: Mapping[str, Any]) -> str:
    """ "2 of 3 runs" of the large batch hardly left chance; "" where all did."""
    return f"{row['at_chance']} of {counted(row['runs'], 'run')}" if row["at_chance"] else ""


def _named(study: str, row: Mapping[str, Any]) -> str:
    return f"{row['title']} ({study}{_share_words(row)})"


def _without(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """A clause on the large batches that shares are measured against; "" where all learned."""
    runs = [f"{words} ({study})" for study, row in rows if (words := at_chance(row))]
    found = list(dict.fromkeys(runs))
    remedies = "it" if len(rows) == 1 else "them"
    return f"; without {remedies}, {listed(found)} hardly left chance" if found else ""


def _share_words(row: Mapping[str, Any]) -> str:
    share = row["share"]
    if share is None or row["outcome"] not in (CLOSES_MOST, CLOSES_PART, WIDENS):
        return ""
    entry = share_entry(share)
    return ", ".join(("", entry.text, *entry.small))
