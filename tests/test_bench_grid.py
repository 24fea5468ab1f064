"""Rows of the benchmark, its command and its page, with made-up measurements."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from rich.console import Console

import study.bench.grid as grid_module
import study.bench.target as target_module
from reports.bench_page import build_bench_page, write_bench_page
from reports.page import write_report
from reports.read import read_study
from study.bench.conclusion import conclude
from study.bench.device_memory import device_peak_bytes, reset_device_peaks
from study.bench.document import bench_document
from study.bench.grid import measure_grid
from study.bench.laps import Laps
from study.bench.spread import spread
from study.bench.target import target_runs
from study.command_line.bench import bench_request
from study.command_line.bench_tables import print_grid, print_targets
from study.command_line.commands import Bench
from study.command_line.main import main
from study.command_line.publish import publish
from study.data.load import load_dataset
from study.errors import SettingsError, StoreError, StudyError
from study.store.bench_document import write_bench
from study.store.environment import hardware
from study.train.devices import Devices
from study.train.settings import RunSettings
from tests.make_bench import PEAKS, epochs, request
from tests.make_study import make_frames, make_settings, make_study_directory

pytestmark = pytest.mark.usefixtures("without_determinism")


@pytest.fixture(scope="module")
def dataset() -> Any:
    return load_dataset("embedded", 32, pictures=200)


def quiet(words: str) -> None:
    """Nobody listens."""


def made_up_run(
    request: Any, dataset: Any, settings: RunSettings, target: float | None = None
) -> dict[str, Any]:
    """One device takes 2 s an epoch, two take 1.25 s; the first epoch 3 s more. Batch 64 learns."""
    if settings.batch_size == 64 and settings.replicas == 2 and target is None:
        raise StudyError("a measurement failed: no room")
    seconds = 2.0 if settings.replicas == 1 else 1.25
    reached = target is not None and settings.batch_size == 64
    losses = [0.7, None, 0.6, 0.4 if reached else 0.5]
    return {
        "epochs": epochs([seconds + 3, seconds, seconds + 0.5, seconds - 0.5], losses),
        "train_examples": 160,
        "base_bytes": 10**9,
        "peak_bytes": 2 * 10**9,
        "device_peak_bytes": None,
        "reached": reached,
    }


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid_module, "train_here", made_up_run)
    monkeypatch.setattr(target_module, "train_here", made_up_run)
    monkeypatch.setattr("study.command_line.bench.measured_peaks", lambda request: PEAKS)


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


def bench(out: Path, *more: str) -> int:
    options = ["bench", "--pictures", "200", "--image-size", "32", "--repeats", "3"]
    sizes = ["--batch-sizes", "32,64", "--out", str(out)]
    devices = [] if "--peers" in more else ["--devices", "1,2"]
    return main([*options, *sizes, *devices, *more])


def test_the_command_prints_stores_and_draws(
    made_up: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench"
    target = ["--target", "0.45", "--rates", "0.01", "--max-epochs", "4"]
    assert bench(out, *target) == 0
    printed = capsys.readouterr().out
    assert "Logical CPU devices: not a measurement of several devices" in printed
    assert "not reached" in printed and "no room" in printed
    assert printed.strip().splitlines()[-1].startswith("To reach a validation loss of 0.45 soonest")
    document = json.loads((out / "bench.json").read_text(encoding="utf-8"))
    assert len(document["grid"]) == 4 and len(document["targets"]) == 4
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page == build_bench_page(document)
    for words in ("not reached", "no room", "Logical CPU devices", "use batch size 64"):
        assert words in page, words
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page), "the page needs nothing else"


def test_in_a_study_it_becomes_a_section_of_the_report(
    made_up: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = make_frames(1, landscape_points=5)
    made = make_study_directory(tmp_path / "jane", frames=frames, settings=make_settings(1))
    before = write_report(made).read_text(encoding="utf-8")
    assert 'id="bench"' not in before and "#bench" not in before
    assert bench(made) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    page = (made / "report" / "index.html").read_text(encoding="utf-8")
    assert 'id="bench"' in page and 'href="#bench"' in page and last in page
    assert not (made / "index.html").exists()

    document = json.loads((made / "bench.json").read_text(encoding="utf-8"))
    document["command"] = f"python -m study bench --out {made}"
    write_bench(made, document)
    assert publish(made, "with-speed", tmp_path / "into", tmp_path / "README.md") == 0
    published = tmp_path / "into" / "with-speed"
    again = (published / "report" / "index.html").read_text(encoding="utf-8")
    assert last in again
    assert str(tmp_path) not in again + (published / "bench.json").read_text(encoding="utf-8")

    del document["grid"]
    write_bench(made, document)
    with pytest.raises(StoreError, match=r"bench\.json is damaged"):
        write_report(made)


def test_a_target_is_tried_on_logical_devices_only_where_they_are_named(
    made_up: None, no_gpus: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--pictures", "200", "--image-size", "32", "--batch-sizes", "32,64"]
    more = ["--target", "0.45", "--rates", "0.01", "--out", str(tmp_path)]
    assert main(["bench", *options, *more]) == 0
    assert "the time to the target on 1 CPU alone" in capsys.readouterr().out
    document = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert {row["devices"] for row in document["grid"]} == {1, 2}
    assert {row["devices"] for row in document["targets"]} == {1}
    assert main(["bench", *options, *more, "--devices", "1,2"]) == 0
    assert "on 1 CPU alone" not in capsys.readouterr().out
    document = json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert {row["devices"] for row in document["targets"]} == {1, 2}


def test_unused_gpus_are_told(
    made_up: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    machine = {**hardware(), "gpus": ["H"] * 6}
    monkeypatch.setattr("study.command_line.bench.usable_machine", lambda **more: (machine, ""))
    options = ["--pictures", "200", "--image-size", "32", "--batch-sizes", "32"]
    out = tmp_path / "bench"
    assert main(["bench", *options, "--out", str(out)]) == 0
    assert "6 GPUs found, measured on 1, 2 and 4 of them" in capsys.readouterr().out
    document = json.loads((out / "bench.json").read_text(encoding="utf-8"))
    assert [row["devices"] for row in document["grid"]] == [1, 2, 4]
    assert main(["bench", "--peers", *options, "--out", str(tmp_path / "peers")]) == 2
    assert "CUDA_VISIBLE_DEVICES=-1 python -m study bench --peers" in capsys.readouterr().err
    assert not (tmp_path / "peers").exists()


def test_without_a_target_there_is_no_advice_on_the_loss(
    made_up: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path / "bench") == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert "most pictures a second" in last and "not the same" in last
    assert "Time to a validation loss" not in (tmp_path / "bench" / "index.html").read_text()


def test_logical_devices_alone_give_no_advice_and_nothing_measured_no_success(
    made_up: None, no_gpus: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench(tmp_path / "bench", "--devices", "2") == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("Training was measured on logical CPU devices alone")
    assert "--devices 1 measures it on one" in last
    assert bench(tmp_path / "bench", "--devices", "2", "--batch-sizes", "64") == 1
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("Nothing could be measured")


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


def test_threads_of_runs_on_gpus_are_not_to_be_set() -> None:
    machine = {"cores": 4, "gpus": ["a GPU"]}
    with pytest.raises(SettingsError, match="--threads on a machine with GPUs"):
        bench_request(Bench(threads=2), machine)
    assert bench_request(Bench(), machine).threads == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--batch-sizes", "512"], "larger than the training set"),
        (["--devices", "x"], "--devices 'x'"),
        (["--threads", "0"], "--threads 0"),
        (["--image-size", "33"], "multiple of 32"),
        (["--model", "vgg"], "unknown model"),
        (["--rates", "0.1"], "--rates does nothing without --target"),
        (["--max-epochs", "7"], "--max-epochs does nothing without --target"),
        (["--seeds", "2"], "--seeds does nothing without --target"),
        (["--only", "torch"], "--only does nothing without --peers; add that, or leave --only out"),
        (["--study", "x"], "--study does nothing without --peers"),
        (["--peers", "--target", "0.5"], "--target with --peers, which trains to no loss"),
        (["--peers", "--only", "report", "--study", "no/study"], "no/study does not exist"),
        (["--peers", "--only", "torch", "--study", "x"], "--study does nothing without sharpness"),
        (["--peers", "--devices", "1"], "--devices with --peers, which compares on one device"),
    ],
)
def test_what_does_not_fit_gives_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], words: str
) -> None:
    assert bench(tmp_path / "bench", *more) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ") and err.count("\n") == 1 and words in err
    assert not (tmp_path / "bench").exists()


def test_damaged_documents_are_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is missing; 'python -m study bench"):
        write_bench_page(tmp_path)
    write_bench(tmp_path, {"schema": 99})
    with pytest.raises(StoreError, match="no benchmark of this version"):
        write_bench_page(tmp_path)
    write_bench(tmp_path, {"schema": 1, "conclusion": ""})
    with pytest.raises(StoreError, match=r"bench\.json is damaged"):
        write_bench_page(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 1}'])
def test_a_study_with_a_damaged_benchmark_tells_how_to_mend_it(
    tmp_path: Path, content: str
) -> None:
    study = make_study_directory(
        tmp_path / "study", frames=make_frames(1, landscape_points=3), settings=make_settings(1)
    )
    (study / "bench.json").write_text(content)
    with pytest.raises(StoreError, match=r"study/bench\.json ") as caught:
        read_study(study)
    assert f"'python -m study bench --out {study}' makes it again" in str(caught.value)
    assert "without the file, a study's report leaves its section out" in str(caught.value)
    assert "reproduce" not in str(caught.value)


class Kept(Laps):
    """Keeps what a job tells in place of sending it."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def ready(self, **facts: Any) -> None:
        self.told.append(facts)

    def lap(self, **facts: Any) -> None:
        self.told.append(facts)


