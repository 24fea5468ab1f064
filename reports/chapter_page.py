"""The last chapter as a page: remedies of several studies, one self-contained file."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from reports.chapter import Chapter, OneData, Told
from reports.chapter_cells import WIDEST, RemedyView, remedy_view
from reports.chapter_words import gap_quantity, largest_factor, notes, takeaways
from reports.claims import ClaimView, claim_views, counts
from reports.download import Download, rows_download
from reports.figures.panel import panel
from reports.figures.shares import HIGHEST, LOWEST, draw_shares
from reports.figures.svg import to_svg
from reports.figures.theme import TOKENS, drawing
from reports.page import headline, lesson_views
from reports.template import fill_page
from reports.wording import as_text, counted, listed, whole
from study.errors import StoreError
from study.store.atomic import write_text
from study.summarise.epoch_spread import UNLIKE

CHAPTER_PAGE = "index.html"


@dataclass(frozen=True)
class StudyPart:
    """One study: its rows in the table, and its claims in short.

    Attributes:
        link: of its own page, seen from the chapter; "" without one.
        accuracy: what is compared.
        lessons: (claim, verdict, text) of those that are settled.
    """

    name: str
    title: str
    source: str
    link: str
    accuracy: str
    seeds: str
    warnings: tuple[str, ...]
    rows: tuple[RemedyView, ...]
    verdicts: str
    lessons: tuple[tuple[ClaimView, str, str], ...]


@dataclass(frozen=True)
class GroupPart:
    """All that is said of one data set.

    Attributes:
        factor: how unlike epochs of one batch size took, "" where they took alike.
    """

    anchor: str
    data: str
    fingerprint: str
    embedded: bool
    takeaways: tuple[str, ...]
    studies: tuple[StudyPart, ...]
    missing: tuple[tuple[str, str], ...]
    figure: Markup
    caption: str
    factor: str
    notes: tuple[str, ...]
    download: Download


def write_chapter(chapter: Chapter, folder: Path, command: str) -> Path:
    """Writes the page into ``folder``, atomically; gives its path.

    Raises:
        StoreError: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {folder}: {error.strerror}; choose another with --out."
        ) from error
    target = folder / CHAPTER_PAGE
    write_text(target, build_chapter(chapter, folder, command))
    return target


def build_chapter(chapter: Chapter, folder: Path, command: str) -> str:
    """The page as HTML; the same studies give the same bytes.

    Args:
        chapter: the studies.
        folder: where the page will stand, for its links.
        command: that made it.
    """
    groups = [_group(group, place, folder) for place, group in enumerate(chapter.groups, start=1)]
    studies = sum(len(group.studies) for group in groups)
    return fill_page(
        "chapter.html.j2",
        TOKENS,
        groups=groups,
        studies=counted(studies, "study", "studies"),
        sets=counted(len(groups), "data set"),
        left_out=listed([_named(*found) for found in chapter.left_out]),
        several_left_out=len(chapter.left_out) > 1,
        widest=whole(WIDEST),
        unlike=UNLIKE,
        command=as_text(command, 1000),
    )


def _named(place: Path, experiment: str) -> str:
    """A study by the name of its folder, published or not, and its experiment if that says less."""
    name = as_text(place.name, 60)
    return name if name.startswith(experiment) else f"{name} ({experiment})"


def _group(group: OneData, place: int, folder: Path) -> GroupPart:
    drawn = _shares(group)
    return GroupPart(
        anchor=f"data-{place}",
        data=group.data,
        fingerprint=group.fingerprint[:12],
        embedded=group.studies[0].view.embedded,
        takeaways=tuple(takeaways(group)),
        studies=tuple(_study(study, folder) for study in group.studies),
        missing=tuple(
            (experiment.name, "; ".join(remedy.title for remedy in experiment.remedies))
            for experiment in group.missing
        ),
        figure=_figure(drawn, f"data-{place}") if len(drawn) else Markup(""),
        caption=_caption(drawn),
        factor=largest_factor(group),
        notes=tuple(notes(group)),
        download=rows_download(
            f"remedies-{place}",
            [_flat(study, row) for study in group.studies for row in study.rows],
        ),
    )


