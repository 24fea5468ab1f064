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
    row = last("peers", name, f"batch {batch},", f"{pixels} px", calls=MANY_THREADS)
    assert row["second"] == second and row["ratio"]["n"] == 5
    assert clock == spread(row["ratio"])
    assert processor == spread(row["processor_ratio"])
    assert goal == f"{row['goal']}: {verdict(row, row['goal'])}"


@pytest.mark.parametrize("cells", rows_of("steps a call"), ids=lambda cells: " ".join(cells[:3]))
def test_table_of_callbacks(cells: list[str]) -> None:
    steps, pixels, batch, clock, processor, goal = cells
    row = last("peers", WORDS[steps][0], f"batch {batch},", f"{pixels} px")
    assert row["ratio"]["n"] == 7 and row["goal"] == 1.02 and row["anew"]
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
    rows = [last("peers", PRINTED[what], f"batch {size},", calls=FIRST) for size in (32, 256)]
    assert found == [spread(row["ratio"]) for row in rows]
    met = {row["met"] for row in rows}
    if met == {True}:
        assert goal.endswith(": met")
    elif None not in met:
        assert goal.endswith(": met at 32, missed at 256")


@pytest.mark.parametrize("cells", rows_of("what, at 128 pixels"), ids=lambda cells: cells[0])
def test_table_of_measurements_at_128_pixels(cells: list[str]) -> None:
    what, *found, goal = cells
    rows = [
        last("peers", PRINTED_128[what], f"batch {size},", "128 px", calls=AGAIN + SIXTH)
        for size in (32, 256)
    ]
    assert {row["ratio"]["n"] for row in rows} == {5}
    assert found == [spread(row["ratio"]) for row in rows]
    (met,) = {row["met"] for row in rows}
    assert goal == f"at least {rows[0]['goal']:g}: {'met' if met else 'missed'}"


@pytest.mark.parametrize(
    "cells",
    rows_of("sharpness, evaluations to 99 % of what 200 find"),
    ids=lambda cells: " ".join(cells[:3]),
)
def test_table_of_searches(cells: list[str]) -> None:
    place, pixels, batch, evaluations, share, loss = cells
    name = {"at minimisers": "sharpness at minimisers", "after 5 epochs": "sharpness"}[place]
    wheres = f"batch {batch}, {pixels} px", "512 pictures"
    row = last("counts", f"{name}: evaluations to 99 % of what 200 find", *wheres, calls=FIFTH)
    reached = f", reached in {row['value']['n']} of {row['tried']}"
    missing = "" if row["value"]["n"] == row["tried"] else reached
    assert evaluations == spread(row["value"], "{:g}") + missing
    assert row["note"] == f"share found {share}; training loss there {loss}".replace(" %", "%")


def test_speed_and_memory_on_all_pictures_in_the_text() -> None:
    flat = " ".join(README.split())
    rows, before = (
        next(call["grid"] for call in calls if call.get("grid")) for calls in (THIRD, AGAIN)
    )
    speeds = [f"{row['pictures_per_second']['median']:,.0f}" for row in (*rows, *before)]
    above = [(row["peak_bytes"] - row["base_bytes"]) / 1e9 for row in rows]
    shares = [f"{100 * row['share_of_limit']:.0f}" for row in rows]
    assert [row["batch_size"] for row in rows] == [32, 256]
    assert f"{above[0]:.2f} GB above TensorFlow itself at batch 32, {above[1]:.2f} at 256" in flat
    assert f"{speeds[0]} and {speeds[1]} pictures a second, {' and '.join(shares)} % of" in flat
    assert f"before the first block it made {speeds[2]} and {speeds[3]}" in flat


def test_shares_of_the_limit_in_the_text() -> None:
    found = {}
    for pixels in (128, 64):
        for batch in (32, 256):
            places = f"batch {batch},", f"{pixels} px"
            row = last("peers", "one run", *places, calls=MANY_THREADS)
            shares = (row[f"{side}_share_of_limit"] for side in ("first", "second"))
            found[pixels, batch] = [f"{100 * share:.0f}" for share in shares]
    (ours, our_256), (theirs, their_256) = zip(found[128, 32], found[128, 256], strict=True)
    small, their_small = zip(found[64, 32], found[64, 256], strict=True)
    flat = " ".join(README.split())
    assert f"our run reaches {ours} and {our_256} % at 128 pixels" in flat
    assert f"and {' and '.join(small)} % at 64, validation included" in flat
    assert f"way {theirs} and {their_256} %, {' and '.join(their_small)} %" in flat


def test_one_run_on_one_thread_in_the_text() -> None:
    rows = [call["peers"][0] for call in THIRD if "--only article --threads 1" in call["command"]]
    flat = " ".join(README.split())
    few, fewer = (spread(row["ratio"]).replace(" (", " {} (", 1) for row in rows)
    assert few.format("times as fast as the article's way") + " on 2,000 pictures" in flat
    assert fewer.format("times") + " on 1,920" in flat


def test_landscape_and_report_on_all_pictures_in_the_text() -> None:
    flat = " ".join(README.split())
    plane = last("peers", "landscape, ratio of points, 25 of 625", calls=THIRD)
    assert "4,652 validation pictures" in plane["where"]
    assert (
        spread(plane["ratio"]).replace(" (", " times as fast (", 1) + ": met by the clock" in flat
    )
    assert f"by processor time {spread(plane['processor_ratio'])}: missed" in flat
    assert plane["ratio"]["median"] >= plane["goal"] > plane["processor_ratio"]["median"]
    assert f"The losses lay at most {plane['difference']:.1e} apart" in flat
    report = last("counts", "python -m study report", calls=THIRD)
    assert spread(report["value"], "{:.1f}").replace(" (", " s (", 1) in flat and report["met"]


@pytest.mark.parametrize(
    "cells", rows_of("pixels | batch | part"), ids=lambda cells: " ".join(cells[:3])
)
def test_table_of_steps(cells: list[str]) -> None:
    pixels, batch, part, *found = cells
    ways = {
        row["way"]: row
        for row in STEPS["rows"]
        if (row["image_size"], row["batch_size"], row["part"]) == (int(pixels), int(batch), part)
    }
    assert list(ways) == ["layers", "pieces", "first block", "both"]
    assert {row["ratio"]["n"] for row in ways.values()} == {7}
    plain, *others = ways.values()
    micros = f"{plain['microseconds']['median']:.0f}"
    assert found == [micros, *(spread(row["ratio"]) for row in others)]


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
    assert all(without_paths(call["command"]) == call["command"] for call in (*CALLS, STEPS))
