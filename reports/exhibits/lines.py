"""Sections with curves: losses, epoch distances, the line between two minimisers."""

import numpy as np
import pandas as pd

from reports.exhibits.exhibit import (
    SPLIT_KEYS,
    Exhibit,
    Panel,
    absent,
    batch_keys,
    batch_name,
    cut_off,
    draw,
    lost_runs,
    one_seed,
    outside_frame,
)
from reports.figures.curves import AXES, draw_curves, draw_ratio, paired_ratio
from reports.figures.line_between import draw_interpolation, sharpness_sides
from reports.figures.means import completed, drawn_means, finite, mean_curve
from reports.study_view import StudyView, seeds_in
from reports.wording import shown, whole
from study.experiments.declare import Figure
from study.summarise.stopping import stopping_words
from study.words import counted

_TITLES = {"loss": "Training loss", "val_loss": "Validation loss"}
_LINES = "Thin lines are single seeds, thick lines their mean, as far as all of them go. "
_AXIS = "The axis of epochs is logarithmic."
_OTHERS = ("updates", "examples")
MORE = "The same by updates and by examples seen"


def loss_curves(view: StudyView, figure: Figure) -> Exhibit:
    """Training and validation loss by epoch, or one of them when the figure names it."""
    rows = _known_epochs(view, view.arm_rows("epochs", figure.arms[0], figure.batch_sizes))
    if rows.empty:
        return absent(view, figure)
    named: tuple[str, ...] = (
        ("loss", "val_loss") if figure.quantity == "loss" else (figure.quantity,)
    )
    values = tuple(value for value in named if len(finite(rows, value)))
    if not values:
        return absent(view, figure)
    panels = tuple(_loss_panel(view, figure, rows, value) for value in values)
    more = tuple(_loss_panel(view, figure, rows, value, x) for x in _OTHERS for value in values)
    runs = view.arm_rows("runs", figure.arms[0], figure.batch_sizes)
    caption = f"{seeds_in(rows)} a batch size. {_reading(rows)}{_dots(values)}{cut_off(runs)}"
    caption += next(filter(None, (outside_frame(rows, value) for value in values)), "")
    caption += lost_runs(runs)
    if "val_loss" in values and (words := stopping_words(runs, view.own["epochs"])):
        caption += f" {words}."
    keep = ["batch_size", "learning_rate", "seed", *AXES, *values]
    keys = batch_keys(view, tuple(sorted(int(size) for size in rows["batch_size"].unique())))
    return Exhibit(panels, keys, caption, rows[keep], more=more, more_title=MORE)


def epoch_distance_curves(view: StudyView, figure: Figure) -> Exhibit:
    """Epoch distance of a small and a large batch size, and their ratio."""
    sizes = view.ends(figure.batch_sizes)
    value = figure.quantity
    rows = finite(view.arm_rows("epochs", figure.arms[0], sizes), value)
    rows = rows[rows[value] > 0]
    if rows.empty:
        return absent(view, figure)
    panels = [_distance_panel(view, figure, rows, "epoch")]
    ratio = paired_ratio(rows, sizes[0], sizes[-1], value)
    if len(ratio):
        mean = mean_curve(ratio, "ratio")
        names = batch_name(sizes[0]), batch_name(sizes[-1])
        panels.append(
            draw(
                view,
                f"{figure.id}-ratio",
                f"Ratio of the epoch distance of {names[0]} to that of {names[1]}: "
                f"{shown(mean.iloc[0])} in epoch {mean.index[0]}, {shown(mean.iloc[-1])} in epoch "
                f"{mean.index[-1]}.",
                lambda ax: draw_ratio(
                    ax,
                    rows,
                    sizes[0],
                    sizes[-1],
                    value=value,
                    label=f"{names[0]} / {names[1]}",
                ),
                title=f"Ratio of {names[0]} to {names[1]}",
            )
        )
    caption = f"{seeds_in(rows)} a batch size. {_reading(rows)}"
    caption += " So are those of distances and their ratio."
    keep = ["batch_size", "learning_rate", "seed", *AXES, value]
    more = tuple(_distance_panel(view, figure, rows, x) for x in _OTHERS)
    keys = batch_keys(view, sizes)
    return Exhibit(tuple(panels), keys, caption, rows[keep], more=more, more_title=MORE)


