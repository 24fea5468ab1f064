"""The text of benchmarks/README.md says what ``bench`` measured, in the JSON beside it."""

import re
from typing import Any

from study.store.published import without_paths
from tests.benchmark_files import (
    ALL_PICTURES,
    CALLS,
    DEVICES,
    MEASUREMENTS,
    PEERS,
    README,
    RECORDER,
    STEPS,
    TEXTS,
    TWO_THREADS,
    spread,
    the_row,
)

FLAT = " ".join(README.split())


def test_speed_and_memory_on_all_pictures() -> None:
    (rows,) = (call["grid"] for call in PEERS if call.get("grid"))
    first, second = (f"{row['pictures_per_second']['median']:,.0f}" for row in rows)
    above = [(row["peak_bytes"] - row["base_bytes"]) / 1e9 for row in rows]
    shares = [f"{100 * row['share_of_limit']:.0f}" for row in rows]
    assert [row["batch_size"] for row in rows] == [32, 256]
    assert f"{above[0]:.2f} GB above TensorFlow itself at batch 32, {above[1]:.2f} at 256" in FLAT
    assert f"{first} and {second} pictures a second, {' and '.join(shares)} % of" in FLAT
    assert max(above) < 2


def test_memory_beside_others() -> None:
    ours, theirs = (
        max(
            the_row("peers", "one run", f"batch {size},", "128 px", calls=ALL_PICTURES)[side]
            for size in (32, 256)
        )
        for side in ("first_bytes", "second_bytes")
    )
    assert f"our run took at most {ours / 1e9:.2f} GB, the article's way {theirs / 1e9:.2f}" in FLAT
    torch = the_row("peers", "one run, whole epochs", "batch 256,", "128 px")
    taken = [f"{torch[side] / 1e9:.2f}" for side in ("second_bytes", "first_bytes")]
    assert f"on 4,000 pictures PyTorch took {taken[0]} GB, ours {taken[1]}" in FLAT


def test_shares_of_the_limit() -> None:
    found = {}
    for pixels in (128, 64):
        for batch in (32, 256):
            places = f"batch {batch},", f"{pixels} px"
            row = the_row("peers", "one run", *places, calls=ALL_PICTURES)
            shares = (row[f"{side}_share_of_limit"] for side in ("first", "second"))
            found[pixels, batch] = [f"{100 * share:.0f}" for share in shares]
    (ours, our_256), (theirs, their_256) = zip(found[128, 32], found[128, 256], strict=True)
    small, their_small = zip(found[64, 32], found[64, 256], strict=True)
    assert f"our run reaches {ours} and {our_256} % at 128 pixels" in FLAT
    assert f"and {' and '.join(small)} % at 64, validation included" in FLAT
    assert f"way {theirs} and {their_256} %, {' and '.join(their_small)} %" in FLAT


def test_shares_of_the_limit_of_others() -> None:
    def shares(side: str, name: str, pixels: int, **calls) -> str:
        rows = (the_row("peers", name, f"batch {b},", f"{pixels} px", **calls) for b in (32, 256))
        return " and ".join(f"{100 * row[f'{side}_share_of_limit']:.0f}" for row in rows)

    studies = [
        shares("first", "a study's runs", pixels, calls=ALL_PICTURES) for pixels in (128, 64)
    ]
    torch = [shares("second", "one run, whole epochs", pixels) for pixels in (128, 64)]
    assert f"A study's runs together reach {studies[0]} %, {studies[1]} %;" in FLAT
    assert f"PyTorch, in its calls, {torch[0]} %, {torch[1]} %." in FLAT


def test_one_run_on_one_thread() -> None:
    rows = [call["peers"][0] for call in PEERS if "--only article --threads 1" in call["command"]]
    few, fewer = (spread(row["ratio"]).replace(" (", " {} (", 1) for row in rows)
    assert few.format("times as fast as the article's way") + " on 2,000 pictures" in FLAT
    assert fewer.format("times") + " on 1,920" in FLAT


def test_landscape_on_all_pictures() -> None:
    name = "landscape, ratio of points, 16 of 625"

    def of(calls: list[dict[str, Any]]) -> Any:
        calls = [call for call in calls if call["command"].endswith("--threads 2")]
        return the_row("peers", name, "128 px", "4,652 validation pictures", calls=calls)

    shared, before = of(TWO_THREADS), of(MEASUREMENTS)
    clock, processor = (f"{shared[k]['median']:.2f}" for k in ("ratio", "processor_ratio"))
    assert f"{clock} times by the clock, {processor} by processor time" in FLAT
    assert f"shared every operation it was {spread(before['ratio'])};" in FLAT
    furthest = max(
        row["difference"]
        for call in MEASUREMENTS + TWO_THREADS
        for row in call["peers"]
        if row["name"].startswith(name)
    )
    assert f"The losses lay at most {furthest:.1e} apart" in FLAT


def test_arithmetic_of_the_two_machines() -> None:
    (slower,) = (c["peaks"] for c in DEVICES if "--devices 1,2" in c["command"])
    faster = PEERS[0]["peaks"]
    said = [
        [f"{peak['operations_a_second'] / 1e9:.0f}" for peak in peaks] for peaks in (slower, faster)
    ]
    expected = (
        f"({' and '.join(said[0])} GFLOP/s on one and two threads, {' and '.join(said[1])} on"
    )
    assert expected in FLAT


def test_times_of_commands() -> None:
    for command, form in (("--help", "{:.3f}"), ("report", "{:.2f}")):
        row = the_row("counts", f"python -m study {command}")
        low, high = (form.format(row["value"][key]) for key in ("lowest", "highest"))
        said = f"takes {row['value']['median']:.2f} s ({low} to {high})"
        assert row["met"] and said in FLAT


def test_copying_weights() -> None:
    rows = [the_row("peers", "copying weights every batch", f"batch {b},") for b in (32, 256)]
    first, second = (spread(row["ratio"]).replace(" (", " {} (", 1) for row in rows)
    assert f"{first.format('times')} at batch 32 and {second.format('times')} at 256" in FLAT


def test_preparing() -> None:
    row = the_row("peers", "preparing the archive")
    assert spread(row["ratio"]).replace(" (", " times as fast (", 1) in FLAT
    assert f"by processor time {spread(row['processor_ratio'])}; goal 3: met" in FLAT


def test_nothing_missed_is_called_open() -> None:
    assert "| open" not in README


def test_the_copy_names_no_paths() -> None:
    assert not re.findall(r"(?<!\w)/(root|home|work|tmp)/", "".join(TEXTS))
    assert all(
        without_paths(call["command"]) == call["command"] for call in (*CALLS, STEPS, *RECORDER)
    )
