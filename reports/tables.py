"""Rows of summary.json as tables of the page: ours and the published numbers side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.wording import as_number, as_text, interval, shown, whole

_LEADING = ("arm", "layer", "split", "batch_size", "learning_rate", "multiple", "replicas")
_ROW_HEADS = ("layer", "split", "batch_size")
_TIMES_LONG = {"epochs", "updates", "examples"}


@dataclass(frozen=True)
class Cell:
    """Text of a cell; ``small`` stands under it, ``head`` makes it a row's heading."""

    text: str
    small: str = ""
    head: bool = False
    numeric: bool = True
    batch: int = 0
    published: bool = False


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
    """A table ready to be written."""

    groups: tuple[Head, ...]
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_interval: bool
    has_published: bool


def table_view(
    rows: Sequence[Mapping[str, Any]],
    headers: Mapping[str, Mapping[str, str]],
    arms: Mapping[str, str],
) -> TableView | None:
    """The table of one figure, None without rows.

    A quantity q has one column (its mean, and below it the interval ``q_low`` to ``q_high``)
    and, where the article prints something, a second one with ``q_published`` as printed.

    Args:
        rows: as in ``tables`` of summary.json.
        headers: column -> title and unit, as in ``headers`` of summary.json.
        arms: name -> title of each arm.
    """
    if not rows:
        return None
    columns = list(dict.fromkeys(column for row in rows for column in row))
    leading = [name for name in _LEADING if name in columns and _tells(name, rows)]
    quantities = [name for name in columns if f"{name}_low" in columns]
    printed = {name for name in quantities if f"{name}_published" in columns}
    extra = [name for name in ("lowest", "highest") if name in columns]
    closing = [name for name in ("best", "n", "note") if name in columns and _tells(name, rows)]
    body = tuple(
        tuple(
            [_leading(name, row, arms) for name in leading]
            + [cell for name in quantities for cell in _quantity(name, row, name in printed)]
            + [Cell(shown(row.get(name))) for name in extra]
            + [_closing(name, row) for name in closing]
        )
        for row in rows
    )
    two_rows = bool(printed)
    groups: list[Head] = []
    heads: list[Head] = []
    for name in leading + quantities + extra + closing:
        head = _head(name, headers)
        if name in printed:
            groups.append(Head(head.text, head.unit, span=2))
            heads += [Head("here"), Head("article")]
        else:
            groups.append(Head(head.text, head.unit, tall=two_rows, numeric=head.numeric))
    has_interval = any(
        interval(row.get(f"{name}_low"), row.get(f"{name}_high"))
        for row in rows
        for name in quantities
    )
    return TableView(tuple(groups), tuple(heads), body, has_interval, two_rows)


def _tells(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a column says anything: an arm or a number of devices that never varies does not."""
    values = [row.get(name) for row in rows]
    if name in ("arm", "replicas"):
        return len(set(map(str, values))) > 1
    if name in ("note", "best"):
        return any(values)
    return name != "multiple"


def _head(name: str, headers: Mapping[str, Mapping[str, str]]) -> Head:
    header = headers.get(name)
    found = header if isinstance(header, Mapping) else {}
    titles = {"n": "runs", "batch_size": "batch size", "best": "best", "note": "note"}
    title = titles.get(name) or as_text(found.get("title"), 90) or name.replace("_", " ")
    unit = as_text(found.get("unit"), 20)
    numeric = name not in ("arm", "layer", "split", "note", "best")
    return Head(title, "" if unit in _TIMES_LONG else unit, numeric=numeric)


def _leading(name: str, row: Mapping[str, Any], arms: Mapping[str, str]) -> Cell:
    value = row.get(name)
    if name == "arm":
        return Cell(as_text(arms.get(str(value), value), 60), numeric=False)
    if name in ("layer", "split"):
        words = {"train": "training", "validation": "validation"} if name == "split" else {}
        return Cell(as_text(words.get(str(value), value), 60), head=True, numeric=False)
    if name == "learning_rate":
        return Cell(f"{as_number(value):.4g}")
    number = as_number(value)
    batch = int(number) if name == "batch_size" and number == number else 0
    return Cell(whole(value), head=name in _ROW_HEADS, batch=batch)


def _quantity(name: str, row: Mapping[str, Any], printed: bool) -> list[Cell]:
    count, runs = as_number(row.get(f"{name}_n")), as_number(row.get("n"))
    small = interval(row.get(f"{name}_low"), row.get(f"{name}_high"))
    if count > 0 and count != runs and runs == runs:
        small = f"{small}, n = {count:.0f}".removeprefix(", ")
    cells = [Cell(shown(row.get(name)), small)]
    if printed:
        cells.append(Cell(as_text(row.get(f"{name}_published"), 120) or "–", published=True))
    return cells


def _closing(name: str, row: Mapping[str, Any]) -> Cell:
    if name == "best":
        text = "best" if row.get("best") is True else ""
        return Cell(f"{text}, at the edge" if row.get("edge") is True else text, numeric=False)
    if name == "n":
        return Cell(whole(row.get(name)))
    return Cell(as_text(row.get(name)), numeric=False)
