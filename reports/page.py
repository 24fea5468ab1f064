"""The page: everything of a study in one HTML file that needs neither network nor JavaScript."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reports.claims import ClaimView, claim_views, counts, figure_claims, reading
from reports.download import Download, csv_download, rows_download
from reports.exhibits.exhibit import Exhibit
from reports.exhibits.kinds import KINDS
from reports.ledger import deviation_rows, dropped, environment, run_rows
from reports.printed import printed_notes, printed_rows
from reports.read import checked_view, read_study
from reports.search import search_view
from reports.study_view import StudyView
from reports.sweep_answer import sweep_answer
from reports.tables import TableView, table_view
from reports.template import fill_page
from reports.wording import as_number, as_text, duration, mappings, whole
from study.errors import StoreError
from study.experiments.condition_parts import NOT_QUOTED, UNCHECKED
from study.experiments.declare import Figure
from study.store.atomic import write_text
from study.store.taken_over import taken_over_entries
from study.summarise.whole_command import whole_command
from study.words import counted

_FROM_MEMORY = "here are quoted from memory and have not been checked against it."
REPORT_FILE = Path("report") / "index.html"
# of published results, seen from a page of theirs
OVERVIEW = "../../index.html"


@dataclass(frozen=True)
class Section:
    """One figure or table of the article with all that stands around it."""

    figure: Figure
    shows: str
    exhibit: Exhibit
    table: TableView | None
    notes: tuple[str, ...]
    foot: str
    claims: tuple[ClaimView, ...]
    downloads: tuple[Download, ...]


def write_report(study_path: Path) -> Path:
    """Writes ``report/index.html`` of the study at ``study_path``, atomically.

    Returns:
        The path of the page.

    Raises:
        StoreError: something stored is damaged, or the page cannot be written.
    """
    page = render(read_study(study_path))
    target = study_path / REPORT_FILE
    try:
        target.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {target.parent}: {error.strerror}. Mend its permissions or "
            "copy the study to a folder that you may write to."
        ) from error
    write_text(target, page)
    return target


def build_page(
    settings: dict[str, Any],
    summary: dict[str, Any],
    frames: dict[str, pd.DataFrame],
    pictures: Mapping[str, np.ndarray] | None = None,
    layers: Any = (),
) -> str:
    """The page as HTML; the same input gives the same bytes.

    Args:
        settings: study.json, flat.
        summary: summary.json.
        frames: every frame of the working agreement, empty where nothing was measured.
        pictures: ``images`` (N, S, S, 3) uint8 and ``labels`` (N,), or None.
        layers: rows of model.json.
    """
    return render(checked_view(settings, summary, frames, pictures, layers))


def render(view: StudyView) -> str:
    """The page of ``view`` as HTML."""
    claims = claim_views(view)
    shown_by = figure_claims(claims)
    return fill_page(
        "page.html.j2",
        view.tokens,
        view=view,
        headline=headline(view),
        claims=claims,
        together=_together(view),
        counts=counts(claims),
        reading=reading(claims),
        sections=[section(view, figure, shown_by) for figure in view.experiment.figures],
        companions=[section(view, figure, shown_by) for figure in view.experiment.companions],
        search=search_view(view),
        bench=view.bench,
        printed=printed_rows(view),
        printed_notes=printed_notes(view),
        runs=run_rows(view),
        ledger=csv_download("runs", view.runs),
        environment=environment(view),
        deviations=deviation_rows(view),
        dropped=dropped(view),
        lessons=lesson_views(view),
        answer=sweep_answer(view),
        overview=OVERVIEW if view.settings.get("published") else "",
        unquoted="" if view.experiment.published else NOT_QUOTED,
        called=view.experiment.called,
        command=as_text(view.settings.get("command"), 500) or "python -m study reproduce",
        whole_command=_whole_command(view),
    )


def _whole_command(view: StudyView) -> str:
    """What makes an extended study from the start; "" of other studies, and where none does.

    A later command without ``--extend`` has all settings itself.
    """
    extending = re.search(r" --extend[ =]", str(view.settings.get("command")))
    if not extending or not taken_over_entries(view.settings):
        return ""
    command = whole_command(view.settings)
    shown = as_text(command, 500)
    # a command that cannot be shown as it is would be another one
    return shown if shown == command else ""


def _together(view: StudyView) -> str:
    """What is said of all verdicts taken together; "" where nothing was tested."""
    found = view.summary.get("together")
    return as_text(found.get("text"), 1000) if isinstance(found, Mapping) else ""


def lesson_views(view: StudyView) -> list[tuple[ClaimView, str, str]]:
    """(claim, verdict, text) of what to take from the study; "" where that is open."""
    claims = {claim.id: claim for claim in claim_views(view)}
    return [
        (claims[row["claim"]], as_text(row.get("verdict"), 20), as_text(row.get("text"), 600))
        for row in mappings(view.summary.get("lessons"))
        if row.get("claim") in claims
    ]


def section(view: StudyView, figure: Figure, shown_by: Mapping[str, list[ClaimView]]) -> Section:
    """What the page shows of one figure of the article."""
    exhibit = KINDS[figure.kind](view, figure)
    rows = view.rows_of_table(figure.id)
    downloads = []
    if exhibit.data is not None and len(exhibit.data):
        downloads.append(csv_download(f"{figure.id}-data", exhibit.data))
    table = None
    if _filled(rows) and not (exhibit.missing and figure.needs_several_devices):
        headers = view.summary.get("headers")
        titles = headers.get(figure.id, {}) if isinstance(headers, Mapping) else {}
        named = titles if isinstance(titles, Mapping) else {}
        table = table_view(rows, named, view.experiment.titles, view.experiment.called)
        downloads.append(rows_download(f"{figure.id}-table", rows))
    shows, checked = split_off(figure.shows)
    notes = (*_notes(view, figure), *_unlike_seeds(rows)) if table else ()
    return Section(
        figure,
        shows,
        exhibit,
        table,
        notes,
        "" if checked else f"The {view.experiment.called}’s numbers {_FROM_MEMORY}",
        tuple(shown_by.get(figure.id, ())),
        tuple(downloads),
    )


def split_off(shows: str) -> tuple[str, bool]:
    """What a figure shows without the warning that printed numbers were not looked up.

    Returns:
        The text, and whether it had no such warning.
    """
    return shows.removesuffix(UNCHECKED).rstrip(), not shows.endswith(UNCHECKED)


@dataclass(frozen=True)
class Headline:
    """The facts at the top of the page."""

    title: str
    source: str
    data: str
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]


def headline(view: StudyView) -> Headline:
    """What was run, on what, in how many runs."""
    statuses = view.statuses()
    done = statuses.get("completed", 0)
    total = len(view.runs)
    side = as_number(view.settings.get("image_size"))
    pixels = (
        f"{side:.0f}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{side:.0f} pixels"
        if np.isfinite(side)
        else "pictures"
    )
    source = as_text(view.data.get("source"), 200)
    examples = whole(view.data.get("examples"))
    data = (
        f"{examples} pictures of {pixels}, drawn by this project’s own code"
        if view.embedded
        else f"{examples} pictures of {pixels} from {source}"
    )
    warnings = []
    if view.unfinished:
        warnings.append(
            f"This study is not finished: {counted(total - view.unfinished, 'run')} of {total} "
            "are done. Verdicts and figures may still change."
        )
    if view.failures:
        warnings.append(
            f"{counted(len(view.failures), 'measurement')} failed; the list of runs says which "
            "and why. Figures and verdicts are made without them."
        )
    if len(view.seeds) == 1:
        warnings.append(
            "This study has one seed. A single value has no interval, so no claim can be more "
            "than inconclusive; the option --seeds adds further seeds to the study."
        )
    facts = (
        ("runs completed", f"{done:,} of {total:,}"),
        ("seed" if len(view.seeds) == 1 else "seeds", str(len(view.seeds))),
        ("batch sizes", ", ".join(map(str, view.batch_sizes))),
        ("time in all", duration(view.settings.get("wall_seconds"))),
    )
    return Headline(view.experiment.title, view.experiment.source, data, facts, tuple(warnings))


def _notes(view: StudyView, figure: Figure) -> tuple[str, ...]:
    """Our remarks on the printed numbers that belong to ``figure``, each once."""
    quantities = set(getattr(figure.table, "quantities", ())) | {figure.quantity}
    arms = {arm.name for arm in figure.arms}
    notes = [
        f"On the printed “{printed.shown}”: {printed.note}"
        for printed in view.experiment.published
        if printed.note
        and printed.quantity in quantities
        and (printed.arm in arms or printed.condition in figure.conditions)
    ]
    return tuple(dict.fromkeys(notes))


def _unlike_seeds(rows: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """A remark where rows that would be compared are means over other numbers of seeds."""
    counts: dict[str, set[float]] = {}
    for row in rows:
        if as_number(row.get("n")) > 0:
            counts.setdefault(as_text(row.get("arm"), 80), set()).add(as_number(row["n"]))
    if all(len(found) == 1 for found in counts.values()):
        return ()
    return (
        "Rows of unlike n are means over other seeds, so that they differ by seeds too; claims "
        "compare within seeds",
    )


def _filled(rows: list[Mapping[str, Any]]) -> bool:
    """Whether any cell of a table has a number of ours."""
    return any(
        np.isfinite(as_number(row.get(name.removesuffix("_low"))))
        for row in rows
        for name in row
        if name.endswith("_low")
    )
