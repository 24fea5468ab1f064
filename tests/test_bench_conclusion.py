"""The sentence that the benchmark ends with, on rows that are made up."""

from typing import Any

import pytest

from study.bench.conclusion import conclude
from study.bench.spread import spread
from tests.make_bench import request


def grid_row(batch_size: int, speed: float, kind: str = "CPU", **changes: Any) -> dict[str, Any]:
    pictures = spread([speed]).as_dict()
    devices = 2 if kind == "logical CPU" else 1
    row = {"batch_size": batch_size, "kind": kind, "devices": devices, "problem": ""}
    return {**row, "pictures_per_second": pictures, **changes}


def test_sentence_without_a_target_names_the_fastest_and_its_limits() -> None:
    rows = [grid_row(32, 100), grid_row(256, 400), grid_row(64, 900, "logical CPU")]
    words = conclude(request(), rows, None)
    assert "Batch size 256 trains the most pictures a second" in words
    assert "400 on 1 CPU" in words
    assert "not the same as reaching a loss soonest" in words


def test_sentence_when_nothing_was_measured() -> None:
    assert "Nothing could be measured" in conclude(request(), [], None)


def target_row(batch_size: int, rate: float, seconds: list[float], n: int = 2) -> dict[str, Any]:
    return {
        "devices": 1,
        "kind": "CPU",
        "batch_size": batch_size,
        "learning_rate": rate,
        "n": n,
        "reached": len(seconds),
        "seconds": spread(seconds).as_dict(),
        "epochs": spread([7.0] * len(seconds)).as_dict(),
        "lowest_loss": 0.5,
        "problem": "",
    }


def test_sentence_with_a_target_takes_the_soonest_that_every_run_reached() -> None:
    rows = [
        target_row(32, 0.01, [20.0, 24.0]),
        target_row(64, 0.02, [5.0]),
        target_row(256, 0.08, []),
    ]
    words = conclude(request(target=0.5), [], rows)
    assert "use batch size 32 at learning rate 0.01 on 1 CPU: 22 s in 7 epochs" in words
    assert "median of 2 runs; 20 to 24 s" in words


@pytest.mark.parametrize(
    ("rates", "best", "words"),
    [
        ((0.01, 0.02, 0.04), 0.04, " 0.04 is the highest rate tried: higher ones may reach it"),
        ((0.01, 0.02, 0.04), 0.01, " 0.01 is the lowest rate tried: lower ones may reach it"),
        ((0.01,), 0.01, " No rate but 0.01 was tried: others may reach it sooner."),
        ((0.01, 0.02, 0.04), 0.02, ""),
    ],
)
def test_sentence_says_when_the_best_rate_lies_on_the_edge(
    rates: tuple[float, ...], best: float, words: str
) -> None:
    rows = [target_row(32, rate, [5.0 if rate == best else 9.0] * 2) for rate in rates]
    # rates of another batch size do not widen those tried at this one
    rows += [target_row(size, rate, [20.0] * 2) for size in (16, 64) for rate in (0.001, 1.0)]
    sentence, _, rest = conclude(request(target=0.5), [], rows).partition("5 to 5 s).")
    assert f"learning rate {best:g}" in sentence
    assert rest.startswith(words) and bool(rest) == bool(words)


@pytest.mark.parametrize(
    ("sizes", "best", "words"),
    [
        ((32, 64, 128), 32, " 32 is the smallest batch size tried: smaller ones may"),
        ((32, 64, 128), 128, " 128 is the largest batch size tried: larger ones may"),
        ((32,), 32, " No batch size but 32 was tried: others may"),
        ((32, 64, 128), 64, ""),
    ],
)
def test_sentence_says_when_the_best_batch_size_lies_on_the_edge(
    sizes: tuple[int, ...], best: int, words: str
) -> None:
    rates = {0.01: 9.0, 0.02: 5.0, 0.04: 9.0}
    rows = [
        target_row(size, rate, [seconds + 20 * (size != best)] * 2)
        for size in sizes
        for rate, seconds in rates.items()
    ]
    # batch sizes on other devices do not widen those tried on these
    rows += [{**target_row(size, 0.02, [90.0] * 2), "devices": 2} for size in (8, 512)]
    sentence, _, rest = conclude(request(target=0.5), [], rows).partition("5 to 5 s).")
    assert f"use batch size {best} " in sentence
    assert rest == (f"{words} reach it sooner." if words else "")


def test_sentence_when_only_logical_devices_were_tried() -> None:
    row = {**target_row(32, 0.01, [3.0] * 2), "devices": 2, "kind": "logical CPU"}
    words = conclude(request(devices=(2,), target=0.5), [], [row])
    assert "on logical CPU devices alone" in words and "--devices 1 measures" in words


def test_sentence_when_no_cell_reached_the_target() -> None:
    words = conclude(request(target=0.1), [], [target_row(32, 0.01, [3.0])])
    assert "No batch size and rate reached a validation loss of 0.1 in every run" in words
