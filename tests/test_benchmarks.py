"""The tables of benchmarks/README.md are what ``bench`` measured, in the JSON beside it."""

import re

import pytest

from study.bench.limit import fastest, picture_cost
from tests.benchmark_files import (
    ALL_PICTURES,
    CALLBACKS,
    DEVICES,
    MEASUREMENTS,
    OPERATIONS,
    PEERS,
    README,
    RECORDER,
    SEARCHES,
    STEPS,
    TWO_THREADS,
    rows_of,
    spread,
    the_row,
    verdict,
    within,
)

SIDES = {
    "our run : the article's way": ("one run", "the article's way"),
    "a study's runs : the article's way": ("a study's runs", "the article's way"),
    "our run : PyTorch, channels-last": ("one run, whole epochs", "PyTorch"),
}
STEPS_A_CALL = {
    "whole epochs, as in studies": "callbacks' share of time",
    "one": "callbacks' share of time, step by step",
}
RECORDED = "threads | side, pixels"
LANDSCAPE = "landscape, ratio of points, 16 of 625"
MEASURED = {
    "speed of the full-data gradient : training": "full-data gradient",
    "speed of the full-data loss at 32 points : `predict`": (
        "full-data loss, pictures times 32 points"
    ),
    "speed of the landscape : `set_weights` and `evaluate`": LANDSCAPE,
    "the same : `evaluate` of Keras's own layers": f"{LANDSCAPE}, beside Keras's own layers",
}


@pytest.mark.parametrize("cells", rows_of("sides"), ids=lambda cells: " ".join(cells[:3]))
def test_main_table(cells: list[str]) -> None:
    sides, pixels, batch, clock, processor, goal = cells
    name, second = SIDES[sides]
    calls = PEERS if second == "PyTorch" else ALL_PICTURES
    row = the_row("peers", name, f"batch {batch},", f"{pixels} px", calls=calls)
    assert row["second"] == second and row["ratio"]["n"] == 5
    assert clock == spread(row["ratio"])
    assert processor == spread(row["processor_ratio"])
    assert goal == f"{row['goal']}: {verdict(row, row['goal'])}"
    if second == "PyTorch":
        assert row["second_note"].startswith("channels-last")


@pytest.mark.parametrize("cells", rows_of("steps a call"), ids=lambda cells: " ".join(cells[:3]))
def test_table_of_callbacks(cells: list[str]) -> None:
    steps, pixels, batch, clock, processor, goal = cells
    row = the_row("peers", STEPS_A_CALL[steps], f"batch {batch}, {pixels} px", calls=CALLBACKS)
    assert row["ratio"]["n"] == 31 and row["goal"] == 1.02 and row["one_process"]
    assert clock == within(row["ratio"])
    assert processor == within(row["processor_ratio"])
    assert goal == verdict(row, 1.02)


def test_tables_of_callbacks_and_recorder_are_whole() -> None:
    assert len(rows_of("steps a call")) == sum(len(call["peers"]) for call in CALLBACKS)
    assert len(rows_of(RECORDED)) == sum(len(call["rows"]) for call in RECORDER)


@pytest.mark.parametrize("cells", rows_of(RECORDED), ids=lambda cells: " ".join(cells[:3]))
def test_table_of_the_recorder(cells: list[str]) -> None:
    threads, side, batch, *found = cells
    (row,) = (
        row
        for call in RECORDER
        for row in call["rows"]
        if (str(call["threads"]), str(row["image_size"]), str(row["batch_size"]))
        == (threads, side, batch)
    )
    assert found == [
        spread(row["recorder_microseconds"], "{:.0f}"),
        spread(row["step_microseconds"], "{:,.0f}"),
        within(row["share"], 100),
    ]
    assert row["share"]["n"] == 9


@pytest.mark.parametrize("cells", rows_of("what | threads"), ids=lambda cells: " ".join(cells[:3]))
def test_table_of_measurements(cells: list[str]) -> None:
    what, threads, pixels, *found, goal = cells
    calls = TWO_THREADS if threads == "2" else MEASUREMENTS
    calls = [call for call in calls if call["command"].endswith(f"--threads {threads}")]
    # the landscape on all pictures is of one batch size
    rows = [
        the_row("peers", MEASURED[what], f"batch {size}, {pixels} px", calls=calls)
        for size, cell in zip((32, 256), found, strict=True)
        if cell != "–"
    ]
    assert {row["ratio"]["n"] for row in rows} == {5}
    assert [cell for cell in found if cell != "–"] == [spread(row["ratio"]) for row in rows]
    (found,) = {verdict(row, row["goal"]) for row in rows}
    assert goal == f"at least {rows[0]['goal']:g}: {found}"


