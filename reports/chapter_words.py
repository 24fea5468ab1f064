"""What the chapter says of its remedies: what to take from it, and notes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from reports.chapter import OneData, Told
from reports.chapter_cells import MARK, share_entry
from reports.wording import as_number, as_text, shown, whole
from study.experiments.quantities import QUANTITIES
from study.summarise.circumstances import UNLIKE
from study.summarise.remedy_rows import (
    CLOSES_MOST,
    CLOSES_PART,
    DIVERGED,
    NO_GAP,
    NOT_RUN,
    OPEN,
    WIDENS,
)
from study.words import counted, listed

_GOOD = (CLOSES_MOST, CLOSES_PART)
_MOST = "Most of the gap between small and large batch is closed by {}{}."
_NOTHING_WORKS = (
    "No remedy is shown to work on these pictures: choose the small batch where accuracy counts, "
    "or add seeds to tell."
)
_TOO_FEW_SEEDS = (
    "The seeds that are there show neither a gap between small and large batch nor what closes "
    "it: add seeds to tell."
)


def takeaways(group: OneData) -> list[str]:
    """Sentences on what a person choosing a batch size should take from it, from the outcomes."""
    told = _by_outcome(group)
    rows = [row for some in told.values() for _, row in some]
    texts = [
        (CLOSES_MOST, _MOST),
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
    found = [_sentence(words, told[key]) for key, words in texts if key in told]
    found += _beside_the_small_batch(told.get(NO_GAP, []))
    open_rows = [row for row in rows if row["outcome"] not in (NO_GAP, NOT_RUN)]
    if open_rows and not set(told) & set(_GOOD):
        found.append(_NOTHING_WORKS if any(map(_clear_gap, open_rows)) else _TOO_FEW_SEEDS)
    return found + _prices([row for row in rows if row["outcome"] in _GOOD])


def most_closed(group: OneData) -> list[str]:
    """A sentence on the remedies that close most of the gap; none without one."""
    told = _by_outcome(group).get(CLOSES_MOST)
    return [_sentence(_MOST, told)] if told else []


def _by_outcome(group: OneData) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    found: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
    for study in group.studies:
        for row in study.rows:
            found.setdefault(row["outcome"], []).append((study.experiment.name, row))
    return found


def _sentence(words: str, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    return words.format(listed([_named(*row) for row in rows]), _without(rows))


def _clear_gap(row: Mapping[str, Any]) -> bool:
    """Whether the large batch is shown to be less accurate.

    Several seeds without an interval have all one gap.
    """
    lowest, _ = row["gap"]["interval"] or (row["gap"]["effect"], None)
    return bool(row["gap"]["n"] > 1 and lowest > 0)


def _beside_the_small_batch(rows: list[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Which of the remedies end clearly more or less accurate than the small batch itself."""
    above, below = [], []
    for name, row in rows:
        low, high = row["difference"]["interval"] or (math.nan, math.nan)
        words = f"{row['title']} ({name}, {shown(low)} to {shown(high)})"
        if low > 0:
            above.append(words)
        elif high < 0:
            below.append(words)
    return [
        f"Clearly {how} accurate than the small batch itself, of these: {listed(named)}."
        for how, named in (("more", above), ("less", below))
        if named
    ]


def _prices(rows: list[Mapping[str, Any]]) -> list[str]:
    """What the remedies that work cost beside their small batches, from the least to the most."""
    found = []
    for cost, words in (
        ("updates", "Those that work take {} times the updates of their small batch{}."),
        ("seconds", "They take {} times its time{}."),
    ):
        ratios = [
            (
                as_number(row["costs"][cost]["of_small"]["effect"]),
                f"{row['title']}{_mark(row, cost)}",
            )
            for row in rows
        ]
        known = [(value, title) for value, title in ratios if math.isfinite(value)]
        if not known:
            continue
        ends = [choose(known, key=lambda ratio: ratio[0]) for choose in (min, max)]
        low, high = (shown(value, 2) for value, _ in ends)
        span = low if low == high else f"{low} ({ends[0][1]}) to {high} ({ends[1][1]})"
        off = "; what † marks can be off, as the notes say" if MARK in span else ""
        found.append(words.format(span, off))
    return found


def _mark(row: Mapping[str, Any], cost: str) -> str:
    return MARK if cost == "seconds" and row["unlike_epochs"]["of_small"] else ""


def notes(group: OneData) -> list[str]:
    """What did not go as planned in the runs behind the table, each once."""
    found = [
        f"{study.experiment.name}, {note}."
        for study in group.studies
        for row in study.rows
        for note in row["notes"]
    ]
    unlike = [words for study in group.studies if (words := _unlike_words(study))]
    return list(dict.fromkeys(as_text(note, 500) for note in found + unlike))


def largest_factor(group: OneData) -> str:
    """How unlike epochs of one batch size took: the largest factor in words, "" if alike."""
    factors = [_factor(size) for study in group.studies for size in _unlike(study)]
    return shown(max(factors), 2) if factors else ""


def _unlike(study: Told) -> list[Mapping[str, Any]]:
    """The batch sizes of a study whose epochs took unlike long, rising, each once."""
    found = [size for row in study.rows for rows in row["unlike_epochs"].values() for size in rows]
    return [size for _, size in sorted({size["batch_size"]: size for size in found}.items())]


def _factor(size: Mapping[str, Any]) -> float:
    return float(size["slowest"] / size["fastest"])


def _unlike_words(study: Told) -> str:
    sizes = _unlike(study)
    if not sizes:
        return ""
    widest = max(sizes, key=_factor)
    fastest, slowest = (
        f"{shown(widest[end], 2)} s ({widest[f'{end}_in']})" for end in ("fastest", "slowest")
    )
    text = f"† {study.experiment.name}: an epoch of batch {whole(widest['batch_size'])} took "
    text += f"{fastest} to {slowest}"
    if others := [whole(size["batch_size"]) for size in sizes if size is not widest]:
        text += f"; those of batch {listed(others)} differ by more than a factor of {UNLIKE}, too"
    return f"{text}."


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
