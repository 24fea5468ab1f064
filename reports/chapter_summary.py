"""The one table of the chapter: remedy by remedy over all data sets."""

from dataclasses import dataclass
from typing import Any

from reports.chapter import Chapter, OneData, Told
from reports.chapter_cells import MARK, Entry, ratio_ends, remedy_view
from reports.chapter_elsewhere import Elsewhere, holds, kind, one_source, pictures, side
from reports.chapter_words import at_chance
from reports.wording import shown, whole
from study.experiments import EXPERIMENTS
from study.words import DASH


@dataclass(frozen=True)
class SummaryRow:
    """One remedy in one study.

    Attributes:
        anchor: of the section on its pictures.
        batches: between which the gap is, and which one the remedy begins with if another.
        updates, seconds: as multiples of the small batch's.
    """

    remedy: str
    study: str
    anchor: str
    pictures: Entry
    batches: Entry
    gap: Entry
    share: Entry
    outcome: str
    colour: str
    updates: Entry
    seconds: Entry


@dataclass(frozen=True)
class Absent:
    """An experiment with remedies that was not run on any pictures of a kind."""

    name: str
    remedies: str
    elsewhere: tuple[Elsewhere, ...]


@dataclass(frozen=True)
class SummaryPart:
    """The rows of the real pictures, or of the drawn ones."""

    kind: str
    rows: tuple[SummaryRow, ...]
    absent: tuple[Absent, ...]


def summary_parts(chapter: Chapter) -> tuple[SummaryPart, ...]:
    """All remedies, first on real pictures, then on drawn ones; parts without studies go."""
    kinds = list(dict.fromkeys(kind(group) for group in chapter.groups))
    return tuple(_part(chapter, name) for name in kinds)


def _part(chapter: Chapter, name: str) -> SummaryPart:
    groups = [group for group in chapter.groups if kind(group) == name]
    rows = [
        _row(chapter, group, study, row)
        for group in groups
        for study in group.studies
        for row in study.rows
    ]
    titles = list(dict.fromkeys(row.remedy for row in rows))
    # what several studies try stands together
    rows.sort(key=lambda row: titles.index(row.remedy))
    absent = tuple(
        Absent(experiment.name, remedies_of(experiment), _places(chapter, experiment))
        for experiment in EXPERIMENTS.values()
        if experiment.remedies and not any(holds(group, experiment) for group in groups)
    )
    return SummaryPart(name, tuple(rows), absent)


def remedies_of(experiment: Any) -> str:
    """The titles of an experiment's remedies in one line."""
    return "; ".join(remedy.title for remedy in experiment.remedies)


def _places(chapter: Chapter, experiment: Any) -> tuple[Elsewhere, ...]:
    return tuple(
        Elsewhere(f"run on {pictures(group)}, below", group.anchor)
        for group in chapter.groups
        if holds(group, experiment)
    )


def _row(chapter: Chapter, group: OneData, study: Told, row: dict[str, Any]) -> SummaryRow:
    view = remedy_view(row)
    stuck = (f"{row['at_chance']} of {row['runs']} at chance",) if at_chance(row) else ()
    return SummaryRow(
        remedy=view.title,
        study=study.experiment.name,
        anchor=group.anchor,
        pictures=_pictures(chapter, group),
        batches=_batches(row),
        gap=Entry(view.gap.text, view.gap.small + stuck),
        share=view.share,
        outcome=view.outcome,
        colour=view.colour,
        updates=_multiple(row, "updates"),
        seconds=_multiple(row, "seconds", MARK if row["unlike_epochs"]["of_small"] else ""),
    )


def _batches(row: dict[str, Any]) -> Entry:
    small, large, first = row["small_batch"], row["large_batch"], row["batch"]
    begins = first is not None and first != large
    return Entry(f"{whole(small)} → {whole(large)}", (f"from {whole(first)} on",) if begins else ())


def _pictures(chapter: Chapter, group: OneData) -> Entry:
    """How many, of how many where other studies took more from the same source."""
    counts = [other.examples for other in chapter.groups if one_source(group, other)]
    most = max(counts, default=group.examples)
    of = (f"of {whole(most)}",) if most > group.examples else ()
    return Entry(f"{whole(group.examples)}\N{NO-BREAK SPACE}{kind(group)}", (*of, side(group)))


def _multiple(row: dict[str, Any], cost: str, mark: str = "") -> Entry:
    value = row["costs"][cost]["of_small"]
    if value["effect"] is None:
        return Entry(DASH)
    ends = ratio_ends(value)
    return Entry(f"{shown(value['effect'], 2)}\N{NO-BREAK SPACE}×{mark}", (ends,) if ends else ())
