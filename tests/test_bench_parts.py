"""The benchmark's parts that need no TensorFlow: settings, the limit, spreads, the sentence."""

from typing import Any

import pytest

from study.bench.conclusion import conclude
from study.bench.grid import above_bytes
from study.bench.limit import fastest, limit_words, picture_cost
from study.bench.memory import peak_bytes, resident_bytes
from study.bench.process import BenchWorker
from study.bench.request import (
    check_request,
    default_devices,
    for_target,
    unused_words,
)
from study.bench.spread import spread
from study.command_line.bench import bench_request
from study.command_line.commands import Bench
from study.command_line.number_lists import positive_numbers, whole_numbers
from study.conduct.machine import usable_machine
from study.errors import SettingsError, StudyError
from study.store.limits import Limits
from tests.make_bench import request


def test_a_run_takes_the_cores_that_a_container_grants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)))
    monkeypatch.setattr("study.store.environment.group_limits", lambda: Limits(2.0, None))
    monkeypatch.setattr("study.store.environment._gpus", list)
    machine, _ = usable_machine(devices=None, logical=False)
    assert bench_request(Bench(), machine).threads == 2
    assert bench_request(Bench(threads=3), machine).threads == 3
    assert bench_request(Bench(), {**machine, "gpus": ["H"]}).threads == 0


def test_spread_of_odd_even_and_no_values() -> None:
    assert spread([3.0, 1.0, 2.0]).as_dict() == {"n": 3, "median": 2, "lowest": 1, "highest": 3}
    assert spread([1.0, 2.0]).median == 1.5
    assert spread([]).as_dict() == {"n": 0, "median": None, "lowest": None, "highest": None}


def test_operations_of_a_picture_by_hand() -> None:
    # 32 pixels: convolutions at 32, 16, 8, 4, 2 pixels, then 64 -> 256 -> 256 -> 1
    convolutions = [
        2 * 9 * 32**2 * 3 * 4,
        2 * 9 * 16**2 * 4 * 8,
        2 * 9 * 8**2 * 8 * 16,
        2 * 9 * 4**2 * 16 * 32,
        2 * 9 * 2**2 * 32 * 64,
    ]
    dense = 2 * (64 * 256 + 256 * 256 + 256)
    cost = picture_cost(32)
    assert cost.forward_operations == sum(convolutions) + dense
    # the kernels' gradients once, the inputs' gradients once save for the pictures
    assert cost.operations == 3 * cost.forward_operations - convolutions[0]


def test_bytes_grow_with_the_area() -> None:
    small, large = picture_cost(64).bytes_moved, picture_cost(128).bytes_moved
    assert 3.9 < large / small < 4.01


def test_the_scarcer_resource_sets_the_limit() -> None:
    cost = picture_cost(64)
    assert fastest(cost, 1e9, 1e15) == pytest.approx(1e9 / cost.operations)
    assert fastest(cost, 1e15, 1e9) == pytest.approx(1e9 / cost.bytes_moved)


def test_memory_of_this_process() -> None:
    now, most = resident_bytes(), peak_bytes()
    assert now is not None and most is not None and 10**6 < now <= most
    block = bytearray(50_000_000)
    # freed again, the peak stays
    del block
    assert peak_bytes() >= most  # type: ignore[operator]


ARTICLES = (32, 64, 128, 256)


@pytest.mark.parametrize(
    ("gpus", "counts"),
    [
        (0, (1, 2)), (1, (1,)), (2, (1, 2)), (3, (1, 2)), (4, (1, 2, 4)), (5, (1, 2, 4)),
        (6, (1, 2, 4)), (7, (1, 2, 4)), (8, (1, 2, 4, 8)), (12, (1, 2, 4, 8)),
    ],
)  # fmt: skip
def test_devices_without_the_option(gpus: int, counts: tuple[int, ...]) -> None:
    assert default_devices(gpus, ARTICLES) == counts


def test_devices_that_suit_other_batch_sizes() -> None:
    assert default_devices(6, (24, 48)) == (1, 2, 4, 6)
    assert default_devices(7, (24, 48)) == (1, 2, 4, 6)
    assert default_devices(8, (25,)) == (1, 5)
    assert default_devices(0, (25,)) == (1,)


@pytest.mark.parametrize("gpus", range(1, 9))
@pytest.mark.parametrize("sizes", [(), ("24,48",), ("7",)])
def test_what_is_measured_without_the_option_can_be(gpus: int, sizes: tuple[str, ...]) -> None:
    options = Bench(batch_sizes=sizes) if sizes else Bench()
    found = bench_request(options, {"cores": 2, "gpus": ["H"] * gpus})
    check_request(found, gpus)
    words = unused_words(gpus, found.devices)
    assert bool(words) == (found.devices[-1] < gpus)
    assert not words or words.startswith(f"{gpus} GPUs found, measured on 1")


