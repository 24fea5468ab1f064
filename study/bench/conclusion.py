"""The one sentence at the end of a benchmark, from what it measured."""

from collections.abc import Sequence
from typing import Any

from study.bench.request import BenchRequest

NOT_SEVERAL = "logical CPU devices: not a measurement of several devices"
_MORE = {"smallest": "smaller", "largest": "larger", "lowest": "lower", "highest": "higher"}


def conclude(
    request: BenchRequest,
    grid: Sequence[dict[str, Any]],
    targets: Sequence[dict[str, Any]] | None,
) -> str:
    """Which batch size and rate to use here, as far as it was measured.

    Args:
        request: what was asked for.
        grid: rows of ``measure_grid``.
        targets: rows of ``target_runs``, None where no target was asked for.
    """
    if targets is None:
        return _fastest(request, grid)
    return _soonest(request, targets)


def _soonest(request: BenchRequest, targets: Sequence[dict[str, Any]]) -> str:
    goal = f"a validation loss of {request.target:g}"
    real = [row for row in targets if row["kind"] != "logical CPU"]
    if not real:
        return (
            f"The time to {goal} was measured on logical CPU devices alone, which tell nothing of "
            "several devices, so no batch size can be advised; --devices 1 measures it on one."
        )
    if all(row["problem"] and row["lowest_loss"] is None for row in real):
        return f"No run to {goal} could be made, so no batch size can be advised."
    whole = [row for row in real if row["reached"] == row["n"]]
    if not whole:
        runs = sum(row["n"] for row in real)
        return (
            f"No batch size and rate reached {goal} in every run: {runs} runs of at most "
            f"{request.max_epochs} epochs each were not enough, so none can be advised."
            + any(row["problem"] for row in real)
            * " Some of them failed, as the table says."
        )
    best = min(whole, key=lambda row: row["seconds"]["median"])
    seconds, n = best["seconds"], best["n"]
    spread = f"; {seconds['lowest']:.3g} to {seconds['highest']:.3g} s" if n > 1 else ""
    count = best["devices"]
    return (
        f"To reach {goal} soonest on this machine, use batch size {best['batch_size']} at "
        f"learning rate {best['learning_rate']:g} on {request.device_words(count)}: "
        f"{seconds['median']:.3g} s in {best['epochs']['median']:.0f} epochs "
        f"(median of {n} {'run' if n == 1 else 'runs'}{spread}).{_edge(best, targets)}"
    )


def _edge(best: dict[str, Any], targets: Sequence[dict[str, Any]]) -> str:
    """Sentences when batch sizes, or rates, beyond those tried may be better, else ""."""
    here = [row for row in targets if row["devices"] == best["devices"]]
    # each batch size has its own best rate: those at the best one count
    alike = [row for row in here if row["batch_size"] == best["batch_size"]]
    return _beyond(
        "batch size", best["batch_size"], [row["batch_size"] for row in here], "smallest", "largest"
    ) + _beyond(
        "rate", best["learning_rate"], [row["learning_rate"] for row in alike], "lowest", "highest"
    )


def _beyond(what: str, best: float, tried: Sequence[float], least: str, most: str) -> str:
    if min(tried) < best < max(tried):
        return ""
    if len(set(tried)) == 1:
        return f" No {what} but {best:g} was tried: others may reach it sooner."
    edge = least if best == min(tried) else most
    return f" {best:g} is the {edge} {what} tried: {_MORE[edge]} ones may reach it sooner."


def _fastest(request: BenchRequest, grid: Sequence[dict[str, Any]]) -> str:
    measured = [row for row in grid if not row["problem"]]
    if not measured:
        return "Nothing could be measured, so no batch size can be advised."
    done = [row for row in measured if row["kind"] != "logical CPU"]
    if not done:
        return (
            "Training was measured on logical CPU devices alone, which tell nothing of several "
            "devices, so no batch size can be advised; --devices 1 measures it on one."
        )
    best = max(done, key=lambda row: row["pictures_per_second"]["median"])
    speed = best["pictures_per_second"]
    return (
        f"Batch size {best['batch_size']} trains the most pictures a second on this machine "
        f"({speed['median']:,.0f} on {request.device_words(best['devices'])}, median of "
        f"{speed['n']} {'epoch' if speed['n'] == 1 else 'epochs'}), which is not the same as "
        "reaching a loss soonest: "
        "--target LOSS measures that."
    )
