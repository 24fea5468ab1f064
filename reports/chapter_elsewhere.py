"""Where an experiment was run that was not run on some pictures, and the pictures in few words."""

from dataclasses import dataclass

from reports.chapter import Chapter, OneData
from reports.wording import as_text, whole
from study.experiments.declare import Experiment


@dataclass(frozen=True)
class Elsewhere:
    """A data set that an experiment was run on, and the id of its section."""

    text: str
    anchor: str


def elsewhere(chapter: Chapter, group: OneData, experiment: Experiment) -> tuple[Elsewhere, ...]:
    """The other data sets that ``experiment`` was run on, seen from ``group``."""
    return tuple(
        Elsewhere(
            f"run on {_seen_from(group, other)}, "
            f"{'below' if other.place > group.place else 'above'}",
            other.anchor,
        )
        for other in chapter.groups
        if other is not group and holds(other, experiment)
    )


def holds(group: OneData, experiment: Experiment) -> bool:
    """Whether ``experiment`` was run on the pictures of a group."""
    return any(study.experiment.name == experiment.name for study in group.studies)


def kind(group: OneData) -> str:
    """ "real" pictures, or "drawn" ones."""
    return "drawn" if group.drawn else "real"


def pictures(group: OneData) -> str:
    """ "2,400 drawn pictures"."""
    return f"{whole(group.examples)} {kind(group)} pictures"


def one_source(first: OneData, second: OneData) -> bool:
    """Whether two groups take their pictures from one place; drawn ones are of none."""
    names = [as_text(group.view.data.get("source"), 200) for group in (first, second)]
    return not first.drawn and not second.drawn and bool(names[0]) and names[0] == names[1]


def side(group: OneData) -> str:
    """ "32 px", the side of the pictures."""
    return f"{whole(group.view.settings.get('image_size'))}\N{NO-BREAK SPACE}px"


def _seen_from(group: OneData, other: OneData) -> str:
    if not one_source(group, other):
        return pictures(other)
    at = "" if side(other) == side(group) else f" at {side(other)}"
    if other.examples < group.examples:
        return f"{whole(other.examples)} of them{at}"
    if other.examples > group.examples:
        return f"{whole(other.examples)} of the same source{at}"
    return f"them{at}" if at else "them, split otherwise"
