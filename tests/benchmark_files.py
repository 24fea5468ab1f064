"""benchmarks/README.md, and the JSON beside it that ``bench`` measured."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "benchmarks"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
NAMES = (
    "2026-11-23-peers",
    "2026-11-23-measurements",
    "2026-11-23-two-threads",
    "2026-11-23-devices",
    "2026-11-22-sharpness",
    "2026-11-23-steps",
    "2026-11-23-operations",
    "2026-11-24-callbacks",
    "2026-11-24-update-norm",
)
TEXTS = [(FOLDER / f"{name}.json").read_text(encoding="utf-8") for name in NAMES]
PEERS, MEASUREMENTS, TWO_THREADS, DEVICES, SEARCHES, STEPS, OPERATIONS, CALLBACKS, RECORDER = map(
    json.loads, TEXTS
)
CALLS: list[dict[str, Any]] = PEERS + MEASUREMENTS + TWO_THREADS + DEVICES + SEARCHES + CALLBACKS
ALL_PICTURES = [call for call in PEERS if "--pictures" not in call["command"]]


def rows_of(table: str) -> list[list[str]]:
    """The cells of the table whose first heading is ``table``."""
    lines = README.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {table} |")) + 2
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def the_row(key: str, name: str, *wheres: str, calls: list[dict[str, Any]] = PEERS) -> Any:
    """The one row that was measured of a comparison."""
    (found,) = (
        row
        for call in calls
        for row in call.get(key, [])
        if row["name"] == name and all(where in row["where"] for where in wheres)
    )
    return found


def spread(values: dict[str, Any], form: str = "{:.2f}") -> str:
    """ "1.60 (1.45 to 5.46)"."""
    median, low, high = (form.format(values[key]) for key in ("median", "lowest", "highest"))
    return f"{median} ({low} to {high})"


def within(values: dict[str, Any], scale: float = 1) -> str:
    """ "1.02 (0.99 to 1.04)", the median and its interval."""
    low, high = values["interval"]
    return f"{scale * values['median']:.2f} ({scale * low:.2f} to {scale * high:.2f})"


def verdict(row: dict[str, Any], goal: float) -> str:
    """ "met" by both, "missed" by the clock, or met by the clock alone."""
    met = [
        row[key]["median"] >= goal if row["of"] == "speed" else row[key]["median"] <= goal
        for key in ("ratio", "processor_ratio")
    ]
    if not met[0]:
        return "missed"
    return "met" if met[1] else "met by the clock, missed by processor time"
