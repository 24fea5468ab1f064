"""The text of benchmarks/README.md says what ``bench`` measured, in the JSON beside it."""

import re

from study.store.published import without_paths
from tests.benchmark_files import (
    AGAIN,
    CALLS,
    FIRST,
    MANY_THREADS,
    README,
    STEPS,
    TEXTS,
    THIRD,
    last,
    spread,
)


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


def test_the_copy_names_no_paths() -> None:
    assert not re.findall(r"(?<!\w)/(root|home|work|tmp)/", "".join(TEXTS))
    assert all(without_paths(call["command"]) == call["command"] for call in (*CALLS, STEPS))