@pytest.mark.parametrize("target", [None, 10.0, 1e-6])
def test_the_job_trains_as_a_study_does(dataset: Any, target: float | None) -> None:
    from study.bench.speed import measure_speed

    settings = grid_module.run_settings(request(repeats=1), dataset)
    laps = Kept()
    options = {"data": str(dataset.directory), "run": settings.as_dict()}
    measure_speed({**options, "threads": 0, "logical": False, "target": target}, laps)
    ready, found = laps.told
    assert ready["devices"] == "CPU"
    assert found["train_examples"] == 160
    assert found["peak_bytes"] >= found["base_bytes"]
    assert found["device_peak_bytes"] is None, "a processor has no memory of its own"
    assert found["reached"] == (target == 10.0)
    # any loss is below 10: the first epoch ends that run
    assert len(found["epochs"]) == (1 if target == 10.0 else 2)
    assert all(row["train_seconds"] > 0 for row in found["epochs"])


@pytest.mark.parametrize(
    ("kind", "replicas", "peak"),
    [("GPU", 1, 7), ("GPU", 2, 9), ("CPU", 1, None), ("logical CPU", 2, None)],
)
def test_the_peak_of_a_gpu_is_that_of_the_one_that_held_most(
    monkeypatch: pytest.MonkeyPatch, kind: str, replicas: int, peak: int | None
) -> None:
    reset: list[str] = []
    peaks = {"GPU:0": 7, "GPU:1": 9, "GPU:2": 99}
    monkeypatch.setattr(tf.config.experimental, "reset_memory_stats", reset.append)
    monkeypatch.setattr(
        tf.config.experimental, "get_memory_info", lambda name: {"current": 1, "peak": peaks[name]}
    )
    devices = Devices(replicas, kind, None)
    reset_device_peaks(devices)
    assert reset == list(peaks)[:replicas] * (kind == "GPU")
    assert device_peak_bytes(devices) == peak
