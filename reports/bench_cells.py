"""Headings, cells and tables of a benchmark's page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.wording import as_number, interval, shown
from study.words import DASH


@dataclass(frozen=True)
class BenchHead:
    """A column's heading; ``words`` for a column of text."""

    text: str
    unit: str = ""
    words: bool = False


@dataclass(frozen=True)
class BenchCell:
    """Text of a cell, and what stands small under it."""

    text: str
    small: str = ""


@dataclass(frozen=True)
class BenchTable:
    """A table with what stands around it."""

    anchor: str
    title: str
    shows: str
    heads: tuple[BenchHead, ...]
    rows: tuple[tuple[BenchCell, ...], ...]
    notes: tuple[str, ...] = ()


def spread_cell(values: Mapping[str, Any], write: Callable[[Any], str]) -> BenchCell:
    """The median, with the lowest and highest below it where there are several values.

    Below it, too, the interval of the median where it is known.
    """
    small = ""
    if as_number(values["n"]) > 1 and interval(values["lowest"], values["highest"]):
        small = f"{write(values['lowest'])} to {write(values['highest'])}"
    within = values.get("interval")
    if within is not None and interval(*within):
        small += f"; median within {write(within[0])} to {write(within[1])}"
    return BenchCell(write(values["median"]), small)


def share_cell(value: Any) -> BenchCell:
    """A share in per cent; a dash for none."""
    number = as_number(value)
    return BenchCell(f"{100 * number:.3g} %" if number == number else DASH)


def memory_cell(value: Any) -> BenchCell:
    """Bytes as GB."""
    return BenchCell(shown(as_number(value) / 1e9))


def filled_row(texts: Sequence[str], width: int) -> tuple[BenchCell, ...]:
    """Cells of a row that ends early, ``width`` of them."""
    return tuple(BenchCell(text) for text in [*texts, *[""] * (width - len(texts))])


def limit_notes(model: str) -> tuple[str, ...]:
    """What the limit leaves out of a network of that name; nothing for the plain one."""
    if model == "plain":
        return ()
    return (
        f"The limit counts convolutions, poolings and dense layers alone: {model}, which has more "
        "to do, reaches a larger share of its own.",
    )
