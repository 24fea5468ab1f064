"""``bench --peers``: our ways beside others'."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from study.bench.grid import measured_peaks
from study.bench.interruption import Row, UntilInterrupted
from study.bench.peers.compare import Comparison, compare
from study.bench.peers.counts import attempt, help_seconds, report_seconds
from study.bench.peers.declared import comparisons
from study.bench.peers.search_counts import sharpness_count, sharpness_count_at_minimisers
from study.bench.peers.shares import with_shares
from study.bench.request import BenchRequest
from study.command_line.bench_tables import print_peaks, print_peers
from study.data.dataset import Dataset
from study.errors import SettingsError, StudyError
from study.store.study_directory import StudyDirectory
from study.words import counted

if TYPE_CHECKING:
    from study.command_line.commands import Bench

_COUNTS = ("sharpness", "help", "report")
_REPORT = "python -m study report"


def measure_peers(
    options: "Bench",
    request: BenchRequest,
    dataset: Dataset,
    terminal: Console,
    until: UntilInterrupted,
) -> dict[str, Any]:
    """Makes all comparisons, or those of ``--only``; what cannot be made is skipped with a line.

    Raises:
        SettingsError: a name is unknown.
    """
    archive = Path(options.data).expanduser()
    with tempfile.TemporaryDirectory(prefix="study-bench-") as name:
        folder = Path(name)
        planned = comparisons(request, dataset, folder, archive if archive.is_file() else None)
        wanted = _wanted(options, {comparison.key for comparison in planned})
        chosen = [comparison for comparison in planned if comparison.key in wanted]
        peaks = _peaks(chosen, request, terminal)
        peak = peaks[-1] if peaks else None
        rows = until(_rows(chosen, request, peak, terminal))
        counts = until(_counts(options, request, dataset, folder, wanted, terminal))
    print_peers(request, rows, counts, terminal)
    conclusion = _conclusion(rows, counts)
    return {"peaks": peaks, "peers": rows, "counts": counts, "conclusion": conclusion}


def _rows(
    chosen: list[Comparison], request: BenchRequest, peak: Row | None, terminal: Console
) -> Iterator[Row]:
    for comparison in chosen:
        where = f"{comparison.name} ({comparison.where})"
        terminal.print(f"comparing {where} ...", style="dim", markup=False)
        try:
            row = compare(comparison, request.repeats)
        except StudyError as error:
            terminal.print(f"{where}: {error}", markup=False)
            row = compare(replace(comparison, problem=str(error)), request.repeats)
        yield with_shares(row, request.image_size, peak if comparison.training else None)


def _peaks(
    chosen: list[Comparison], request: BenchRequest, terminal: Console
) -> list[dict[str, Any]]:
    """The machine's peaks where runs are compared; measured before them, on an idle machine."""
    if not any(comparison.training and not comparison.problem for comparison in chosen):
        return []
    terminal.print("measuring the machine's peaks ...", style="dim", markup=False)
    peaks = measured_peaks(request)
    print_peaks(peaks, terminal)
    return peaks


def check_peers(request: BenchRequest, study: Path | None) -> None:
    """Refuses a machine with GPUs, and a study that is none.

    Args:
        request: what was asked for.
        study: a study directory, None where none was named.

    Raises:
        SettingsError: runs would train on GPUs.
        StoreError: ``study`` is no study directory.
    """
    if study is not None:
        StudyDirectory(study).read()
    if not request.threads:
        raise SettingsError(
            "--peers compares on processors, and this machine has GPUs; hide them: "
            "CUDA_VISIBLE_DEVICES=-1 python -m study bench --peers ..."
        )


def _wanted(options: "Bench", keys: set[str]) -> set[str]:
    known = keys | set(_COUNTS)
    if options.only is None:
        return known
    asked = {name for word in options.only for name in word.split(",") if name}
    if asked - known or not asked:
        raise SettingsError(
            f"--only {' '.join(options.only)!r}; expected some of {', '.join(sorted(known))}."
        )
    return asked


def _counts(
    options: "Bench",
    request: BenchRequest,
    dataset: Dataset,
    folder: Path,
    wanted: set[str],
    terminal: Console,
) -> Iterator[Row]:
    for name, work in _planned_counts(options, request, dataset, folder, wanted):
        row = attempt(name, work)
        if row["problem"]:
            terminal.print(f"{row['name']} skipped: {row['problem']}", markup=False)
        yield row


def _planned_counts(
    options: "Bench", request: BenchRequest, dataset: Dataset, folder: Path, wanted: set[str]
) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    for size in request.batch_sizes if "sharpness" in wanted else ():
        yield "sharpness", partial(sharpness_count, request, dataset, size)
        if options.study is not None:
            at_minimisers = partial(
                sharpness_count_at_minimisers, request, dataset, size, options.study
            )
            yield "sharpness at minimisers", at_minimisers
    if "help" in wanted:
        yield "python -m study --help", partial(help_seconds, request.repeats)
    if "report" in wanted:
        yield _REPORT, partial(_report, options.study, folder, request.repeats)


def _report(study: Path | None, folder: Path, repeats: int) -> dict[str, Any]:
    if study is None:
        raise SettingsError("needs --study DIR, a study directory that 'report' is timed on")
    return report_seconds(study, folder, repeats)


def _conclusion(rows: list[dict[str, Any]], counts: list[dict[str, Any]]) -> str:
    judged = [row["met"] for row in [*rows, *counts] if row.get("met") is not None]
    skipped = sum(bool(row["problem"]) for row in [*rows, *counts])
    words = f"{sum(judged)} of {len(judged)} goals met on this machine"
    return f"{words}; {counted(skipped, 'comparison')} skipped." if skipped else f"{words}."
