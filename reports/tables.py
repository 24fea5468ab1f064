"""Rows of summary.json as tables of the page: ours and the published numbers side by side."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.wording import as_number, as_text, interval, shown, unbroken, whole, whole_or_shown
from study.words import DASH

_LEADING = (
    "arm",
    "condition",
    "layer",
    "split",
    "batch_size",
    "learning_rate",
    "multiple",
    "replicas",
)
_ROW_HEADS = ("condition", "layer", "split", "batch_size")
_WORDS = re.compile(r"[a-z]{3}")
COUNTS = {"epochs", "updates", "examples"}
"""Units of whole numbers, which the title says already."""


@dataclass(frozen=True)
class Cell:
    """Text of a cell; ``small`` stands under it, ``head`` makes it a row's heading.

    A heading of ``span`` columns stands alone, above the rows that it speaks of.
    """

    text: str
    small: str = ""
    head: bool = False
    numeric: bool = True
    batch: int = 0
    published: bool = False
    span: int = 1


@dataclass(frozen=True)
class Head:
    """A column's heading: ``span`` columns wide, or ``tall`` for both rows of headings."""

    text: str
    unit: str = ""
    span: int = 1
    tall: bool = False
    numeric: bool = True


@dataclass(frozen=True)
class TableView:
    """A table ready to be written.

    Attributes:
        cut: an interval ends at an end of what is possible (see ``Estimate.within``).
        one_seed: no number is a mean.
        rate: the learning rate where all rows have the same one, else "".
        notes: what did not go as planned, by cell.
    """

    groups: tuple[Head, ...]
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_interval: bool
    cut: bool
    has_published: bool
    one_seed: bool
    rate: str
    notes: tuple[str, ...]


def table_view(
    rows: Sequence[Mapping[str, Any]],
    headers: Mapping[str, Mapping[str, str]],
    arms: Mapping[str, str],
    source: str = "article",
) -> TableView | None:
    """The table of one figure, None without rows.

    A quantity q has one column (its mean, and below it the interval ``q_low`` to ``q_high``)
    and, where the article prints something, a second one with ``q_published`` as printed.
    Where there are several arms, the name of each stands above its rows.

    Args:
        rows: as in ``tables`` of summary.json.
        headers: column -> title and unit, as in ``headers`` of summary.json.
        arms: name -> title of each arm, or of each condition.
        source: what the source is called.
    """
    rows = [row for row in rows if _says_something(row)]
    if not rows:
        return None
    columns = list(dict.fromkeys(column for row in rows for column in row))
    leading = [name for name in _LEADING if name in columns and _tells(name, rows)]
    by_arm = "arm" in leading
    leading = [name for name in leading if name != "arm"]
    quantities = [name for name in columns if f"{name}_low" in columns]
    printed = {name for name in quantities if f"{name}_published" in columns}
    extra = [name for name in ("lowest", "highest") if name in columns]
    closing = [name for name in ("best", "n") if name in columns and _tells(name, rows)]
    counts = {name for name in quantities if _unit(name, headers) in COUNTS}
    body = [
        tuple(
            [_leading(name, row, arms) for name in leading]
            + [
                cell
                for name in quantities
                for cell in _quantity(name, row, name in printed, name in counts)
            ]
            + [Cell(shown(row.get(name))) for name in extra]
            + [_closing(name, row) for name in closing]
        )
        for row in rows
    ]
    if by_arm:
        names = [as_text(arms.get(str(row.get("arm")), row.get("arm")), 60) for row in rows]
        body = _under_names(names, body)
    two_rows = bool(printed)
    groups: list[Head] = []
    heads: list[Head] = []
    for name in leading + quantities + extra + closing:
        head = _head(name, headers)
        if name in printed:
            groups.append(Head(head.text, head.unit, span=2))
            heads += [Head("here"), Head(source)]
        else:
            groups.append(Head(head.text, head.unit, tall=two_rows, numeric=head.numeric))
    has_interval = any(
        interval(row.get(f"{name}_low"), row.get(f"{name}_high"))
        for row in rows
        for name in quantities
    )
    rates = {row.get("learning_rate") for row in rows} - {None}
    return TableView(
        tuple(groups),
        tuple(heads),
        tuple(body),
        has_interval,
        any(_is_cut(name, row) for row in rows for name in quantities),
        two_rows,
        all(as_number(row.get(f"{name}_n")) <= 1 for row in rows for name in quantities),
        f"{as_number(rates.pop()):.4g}" if len(rates) == 1 else "",
        _notes(rows, arms),
    )


def _is_cut(name: str, row: Mapping[str, Any]) -> bool:
    """Whether the interval ends at 0 or 1, nearer to its mean than the other end."""
    mean, low, high = (as_number(row.get(key)) for key in (name, f"{name}_low", f"{name}_high"))
    sides = (
        (low in (0.0, 1.0), mean - low, high - mean),
        (high in (0.0, 1.0), high - mean, mean - low),
    )
    return any(ends and near < far * (1 - 1e-6) for ends, near, far in sides)


