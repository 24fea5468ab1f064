"""Every number that the article prints, beside ours."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.study_view import StudyView
from reports.tables import COUNTS
from reports.wording import (
    as_number,
    as_text,
    interval,
    mappings,
    shown,
    unbroken,
    whole,
    whole_or_shown,
)
from study.words import DASH


@dataclass(frozen=True)
class PrintedRow:
    """One printed number."""

    title: str
    unit: str
    arm: str
    batch: str
    devices: str
    ours: str
    interval: str
    published: str
    n: str = ""


def printed_rows(view: StudyView) -> list[PrintedRow]:
    """The rows of ``published`` in summary.json; [] without them."""
    return [_row(row, view.experiment.titles) for row in mappings(view.summary.get("published"))]


def printed_notes(view: StudyView) -> list[str]:
    """Our remarks on printed numbers, each once, with the number that it is about."""
    notes = [
        f"“{as_text(row.get('published'), 120)}”: {as_text(row.get('published_note'), 300)}."
        for row in mappings(view.summary.get("published"))
        if row.get("published_note")
    ]
    return list(dict.fromkeys(notes))


def _place(row: Mapping[str, Any], arms: Mapping[str, str]) -> str:
    name = str(row.get("condition") or row.get("arm"))
    return arms.get(name, name)


def _row(row: Mapping[str, Any], arms: Mapping[str, str]) -> PrintedRow:
    size = as_number(row.get("batch_size"))
    unit = as_text(row.get("unit"), 20)
    return PrintedRow(
        title=unbroken(as_text(row.get("title"), 100)),
        unit=unit if unit == "s" else "",
        arm=as_text(_place(row, arms), 80),
        batch=whole(size) if math.isfinite(size) else "–",
        devices="several" if row.get("several_devices") is True else "one",
        ours=(whole_or_shown if unit in COUNTS else shown)(row.get("ours")),
        interval=interval(row.get("ours_low"), row.get("ours_high")),
        published=as_text(row.get("published"), 120),
        n=whole(row.get("n")) if as_number(row.get("n")) > 0 else DASH,
    )
