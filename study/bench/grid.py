"""Training speed by batch size and number of devices, one worker process a cell."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from study.bench.interruption import Collect, Row
from study.bench.limit import fastest, picture_cost
from study.bench.process import BenchWorker
from study.bench.request import BenchRequest
from study.bench.spread import spread
from study.data.dataset import Dataset
from study.errors import StudyError
from study.train.settings import RunSettings

PEAKS_JOB = "study.bench.peaks:measure_peaks"
SPEED_JOB = "study.bench.speed:measure_speed"
Tell = Callable[[str], None]


def measured_peaks(request: BenchRequest) -> list[dict[str, Any]]:
    """The machine's peaks: on one thread and on all, or on one GPU.

    Returns:
        Rows of ``threads`` (0 for a GPU), ``device``, ``operations_a_second`` (float32) and
        ``bytes_a_second``.
    """
    rows: list[dict[str, Any]] = []
    for threads in sorted({min(1, request.threads), request.threads}):
        with BenchWorker(PEAKS_JOB, {"threads": threads}, threads) as worker:
            worker.ready()
            found = worker.lap()
        row = {"threads": threads, "device": found["device"]}
        for name in ("operations_a_second", "bytes_a_second"):
            # more threads can do at least what fewer did, also where others kept them busy
            row[name] = max([found[name], *(other[name] for other in rows)])
        rows.append(row)
    return rows


def run_settings(request: BenchRequest, dataset: Dataset, **changes: Any) -> RunSettings:
    """A run of the benchmark: as a study's, but for the changes."""
    values: dict[str, Any] = {
        "data": dataset.fingerprint,
        "image_size": request.image_size,
        "model": request.model,
        "batch_size": request.batch_sizes[0],
        "learning_rate": 0.01,
        "seed": 0,
        "patience": request.max_epochs + request.repeats + 1,
        "max_epochs": request.repeats + 1,
    }
    return RunSettings(**{**values, **changes})


def train_here(
    request: BenchRequest, dataset: Dataset, settings: RunSettings, target: float | None = None
) -> dict[str, Any]:
    """Trains a run in a process of its own; what ``measure_speed`` tells of it.

    Raises:
        StudyError: it failed.
    """
    options = {
        "data": str(dataset.directory),
        "run": settings.as_dict(),
        "threads": request.threads,
        "logical": request.logical and settings.replicas > 1,
        "target": target,
    }
    # with several replicas TensorFlow's threads do the work of all
    with BenchWorker(SPEED_JOB, options, request.threads) as worker:
        return {**worker.ready(), **worker.lap()}


def measure_grid(
    request: BenchRequest,
    dataset: Dataset,
    peaks: list[dict[str, Any]],
    tell: Tell,
    collect: Collect = list,
) -> list[Row]:
    """Times every batch size on every number of devices.

    Args:
        request: what was asked for.
        dataset: the prepared pictures.
        peaks: rows of ``measured_peaks``.
        tell: is told what is measured.
        collect: makes a list of the rows as they are measured.

    Returns:
        One row a cell, in the order of devices, then batch sizes: ``devices`` (a count),
        ``kind``, ``batch_size``, spreads ``seconds_per_epoch`` (training and validation),
        ``train_seconds`` and ``pictures_per_second`` (training part), ``warm_up_seconds`` (how
        much longer the first epoch took), ``share_of_peak_operations``, ``share_of_limit``,
        ``scaling_efficiency``, ``peak_bytes`` and ``base_bytes`` (of the process, in the host's
        memory), ``device_peak_bytes`` (of the GPU that held most, None on processors); and
        ``problem``, "" or why there are no numbers.
    """
    rows = collect(_rows(request, dataset, peaks[-1], tell))
    return [_with_efficiency(row, rows) for row in rows]


def _rows(
    request: BenchRequest, dataset: Dataset, peak: dict[str, Any], tell: Tell
) -> Iterator[Row]:
    for count in request.devices:
        for batch_size in request.batch_sizes:
            where = f"batch {batch_size} on {request.device_words(count)}"
            tell(where)
            settings = run_settings(request, dataset, batch_size=batch_size, replicas=count)
            try:
                row = _row(request, train_here(request, dataset, settings), peak, count)
            except StudyError as error:
                row = {"problem": str(error)}
                tell(f"{where}: {error}")
            yield {
                "devices": count,
                "kind": device_kind(request, count),
                "batch_size": batch_size,
                **row,
            }


def _row(
    request: BenchRequest, found: dict[str, Any], peak: dict[str, Any], count: int
) -> dict[str, Any]:
    first, *steady = found["epochs"]
    trained = [epoch["train_seconds"] for epoch in steady]
    seconds = spread([epoch_seconds(epoch) for epoch in steady])
    speed = spread([found["train_examples"] / duration for duration in trained])
    cost = picture_cost(request.image_size)
    # logical devices share one processor, and its peak
    machines = 1 if request.logical else count
    operations = machines * peak["operations_a_second"]
    limit = fastest(cost, operations, machines * peak["bytes_a_second"])
    assert seconds.median is not None and speed.median is not None
    return {
        "seconds_per_epoch": seconds.as_dict(),
        "train_seconds": spread(trained).as_dict(),
        "pictures_per_second": speed.as_dict(),
        "warm_up_seconds": epoch_seconds(first) - seconds.median,
        "share_of_peak_operations": speed.median * cost.operations / operations,
        "share_of_limit": speed.median / limit,
        "peak_bytes": found["peak_bytes"],
        "device_peak_bytes": found["device_peak_bytes"],
        "base_bytes": found["base_bytes"],
        "problem": "",
    }


def _with_efficiency(row: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Adds speed / (devices * speed on one device) at the same batch size; None without both."""
    one = [
        other
        for other in rows
        if other["devices"] == 1 and other["batch_size"] == row["batch_size"]
    ]
    if not one or one[0]["problem"] or row["problem"]:
        return {**row, "scaling_efficiency": None}
    speed = row["pictures_per_second"]["median"]
    alone = one[0]["pictures_per_second"]["median"]
    return {**row, "scaling_efficiency": speed / (row["devices"] * alone)}


def above_bytes(row: Mapping[str, Any]) -> int | None:
    """What of a row's peak memory exceeds TensorFlow's own, in bytes; None where unknown.

    TensorFlow's own is what the process held once its devices were set up, before its pictures.
    """
    peak, base = row.get("peak_bytes"), row.get("base_bytes")
    return None if peak is None or base is None else peak - base


def device_kind(request: BenchRequest, count: int) -> str:
    """What a number of devices is: "CPU", "GPU" or "logical CPU"."""
    if not request.threads:
        return "GPU"
    return "logical CPU" if count > 1 else "CPU"


def epoch_seconds(epoch: dict[str, Any]) -> float:
    """Training and validation of one epoch."""
    return float(epoch["train_seconds"] + epoch["validation_seconds"])
