"""Sections with bars and histograms."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from reports.exhibits.exhibit import (
    Exhibit,
    Key,
    absent,
    batch_keys,
    batch_name,
    cut_off,
    draw,
    one_seed,
)
from reports.figures.bars import draw_bars, draw_layers
from reports.figures.distribution import draw_update_norms
from reports.figures.means import finite
from reports.study_view import StudyView, seeds_in
from reports.wording import as_number, as_text, interval, mappings, shown, whole
from study.experiments.declare import Figure
from study.experiments.quantities import QUANTITIES
from study.words import counted

_NAMES = {"sharpness": "epsilon-sharpness"}
_LAYER_BARS = "Bars are means, dots single seeds; the table gives the intervals."
_BARS = "Bars are means, as written in them, dots single seeds; the table gives the intervals."
_SINGLE = "One seed has no interval."


def bars(view: StudyView, figure: Figure) -> Exhibit:
    """A quantity of the runs by batch size; with several arms one bar for each."""
    value = figure.quantity
    parts = [
        view.arm_rows("runs", arm, figure.batch_sizes).assign(arm=arm.name) for arm in figure.arms
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = finite(rows[rows["status"] == "completed"], value)
    if rows.empty:
        return absent(view, figure)
    arms = [arm.name for arm in figure.arms]
    title = QUANTITIES[value].title if value in QUANTITIES else value
    label = _NAMES.get(value, title)
    panel = draw(
        view,
        f"{figure.id}-bars",
        f"Bars of {title} by batch size. {_means(rows, value, figure)}",
        lambda ax: draw_bars(
            ax, rows, view.palette, value=value, label=label, arms=arms if len(arms) > 1 else ()
        ),
        right=14,
    )
    keys: tuple[Key, ...] = ()
    if len(figure.arms) > 1:
        swatches = ("filled", "hatched")
        keys = tuple(
            Key(arm.title, "muted", swatch)
            for arm, swatch in zip(figure.arms, swatches, strict=False)
        )
    caption = f"{seeds_in(rows)} a batch size. {_reading(rows)}"
    caption += _measured(view, value) + cut_off(rows)
    keep = ["arm", "batch_size", "learning_rate", "seed", value]
    remark = _association(view) if value == "sharpness" and len(arms) == 1 else ""
    return Exhibit((panel,), keys, caption, rows[keep], remark=remark)


def layer_bars(view: StudyView, figure: Figure) -> Exhibit:
    """Distance from initialisation by layer, a small beside a large batch size."""
    sizes = view.ends(figure.batch_sizes)
    rows = finite(view.arm_rows("layer_distances", figure.arms[0], sizes), "distance")
    if rows.empty:
        return absent(view, figure)
    order = rows.sort_values("order")["layer"].drop_duplicates().tolist()
    means = rows.groupby(["layer", "batch_size"])["distance"].mean()
    texts = [
        f"{as_text(layer, 40)} "
        + " and ".join(
            f"{shown(means[layer, size])} at {whole(size)}"
            for size in sizes
            if (layer, size) in means
        )
        for layer in order
    ]
    panel = draw(
        view,
        f"{figure.id}-layers",
        f"Horizontal bars of the distance from initialisation by layer: {'; '.join(texts)}.",
        lambda ax: draw_layers(
            ax, rows, view.palette, sizes=sizes, label="distance from initialisation"
        ),
        height=60 + 34.0 * len(order),
        left=78,
        right=16,
        top=6,
    )
    reading = _SINGLE if one_seed(rows) else _LAYER_BARS
    caption = f"{seeds_in(rows)} a batch size; kernel and bias together. {reading}"
    keep = ["batch_size", "learning_rate", "seed", "layer", "distance"]
    return Exhibit((panel,), batch_keys(view, sizes, "filled"), caption, rows[keep])


def update_norm_histogram(view: StudyView, figure: Figure) -> Exhibit:
    """Histogram of the norms of all batch updates, with the medians."""
    sizes = view.ends(figure.batch_sizes)
    rows = view.arm_rows("update_norms", figure.arms[0], sizes)
    rows = finite(rows[(rows["count"] > 0) & (rows["bin_left"] > 0)], "bin_right")
    if rows.empty:
        return absent(view, figure)
    runs = view.arm_rows("runs", figure.arms[0], sizes)
    runs = finite(runs[runs["status"] == "completed"], figure.quantity)
    medians = {
        int(size): float(value)
        for size, value in runs.groupby("batch_size")[figure.quantity].mean().items()
    }
    texts = [f"{shown(medians[size])} at {batch_name(size)}" for size in sizes if size in medians]
    panel = draw(
        view,
        f"{figure.id}-histogram",
        f"Histogram of the norms of batch updates on a logarithmic axis. Medians: "
        f"{', '.join(texts) or 'not known'}.",
        lambda ax: draw_update_norms(ax, rows, view.palette, sizes=sizes, medians=medians),
        right=14,
    )
    updates = ", ".join(
        f"{counted(int(rows.loc[rows['batch_size'] == size, 'count'].sum()), 'update')} at "
        f"{batch_name(size)}"
        for size in sizes
        if (rows["batch_size"] == size).any()
    )
    caption = (
        f"{seeds_in(rows)} a batch size, all epochs of their runs: {updates}. 20 bins a decade. "
        f"Dotted lines: the median of a run{'' if one_seed(rows) else ', mean over seeds'}."
    )
    keep = ["batch_size", "learning_rate", "seed", "bin_left", "bin_right", "count"]
    return Exhibit((panel,), batch_keys(view, sizes, "filled"), caption, rows[keep])


def _reading(rows: pd.DataFrame) -> str:
    return _SINGLE if one_seed(rows) else _BARS


def _means(rows: pd.DataFrame, value: str, figure: Figure) -> str:
    texts = []
    for arm in figure.arms:
        means = rows[rows["arm"] == arm.name].groupby("batch_size")[value].mean()
        listed = ", ".join(f"{shown(mean)} at {whole(size)}" for size, mean in means.items())
        texts.append(f"{arm.title}: {listed}" if len(figure.arms) > 1 else listed)
    return f"Means: {'; '.join(texts)}."


# of fewer minimisers even a perfect order comes about by chance
_FEWEST = 5
_COMPANIONS = {"full": "sharpness", "adaptive": "adaptive sharpness"}


def _association(view: StudyView) -> str:
    """How sharpness and validation loss go together over all minimisers, "" where not known."""
    rows = {
        str(row.get("space")): row
        for row in mappings(view.summary.get("associations"))
        if row.get("epsilon") == 1e-3
    }
    texts = [
        _correlation(name, rows[space]) for space, name in _COMPANIONS.items() if space in rows
    ]
    texts = [text for text in texts if text]
    if not texts:
        return ""
    count = whole(rows[next(iter(rows))].get("n"))
    return (
        f"Do flatness and validation loss go together? Over all {count} minimisers of this study, "
        "whatever their batch size and rate, the rank correlation with the lowest validation loss "
        f"is {'; '.join(texts)}. Minimisers of one seed share their start and are not independent: "
        "the interval over seeds is the one to go by, that over minimisers is too narrow. An "
        "association is no cause."
    )


def _correlation(name: str, row: Mapping[str, Any]) -> str:
    ends, inner = row.get("interval"), row.get("by_seed")
    if not (as_number(row.get("n")) >= _FEWEST and abs(as_number(row.get("effect"))) <= 1):
        return ""
    text = f"{shown(row.get('effect'), 2)} for {name} ("
    if isinstance(ends, list) and len(ends) == 2 and interval(*ends):
        text += f"95 % bootstrap interval over minimisers {interval(*ends)}"
    else:
        text += "in perfect order, so no interval over minimisers"
    if isinstance(inner, Mapping) and as_number(inner.get("n")) > 0:
        text += f"; within a seed {shown(inner.get('effect'), 2)} in the mean"
        over = inner.get("interval")
        if isinstance(over, list) and len(over) == 2 and interval(*over):
            seeds = counted(int(as_number(inner.get("n"))), "seed")
            text += f", 95 % interval over {seeds} {interval(*over)}"
        elif as_number(inner.get("n")) == 1:
            text += ", one seed, so no interval over seeds"
        else:
            text += ", the same in each, so no interval over seeds"
    return f"{text})"


def _measured(view: StudyView, value: str) -> str:
    if value != "sharpness":
        return ""
    frame = view.frames["sharpness"]
    counts = sorted({int(count) for count in frame["examples"]})
    return f" Full space, epsilon 1e-3, on {counted(counts[0], 'picture')}." if counts else ""
