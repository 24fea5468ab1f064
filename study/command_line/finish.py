"""The end of a study: gather, summarise, write the page, print the verdicts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from study.command_line.terminal import console
from study.conduct.conditions import condition_runs
from study.conduct.plan import planned_runs
from study.conduct.settings import StudySettings, checked_document, settings_from_dict
from study.data.dataset import Dataset, split
from study.errors import StoreError
from study.experiments import get_experiment
from study.store.atomic import write_atomically, write_json, write_text
from study.store.published import PUBLISHED
from study.store.run_folder import read_document
from study.store.study_directory import MODEL_FILE, SAMPLES_FILE, StudyDirectory

SAMPLE_PICTURES = 24
_MARKS = {
    "reproduced": "[green]reproduced[/]",
    "not reproduced": "[red]not reproduced[/]",
    "inconclusive": "[yellow]inconclusive[/]",
    "not run": "[dim]not run[/]",
}


def finish_study(
    directory: StudyDirectory,
    dataset: Dataset | None = None,
    notice: Callable[[str], None] = lambda words: None,
) -> tuple[dict[str, Any], Path]:
    """Makes everything that follows from the runs, from what is stored.

    A directory without ``runs/`` keeps its ``results/``; published results get their README.md
    as well. Runs are only read,
    so another process may be making them.

    Args:
        directory: of the study.
        dataset: its pictures, of which some are stored for the report when they are ours.
        notice: called with a line when another process is making the report.

    Returns:
        The value of ``summary.json`` and the path of the page.

    Raises:
        StoreError: something stored is damaged, or there are neither runs nor results.
    """
    # pandas, SciPy's statistics and the figures take seconds to load, which no other command needs
    from reports.page import write_report
    from reports.read import read_study
    from reports.readme import published_readme
    from study.store.results import read_results, write_results
    from study.summarise.collect import collect
    from study.summarise.summary import summarise

    document = directory.read()
    settings, facts = settings_from_dict(document["settings"]), checked_document(document)
    with directory.writing(notice):
        if directory.runs.exists():
            frames = collect(
                directory,
                planned_runs(settings),
                settings.experiment,
                condition_runs(settings),
            )
            write_results(directory, frames)
            _store_model(directory, settings)
        elif not directory.results.exists():
            raise StoreError(
                f"{directory.path} has neither runs/ nor results/; expected one of them. Copy it "
                "again, or publish it again from its study."
            )
        if dataset is not None and dataset.embedded:
            _store_samples(directory, dataset)
        frames = read_results(directory.path)
        summary = summarise(facts, frames, get_experiment(settings.experiment))
        write_json(directory.summary_path, summary)
        page = write_report(directory.path)
        if PUBLISHED in document:
            write_text(directory.path / "README.md", published_readme(read_study(directory.path)))
        return summary, page


def print_verdicts(summary: dict[str, Any], page: Path, directory: StudyDirectory) -> None:
    """Prints a short table of verdicts and where the report is."""
    terminal = console()
    table = Table("claim", "verdict", "what the claim says", box=None, pad_edge=False)
    for claim in summary["claims"]:
        table.add_row(claim["id"], _MARKS[claim["verdict"]], claim["text"])
    terminal.print(table)
    runs = summary["runs"]
    counts = {status: sum(run["status"] == status for run in runs) for status in _statuses(runs)}
    terminal.print("Runs: " + ", ".join(f"{count} {status}" for status, count in counts.items()))
    failed = summary["failed_measurements"]
    if failed:
        terminal.print(f"Measurements that failed: {len(failed)} (the report says why)")
    terminal.print(f"Results: {directory.path}", markup=False)
    terminal.print(f"Report:  {page}", markup=False)


def _statuses(runs: list[dict[str, Any]]) -> list[str]:
    return sorted({run["status"] for run in runs})


def model_of_runs(directory: StudyDirectory, settings: StudySettings) -> Any | None:
    """``model.json`` of the first planned run of the study's own model that has one, else None.

    The runs of the search for the model have other networks.

    Raises:
        StoreError: the file is damaged.
    """
    for run in planned_runs(settings):
        path = directory.runs / run.id / MODEL_FILE
        if run.model == settings.model and path.exists():
            return read_document(path)
    return None


def _store_model(directory: StudyDirectory, settings: StudySettings) -> None:
    model = model_of_runs(directory, settings)
    if model is not None:
        write_json(directory.path / MODEL_FILE, model)


def _store_samples(directory: StudyDirectory, dataset: Dataset) -> None:
    """Stores some training pictures for the report; of embedded data only, which are ours."""
    chosen = split(dataset)[0][:SAMPLE_PICTURES]
    images, labels = np.asarray(dataset.images[chosen]), dataset.labels[chosen]

    def write(file: Any) -> None:
        np.savez(file, images=images, labels=labels)

    write_atomically(directory.path / SAMPLES_FILE, write)
