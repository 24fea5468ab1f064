"""Rows of the benchmark in its tables and on its page, with made-up measurements."""

from typing import Any

import pytest
from rich.console import Console

import study.bench.grid as grid_module
from reports.bench_page import build_bench_page
from study.bench.conclusion import conclude
from study.bench.document import bench_document
from study.bench.grid import measure_grid
from study.bench.spread import spread
from study.bench.target import target_runs
from study.command_line.bench_tables import print_grid, print_targets
from study.data.load import load_dataset
from study.store.environment import hardware
from tests import made_up_bench
from tests.made_up_bench import made_up_run, quiet
from tests.make_bench import PEAKS, request

dataset, made_up = made_up_bench.dataset, made_up_bench.made_up


def test_rows_of_the_grid(made_up: None, dataset: Any) -> None:
    rows = measure_grid(request(), dataset, PEAKS, quiet)
    assert [(row["devices"], row["batch_size"]) for row in rows] == [
        (1, 32), (1, 64), (2, 32), (2, 64)
    ]  # fmt: skip
    one, _, two, failed = rows
    # medians of 2, 2.5 and 1.5 s of training, half a second of validation each
    assert one["seconds_per_epoch"] == {"n": 3, "median": 2.5, "lowest": 2.0, "highest": 3.0}
    assert one["pictures_per_second"]["median"] == 80
    assert one["warm_up_seconds"] == 3
    assert one["kind"] == "CPU" and two["kind"] == "logical CPU"
    assert one["scaling_efficiency"] == 1
    assert two["scaling_efficiency"] == pytest.approx(128 / 160)
    assert "no room" in failed["problem"] and failed["scaling_efficiency"] is None
    assert one["share_of_peak_operations"] == pytest.approx(
        80 * grid_module.picture_cost(32).operations / 2e11
    )


def test_memory_of_gpus_stands_beside_that_of_the_host(
    made_up: None, dataset: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def on_gpus(*arguments: Any, **more: Any) -> dict[str, Any]:
        return {**made_up_run(*arguments, **more), "device_peak_bytes": 5 * 10**9}

    asked = request(logical=False, threads=0)
    without = measure_grid(request(), dataset, PEAKS, quiet)
    monkeypatch.setattr(grid_module, "train_here", on_gpus)
    found = measure_grid(asked, dataset, PEAKS, quiet)
    assert [row.get("device_peak_bytes") for row in found] == [5 * 10**9] * 3 + [None]
    for rows, gpus in ((found, True), (without, False)):
        print_grid(asked, rows, Console(width=200))
        document = bench_document(asked, dataset, "", hardware(), PEAKS, rows)
        page = build_bench_page(document)
        for shown in (capsys.readouterr().out, page):
            assert "peak host memory" in shown
            assert ("peak GPU memory" in shown) == gpus
        assert ("<td>5.00</td>" in page) == gpus
    for row in found:
        row.pop("device_peak_bytes", None)
    # a benchmark made before
    assert "peak GPU memory" not in build_bench_page({**document, "grid": found})


def test_memory_above_tensorflow_has_a_column(
    made_up: None, dataset: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = measure_grid(request(), dataset, PEAKS, quiet)
    rows[0].update(base_bytes=700_000_000, peak_bytes=2_900_000_000)
    print_grid(request(), rows, Console(width=200))
    printed = capsys.readouterr().out
    assert "above TensorFlow" in printed.splitlines()[0]
    assert "2.20 GB" in printed and "1.00 GB" in printed
    page = build_bench_page(bench_document(request(), dataset, "", hardware(), PEAKS, rows))
    assert "above TensorFlow <" in page and "<td>2.20</td>" in page
    # where the system does not tell
    rows[0].update(base_bytes=None)
    print_grid(request(), rows, Console(width=200))
    assert "2.20 GB" not in capsys.readouterr().out
    build_bench_page(bench_document(request(), dataset, "", hardware(), PEAKS, rows))


def test_the_limit_of_another_network_is_called_that_of_the_plain_one(
    made_up: None, dataset: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for model, told in (("plain", False), ("dropout", True)):
        asked = request(model=model)
        rows = measure_grid(asked, dataset, PEAKS, quiet)
        print_grid(asked, rows, Console(width=200))
        page = build_bench_page(bench_document(asked, dataset, "", hardware(), PEAKS, rows))
        for shown in (capsys.readouterr().out, page):
            assert ("dropout, which has more" in shown) == told


def test_a_target_that_is_not_reached_has_no_number(made_up: None, dataset: Any) -> None:
    rows = target_runs(request(devices=(1,), target=0.45), dataset, 0.45, quiet)
    missed = [row for row in rows if row["batch_size"] == 32]
    assert all(row["reached"] == 0 and row["seconds"]["median"] is None for row in missed)
    assert all(row["lowest_loss"] == 0.5 for row in missed)
    met = [row for row in rows if row["batch_size"] == 64]
    # the first epoch counts as the median of the others, 2.5 s
    assert all(row["seconds"]["median"] == pytest.approx(2.5 + 7.5) for row in met)
    assert all(row["seconds"]["n"] == 2 and row["epochs"]["median"] == 4 for row in met)


def test_runs_that_fail_are_not_said_to_miss_the_target(capsys: pytest.CaptureFixture[str]) -> None:
    failed = {
        "devices": 1, "kind": "CPU", "batch_size": 32, "learning_rate": 0.01, "n": 1, "reached": 0,
        "seconds": spread([]).as_dict(), "epochs": spread([]).as_dict(), "lowest_loss": None,
        "problem": "its process was killed (signal 9)",
    }  # fmt: skip
    missed = {**failed, "problem": "", "lowest_loss": 0.6, "batch_size": 64}
    asked = request(target=0.5)
    assert conclude(asked, [], [failed]).startswith("No run to a validation loss of 0.5 could be")
    assert "failed" not in conclude(asked, [], [missed])
    both = conclude(asked, [], [failed, missed])
    assert "were not enough" in both and both.endswith("Some of them failed, as the table says.")
    print_targets(asked, [failed, missed], Console(width=250))
    table = capsys.readouterr().out
    assert "failed: its process was killed" in table and table.count("not reached") == 1
    document = bench_document(asked, load_dataset("embedded", 32, pictures=120), "", hardware())
    page = build_bench_page({**document, "targets": [failed, missed]})
    assert "its process was killed (signal 9)" in page
