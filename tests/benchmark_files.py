"""benchmarks/README.md, and the JSON beside it that ``bench`` measured."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "benchmarks"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
PEERS = (
    "2026-11-21-peers",
    "2026-11-22-peers",
    "2026-11-22-peers-2",
    "2026-11-22-peers-3",
    "2026-11-22-peers-4",
    "2026-11-22-peers-5",
    "2026-11-22-peers-6",
)
NAMES = (*PEERS, "2026-11-22-steps", "2026-11-22-steps-2")
TEXTS = [(FOLDER / f"{name}.json").read_text(encoding="utf-8") for name in NAMES]
# from the third on and the steps: since the first block is pooled before its bias and ReLU
FIRST, AGAIN, THIRD, FOURTH, FIFTH, SIXTH, SEVENTH, STEPS_BEFORE, STEPS = (
    json.loads(text) for text in TEXTS
)
CALLS: list[dict[str, Any]] = FIRST + AGAIN + THIRD + FOURTH + FIFTH + SIXTH + SEVENTH
MANY_THREADS = [call for call in CALLS if "--threads 1" not in call["command"]]


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


def last(key: str, name: str, *wheres: str, calls: list[dict[str, Any]] = CALLS) -> dict[str, Any]:
    """The last row that was measured of a comparison."""
    found = [
        row
        for call in calls
        for row in call.get(key, [])
        if row["name"] == name and all(where in row["where"] for where in wheres)
    ]
    return found[-1]


def spread(values: dict[str, Any], form: str = "{:.2f}") -> str:
    median, low, high = (form.format(values[key]) for key in ("median", "lowest", "highest"))
    return f"{median} ({low} to {high})"
