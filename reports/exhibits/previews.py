"""Previews of planes that are still being measured, beside those that are whole."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports.figures.landscape import draw_landscape, draw_preview
from reports.study_view import StudyView
from reports.wording import as_number, whole
from study.words import counted, listed


def with_previews(
    view: StudyView, name: str, rows: pd.DataFrame, runs: pd.DataFrame
) -> pd.DataFrame:
    """The planes of a frame and the points so far of those that are not whole.

    Args:
        name: of the frame.
        rows: of the frame.
        runs: rows of the ledger, with the same keys, whose planes are wanted.

    Returns:
        Rows as in ``rows``, with a further column ``preview``: whether their plane is not whole.
    """
    planes = rows.assign(preview=False)
    found = view.previews.get(name)
    if found is None or found.empty:
        return planes
    wanted = runs[~runs["id"].isin(set(rows["id"]))]
    keys = [key for key in wanted.columns if key in planes.columns]
    begun = wanted[keys].merge(found, on="id", how="inner").assign(preview=True)
    return pd.concat([part for part in (planes, begun) if len(part)] or [planes])


def points_a_plane(planes: pd.DataFrame) -> str:
    """ "625 points a plane, " of the whole ones; "" without any."""
    # a run that belongs to several conditions has its points once for each
    finished = planes[~planes["preview"]].drop_duplicates(["id", "alpha", "beta"])
    if finished.empty:
        return ""
    return f"{counted(int(finished.groupby('id').size().max()), 'point')} a plane, "


def painter(part: pd.DataFrame, levels: np.ndarray) -> Callable[[Axes], Axes]:
    """What draws one plane, whole or not."""
    draw = draw_preview if is_preview(part) else draw_landscape
    return lambda ax: draw(ax, part, levels=levels)


def heading(view: StudyView, title: str, part: pd.DataFrame) -> str:
    """The title of a plane, with what there is of it where it is a preview."""
    return f"{title} – preview, {_so_far(view, part)}" if is_preview(part) else title


def preview_words(view: StudyView, parts: Mapping[str, pd.DataFrame]) -> str:
    """A remark on those of ``parts``, by their titles, that are previews; "" without any."""
    each = [f"{name}, {_so_far(view, part)}" for name, part in parts.items() if is_preview(part)]
    if not each:
        return ""
    return (
        f"A preview, not a result, is shown of {listed(each)}: it is still being measured, coarse "
        "to fine. Dots are the points so far, and what lies between them is interpolated. Table, "
        "verdicts and download wait for the whole plane."
    )


def is_preview(part: pd.DataFrame) -> bool:
    """Whether a plane is not whole."""
    return bool(part["preview"].any())


def _so_far(view: StudyView, part: pd.DataFrame) -> str:
    measures = view.settings.get("measures")
    size = as_number(measures.get("landscape_size")) if isinstance(measures, Mapping) else 0.0
    total = f" of {whole(size * size)}" if size * size >= len(part) else ""
    return f"{whole(len(part))}{total} points"