def _study(study: Told, folder: Path) -> StudyPart:
    view = study.view
    tally = [f"{count} {verdict}" for verdict, count in counts(claim_views(view)) if count]
    return StudyPart(
        name=study.experiment.name,
        title=study.experiment.title,
        source=study.experiment.source,
        link="" if study.page is None else os.path.relpath(study.page, folder.resolve()),
        accuracy=gap_quantity(study.rows[0]),
        seeds=counted(len(view.seeds), "seed"),
        warnings=headline(view).warnings,
        rows=tuple(remedy_view(row) for row in study.rows),
        verdicts=f"{listed(tally)} of {counted(len(view.experiment.claims), 'claim')}",
        lessons=tuple(lesson for lesson in lesson_views(view) if lesson[2]),
    )


def _shares(group: OneData) -> pd.DataFrame:
    """Columns ``key``, ``title``, ``share``, ``low``, ``high`` of what can be drawn."""
    rows = []
    for study in group.studies:
        for row in study.rows:
            share = row["share"]
            if share is None or share["effect"] is None:
                continue
            low, high = share["interval"] or (None, None)
            rows.append(
                {
                    "key": f"{study.experiment.name}/{row['title']}",
                    "title": f"{row['title']} ({study.experiment.name})",
                    "share": share["effect"],
                    "low": low,
                    "high": high,
                }
            )
    frame = pd.DataFrame(rows, columns=["key", "title", "share", "low", "high"])
    return frame.astype({"share": float, "low": float, "high": float})


def _figure(rows: pd.DataFrame, name: str) -> Markup:
    titles = dict(zip(rows["key"], rows["title"], strict=True))
    said = "; ".join(f"{row.title}: {row.share:.2f}" for row in rows.itertuples())
    with drawing():
        figure, ax = panel(
            width=560, height=64 + 44.0 * len(rows), left=210, right=16, top=6, bottom=42
        )
        draw_shares(ax, rows, titles)
        return Markup(to_svg(figure, name, f"Share of the gap closed. {said}.", dict(TOKENS)))


def _caption(rows: pd.DataFrame) -> str:
    if not len(rows):
        return ""
    text = (
        "Share of the gap in accuracy between large and small batch that each remedy closes, with "
        "its 95 % interval (Fieller). 0 is the large batch without the remedy, 1 the small batch."
    )
    if rows["low"].isna().any():
        text += " Hollow dots have no interval."
    if (rows["low"] < LOWEST).any() or (rows["high"] > HIGHEST).any():
        text += f" Intervals are cut at {LOWEST:g} and {HIGHEST:g}.".replace("-", "−")
    return text


def _flat(study: Told, row: dict[str, Any]) -> dict[str, Any]:
    """A row of the download: no values within values."""
    flat: dict[str, Any] = {"experiment": study.experiment.name}
    flat["notes"] = "; ".join(row["notes"])
    flat |= {
        key: value for key, value in row.items() if not isinstance(value, dict | list | type(None))
    }
    effects = {name: row[name] for name in ("gap", "share", "difference")}
    for cost, values in row["costs"].items():
        flat[cost] = values["mean"]
        effects |= {f"{cost}_{name}": values[name] for name in ("of_large", "of_small")}
    for name, value in effects.items():
        low, high = (value and value["interval"]) or (None, None)
        flat |= {name: value and value["effect"], f"{name}_low": low, f"{name}_high": high}
        flat[f"{name}_n"] = value and value["n"]
    for name, sizes in row["unlike_epochs"].items():
        flat[f"unlike_epochs_{name}"] = " ".join(str(size["batch_size"]) for size in sizes)
    return flat