def test_the_line_on_unused_gpus_names_the_counts() -> None:
    assert "6 GPUs found, measured on 1, 2 and 4 of them" in unused_words(6, (1, 2, 4))
    assert "3 GPUs found, measured on 1 of them" in unused_words(3, (1,))
    assert unused_words(0, (1, 2)) == unused_words(2, (1, 2)) == ""


def test_numbers_with_commas_or_spaces() -> None:
    assert whole_numbers(("4,1", "2"), "--devices") == (1, 2, 4)
    assert positive_numbers(("0.08,0.01",), "--rates") == (0.01, 0.08)


@pytest.mark.parametrize("given", ["0", "1.5", "x", "", "-1", "1,,a"])
def test_numbers_that_are_none(given: str) -> None:
    with pytest.raises(SettingsError, match="--devices"):
        whole_numbers((given,), "--devices")


@pytest.mark.parametrize("given", ["0", "nan", "inf", "x", ""])
def test_rates_that_are_none(given: str) -> None:
    with pytest.raises(SettingsError, match="--rates"):
        positive_numbers((given,), "--rates")


@pytest.mark.parametrize(
    ("changes", "gpus", "words"),
    [
        ({"repeats": 0}, 0, "--repeats 0"),
        ({"max_epochs": 0}, 0, "--max-epochs 0"),
        ({"seeds": 0}, 0, "--seeds 0"),
        ({"target": -1.0}, 0, "--target -1"),
        ({"devices": (1, 8), "logical": False}, 4, "8 devices asked for, 4 GPUs found"),
        ({"devices": (3,)}, 0, "batch size 32 does not divide over 3 devices"),
    ],
)
def test_requests_that_do_not_fit(changes: dict[str, Any], gpus: int, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        check_request(request(**changes), gpus)


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


def test_the_time_to_a_target_leaves_logical_devices_out_unless_they_are_named() -> None:
    assert for_target(request(), named=False).devices == (1,)
    assert for_target(request(), named=True).devices == (1, 2)
    on_gpus = request(devices=(1, 2, 4), logical=False, threads=0)
    assert for_target(on_gpus, named=False) == on_gpus


def test_sentence_when_only_logical_devices_were_tried() -> None:
    row = {**target_row(32, 0.01, [3.0] * 2), "devices": 2, "kind": "logical CPU"}
    words = conclude(request(devices=(2,), target=0.5), [], [row])
    assert "on logical CPU devices alone" in words and "--devices 1 measures" in words


@pytest.mark.parametrize("model", ["dropout", "batch-normalisation"])
def test_the_limit_says_what_it_leaves_out(model: str) -> None:
    assert limit_words("plain") == ""
    assert model in limit_words(model) and "a larger share of its own" in limit_words(model)


def test_memory_above_tensorflow() -> None:
    assert above_bytes({"peak_bytes": 5, "base_bytes": 2}) == 3
    assert above_bytes({"peak_bytes": None, "base_bytes": 2}) is None
    assert above_bytes({"problem": "no room"}) is None


def test_sentence_when_no_cell_reached_the_target() -> None:
    words = conclude(request(target=0.1), [], [target_row(32, 0.01, [3.0])])
    assert "No batch size and rate reached a validation loss of 0.1 in every run" in words


def test_laps_of_two_workers_alternate_and_are_timed() -> None:
    options = {"note": "here", "seconds": 0.05}
    with (
        BenchWorker("tests.bench_jobs:sleep", options) as one,
        BenchWorker("tests.bench_jobs:sleep", options) as other,
    ):
        assert one.ready()["note"] == other.ready()["note"] == "here"
        found = [worker.lap() for worker in (one, other, other, one)]
    assert [lap["number"] for lap in found] == [0, 0, 1, 1]
    for lap in found:
        assert 0.05 <= lap["seconds"] < 5
        assert lap["processor_seconds"] < 0.05


def test_a_worker_ends_when_its_conductor_has_gone() -> None:
    with BenchWorker("tests.bench_jobs:sleep", {"note": "", "seconds": 600.0}) as worker:
        worker.ready()
        worker.start_lap()
        process = worker._process
        assert process.stdin is not None
        # as the end of the conductor's process does
        process.stdin.close()
        assert process.wait(timeout=30) == 0


def test_a_worker_that_fails_says_why() -> None:
    with (
        BenchWorker("tests.bench_jobs:fail", {"message": "no such net"}) as worker,
        pytest.raises(StudyError, match=r"fail\): ValueError: no such net"),
    ):
        worker.ready()


def test_a_worker_that_dies_says_so() -> None:
    with BenchWorker("tests.bench_jobs:die", {}) as worker:
        worker.ready()
        with pytest.raises(StudyError, match="exit code 1"):
            worker.lap()
