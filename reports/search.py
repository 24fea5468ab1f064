"""The search for the model behind the source's figures, as the page shows it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports.download import Download, csv_download, rows_download
from reports.exhibits.exhibit import Key, Panel, draw
from reports.exhibits.lines import MORE, by_axis, id_suffix, place_on
from reports.figures.curves import AXES, draw_groups
from reports.figures.means import finite
from reports.figures.theme import light
from reports.study_view import StudyView
from reports.tables import COUNTS
from reports.wording import (
    as_number,
    as_text,
    interval,
    mappings,
    shown,
    unbroken,
    whole,
    whole_or_shown,
)
from study.words import DASH

_COLOURS = ("accent", "unsure", "good", "bad", "muted")
_TITLES = {"val_loss": "Validation loss", "loss": "Training loss"}


@dataclass(frozen=True)
class SearchCell:
    """One variant's number: ``factor`` is ours / printed, "" where there is none."""

    ours: str
    interval: str
    factor: str
    note: str


@dataclass(frozen=True)
class SearchRow:
    """One printed number and what every variant has for it."""

    title: str
    batch: str
    published: str
    cells: tuple[SearchCell, ...]


@dataclass(frozen=True)
class SearchScore:
    """A variant's mean absolute log-ratio on the numbers compared."""

    score: str
    interval: str
    n: str
    best: bool


@dataclass(frozen=True)
class SearchView:
    """The section; everything but the drawings is plain text."""

    question: str
    text: str
    conditions: str
    how_sure: str
    compared: str
    variants: tuple[str, ...]
    rows: tuple[SearchRow, ...]
    scores: tuple[SearchScore, ...]
    panels: tuple[Panel, ...]
    more: tuple[Panel, ...]
    more_title: str
    keys: tuple[Key, ...]
    downloads: tuple[Download, ...]


def search_view(view: StudyView) -> SearchView | None:
    """What summary.json and the frames say of the search; None for a study without one."""
    found = view.summary.get("model_search")
    if not isinstance(found, Mapping):
        return None
    scores = mappings(found.get("scores"))
    variants = tuple(as_text(score.get("variant"), 60) for score in scores)
    rows = mappings(found.get("rows"))
    curves = _curves(view, variants, found.get("seeds"))
    return SearchView(
        question=as_text(found.get("question"), 200),
        text=as_text(found.get("text"), 1000),
        conditions=as_text(found.get("conditions"), 600),
        how_sure=as_text(found.get("how_sure"), 1500),
        compared=f"{whole(found.get('compared_on'))} of {whole(found.get('printed'))}",
        variants=variants,
        rows=tuple(_rows(rows, variants)),
        scores=tuple(_score(score, found.get("best")) for score in scores),
        panels=tuple(_panels(view, curves, variants, "epoch")),
        more=tuple(
            panel for x in ("updates", "examples") for panel in _panels(view, curves, variants, x)
        ),
        more_title=MORE,
        keys=tuple(
            Key(name, colour) for name, colour in _named_colours(variants) if _has(curves, name)
        ),
        downloads=(
            rows_download("model-search-numbers", rows),
            csv_download("model-search-curves", curves),
        )
        if rows
        else (),
    )


def _rows(rows: list[Mapping[str, Any]], variants: tuple[str, ...]) -> list[SearchRow]:
    by_number: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        place = (str(row.get("quantity")), whole(row.get("batch_size")))
        by_number.setdefault(place, {})[as_text(row.get("variant"), 60)] = row
    found = []
    for (_, batch), cells in by_number.items():
        first = next(iter(cells.values()))
        found.append(
            SearchRow(
                title=unbroken(as_text(first.get("title"), 100)),
                batch=batch,
                published=as_text(first.get("published"), 120),
                cells=tuple(_cell(cells.get(variant, {})) for variant in variants),
            )
        )
    return found


def _cell(row: Mapping[str, Any]) -> SearchCell:
    unit = as_text(row.get("unit"), 20)
    log_ratio = as_number(row.get("log_ratio"))
    factor = "" if math.isnan(log_ratio) else f"× {shown(math.exp(log_ratio))}"
    return SearchCell(
        ours=(whole_or_shown if unit in COUNTS else shown)(row.get("ours")),
        interval=interval(row.get("ours_low"), row.get("ours_high")),
        factor="as printed" if log_ratio == 0 else factor,
        note=as_text(row.get("note"), 200),
    )


def _score(row: Mapping[str, Any], best: Any) -> SearchScore:
    return SearchScore(
        score=shown(row.get("score")),
        interval=interval(row.get("score_low"), row.get("score_high")),
        n=whole(row.get("n")) if as_number(row.get("n")) > 0 else DASH,
        best=best is not None and row.get("variant") == best,
    )


def _curves(view: StudyView, variants: tuple[str, ...], seeds: Any) -> pd.DataFrame:
    """The epochs of the completed runs that are compared, with the model of each."""
    search = view.experiment.search
    epochs = view.frames["epochs"]
    runs = view.runs[(view.runs["status"] == "completed") & view.runs["model"].isin(variants)]
    runs = runs[runs["replicas"] == view.one_device]
    if isinstance(seeds, list) and seeds:
        runs = runs[runs["seed"].isin(seeds)]
    cells = search.runs(view.base_rate, view.batch_sizes) if search else []
    wanted = {(size, f"{rate:.9g}") for _, size, rate in cells}
    places = zip(runs["batch_size"], runs["learning_rate"], strict=True)
    inside = [(int(size), f"{rate:.9g}") in wanted for size, rate in places]
    runs = runs[np.array(inside, dtype=bool)]
    models = dict(zip(runs["id"], runs["model"], strict=True))
    rows = epochs[epochs["id"].isin(models)]
    keep = ["model", "batch_size", "learning_rate", "seed", *AXES, *_TITLES]
    return rows.assign(model=rows["id"].map(models))[keep]


def _panels(
    view: StudyView, curves: pd.DataFrame, variants: tuple[str, ...], x: str
) -> list[Panel]:
    panels = []
    colours = {name: light(colour) for name, colour in _named_colours(variants)}
    for size in sorted(curves["batch_size"].unique()):
        for value, title in _TITLES.items():
            rows = finite(curves[curves["batch_size"] == size], value)
            if len(rows):
                panels.append(_panel(view, rows, value, f"{title}, batch {size}", colours, x))
    return panels


def _panel(
    view: StudyView,
    rows: pd.DataFrame,
    value: str,
    title: str,
    colours: dict[str, str],
    x: str,
) -> Panel:
    def paint(ax: Axes) -> Axes:
        draw_groups(
            ax,
            rows,
            "model",
            colours,
            value=value,
            label=_TITLES[value].lower(),
            x=x,
            mark_minimum=value == "val_loss",
        )
        return ax

    texts = []
    for name, group in rows.groupby("model", sort=True):
        mean = group.groupby(x)[value].mean()
        texts.append(f"{name}: lowest {shown(mean.min())} {place_on(mean.idxmin(), x)}")
    size = int(rows["batch_size"].iloc[0])
    label = f"{title}, by {AXES[x]}, one line a model. Mean over seeds: {'; '.join(texts)}."
    name, by = f"search-{value}-{size}", by_axis(x)
    return draw(view, name + id_suffix(x), label, paint, title=title + by, right=14)


def _named_colours(variants: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(name, _COLOURS[place % len(_COLOURS)]) for place, name in enumerate(variants)]


def _has(curves: pd.DataFrame, name: str) -> bool:
    return bool((curves["model"] == name).any())
