"""The rows of the chapter's tables as a file for spreadsheets."""

from collections.abc import Iterable
from typing import Any

from reports.chapter import OneData, Told
from reports.download import Download, rows_download


def remedies_download(name: str, groups: Iterable[OneData]) -> Download:
    """All remedies on all data sets of ``groups``, one a row."""
    return rows_download(
        name,
        [
            _flat(group, study, row)
            for group in groups
            for study in group.studies
            for row in study.rows
        ],
    )


def _flat(group: OneData, study: Told, row: dict[str, Any]) -> dict[str, Any]:
    """A row of the download: no values within values."""
    flat: dict[str, Any] = {"experiment": study.experiment.name}
    flat |= {"pictures": group.examples, "drawn": group.drawn}
    flat["notes"] = "; ".join(row["notes"])
    flat |= {
        key: value for key, value in row.items() if not isinstance(value, dict | list | type(None))
    }
    effects = {name: row[name] for name in ("gap", "share", "difference")}
    for cost, values in row["costs"].items():
        flat[cost] = values["mean"]
        effects |= {f"{cost}_{name}": values[name] for name in ("of_large", "of_small")}
    for name, value in effects.items():
        low, high = (value and value["interval"]) or (None, None)
        flat |= {name: value and value["effect"], f"{name}_low": low, f"{name}_high": high}
        flat[f"{name}_n"] = value and value["n"]
    for name, sizes in row["unlike_epochs"].items():
        flat[f"unlike_epochs_{name}"] = " ".join(str(size["batch_size"]) for size in sizes)
    return flat
