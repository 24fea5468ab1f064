"""The page over all studies: which batch size, and remedies; one self-contained file."""

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from reports.chapter import Chapter, OneData, Told
from reports.chapter_cells import WIDEST, RemedyView, remedy_view
from reports.chapter_download import remedies_download
from reports.chapter_elsewhere import elsewhere
from reports.chapter_figure import shares, shares_caption, shares_figure
from reports.chapter_guide import answers, link_to, pages
from reports.chapter_summary import Absent, remedies_of, summary_parts
from reports.chapter_words import gap_quantity, largest_factor, notes, takeaways
from reports.claims import ClaimView, claim_views, counts
from reports.download import Download
from reports.figures.theme import TOKENS
from reports.page import headline, lesson_views
from reports.template import fill_page
from reports.wording import as_text, whole
from study.errors import StoreError
from study.store.atomic import write_text
from study.summarise.circumstances import UNLIKE
from study.words import counted, listed

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
    missing: tuple[Absent, ...]
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
    groups = [_group(chapter, group, folder) for group in chapter.groups]
    studies = sum(len(group.studies) for group in groups)
    return fill_page(
        "chapter.html.j2",
        TOKENS,
        groups=groups,
        parts=summary_parts(chapter),
        stuck=any(row["at_chance"] for group in chapter.groups for row in group.rows),
        unlike_times=any(group.factor for group in groups),
        download=remedies_download("remedies", chapter.groups),
        studies=counted(studies, "study", "studies"),
        sets=counted(len(groups), "data set"),
        answers=answers(chapter),
        pages=pages(chapter, folder),
        left_out=listed([_named(study) for study in chapter.left_out]),
        several_left_out=len(chapter.left_out) > 1,
        set_aside=listed([as_text(place.name, 60) for place in chapter.set_aside]),
        widest=whole(WIDEST),
        unlike=UNLIKE,
        command=as_text(command, 1000),
    )


def _named(study: Told) -> str:
    """A study by the name of its folder, published or not, and its experiment if that says less."""
    name, experiment = as_text(study.place.name, 60), study.experiment.name
    return name if name.startswith(experiment) else f"{name} ({experiment})"


def _group(chapter: Chapter, group: OneData, folder: Path) -> GroupPart:
    drawn = shares(group)
    return GroupPart(
        anchor=group.anchor,
        data=group.data,
        fingerprint=group.fingerprint[:12],
        embedded=group.drawn,
        takeaways=tuple(takeaways(group)),
        studies=tuple(_study(study, folder) for study in group.studies),
        missing=tuple(
            Absent(experiment.name, remedies_of(experiment), elsewhere(chapter, group, experiment))
            for experiment in group.missing
        ),
        figure=shares_figure(drawn, group.anchor),
        caption=shares_caption(drawn),
        factor=largest_factor(group),
        notes=tuple(notes(group)),
        download=remedies_download(f"remedies-{group.place}", [group]),
    )


def _study(study: Told, folder: Path) -> StudyPart:
    view = study.view
    tally = [f"{count} {verdict}" for verdict, count in counts(claim_views(view)) if count]
    return StudyPart(
        name=study.experiment.name,
        title=study.experiment.title,
        source=study.experiment.source,
        link=link_to(study.page, folder),
        accuracy=gap_quantity(study.rows[0]),
        seeds=_seeds(study),
        warnings=headline(view).warnings,
        rows=tuple(remedy_view(row) for row in study.rows),
        verdicts=f"{listed(tally)} of {counted(len(view.experiment.claims), 'claim')}",
        lessons=tuple(lesson for lesson in lesson_views(view) if lesson[2]),
    )


def _seeds(study: Told) -> str:
    """ "3 seeds", or "1 of 3 seeds compared": those that every row of the study has at most."""
    declared = len(study.view.seeds)
    compared = max((row["gap"]["n"] for row in study.rows), default=0)
    if compared < declared:
        return f"{compared} of {counted(declared, 'seed')} compared"
    return counted(declared, "seed")
