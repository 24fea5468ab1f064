"""Sections with loss landscapes: contours about minimisers, and the same as surfaces."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.exhibits.exhibit import Exhibit, Key, Panel, absent, batch_name, draw, first_shared
from reports.exhibits.previews import (
    heading,
    is_preview,
    painter,
    points_a_plane,
    preview_words,
    with_previews,
)
from reports.figures.landscape import contour_levels
from reports.figures.means import finite
from reports.figures.surface import Box, draw_surface
from reports.figures.theme import HEAT_LEVELS
from reports.study_view import StudyView
from reports.wording import shown
from study.experiments.declare import Figure
from study.words import counted

_MORE = "The same landscapes as surfaces, heights by the loss’s logarithm"


@dataclass(frozen=True)
class _Plane:
    """The landscape of one run: its id on the page, its heading, its name in a sentence."""

    id: str
    title: str
    called: str
    rows: pd.DataFrame

    @property
    def losses(self) -> str:
        middle = (self.rows["alpha"].abs() < 1e-9) & (self.rows["beta"].abs() < 1e-9)
        return (
            f"{shown(self.rows.loc[middle, 'loss'].mean())} in the middle, up to "
            f"{shown(self.rows['loss'].max())} at the border"
        )


def landscape_contours(view: StudyView, figure: Figure) -> Exhibit:
    """Filter-normalised landscapes of a small and a large batch size, with the same levels."""
    sizes = view.ends(figure.batch_sizes)
    rows = finite(view.arm_rows("landscape", figure.arms[0], sizes), "loss")
    runs = view.arm_rows("runs", figure.arms[0], sizes)
    every = with_previews(view, "landscape", rows, runs)
    if every.empty:
        return absent(view, figure)
    shared = every if rows.empty else rows
    seed, direction = first_shared(shared, ["seed", "direction_seed"], "batch_size")
    plane = every[(every["seed"] == seed) & (every["direction_seed"] == direction)]
    planes = [
        _Plane(f"{figure.id}-{size}", batch_name(size).capitalize(), batch_name(size), part)
        for size in sizes
        if len(part := plane[plane["batch_size"] == size])
    ]
    return _exhibit(view, figure, rows, planes, ["batch_size", "learning_rate"])


def condition_landscapes(view: StudyView, figure: Figure) -> Exhibit:
    """Contours about the minimiser of each condition; ``quantity`` names the frame."""
    rows = finite(view.condition_rows(figure.quantity, figure.conditions), "loss")
    runs = view.condition_rows("runs", figure.conditions)
    every = with_previews(view, figure.quantity, rows, runs)
    if every.empty:
        return absent(view, figure)
    (seed,) = first_shared(every if rows.empty else rows, ["seed"], "condition")
    plane = every[every["seed"] == seed]
    planes = []
    for name in figure.conditions:
        part, title = plane[plane["condition"] == name], view.experiment.condition(name).title
        if len(part):
            planes.append(_Plane(f"{figure.id}-{name}", title, f"“{title}”", part))
    return _exhibit(view, figure, rows, planes, ["condition"])


def level_keys(levels: np.ndarray) -> tuple[Key, ...]:
    """The legend of contours."""
    return tuple(
        Key(
            f"{'' if level else 'training loss '}from {shown(levels[level], 2)}",
            f"heat-{level}",
            "filled-solid",
        )
        for level in range(0, HEAT_LEVELS, 3)
    )


def _centre(view: StudyView) -> str:
    """Which weights of a run stand in the middle of its planes."""
    return "the last weights" if view.experiment.measured_at == "end" else "the minimiser"


def _exhibit(
    view: StudyView, figure: Figure, rows: pd.DataFrame, planes: list[_Plane], cell: list[str]
) -> Exhibit:
    """``rows`` are those of the whole planes of all seeds; ``planes`` are of one seed."""
    levels = contour_levels([plane.rows for plane in planes])
    together = pd.concat([plane.rows for plane in planes])
    seed = int(together["seed"].iloc[0])
    caption = (
        f"Seed {seed}, {points_a_plane(together)}"
        f"{counted(int(together['examples'].max()), 'training picture')}; the cross is "
        f"{_centre(view)}. {'Both' if len(planes) == 2 else 'All'} planes have the same "
        f"{HEAT_LEVELS} levels, evenly spaced in ratio from {shown(levels[0])} to "
        f"{shown(levels[-1])}."
    )
    others = rows.loc[rows["seed"] != seed, "seed"].nunique()
    if others:
        caption += f" The data of {counted(others, 'further seed')} are in the download."
        if len(set(rows["direction_seed"])) == 1:
            caption += (
                " All seeds share one pair of random directions: an interval over them leaves out "
                "how directions differ."
            )
    return Exhibit(
        tuple(_contour_panel(view, plane, levels) for plane in planes),
        level_keys(levels),
        caption,
        rows[[*cell, "seed", "direction_seed", "alpha", "beta", "loss"]],
        remark=preview_words(view, {plane.called: plane.rows for plane in planes}),
        more=_surfaces(view, [plane for plane in planes if not is_preview(plane.rows)], levels),
        more_title=_MORE,
    )


def _contour_panel(view: StudyView, plane: _Plane, levels: np.ndarray) -> Panel:
    return draw(
        view,
        plane.id,
        f"Contours of the training loss about {_centre(view)} of {plane.called}: {plane.losses}.",
        painter(plane.rows, levels),
        title=heading(view, plane.title, plane.rows),
        height=394,
        left=46,
        right=14,
    )


def _surfaces(view: StudyView, planes: list[_Plane], levels: np.ndarray) -> tuple[Panel, ...]:
    box = Box.of([plane.rows for plane in planes], levels)
    return tuple(_surface_panel(view, plane, levels, box) for plane in planes)


def _surface_panel(view: StudyView, plane: _Plane, levels: np.ndarray, box: Box) -> Panel:
    return draw(
        view,
        f"{plane.id}-surface",
        f"The training loss about {_centre(view)} of {plane.called} as a surface: {plane.losses}. "
        f"Heights are in proportion to the loss’s logarithm and cut off at {shown(box.high)}.",
        lambda ax: draw_surface(ax, plane.rows, levels=levels, box=box),
        title=plane.title,
        height=330,
        left=40,
        right=14,
        top=10,
        bottom=10,
    )
