"""The comparisons that are declared: their sides, their goals, and the network they name."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from study.bench.peers.declared import comparisons
from tests import make_peers
from tests.make_bench import request

dataset = make_peers.dataset


def test_all_comparisons_of_a_batch_size_are_declared(dataset: Any, tmp_path: Path) -> None:
    found = comparisons(request(batch_sizes=(32,)), dataset, tmp_path, None)
    keys = {comparison.key for comparison in found}
    assert keys == {
        "article", "study", "torch", "callbacks", "copying", "gradient", "loss", "landscape",
        "preparing",
    }  # fmt: skip
    shared = {comparison.key for comparison in found if comparison.one_process}
    assert shared == {"callbacks", "copying"}, "their goal is near 1"
    for comparison in found:
        sides = comparison.first, comparison.second
        # what one process does for both has one job and one number of threads
        assert not comparison.one_process or len({(s.job, s.threads) for s in sides}) == 1
    trained = {comparison.key for comparison in found if comparison.training}
    assert trained == {"article", "study", "torch"}, "their speeds have a limit"
    planes = [comparison for comparison in found if comparison.key == "landscape"]
    ends = "16 of 625", "16 of 625, beside Keras's own layers"
    for plane, end in zip(planes, ends, strict=True):
        assert plane.name.endswith(end) and plane.where.endswith("24 validation pictures")
    for comparison in found:
        for side in (comparison.first, comparison.second):
            module, name = side.job.split(":")
            assert callable(getattr(importlib.import_module(module), name)), side.job


@pytest.mark.parametrize(("threads", "compared"), [(1, False), (2, True)])
def test_runs_side_by_side_need_two_threads(
    dataset: Any, tmp_path: Path, threads: int, compared: bool
) -> None:
    made = comparisons(request(batch_sizes=(32,), threads=threads), dataset, tmp_path, None)
    (study,) = (comparison for comparison in made if comparison.key == "study")
    assert (study.problem == "") == compared
    assert compared or "--threads 1" in study.problem


def test_another_network_is_named_and_trained_by_all_sides(dataset: Any, tmp_path: Path) -> None:
    plain = comparisons(request(batch_sizes=(32,)), dataset, tmp_path, None)
    assert not any("plain" in comparison.where for comparison in plain)
    found = comparisons(request(batch_sizes=(32,), model="dropout"), dataset, tmp_path, None)
    trained = [comparison for comparison in found if comparison.key != "preparing"]
    assert all("batch 32, 32 px, dropout" in comparison.where for comparison in trained)
    for comparison in trained:
        for side in (comparison.first, comparison.second):
            assert side.options["run"]["model"] == "dropout"
