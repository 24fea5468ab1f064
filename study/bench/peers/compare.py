"""Two sides in turn, pair by pair, and what came out. No TensorFlow here."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import Any

from study.bench.process import BenchWorker
from study.bench.spread import median_interval, spread


@dataclass(frozen=True)
class Side:
    """One of two ways.

    Attributes:
        name: as in the table.
        job: "module:function".
        options: of the job.
        threads: of each process.
        processes: so many do the same side by side; a lap ends when all have finished theirs.
    """

    name: str
    job: str
    options: dict[str, Any]
    threads: int
    processes: int = 1


@dataclass(frozen=True)
class Comparison:
    """What is compared.

    Attributes:
        key: by which ``--only`` chooses it.
        name: what is measured.
        where: batch size, pixels and the like.
        first, second: the sides; ratios are first over second.
        of: "speed" (pictures a second: more is better) or "time" (less is better).
        goal: the ratio to reach: at least (speed) or at most (time); None without one.
        agree: how far the laps' ``losses`` may lie apart; None where they have none.
        problem: why it cannot be made here; "" where it can.
        training: whether both sides train the request's network, so that their speeds have a limit.
        one_process: one process makes the laps of both sides in turn, for goals near 1: two
            processes that do the same can differ by several percent for as long as they live. The
            sides then have one job, which gets the options of both as
            ``{"sides": [...], "turns": ...}``.
        turns: laps of each side in a pair, whose ratio is the median of theirs. What a job of
            ``one_process`` compiles, it compiles anew for each pair.
    """

    key: str
    name: str
    where: str
    first: Side
    second: Side
    of: str = "speed"
    goal: float | None = None
    agree: float | None = None
    problem: str = ""
    training: bool = False
    one_process: bool = False
    turns: int = 1


def compare(comparison: Comparison, pairs: int) -> dict[str, Any]:
    """Runs a comparison: the sides alternate, and the one that begins changes from turn to turn.

    Returns:
        Plain values: names, what the sides say of themselves (``first_note``, ``second_note``),
        the goals, spreads over the pairs of the ratio by the clock (``ratio``) and by processor
        time (``processor_ratio``), both with the ``interval`` of their median (95 %, None for fewer
        than six pairs), of the pictures a second of each side; the memory in bytes that
        each side's processes together took at most above what they held before the pictures
        (``first_bytes``, ``second_bytes``, None where it was not measured), how far the
        sides' losses lie apart at most (``difference``, None without losses), and whether the goal
        is met by the median.

    Raises:
        StudyError: a side has failed.
    """
    if comparison.problem:
        return _described(comparison)
    laps: tuple[list[dict[str, Any]], list[dict[str, Any]]] = ([], [])
    with ExitStack() as stack:
        groups, notes = _started(comparison, stack)
        for turn in range(pairs * comparison.turns):
            for index in (0, 1) if turn % 2 == 0 else (1, 0):
                laps[index].append(_together(groups[index], index))
    told = dict(zip(("first_note", "second_note"), notes, strict=True))
    return {**_described(comparison), **told, **_ratios(comparison, *laps)}


def _started(comparison: Comparison, stack: ExitStack) -> tuple[list[list[BenchWorker]], list[str]]:
    """The processes of each side, warm, and what each side says of itself."""
    first, second = comparison.first, comparison.second
    if comparison.one_process:
        options = {"sides": [first.options, second.options], "turns": comparison.turns}
        shared = stack.enter_context(BenchWorker(first.job, options, first.threads))
        groups = [[shared], [shared]]
    else:
        groups = [
            [
                stack.enter_context(BenchWorker(side.job, side.options, side.threads))
                for _ in range(side.processes)
            ]
            for side in (first, second)
        ]
    told = {worker: worker.ready() for worker in dict.fromkeys(chain(*groups))}
    return groups, [told[group[0]].get("note", "") for group in groups]


def _together(group: Sequence[BenchWorker], side: int) -> dict[str, Any]:
    for worker in group:
        worker.start_lap(side)
    laps = [worker.finish_lap() for worker in group]
    return {
        **laps[0],
        "seconds": max(lap["seconds"] for lap in laps),
        "processor_seconds": sum(lap["processor_seconds"] for lap in laps),
        "pictures": sum(lap["pictures"] for lap in laps),
        # what processes share is counted in each, and their peaks need not come at one time
        "peak_bytes": _sum_where_all_know(laps, "peak_bytes"),
        "base_bytes": _sum_where_all_know(laps, "base_bytes"),
    }


def _sum_where_all_know(laps: Sequence[dict[str, Any]], name: str) -> int | None:
    found = [lap.get(name) for lap in laps]
    known = [value for value in found if value is not None]
    return sum(known) if len(known) == len(found) else None


def _described(comparison: Comparison) -> dict[str, Any]:
    return {
        "name": comparison.name,
        "where": comparison.where,
        "first": comparison.first.name,
        "second": comparison.second.name,
        "of": comparison.of,
        "goal": comparison.goal,
        "agree": comparison.agree,
        "one_process": comparison.one_process,
        "turns": comparison.turns,
        "problem": comparison.problem,
    }


def _ratios(
    comparison: Comparison, first: list[dict[str, Any]], second: list[dict[str, Any]]
) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name, seconds in (("ratio", "seconds"), ("processor_ratio", "processor_seconds")):
        speeds = [
            (a["pictures"] / max(a[seconds], 1e-9)) / (b["pictures"] / max(b[seconds], 1e-9))
            for a, b in zip(first, second, strict=True)
        ]
        ratios = speeds if comparison.of == "speed" else [1 / speed for speed in speeds]
        of_pairs = _of_pairs(ratios, comparison.turns)
        row[name] = {**spread(of_pairs).as_dict(), "interval": median_interval(of_pairs)}
    for name, laps in (("first", first), ("second", second)):
        speeds = [lap["pictures"] / lap["seconds"] for lap in laps]
        row[f"{name}_speed"] = spread(_of_pairs(speeds, comparison.turns)).as_dict()
        row[f"{name}_bytes"] = _memory(laps)
    row["difference"] = _largest_difference(first, second)
    row["met"] = _met(comparison, row["ratio"]["median"], row["difference"])
    return row


def _of_pairs(values: list[float], turns: int) -> list[float]:
    """The median of each pair's turns."""
    return [median(values[start : start + turns]) for start in range(0, len(values), turns)]


def _memory(laps: list[dict[str, Any]]) -> int | None:
    found = [
        lap["peak_bytes"] - lap["base_bytes"]
        for lap in laps
        if lap.get("peak_bytes") is not None and lap.get("base_bytes") is not None
    ]
    return max(found, default=None)


def _largest_difference(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> float | None:
    found = [
        abs(a - b)
        for one, other in zip(first, second, strict=True)
        for a, b in zip(one.get("losses", ()), other.get("losses", ()), strict=True)
    ]
    return max(found, default=None)


def _met(comparison: Comparison, ratio: float, difference: float | None) -> bool | None:
    if comparison.goal is None:
        return None
    if comparison.agree is not None and (difference is None or difference > comparison.agree):
        return False
    return ratio >= comparison.goal if comparison.of == "speed" else ratio <= comparison.goal
