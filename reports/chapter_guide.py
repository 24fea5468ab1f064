"""The head of the chapter: which batch size its studies speak for, and where their pages are."""

import os
from dataclasses import dataclass
from pathlib import Path

from reports.chapter import Chapter, Told, page_of
from reports.chapter_words import most_closed
from reports.page import headline
from reports.sweep_answer import sweep_answer
from reports.wording import as_text


@dataclass(frozen=True)
class Page:
    """A study by name, and its page seen from the chapter; "" without one."""

    name: str
    link: str


@dataclass(frozen=True)
class Answer:
    """What one study or data set says to a person choosing a batch size."""

    of: str
    texts: tuple[str, ...]


def answers(chapter: Chapter) -> tuple[Answer, ...]:
    """Batch sizes from the sweeps, then what closes most of a gap; of real pictures, if any are."""
    found = [
        (study.view.embedded, Answer(_named(study), tuple(sweep_answer(study.view))))
        for study in chapter.left_out
    ]
    found += [
        (group.drawn, Answer(group.data, tuple(most_closed(group)))) for group in chapter.groups
    ]
    said = [(drawn, answer) for drawn, answer in found if answer.texts]
    best = min((drawn for drawn, _ in said), default=False)
    return tuple(answer for drawn, answer in said if drawn == best)


def pages(chapter: Chapter, folder: Path) -> tuple[Page, ...]:
    """The pages of all studies that were named, by name."""
    places = [study.place for group in chapter.groups for study in group.studies]
    places += [study.place for study in chapter.left_out]
    named = {place: as_text(place.name, 60) for place in (*places, *chapter.set_aside)}
    return tuple(
        Page(name, link_to(page_of(place), folder))
        for place, name in sorted(named.items(), key=lambda item: item[1])
    )


def link_to(page: Path | None, folder: Path) -> str:
    """A page seen from the folder of the chapter; "" without one."""
    return "" if page is None else os.path.relpath(page, folder.resolve())


def _named(study: Told) -> str:
    return f"{headline(study.view).data} ({study.experiment.name})"