def _under_names(names: Sequence[str], body: Sequence[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """``body`` with a row for each new name above the rows that have it."""
    found: list[tuple[Cell, ...]] = []
    for place, (name, cells) in enumerate(zip(names, body, strict=True)):
        if place == 0 or name != names[place - 1]:
            found.append((Cell(name, head=True, numeric=False, span=len(cells)),))
        found.append(cells)
    return found


def _says_something(row: Mapping[str, Any]) -> bool:
    """Whether a row has a number of ours or a note on why not: other cells were not measured."""
    names = [name.removesuffix("_low") for name in row if name.endswith("_low")]
    return bool(row.get("note")) or any(math.isfinite(as_number(row.get(name))) for name in names)


def _notes(rows: Sequence[Mapping[str, Any]], arms: Mapping[str, str]) -> tuple[str, ...]:
    """Each note once, after the cells that it is about."""
    cells: dict[str, dict[str, None]] = {}
    for row in rows:
        note = as_text(row.get("note"), 600)
        if note:
            cells.setdefault(note, {})[_place(row, arms)] = None
    notes = (f"{'; '.join(places)}: {note}." for note, places in cells.items())
    return tuple(f"{note[:1].upper()}{note[1:]}" for note in notes)


def _place(row: Mapping[str, Any], arms: Mapping[str, str]) -> str:
    if row.get("condition"):
        return as_text(arms.get(str(row["condition"]), row["condition"]), 60)
    devices = as_number(row.get("replicas"))
    several = f" on {devices:.0f} devices" if devices > 1 else ""
    rate = shown_rate(row)
    at = "" if rate == DASH else f" at rate {rate}"
    return f"batch {whole(row.get('batch_size'))}{at}{several}"


def shown_rate(row: Mapping[str, Any]) -> str:
    """The learning rate of a row."""
    rate = as_number(row.get("learning_rate"))
    return f"{rate:.4g}" if math.isfinite(rate) else DASH


def _tells(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a column says anything: an arm or a number of devices that never varies does not."""
    values = [row.get(name) for row in rows]
    if name in ("arm", "replicas", "learning_rate"):
        return len(set(map(str, values))) > 1
    if name == "best":
        return any(values)
    return name != "multiple"


def _header(name: str, headers: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    header = headers.get(name)
    return header if isinstance(header, Mapping) else {}


def _unit(name: str, headers: Mapping[str, Mapping[str, str]]) -> str:
    return as_text(_header(name, headers).get("unit"), 20)


def _head(name: str, headers: Mapping[str, Mapping[str, str]]) -> Head:
    found = _header(name, headers)
    titles = {"n": "runs", "batch_size": "batch size", "best": "best"}
    title = titles.get(name) or unbroken(as_text(found.get("title"), 90)) or name.replace("_", " ")
    unit = _unit(name, headers)
    numeric = name not in ("condition", "layer", "split", "best")
    return Head(title, "" if unit in COUNTS else unit, numeric=numeric)


def _leading(name: str, row: Mapping[str, Any], arms: Mapping[str, str]) -> Cell:
    value = row.get(name)
    if name == "condition":
        return Cell(as_text(arms.get(str(value), value), 80), head=True, numeric=False)
    if name in ("layer", "split"):
        words = {"train": "training", "validation": "validation"} if name == "split" else {}
        return Cell(as_text(words.get(str(value), value), 60), head=True, numeric=False)
    if name == "learning_rate":
        return Cell(shown_rate(row))
    number = as_number(value)
    batch = int(number) if name == "batch_size" and number == number else 0
    head = name in _ROW_HEADS and not row.get("condition")
    return Cell(whole(value), head=head, batch=batch if head else 0)


def _quantity(name: str, row: Mapping[str, Any], printed: bool, count_of: bool) -> list[Cell]:
    count, runs = as_number(row.get(f"{name}_n")), as_number(row.get("n"))
    small = interval(row.get(f"{name}_low"), row.get(f"{name}_high"))
    if count > 0 and count != runs and runs == runs:
        small = f"{small}, n = {count:.0f}".removeprefix(", ")
    words = as_text(row.get(f"{name}_words"), 40) if runs > 0 else ""
    cells = [Cell(words or (whole_or_shown if count_of else shown)(row.get(name)), small)]
    if printed:
        text = as_text(row.get(f"{name}_published"), 120) or DASH
        cells.append(Cell(text, published=True, numeric=not _WORDS.search(text)))
    return cells


def _closing(name: str, row: Mapping[str, Any]) -> Cell:
    if name == "best":
        text = "best" if row.get("best") is True else ""
        return Cell(f"{text}, at the edge" if row.get("edge") is True else text, numeric=False)
    return Cell(whole(row.get(name)))
