"""Gathers what the runs have stored into the frames of the study."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from study.store.measurements import failed_measurements
from study.store.run_folder import (
    FINISHED,
    MADE_ON,
    MEASUREMENTS,
    NORM_COUNTS_FILE,
    NORMS_FILE,
    ORIGIN,
    TAKEN_OVER,
    read_norms,
    read_run,
)
from study.store.run_records import read_epochs, read_records
from study.store.schema import FRAMES, KEYS, empty_frame, typed_frame
from study.store.study_directory import StudyDirectory
from study.summarise.times import with_typical_times
from study.train.outcome import norm_histogram
from study.train.settings import RunSettings

MEASURED = (
    *("layer_distances", "sharpness", "sharpness_along", "interpolation", "landscape"),
    *(
        "gradient_norms",
        "landscape_plain",
        "rescaling",
        "trajectory",
        "trajectory_components",
        "trajectory_plane",
    ),
)


def collect(
    directory: StudyDirectory,
    runs: Iterable[RunSettings],
    experiment: str,
    conditions: Mapping[str, Iterable[RunSettings]] | None = None,
) -> dict[str, pd.DataFrame]:
    """The frames of a study, from the folders of its planned runs.

    Args:
        directory: of the study.
        runs: all that are planned.
        experiment: its name.
        conditions: by name the runs of those that the experiment compares.

    Runs that have not started are listed as pending; of unfinished ones the ledger alone tells.

    Raises:
        StoreError: something stored is damaged.
    """
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in FRAMES}
    for settings in runs:
        folder = directory.runs / settings.id
        document = read_run(folder)
        parts["runs"].append(_ledger_row(settings, document, experiment))
        if document is None or document["status"] not in FINISHED:
            continue
        epochs = read_epochs(folder, document)
        parts["epochs"].append(_with_keys(epochs, settings))
        stretches = pd.DataFrame(_circumstances(document, len(epochs)))
        parts["circumstances"].append(_with_keys(stretches, settings))
        norms = _norm_counts(folder, int(epochs["updates"].iloc[-1]))
        parts["update_norms"].append(_with_keys(norms, settings))
        # without weights it can only be measured again when it is trained again
        remade_whole = folder if TAKEN_OVER in document else None
        for name in MEASURED:
            for path in sorted((folder / MEASUREMENTS).glob(f"{name}*.parquet")):
                # "interpolation@<id>" is a measurement "interpolation"
                if path.stem.split("@")[0] == name:
                    records = read_records(path, name, remade_whole)
                    parts[name].append(_with_keys(records, settings))
        failed = pd.DataFrame(
            failed_measurements(folder).items(), columns=["measurement", "reason"]
        )
        parts["failures"].append(_with_keys(failed, settings))
    for condition, members in (conditions or {}).items():
        named = pd.DataFrame({"condition": [condition]})
        parts["conditions"] += [_with_keys(named, settings) for settings in members]
    frames = {name: _joined(name, found) for name, found in parts.items()}
    frames["runs"]["sharpness"] = _main_sharpness(frames)
    return with_typical_times(frames)


def _norm_counts(folder: Path, updates: int) -> pd.DataFrame:
    counted = folder / NORM_COUNTS_FILE
    if counted.exists() and not (folder / NORMS_FILE).exists():
        return read_records(counted, "update_norms", folder)
    return norm_histogram(read_norms(folder, updates))


def _keys(settings: RunSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in KEYS}


def _with_keys(frame: pd.DataFrame, settings: RunSettings) -> pd.DataFrame:
    return frame.assign(**_keys(settings))


def _joined(name: str, parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if not filled:
        return empty_frame(name)
    return typed_frame(name, pd.concat(filled, ignore_index=True))


def _ledger_row(
    settings: RunSettings, document: dict[str, Any] | None, experiment: str
) -> pd.DataFrame:
    row: dict[str, Any] = dict.fromkeys(FRAMES["runs"])
    row |= _keys(settings) | {
        "experiment": experiment,
        "model": settings.model,
        "image_size": settings.image_size,
        "devices": "",
        "status": "pending",
        "reason": "",
        "stopped_by": "",
    }
    if document is not None:
        row |= {key: document.get(key, "") for key in ("devices", "status", "reason", "stopped_by")}
        row |= document.get("outcome", {})
    return pd.DataFrame([row])[list(FRAMES["runs"])].astype(
        {name: "float64" for name, kind in FRAMES["runs"].items() if kind == "number"}
    )


def _circumstances(document: dict[str, Any], epochs: int) -> list[dict[str, Any]]:
    """Rows of `circumstances`; none for a run made before these were recorded."""
    if not set(MADE_ON) <= set(document):
        return []
    rows, first = [], 1
    for part in (*document.get("earlier", []), {**document, "until_epoch": epochs}):
        machine = part.get("hardware", {})
        last = min(part["until_epoch"], epochs)
        rows.append(
            {
                "first_epoch": first,
                "last_epoch": last,
                "threads": part.get("threads", 0),
                "jobs": part.get("jobs", 0),
                "cpu": str(machine.get("cpu", "")),
                "cores": int(machine.get("cores") or 0),
                "memory_bytes": float(machine.get("memory_bytes") or math.nan),
                "gpus": ", ".join(map(str, machine.get("gpus", []))),
                "commit": str(part.get(ORIGIN, {}).get("commit", "")),
            }
        )
        first = last + 1
    return [row for row in rows if row["first_epoch"] <= row["last_epoch"]]


def _main_sharpness(frames: dict[str, pd.DataFrame]) -> pd.Series:
    """Sharpness in the full space at 1e-3, mean of the trials, by run."""
    measured = frames["sharpness"]
    main = measured[(measured["space"] == "full") & (measured["epsilon"] == 1e-3)]
    return frames["runs"]["id"].map(main.groupby("id")["sharpness"].mean())
