"""Titles and units of the columns of the small tables."""

from typing import Any

from study.summarise.quantity_names import quantity_named

Header = dict[str, dict[str, str]]

_TITLES = {
    "arm": "rates",
    "condition": "condition",
    "batch_size": "batch size",
    "learning_rate": "learning rate",
    "multiple": "multiple of the base rate",
    "replicas": "devices",
    "devices": "kind of device",
    "n": "completed runs",
    "layer": "layer",
    "order": "position",
    "split": "pictures",
    "distance": "distance from initialisation",
    "rise": "mean rise of the loss within 0.5 of this end",
    "lowest": "lowest over the epochs",
    "highest": "highest over the epochs",
    "tried": "base rates tried",
    "stable_rates": "base rates that train stably",
    "best": "best rate of this batch size",
    "edge": "best, but on the edge of the grid",
    "note": "note",
}


def headers(tables: dict[str, list[dict[str, Any]]]) -> dict[str, Header]:
    """Title and unit of every column of ``tables``, by table and column."""
    return {
        name: {column: _header(column) for column in dict.fromkeys(c for row in table for c in row)}
        for name, table in tables.items()
    }


def _header(column: str) -> dict[str, str]:
    if column in _TITLES:
        return {"title": _TITLES[column], "unit": ""}
    stem, _, end = column.rpartition("_")
    ends = {
        "low": "{}, lower end of the 95 % interval",
        "high": "{}, upper end of the 95 % interval",
        "n": "{}, seeds",
        "published": "{}, published",
        "words": "{}, in words",
    }
    if end in ends and (stem in _TITLES or _known(stem)):
        inner = _header(stem)
        return {
            "title": ends[end].format(inner["title"]),
            "unit": "" if end in ("n", "words") else inner["unit"],
        }
    quantity = quantity_named(column)
    return {"title": quantity.title, "unit": quantity.unit}


def _known(name: str) -> bool:
    try:
        quantity_named(name)
    except KeyError:
        return False
    return True
