"""What a study has from published results: the files of their runs, but for weights."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from study.store.atomic import write_json, write_parquet
from study.store.measurements import measurement_path, record_failed_measurement
from study.store.run_folder import (
    EPOCHS_FILE,
    MEASUREMENTS,
    NORM_COUNTS_FILE,
    ORIGIN,
    RUN_DOCUMENT,
    TAKEN_OVER,
    read_run,
)
from study.store.schema import KEYS

# frames that a run's measurements do not make up
_OF_THE_RUN = ("runs", "epochs", "conditions", "update_norms", "circumstances", "failures")
_COUNTS = ("epochs", "epochs_to_min", "updates_to_min", "examples_to_min")
# columns of `runs` that are no outcome of the run: the settings have them, or measurements
_NO_OUTCOME = (
    *(*KEYS, "experiment", "model", "image_size"),
    *("devices", "status", "reason", "stopped_by", "sharpness"),
)


def taken_over_entries(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What ``study.json`` tells of published results that a study took runs over from.

    Returns:
        ``name``, ``ids`` of all runs that came, ``runs`` (how many are still those), ``commits``
        that they were made with, ``hardware`` and ``versions``; entries that are none left out.
    """
    found = document.get(TAKEN_OVER)
    return [
        entry
        for entry in (found if isinstance(found, list) else [])
        if isinstance(entry, dict)
        and isinstance(entry.get("name"), str)
        and all(_are_texts(entry.get(key)) for key in ("ids", "commits"))
    ]


def taken_over_now(document: Mapping[str, Any], folders: Iterable[Path]) -> list[dict[str, Any]]:
    """:func:`taken_over_entries` with the number of runs that are still those that came.

    Runs whose folders were deleted are made anew.

    Args:
        document: ``study.json``.
        folders: ``runs/<id>`` of all planned runs.
    """
    names = Counter(str((read_run(folder) or {}).get(TAKEN_OVER)) for folder in folders)
    return [{**entry, "runs": names[entry["name"]]} for entry in taken_over_entries(document)]


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def store_run(
    folder: Path, settings: dict[str, Any], name: str, frames: Mapping[str, pd.DataFrame]
) -> None:
    """Writes the folder of a finished run from the rows of its results.

    Args:
        folder: ``runs/<id>``, without such a run yet.
        settings: of the run, plain values.
        name: of the published results.
        frames: name -> the rows of this run alone, typed as ``schema.FRAMES`` says.

    Raises:
        DiskError: a file cannot be written.
    """
    (folder / MEASUREMENTS).mkdir(parents=True, exist_ok=True)
    for frame, rows in frames.items():
        if frame not in _OF_THE_RUN and len(rows):
            _store_measured(folder, frame, _own(rows))
    for measurement, reason in frames["failures"][["measurement", "reason"]].itertuples(
        index=False
    ):
        record_failed_measurement(folder, measurement, reason)
    write_parquet(folder / EPOCHS_FILE, _own(frames["epochs"]))
    write_parquet(folder / NORM_COUNTS_FILE, _own(frames["update_norms"]))
    # last: whoever sees it finds the others whole
    write_json(folder / RUN_DOCUMENT, _document(settings, name, frames))


def _store_measured(folder: Path, name: str, rows: pd.DataFrame) -> None:
    """A line between two minimisers has a file of its own, named after the other one."""
    if "small_id" not in rows:
        write_parquet(measurement_path(folder, name), rows)
        return
    for other, line in rows.groupby("small_id", sort=False):
        write_parquet(measurement_path(folder, f"{name}@{other}"), line.reset_index(drop=True))


def _own(rows: pd.DataFrame) -> pd.DataFrame:
    """As a run stores it: without the columns that every frame has."""
    return rows.drop(columns=list(KEYS)).reset_index(drop=True)


def _document(
    settings: dict[str, Any], name: str, frames: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    row = frames["runs"].iloc[0]
    told = {key: float(row[key]) for key in frames["runs"] if key not in _NO_OUTCOME}
    outcome = {
        key: int(value) if key in _COUNTS else value
        for key, value in told.items()
        if math.isfinite(value)
    }
    return {
        "id": str(row["id"]),
        **{key: str(row[key]) for key in ("status", "reason", "stopped_by", "devices")},
        "settings": settings,
        TAKEN_OVER: name,
        **_made_on(frames["circumstances"]),
        "outcome": outcome,
    }


def _made_on(stretches: pd.DataFrame) -> dict[str, Any]:
    """What the rows of `circumstances` were made from; nothing for runs before these."""
    parts = [
        {
            "until_epoch": int(part["last_epoch"]),
            "threads": int(part["threads"]),
            "jobs": int(part["jobs"]),
            ORIGIN: {"commit": part["commit"]},
            "hardware": {
                "cpu": part["cpu"],
                "cores": int(part["cores"]),
                "memory_bytes": None
                if math.isnan(part["memory_bytes"])
                else float(part["memory_bytes"]),
                "gpus": [gpu for gpu in part["gpus"].split(", ") if gpu],
            },
        }
        for part in stretches.sort_values("first_epoch").to_dict("records")
    ]
    if not parts:
        return {}
    last = {key: value for key, value in parts.pop().items() if key != "until_epoch"}
    return {**last, "earlier": parts} if parts else last
