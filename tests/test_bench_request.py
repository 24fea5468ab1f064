"""What the benchmark is asked: its devices, its threads, its numbers, and what does not fit."""

from typing import Any

import pytest

from study.bench.request import (
    check_request,
    default_devices,
    for_target,
    unused_words,
)
from study.command_line.bench import bench_request
from study.command_line.commands import Bench
from study.command_line.number_lists import positive_numbers, whole_numbers
from study.conduct.machine import usable_machine
from study.errors import SettingsError
from study.store.limits import Limits
from tests.make_bench import request

ARTICLES = (32, 64, 128, 256)


def test_a_run_takes_the_cores_that_a_container_grants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)))
    monkeypatch.setattr("study.store.environment.group_limits", lambda: Limits(2.0, None))
    monkeypatch.setattr("study.store.environment._gpus", list)
    machine, _ = usable_machine(devices=None, logical=False)
    assert bench_request(Bench(), machine).threads == 2
    assert bench_request(Bench(threads=3), machine).threads == 3
    assert bench_request(Bench(), {**machine, "gpus": ["H"]}).threads == 0


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


def test_the_time_to_a_target_leaves_logical_devices_out_unless_they_are_named() -> None:
    assert for_target(request(), named=False).devices == (1,)
    assert for_target(request(), named=True).devices == (1, 2)
    on_gpus = request(devices=(1, 2, 4), logical=False, threads=0)
    assert for_target(on_gpus, named=False) == on_gpus