def test_table_of_devices() -> None:
    (grid,) = (call["grid"] for call in DEVICES if "--devices 1,2" in call["command"])
    assert rows_of("devices | batch size") == [
        [
            f"{row['devices']} {row['kind']}{'s' if row['devices'] > 1 else ''}",
            str(row["batch_size"]),
            spread(row["seconds_per_epoch"]),
            spread(row["pictures_per_second"], "{:,.0f}"),
            f"{row['scaling_efficiency']:.2f}",
            f"{100 * row['share_of_limit']:.0f} %",
            f"{(row['peak_bytes'] - row['base_bytes']) / 1e9:.2f} GB",
        ]
        for row in grid
    ]
    assert {row["seconds_per_epoch"]["n"] for row in grid} == {5}
    (more,) = (call["grid"] for call in DEVICES if "--target 0.6" in call["command"])
    speeds = {row["batch_size"]: f"{row['pictures_per_second']['median']:,.0f}" for row in more}
    assert {row["seconds_per_epoch"]["n"] for row in more} == {2}
    assert f"(n = 2), 256 trains {speeds[256]} a second, 32 {speeds[32]}" in " ".join(
        README.split()
    )


def test_table_of_targets() -> None:
    (call,) = (call for call in DEVICES if "--target 0.6" in call["command"])
    found = rows_of("batch size | rate")
    for cells, row in zip(found, call["targets"], strict=True):
        size, rate, *reached, loss = cells
        assert (size, rate) == (str(row["batch_size"]), f"{row['learning_rate']:g}")
        if row["reached"]:
            assert reached == [
                f"{row['seconds']['median']:.1f}",
                f"{row['epochs']['median']:g}",
            ]
        else:
            assert reached == ["not reached", "over 20"]
        assert loss == f"{row['lowest_loss']:.3f}" and row["n"] == 1
    assert f"“{call['conclusion']}”" in " ".join(README.split())


@pytest.mark.parametrize(
    "cells",
    rows_of("sharpness, evaluations to 99 % of what 200 find"),
    ids=lambda cells: " ".join(cells[:3]),
)
def test_table_of_searches(cells: list[str]) -> None:
    place, pixels, batch, searches, evaluations, share, loss = cells
    form = r"(at minimisers|after 5 epochs) (\(\w+\)|on [\d,]+)"
    ((kind, where),) = re.findall(form, place)
    name = {"at minimisers": "sharpness at minimisers", "after 5 epochs": "sharpness"}[kind]
    name = f"{name}: evaluations to 99 % of what 200 find"
    wheres = [f"batch {batch}, {pixels} px", "512 pictures"]
    calls = SEARCHES
    if kind == "at minimisers":
        wheres.append(where)
    else:
        calls = [call for call in SEARCHES if f"on {call['data']['train_examples']:,}" == where]
    row = the_row("counts", name, *wheres, calls=calls)
    assert row["met"] is True and int(searches) == row["tried"]
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


@pytest.mark.parametrize(
    "cells", rows_of("pixels | batch | threads"), ids=lambda cells: " ".join(cells[:2])
)
def test_the_limit(cells: list[str]) -> None:
    (call,) = [call for call in PEERS if call.get("grid")]
    (row,) = (row for row in call["grid"] if str(row["batch_size"]) == cells[1])
    peak = call["peaks"][-1]
    size = call["data"]["image_size"]
    cost = picture_cost(size)
    assert call["picture_cost"] == cost.as_dict(), "the model of the limit has changed"
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


def test_table_of_operations() -> None:
    rows = OPERATIONS["rows"]
    wanted = [
        [kind, *(spread(row["kinds"][kind], "{:.0f}") for row in rows)] for kind in rows[0]["kinds"]
    ]
    alone = [spread(row["microseconds"], "{:.0f}") for row in rows]
    assert rows_of("kind of operation") == [*wanted, ["a step without recording", *alone]]
    places = [f"{row['image_size']} px, batch {row['batch_size']}" for row in rows]
    assert f"| kind of operation | {' | '.join(places)} |" in README
    assert {row["microseconds"]["n"] for row in rows} == {7}
    found = rows[2]["kinds"]
    convolutions = sum(it["median"] for kind, it in found.items() if "convolution" in kind)
    share = 100 * convolutions / sum(it["median"] for it in found.values())
    assert f"Convolutions are {share:.0f} % of it (128 px, batch 32)" in README