def interpolation_curves(view: StudyView, figure: Figure) -> Exhibit:
    """Loss on the line through two minimisers of different batch sizes."""
    sizes = view.ends(figure.batch_sizes)
    rows = view.arm_rows("interpolation", figure.arms[0], sizes[-1:])
    rows = finite(rows[rows["small_batch_size"] == sizes[0]] if sizes else rows, "loss")
    if rows.empty:
        return absent(view, figure)
    small, large = whole(sizes[0]), whole(sizes[-1])
    sides = sharpness_sides(rows)
    label = (
        f"Loss at alpha times the minimiser of batch {large} plus (1 − alpha) times that of batch "
        f"{small}. One unit beyond the minimiser of {small} the mean training loss has risen by "
        f"{shown(sides['small'])}, one unit beyond that of {large} by {shown(sides['large'])}."
    )
    panel = draw(
        view,
        f"{figure.id}-line",
        label,
        lambda ax: draw_interpolation(ax, rows, view.palette, small=sizes[0], large=sizes[-1]),
        right=16,
    )
    pairs = rows["seed"].nunique()
    lines = "" if pairs == 1 else " Thin lines are single pairs, thick lines their mean."
    caption = (
        f"n = {counted(pairs, 'pair')} of minimisers{'' if pairs == 1 else ', paired by seed'}; "
        f"{counted(rows['alpha'].nunique(), 'point')} a line, each on "
        f"{_examples(rows)}. alpha = 0 is the minimiser of batch {small}, alpha = 1 that of batch "
        f"{large}.{lines} The axis of losses is logarithmic."
    )
    keep = ["batch_size", "small_batch_size", "seed", "alpha", "split", "loss", "accuracy"]
    return Exhibit((panel,), SPLIT_KEYS, caption, rows[keep])


def _distance_panel(view: StudyView, figure: Figure, rows: pd.DataFrame, x: str) -> Panel:
    title = "Distance moved in each epoch"
    return draw(
        view,
        f"{figure.id}-distance{id_suffix(x)}",
        _curves_label(title, rows, figure.quantity, x, lowest=False),
        lambda ax: draw_curves(
            ax,
            rows,
            view.palette,
            value=figure.quantity,
            label="distance moved in an epoch",
            x=x,
            log_y=True,
        ),
        title=title + by_axis(x),
    )


def _loss_panel(
    view: StudyView, figure: Figure, rows: pd.DataFrame, value: str, x: str = "epoch"
) -> Panel:
    title = _TITLES.get(value, value)
    return draw(
        view,
        f"{figure.id}-{value}{id_suffix(x)}",
        _curves_label(title, rows, value, x),
        lambda ax: draw_curves(
            ax,
            rows,
            view.palette,
            value=value,
            label=title.lower(),
            x=x,
            mark_minimum=value == "val_loss",
        ),
        title=title + by_axis(x),
    )


def id_suffix(x: str) -> str:
    """What the id of a panel over the axis ``x`` ends with."""
    return "" if x == "epoch" else f"-{x}"


def by_axis(x: str) -> str:
    """What the title of a panel over the axis ``x`` ends with."""
    return "" if x == "epoch" else f" by {AXES[x]}"


def _known_epochs(view: StudyView, rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` with the status of their run: only completed runs enter a mean."""
    status = view.runs.drop_duplicates("id").set_index("id")["status"]
    return rows.assign(status=rows["id"].map(status).fillna("").astype(str))


def _curves_label(
    title: str, rows: pd.DataFrame, value: str, x: str = "epoch", *, lowest: bool = True
) -> str:
    parts = []
    for size, group in drawn_means(rows, value, x).groupby("batch_size", sort=True):
        mean = group.set_index(x)[value]
        text = f"{batch_name(size)}: {shown(mean.iloc[0])} {place_on(mean.index[0], x)}"
        if lowest:
            text += f", {_lowest(rows[rows['batch_size'] == size], value, x)}"
        else:
            text += f", {shown(mean.iloc[-1])} {place_on(mean.index[-1], x)}"
        parts.append(text)
    told = "; ".join(parts)
    if parts and not one_seed(rows):
        told = f"means over seeds, as far as all of them go: {told}"
    told = f" {told[:1].upper()}{told[1:]}." if parts else ""
    return f"{title} by {AXES[x]}, one line a batch size.{told}"


def _lowest(rows: pd.DataFrame, value: str, x: str) -> str:
    """The lowest values of the seeds, in the mean: that of their mean curve is another one.

    Seeds reach theirs in different epochs, and some after the last epoch that all have.
    """
    rows = finite(rows, value)
    rows = rows[completed(rows)]
    lowest = rows.loc[rows.groupby("seed")[value].idxmin()]
    whose = "lowest" if len(lowest) == 1 else "lowest of each seed"
    where = _between(float(lowest[x].min()), float(lowest[x].max()), x)
    return f"{whose} {shown(lowest[value].mean())} {where}"


def place_on(value: float, x: str) -> str:
    """A place on the axis ``x``, in words."""
    return f"in epoch {value:,.0f}" if x == "epoch" else f"after {value:,.0f} {x}"


def _between(first: float, last: float, x: str) -> str:
    """Places on the axis ``x`` from ``first`` to ``last``, in words."""
    if first == last:
        return place_on(first, x)
    if x == "epoch":
        return f"in epochs {first:,.0f} to {last:,.0f}"
    return f"after {first:,.0f} to {last:,.0f} {x}"


def _reading(rows: pd.DataFrame) -> str:
    return _AXIS if one_seed(rows) else _LINES + _AXIS


def _dots(values: tuple[str, ...]) -> str:
    return " Dots mark the lowest validation loss of each seed." if "val_loss" in values else ""


def _examples(rows: pd.DataFrame) -> str:
    counts = sorted({int(count) for count in rows["examples"] if np.isfinite(count)})
    return counted(counts[0], "picture") if len(counts) == 1 else "pictures of each split"
