"""Several studies side by side: their remedies, told apart by the data that they are on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.page import REPORT_FILE, headline
from reports.read import read_study
from reports.study_view import StudyView
from reports.wording import as_number, as_text
from study.errors import SettingsError
from study.experiments import EXPERIMENTS
from study.experiments.declare import Experiment
from study.summarise.measured import Measured
from study.summarise.remedy_rows import remedy_rows
from study.words import counted


@dataclass(frozen=True)
class Told:
    """One study with its remedies.

    Attributes:
        place: its folder.
        rows: see ``study.summarise.remedy_rows``.
    """

    place: Path
    view: StudyView
    rows: tuple[dict[str, Any], ...]

    @property
    def experiment(self) -> Experiment:
        """What was studied."""
        return self.view.experiment

    @property
    def page(self) -> Path | None:
        """The study's own page, None where there is none."""
        return page_of(self.place)


@dataclass(frozen=True)
class OneData:
    """The studies on one data set; nothing is compared across these.

    Attributes:
        place: among all data sets, from 1 on.
        data: the pictures in words.
        fingerprint: of the data, at this size, subset and split.
        missing: experiments with remedies that were not run on it.
    """

    place: int
    data: str
    fingerprint: str
    studies: tuple[Told, ...]
    missing: tuple[Experiment, ...]

    @property
    def anchor(self) -> str:
        """The id of its section."""
        return f"data-{self.place}"

    @property
    def rows(self) -> tuple[dict[str, Any], ...]:
        """The remedies of all its studies."""
        return tuple(row for study in self.studies for row in study.rows)

    @property
    def view(self) -> StudyView:
        """A study on it."""
        return self.studies[0].view

    @property
    def drawn(self) -> bool:
        """Whether our own code drew the pictures."""
        return self.view.embedded

    @property
    def examples(self) -> float:
        """How many pictures, NaN where that is not known."""
        return as_number(self.view.data.get("examples"))


@dataclass(frozen=True)
class Chapter:
    """Everything that the page shows.

    Attributes:
        left_out: the studies that declare no remedies; they have no rows.
        set_aside: folders of those that were to be left out; they are not read.
    """

    groups: tuple[OneData, ...]
    left_out: tuple[Told, ...]
    set_aside: tuple[Path, ...] = ()


def page_of(place: Path) -> Path | None:
    """The page of the study in a folder, None where there is none."""
    page = place / REPORT_FILE
    return page if page.exists() else None


def read_chapter(places: Sequence[Path], leave_out: Sequence[Path] = ()) -> Chapter:
    """Reads studies or published results, and groups them by their data.

    Args:
        places: study directories or published results.
        leave_out: those of them that shall not be part of the chapter.

    Raises:
        StoreError: a folder holds no study, or a damaged one.
        SettingsError: no folder is named, none holds remedies, two hold the same experiment on
            the same data, or one to be left out is not among them.
    """
    if not places:
        raise SettingsError(
            "no study is named; expected one or more study directories or published results, such "
            "as reports/published/*-quick/."
        )
    told, left_out = [], []
    named = list(dict.fromkeys(path.resolve() for path in places))
    set_aside = _set_aside(named, leave_out)
    for place in named:
        if place in set_aside:
            continue
        view = read_study(place)
        if view.experiment.remedies:
            told.append(_told(place, view))
        else:
            left_out.append(Told(place, view, ()))
    if not told:
        names = [name for name, found in EXPERIMENTS.items() if found.remedies]
        read = [f"{study.place} ({study.experiment.name})" for study in left_out]
        read += [f"{place} (left out)" for place in set_aside]
        raise SettingsError(
            f"{', '.join(read)}: no remedies against "
            f"the gap between batch sizes in it; expected a study of {' or '.join(names)}."
        )
    _refuse_doubles(told)
    return Chapter(_grouped(told), tuple(left_out), set_aside)


def _set_aside(named: Sequence[Path], leave_out: Sequence[Path]) -> tuple[Path, ...]:
    for place in leave_out:
        if place.resolve() not in named:
            raise SettingsError(f"--leave-out {place}: it is none of the studies that are named.")
    return tuple(dict.fromkeys(place.resolve() for place in leave_out))


def _told(place: Path, view: StudyView) -> Told:
    study = Measured(view.settings, view.frames, view.experiment)
    return Told(place, view, tuple(remedy_rows(view.experiment, study)))


def _fingerprint(view: StudyView) -> str:
    return as_text(view.data.get("fingerprint"), 100)


def _refuse_doubles(told: Sequence[Told]) -> None:
    seen: dict[tuple[str, str], Told] = {}
    for study in told:
        key = (study.experiment.name, _fingerprint(study.view))
        if key in seen:
            smaller, larger = sorted((study, seen[key]), key=_size)
            raise SettingsError(
                f"{seen[key].place} and {study.place} are both studies of {study.experiment.name} "
                "on the same data, and nothing is pooled here; name one of them alone, or add "
                f"--leave-out {smaller.place} ({_size_words(smaller)}; the other has "
                f"{_size_words(larger)})."
            )
        seen[key] = study


def _size(study: Told) -> tuple[int, int]:
    """Seeds and runs."""
    return len(study.view.seeds), len(study.view.runs)


def _size_words(study: Told) -> str:
    seeds, runs = _size(study)
    return f"{counted(seeds, 'seed')}, {counted(runs, 'run')}"


def _grouped(told: Sequence[Told]) -> tuple[OneData, ...]:
    groups: dict[str, list[Told]] = {}
    for study in told:
        groups.setdefault(_fingerprint(study.view), []).append(study)
    order = {name: place for place, name in enumerate(EXPERIMENTS)}
    # photographs first: what drawn pictures show need not hold elsewhere
    ranked = sorted(groups.items(), key=lambda group: _rank(group[1][0].view))
    found = []
    for place, (fingerprint, studies) in enumerate(ranked, start=1):
        names = {study.experiment.name for study in studies}
        missing = [e for e in EXPERIMENTS.values() if e.remedies and e.name not in names]
        found.append(
            OneData(
                place,
                headline(studies[0].view).data,
                fingerprint,
                tuple(sorted(studies, key=lambda study: order[study.experiment.name])),
                tuple(missing),
            )
        )
    return tuple(found)


def _rank(view: StudyView) -> tuple[bool, float]:
    examples = as_number(view.data.get("examples"))
    return view.embedded, -examples if math.isfinite(examples) else 0.0
