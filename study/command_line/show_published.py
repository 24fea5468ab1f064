"""``status`` of published results: they hold no runs, but say how these ended."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from study.command_line.terminal import console, duration, escaped
from study.store.published import PUBLISHED
from study.store.run_folder import read_document
from study.store.study_directory import StudyDirectory


def show_published(directory: StudyDirectory, document: Mapping[str, Any]) -> None:
    """Prints what published results hold: runs and verdicts, from ``summary.json``.

    Args:
        directory: of the published results.
        document: its ``study.json``.

    Raises:
        StoreError: ``summary.json`` is missing or damaged.
    """
    summary = read_document(directory.summary_path)
    terminal = console()
    table = Table("run", "status", "epochs", "lowest val. loss", box=None, pad_edge=False)
    for run in summary["runs"]:
        loss, epochs = run["min_val_loss"], run["epochs"]
        table.add_row(
            escaped(run["id"]),
            escaped(run["status"]),
            "" if epochs is None else f"{epochs:.0f}",
            "" if loss is None else f"{loss:.3f}",
        )
    terminal.print(table)
    worked = duration(float(document.get("wall_seconds") or 0))
    settings = document["settings"]
    lines = (
        f"Published results '{document[PUBLISHED]['name']}' of the experiment "
        f"{settings['experiment']}, preset {settings['preset']}.",
        f"{len(summary['runs'])} runs: {_counted(summary['runs'], 'status')}. Worked for {worked}.",
        f"{len(summary['claims'])} claims: {_counted(summary['claims'], 'verdict')}.",
        "They hold every frame (results/), summary.json and the page (report/index.html), but no "
        "runs and no weights; 'python -m study report "
        f"{directory.path}' makes the page again, --extend {directory.path} begins a study with "
        "them.",
    )
    for line in lines:
        terminal.print(line, markup=False)


def _counted(rows: list[Mapping[str, Any]], key: str) -> str:
    counts = Counter(row[key] for row in rows)
    return ", ".join(f"{count} {name}" for name, count in counts.most_common())
