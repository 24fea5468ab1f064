"""The time to a validation loss by batch size and learning rate."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from study.bench.grid import Tell, device_kind, epoch_seconds, run_settings, train_here
from study.bench.interruption import Collect, Row
from study.bench.request import BenchRequest
from study.bench.spread import spread
from study.data.dataset import Dataset
from study.errors import StudyError


def target_runs(
    request: BenchRequest, dataset: Dataset, target: float, tell: Tell, collect: Collect = list
) -> list[Row]:
    """Trains every batch size at every rate until its validation loss reaches the target.

    Args:
        request: what was asked for.
        dataset: the prepared pictures.
        target: the validation loss.
        tell: is told what is measured.
        collect: makes a list of the rows as they are measured.

    Returns:
        One row a cell: ``devices``, ``kind``, ``batch_size``, ``learning_rate``, ``n`` runs,
        how many ``reached`` the target, spreads ``seconds`` and ``epochs`` of those that did
        (n = 0 where none: never a number), ``lowest_loss`` of all of them, ``problem``. The first
        epoch of a run counts as long as the median of the others: tracing is apart.
    """
    return collect(_rows(request, dataset, target, tell))


def _rows(request: BenchRequest, dataset: Dataset, target: float, tell: Tell) -> Iterator[Row]:
    for count in request.devices:
        for batch_size in request.batch_sizes:
            for rate in request.rates:
                where = f"batch {batch_size} at rate {rate:g} on {request.device_words(count)}"
                tell(f"{where} to loss {target:g}")
                yield {
                    "devices": count,
                    "kind": device_kind(request, count),
                    "batch_size": batch_size,
                    "learning_rate": rate,
                    **_target_cell(request, dataset, target, (count, batch_size, rate), tell),
                }


def _target_cell(
    request: BenchRequest,
    dataset: Dataset,
    target: float,
    cell: tuple[int, int, float],
    tell: Tell,
) -> dict[str, Any]:
    count, batch_size, rate = cell
    base = run_settings(
        request,
        dataset,
        batch_size=batch_size,
        learning_rate=rate,
        replicas=count,
        max_epochs=request.max_epochs,
    )
    seconds: list[float] = []
    epochs: list[float] = []
    losses: list[float] = []
    problem = ""
    for seed in range(request.seeds):
        try:
            found = train_here(request, dataset, replace(base, seed=seed), target)
        except StudyError as error:
            problem = str(error)
            tell(problem)
            continue
        losses += [row["val_loss"] for row in found["epochs"] if row["val_loss"] is not None]
        if found["reached"]:
            seconds.append(_steady_seconds(found["epochs"]))
            epochs.append(len(found["epochs"]))
    return {
        "n": request.seeds,
        "reached": len(seconds),
        "seconds": spread(seconds).as_dict(),
        "epochs": spread(epochs).as_dict(),
        "lowest_loss": min(losses, default=None),
        "problem": problem,
    }


def _steady_seconds(epochs: list[dict[str, Any]]) -> float:
    all_seconds = [epoch_seconds(epoch) for epoch in epochs]
    steady = spread(all_seconds[1:]).median
    return sum(all_seconds) if steady is None else steady + sum(all_seconds[1:])
