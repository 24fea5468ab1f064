"""The parts that a section is made of, and the words for what is missing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from reports.figures.means import drawn_means, finite, reach_of
from reports.figures.panel import panel
from reports.figures.svg import to_svg
from reports.figures.theme import drawing
from reports.study_view import StudyView
from reports.wording import shown, slug, whole
from study.experiments.declare import Figure
from study.words import counted


@dataclass(frozen=True)
class Panel:
    """One drawing with its heading; ``svg`` is safe HTML."""

    title: str
    svg: Markup


@dataclass(frozen=True)
class Key:
    """An entry of a legend: the swatch is a CSS class, its colour a CSS variable."""

    text: str
    variable: str
    swatch: str = "line"


@dataclass(frozen=True)
class Exhibit:
    """What a section shows.

    Attributes:
        panels: drawings, side by side where there is room.
        keys: legend.
        caption: what a reader must know to read them: n, bands, hardware of times.
        data: what was drawn, for the download; None for a sketch.
        missing: why there is nothing to draw; "" when there is.
        pictures: (``data:`` URI, alternative text) of sample pictures.
        remark: what is special about this study's figure, "" if nothing.
        more: the same drawings in another way, folded away under ``more_title``.
    """

    panels: tuple[Panel, ...] = ()
    keys: tuple[Key, ...] = ()
    caption: str = ""
    data: pd.DataFrame | None = None
    missing: str = ""
    pictures: tuple[tuple[str, str], ...] = ()
    remark: str = ""
    more: tuple[Panel, ...] = ()
    more_title: str = ""


SPLIT_KEYS = (
    Key("training loss (solid)", "accent", "line"),
    Key("validation loss (dashed)", "ink", "dashed"),
)
"""The legend of lines of both losses in one panel, as ``line_between.STYLES`` draws them."""

Kind = Callable[[StudyView, Figure], Exhibit]


def draw(
    view: StudyView,
    name: str,
    label: str,
    paint: Callable[[Axes], Axes],
    *,
    title: str = "",
    make: Callable[[], tuple[Drawing, Axes]] = panel,
    **options: float,
) -> Panel:
    """A panel painted by ``paint`` on axes from ``make(**options)``.

    Args:
        name: unique on the page.
        label: alternative text.
        title: heading above the panel.
    """
    with drawing():
        figure, ax = make(**options)
        paint(ax)
        svg = to_svg(figure, slug(name), label, view.tokens)
    return Panel(title, Markup(svg))


def batch_keys(view: StudyView, sizes: tuple[int, ...], swatch: str = "line") -> tuple[Key, ...]:
    """The legend of batch sizes."""
    return tuple(
        Key(batch_name(size), f"batch-{size}", swatch) for size in sizes if size in view.batch_sizes
    )


def batch_name(size: Any) -> str:
    """ "batch 32", "batch 1,024"."""
    return f"batch {whole(int(size))}"


def absent(view: StudyView, figure: Figure) -> Exhibit:
    """A section without anything to draw, and why."""
    if figure.needs_several_devices and not view.several_devices:
        return Exhibit(missing=one_device_only(view))
    if view.unfinished:
        done = len(view.runs) - view.unfinished
        return Exhibit(
            missing=f"Not there yet: {done} of {counted(len(view.runs), 'run')} of this study are "
            "done. The figure appears when the runs and measurements behind it are; the command "
            "at the end of this page goes on with the study."
        )
    lost = sum(view.statuses().get(status, 0) for status in ("failed", "diverged"))
    why = f" {counted(lost, 'run')} failed or diverged, see the list of runs." if lost else ""
    return Exhibit(
        missing=f"Nothing was measured for this figure in this study.{why} If the study was "
        "interrupted, the command at the end of this page goes on with it."
    )


def first_shared(rows: pd.DataFrame, keys: list[str], among: str) -> tuple[int, ...]:
    """The first values of ``keys``, such as seeds, that most values of ``among`` have rows of."""
    counts = rows.groupby(keys)[among].nunique()
    first = counts[counts == counts.max()].reset_index()[keys].iloc[0]
    return tuple(int(value) for value in first)


def one_device_only(view: StudyView) -> str:
    """Why times on several devices are missing and how to get them."""
    count = "one device" if view.one_device == 1 else f"{view.one_device} devices"
    return (
        f"This study ran on {count} only, so there are no times on several devices to "
        "set beside. On a machine with several GPUs, “python -m study reproduce --devices N” "
        "adds these runs to the study; without GPUs, add “--logical-devices”: N logical devices "
        "of the processor show that N compute what one computes, but say nothing about speed."
    )


def one_seed(rows: pd.DataFrame) -> bool:
    """Whether no batch size or condition has more than one seed: no mean and no interval then."""
    by = ["condition"] if "condition" in rows else ["batch_size", "learning_rate"]
    return rows.groupby(by)["seed"].nunique().max() == 1


def outside_frame(
    rows: pd.DataFrame, value: str, x: str = "epoch", column: str = "batch_size"
) -> str:
    """A sentence on how high the axis of losses goes, "" when it shows all as usual."""
    known = finite(rows, value)[value]
    top, runs_away = reach_of(known, drawn_means(rows, value, x, column)[value])
    if runs_away:
        return f" The axis of losses is logarithmic, as means reach {shown(top)}."
    if len(known) and known.max() > top:
        return f" Losses of single seeds above {shown(top)} lie outside the frame."
    return ""


def lost_runs(runs: pd.DataFrame) -> str:
    """A sentence on runs that diverged or failed, each once, "" when there are none."""
    each = runs.drop_duplicates("id")["status"]
    texts = [
        f"{counted(count, 'run')} {status}"
        for status in ("diverged", "failed")
        if (count := int((each == status).sum()))
    ]
    return f" {' and '.join(texts)}, see the list of runs." if texts else ""


def cut_off(rows: pd.DataFrame) -> str:
    """A sentence on runs that the limit of epochs stopped, "" when there are none."""
    stopped = int((rows["stopped_by"] == "max_epochs").sum())
    if not stopped:
        return ""
    return (
        f" {counted(stopped, 'run')} {'was' if stopped == 1 else 'were'} stopped by the limit of "
        "epochs, so the lowest loss may lie further on."
    )
