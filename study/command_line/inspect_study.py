"""``status`` and ``report``: what is stored in a study directory."""

import time
from pathlib import Path
from typing import Any

from rich.table import Table

from study.command_line.finish import finish_study, print_verdicts
from study.command_line.terminal import console, duration, escaped
from study.conduct.plan import planned_runs
from study.conduct.settings import settings_from_dict
from study.store.measurements import failed_measurements
from study.store.run_folder import MEASUREMENTS, read_run
from study.store.study_directory import StudyDirectory

_COLOURS = {"completed": "green", "diverged": "magenta", "failed": "red", "running": "yellow"}


def show_status(path: Path) -> int:
    """Prints the state of every planned run of a study."""
    directory = StudyDirectory(path)
    document = directory.read()
    terminal = console()
    runs = planned_runs(settings_from_dict(document["settings"]))
    table = Table("run", "status", "epochs", "lowest val. loss", "measured", "reason")
    table.box, table.pad_edge = None, False
    counts: dict[str, int] = {}
    for run in runs:
        folder = directory.runs / run.id
        stored = read_run(folder) or {"status": "pending", "reason": ""}
        status = stored["status"]
        counts[status] = counts.get(status, 0) + 1
        outcome = stored.get("outcome") or {}
        measured = sorted({file.stem.split("@")[0] for file in _measurements(folder)})
        loss = outcome.get("min_val_loss")
        table.add_row(
            escaped(run.id),
            f"[{_COLOURS.get(status, 'dim')}]{escaped(status)}[/]",
            str(outcome.get("epochs", "")),
            "" if loss is None else f"{loss:.3f}",
            ", ".join(measured),
            escaped("; ".join(_reasons(stored, folder))),
        )
    terminal.print(table)
    listed = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    terminal.print(f"{len(runs)} runs: {listed}. Worked for {duration(document['wall_seconds'])}.")
    return 0


def make_report_again(path: Path) -> int:
    """Gathers, summarises and writes the page of a study again."""
    directory = StudyDirectory(path)
    directory.read()
    terminal = console()
    start = time.monotonic()
    with directory.locked(lambda words: terminal.print(words, markup=False)):
        summary, page = finish_study(directory)
    print_verdicts(summary, page, directory)
    terminal.print(f"Made in {time.monotonic() - start:.1f} s.")
    return 0


def _reasons(stored: dict[str, Any], folder: Path) -> list[str]:
    failed = failed_measurements(folder).items()
    own = [stored["reason"]] if stored.get("reason") else []
    return [*own, *(f"{kind} failed: {reason}" for kind, reason in failed)]


def _measurements(folder: Path) -> list[Path]:
    return list((folder / MEASUREMENTS).glob("*.parquet"))
