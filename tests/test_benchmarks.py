"""What benchmarks/README.md prints is what ``bench`` measured, in the JSON beside it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from study.bench.limit import fastest, picture_cost
from study.store.published import without_paths

FOLDER = Path(__file__).parents[1] / "benchmarks"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
TEXTS = [(FOLDER / f"2026-11-{day}-peers.json").read_text(encoding="utf-8") for day in ("21", "22")]
FIRST, AGAIN = (json.loads(text) for text in TEXTS)
CALLS: list[dict[str, Any]] = FIRST + AGAIN
WORDS = {
    "our run : the article's way": ("one run", "the article's way"),
    "a study's runs : the article's way": ("a study's runs", "the article's way"),
    "our run : PyTorch, channels-last": ("one run, whole epochs", "PyTorch"),
    "whole epochs, as in studies": ("callbacks' share of time", "no callbacks"),
    "one": ("callbacks' share of time, step by step", "no callbacks"),
}
PRINTED_128 = {
    "speed of the full-data gradient : training": "full-data gradient",
    "speed of the full-data loss at 4 points : `predict`": (
        "full-data loss, pictures times 4 points"
    ),
    "speed of the landscape : `set_weights` and `evaluate`, on a sample": (
        "landscape, ratio of points, 25 of 625"
    ),
}
PRINTED = {
    "time with a callback that copies weights every batch : without": "copying weights every batch",
    "speed of the full-data gradient : training": "full-data gradient",
    "speed of the full-data loss (at one weight vector, `MeanLoss.value`) : `predict`": (
        "full-data loss"
    ),
    "speed of the landscape : `set_weights` and `evaluate`, on a sample": "landscape, 25 points",
    "sharpness: evaluations to 99 % of what 200 find, 512 pictures": (
        "sharpness: evaluations to 99 % of what 200 find"
    ),
}


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


def verdict(row: dict[str, Any], goal: float) -> str:
    """ "met" by both, "missed" by the clock, or met by the clock alone."""
    met = [
        row[key]["median"] >= goal if row["of"] == "speed" else row[key]["median"] <= goal
        for key in ("ratio", "processor_ratio")
    ]
    if not met[0]:
        return "missed"
    return "met" if met[1] else "met by the clock, missed by processor time"


@pytest.mark.parametrize("cells", rows_of("sides"), ids=lambda cells: " ".join(cells[:3]))
def test_main_table(cells: list[str]) -> None:
    sides, pixels, batch, clock, processor, goal = cells
    name, second = WORDS[sides]
    row = last("peers", name, f"batch {batch},", f"{pixels} px")
    assert row["second"] == second and row["ratio"]["n"] == 5
    assert clock == spread(row["ratio"])
    assert processor == spread(row["processor_ratio"])
    assert goal == f"{row['goal']}: {verdict(row, row['goal'])}"


@pytest.mark.parametrize("cells", rows_of("steps a call"), ids=lambda cells: " ".join(cells[:3]))
def test_table_of_callbacks(cells: list[str]) -> None:
    steps, pixels, batch, clock, processor, goal = cells
    row = last("peers", WORDS[steps][0], f"batch {batch},", f"{pixels} px")
    assert row["ratio"]["n"] == 5 and row["goal"] == 1.02
    assert clock == spread(row["ratio"])
    assert processor == spread(row["processor_ratio"])
    assert goal == verdict(row, 1.02)


@pytest.mark.parametrize("cells", rows_of("what | batch 32"), ids=lambda cells: cells[0])
def test_table_of_measurements(cells: list[str]) -> None:
    what, *found, goal = cells
    if what.startswith("`python"):
        row = last("counts", what.split("`")[1], calls=FIRST)
        form = "{:.2f}" if row["value"]["median"] < 1 else "{:.1f}"
        assert found[0].replace(" s ", " ") == spread(row["value"], form)
        assert row["met"] and goal.endswith(": met")
        return
    name = PRINTED[what]
    key = "counts" if what.startswith("sharpness") else "peers"
    rows = [last(key, name, f"batch {size},", calls=FIRST) for size in (32, 256)]
    for cell, row in zip(found, rows, strict=True):
        if key == "peers":
            assert cell == spread(row["ratio"])
        else:
            reached, tried = row["value"]["n"], row["tried"]
            missing = "" if reached == tried else f", reached in {reached} of {tried}"
            assert cell == spread(row["value"], "{:.0f}") + missing
    met = {row["met"] for row in rows}
    if met == {True}:
        assert goal.endswith(": met")
    elif None not in met:
        assert goal.endswith(": met at 32, missed at 256")


@pytest.mark.parametrize("cells", rows_of("what, at 128 pixels"), ids=lambda cells: cells[0])
def test_table_of_measurements_at_128_pixels(cells: list[str]) -> None:
    what, *found, goal = cells
    rows = [
        last("peers", PRINTED_128[what], f"batch {size},", "128 px", calls=AGAIN)
        for size in (32, 256)
    ]
    assert {row["ratio"]["n"] for row in rows} == {5}
    assert found == [spread(row["ratio"]) for row in rows]
    (met,) = {row["met"] for row in rows}
    assert goal == f"at least {rows[0]['goal']:g}: {'met' if met else 'missed'}"


@pytest.mark.parametrize(
    "cells",
    rows_of("sharpness, evaluations to 99 % of what 200 find"),
    ids=lambda cells: " ".join(cells[:2]),
)
def test_table_of_searches(cells: list[str]) -> None:
    place, batch, evaluations, share, loss = cells
    name = {"at minimisers": "sharpness at minimisers", "after 5 epochs": "sharpness"}[place]
    row = last("counts", f"{name}: evaluations to 99 % of what 200 find", f"batch {batch},")
    reached = f", reached in {row['value']['n']} of {row['tried']}"
    missing = "" if row["value"]["n"] == row["tried"] else reached
    assert evaluations == spread(row["value"], "{:g}") + missing
    assert row["note"] == f"share found {share}; training loss there {loss}".replace(" %", "%")


def test_speed_and_memory_on_all_pictures_in_the_text() -> None:
    flat = " ".join(README.split())
    rows = next(call["grid"] for call in AGAIN if call.get("grid"))
    speeds = [row["pictures_per_second"]["median"] for row in rows]
    above = [(row["peak_bytes"] - row["base_bytes"]) / 1e9 for row in rows]
    assert [row["batch_size"] for row in rows] == [32, 256]
    assert f"{above[0]:.2f} GB above TensorFlow itself at batch 32, {above[1]:.2f} at 256" in flat
    assert f"{speeds[0]:,.0f} and {speeds[1]:,.0f} pictures a second" in flat


def test_nothing_missed_is_called_open() -> None:
    assert "| open" not in README


def test_numbers_in_the_text() -> None:
    flat = " ".join(README.split())
    preparing = last("peers", "preparing the archive")
    assert spread(preparing["ratio"]).replace(" (", " times as fast (", 1) in flat
    assert f"by processor time {spread(preparing['processor_ratio'])}; goal 3: met by" in flat


def test_memory_in_the_text() -> None:
    flat = " ".join(README.split())
    rows = [row for call in FIRST for row in call.get("peers", []) if "128 px" in row["where"]]
    found: dict[str, list[float]] = {}
    for row in rows:
        for side in ("first", "second"):
            if row.get(f"{side}_bytes") is not None:
                place = f"{row[side]} at {row['where'].split(',')[0]}"
                found.setdefault(place, []).append(row[f"{side}_bytes"] / 1e9)
    shown = {place: (f"{min(v):.2f}", f"{max(v):.2f}") for place, v in found.items()}
    ours, article, torch = (
        shown[f"{side} at batch 256"] for side in ("our run", "the article's way", "PyTorch")
    )
    # the article's way was measured twice
    assert f"our run took {ours[0]} to {ours[1]} GB, the article's way {article[0]} GB" in flat
    assert f"and PyTorch {torch[0]} GB" in flat
    ours, article, torch = (
        shown[f"{side} at batch 32"] for side in ("our run", "the article's way", "PyTorch")
    )
    assert f"they are {ours[0]} to {ours[1]}, {article[0]} and {torch[0]} GB" in flat
    (row,) = next(call["grid"] for call in FIRST if call.get("grid"))
    assert f"of its row, {(row['peak_bytes'] - row['base_bytes']) / 1e9:.2f} GB" in flat


def test_the_limit() -> None:
    (call,) = [call for call in FIRST if call.get("grid")]
    (row,) = call["grid"]
    peak = call["peaks"][-1]
    size = call["data"]["image_size"]
    cost = picture_cost(size)
    assert call["picture_cost"] == cost.as_dict(), "the model of the limit has changed"
    (cells,) = rows_of("pixels | batch | threads")
    speed = row["pictures_per_second"]["median"]
    limit = fastest(cost, peak["operations_a_second"], peak["bytes_a_second"])
    arithmetic = peak["operations_a_second"] / cost.operations
    assert cells == [
        str(size),
        str(row["batch_size"]),
        str(peak["threads"]),
        f"{speed:,.0f}",
        f"{speed / arithmetic:.1%}".replace("%", " %"),
        f"{speed / limit:.1%}".replace("%", " %"),
    ]
    assert row["share_of_limit"] == pytest.approx(speed / limit, rel=1e-4)
    flat = " ".join(README.split())
    assert f"{limit:,.0f} pictures a second, set by traffic ({arithmetic:,.0f} by" in flat


@pytest.mark.parametrize("cells", rows_of("pixels | operations (forward)"))
def test_costs_of_a_picture(cells: list[str]) -> None:
    cost = picture_cost(int(cells[0]))
    total, forward, moved = (
        f"{number / 1e6:#.3g} million"
        for number in (cost.operations, cost.forward_operations, cost.bytes_moved)
    )
    assert cells[1:] == [f"{total} ({forward})", moved]


def test_the_copy_names_no_paths() -> None:
    assert not re.findall(r"(?<!\w)/(root|home|work|tmp)/", "".join(TEXTS))
    assert all(without_paths(call["command"]) == call["command"] for call in CALLS)
