"""The tables of benchmarks/README.md are what ``bench`` measured, in the JSON beside it."""

from typing import Any

import pytest

from study.bench.limit import fastest, picture_cost
from tests.benchmark_files import (
    AGAIN,
    FIFTH,
    FIRST,
    MANY_THREADS,
    README,
    SIXTH,
    STEPS,
    last,
    rows_of,
    spread,
)

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
