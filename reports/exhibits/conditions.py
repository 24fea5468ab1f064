"""Sections that compare conditions: their schedules, their curves, where they end."""

import pandas as pd
from matplotlib.axes import Axes

from reports.exhibits.exhibit import (
    Exhibit,
    Key,
    Panel,
    absent,
    draw,
    lost_runs,
    one_seed,
    outside_frame,
)
from reports.figures.conditions import draw_course, draw_ends
from reports.figures.curves import AXES, draw_groups
from reports.figures.means import THICK, drawn_means, finite, mean_widths
from reports.figures.panel import in_ratios
from reports.figures.theme import light
from reports.study_view import StudyView, seeds_in
from reports.wording import shown, whole_or_shown
from study.experiments.declare import ByCondition, Figure
from study.experiments.quantities import QUANTITIES

_TITLES = {
    "loss": "Training loss",
    "val_loss": "Validation loss",
    "accuracy": "Training accuracy",
    "val_accuracy": "Validation accuracy",
    "distance_from_init": "Distance from initialisation",
    "epoch_distance": "Distance moved in each epoch",
}
_COURSES = {
    "epoch_learning_rate": ("Learning rate", "learning rate, mean of the epoch"),
    "epoch_batch_size": ("Batch size", "batch size"),
    "noise_scale": ("Noise scale g", "rate / (1 − momentum) × (N / B − 1)"),
}
COLOURS = (
    *("ink", "accent", "good", "bad", "unsure"),
    *("violet", "teal", "rose", "olive", "umber", "muted"),
)
COLOURED = {
    "condition_along",
    "condition_curves",
    "condition_ends",
    "condition_line",
    "condition_schedule",
    "condition_updates",
    "landscape_slices",
    "trajectory_shares",
}
"""Kinds of figures in which a condition has a colour."""


def condition_schedule(view: StudyView, figure: Figure) -> Exhibit:
    """Learning rate, batch size and noise scale by epoch, one line a condition."""
    rows = view.condition_rows("epochs", figure.conditions)
    rows = finite(rows, "epoch_batch_size")
    if rows.empty:
        return absent(view, figure)
    # the schedule is that of every seed
    rows = rows.drop_duplicates(["condition", "epoch"])
    colours = condition_colours(view, figure.conditions)
    panels = tuple(
        draw(
            view,
            f"{figure.id}-{column}",
            _course_label(view, rows, column, title),
            lambda ax, column=column, label=label: draw_course(  # type: ignore[misc]
                ax, rows, {name: light_of(view, c) for name, c in colours.items()}, column, label
            ),
            title=title,
            left=66,
            right=16,
        )
        for column, (title, label) in _COURSES.items()
        if len(finite(rows, column))
    )
    caption = (
        "What the rules of the conditions come to in this study, by epoch. Vertical axes are "
        "logarithmic. Where courses coincide, later conditions are drawn as narrower lines within "
        "the others."
    )
    keep = ["condition", "epoch", *_COURSES]
    return Exhibit(panels, _keys(view, figure, rows), caption, rows[keep])


def condition_curves(view: StudyView, figure: Figure) -> Exhibit:
    """Curves by epoch, one colour a condition; by updates and examples folded away."""
    return _curves(view, figure, ("epoch", "updates", "examples"))


def condition_updates(view: StudyView, figure: Figure) -> Exhibit:
    """As ``condition_curves``, by updates; by epochs and examples folded away."""
    return _curves(view, figure, ("updates", "epoch", "examples"))


def _curves(view: StudyView, figure: Figure, axes: tuple[str, ...]) -> Exhibit:
    status = view.runs.drop_duplicates("id").set_index("id")["status"]
    rows = view.condition_rows("epochs", figure.conditions)
    rows = rows.assign(status=rows["id"].map(status).fillna("").astype(str))
    values = tuple(value for value in figure.quantity.split() if len(finite(rows, value)))
    if rows.empty or not values:
        return absent(view, figure)
    panels = tuple(_panel(view, figure, rows, value, axes[0]) for value in values)
    more = tuple(_panel(view, figure, rows, value, x) for x in axes[1:] for value in values)
    caption = f"{seeds_in(rows)} a condition. "
    if not one_seed(rows):
        caption += "Thin lines are single seeds, thick lines their mean, as far as all of them go. "
    caption += "Horizontal axes are logarithmic."
    for value in values:
        if "loss" in value:
            caption += outside_frame(rows, value, axes[0], "condition")
    caption += _coincide(figure, rows, values, axes)
    caption += lost_runs(view.condition_rows("runs", figure.conditions))
    keep = ["condition", "seed", "epoch", "updates", "examples", *values]
    return Exhibit(
        panels, _keys(view, figure, rows), caption, rows[keep], more=more, more_title=_more(axes)
    )


def condition_ends(view: StudyView, figure: Figure) -> Exhibit:
    """A quantity of each condition: every seed a dot, their mean a line."""
    table = pd.DataFrame(
        [
            {"condition": row["condition"], "seed": int(row["seed"]), "value": row["value"]}
            for row in final_values(view, figure).to_dict("records")
        ]
    )
    if table.empty:
        return absent(view, figure)
    names = [name for name in figure.conditions if (table["condition"] == name).any()]
    titles = {name: view.experiment.condition(name).title for name in names}
    colours = condition_colours(view, figure.conditions)
    title = QUANTITIES[figure.quantity].title
    means = table.groupby("condition")["value"].mean()
    texts = "; ".join(f"{titles[name]}: {shown(means[name])}" for name in names)
    panel = draw(
        view,
        f"{figure.id}-ends",
        f"Dots of the {title} by condition. Means: {texts}.",
        lambda ax: draw_ends(
            ax, table, titles, {n: light_of(view, c) for n, c in colours.items()}, title
        ),
        height=60 + 36.0 * len(names),
        left=172,
        right=50,
        top=6,
    )
    caption = f"{seeds_in(table)} a condition. Dots are seeds, numbers and strokes their means."
    if in_ratios(table["value"]):
        caption += " The axis is logarithmic."
    caption += lost_runs(view.condition_rows("runs", figure.conditions))
    return Exhibit((panel,), (), caption, table)


def table_of_conditions(view: StudyView, figure: Figure) -> Exhibit:
    """A section whose table says it all."""
    runs = view.condition_rows("runs", figure.conditions)
    done = runs[runs["status"] == "completed"]
    if done.empty:
        return absent(view, figure)
    warm = any(view.experiment.condition(name).warm_up for name in figure.conditions)
    caption = (
        f"{seeds_in(done)} a condition. Batch size and rate are those that a run begins with"
        f"{', after the warm-up' if warm else ''}."
    )
    if isinstance(figure.table, ByCondition) and "seconds" in figure.table.quantities:
        caption += (
            " Times are of this machine, each epoch by the median of its run’s epochs of that "
            "batch size; other work went on beside it."
        )
    return Exhibit(caption=caption)


def condition_colours(view: StudyView, names: tuple[str, ...]) -> dict[str, str]:
    """Condition -> name of its colour, the same on the whole page.

    The conditions of a figure that compares batch sizes, no two of one size, have the colours of
    these; the others the next colour each, in the order in which figures show them.
    """
    experiment = view.experiment
    shown_in = [
        figure.conditions
        for figure in experiment.figures + experiment.companions
        if figure.kind in COLOURED
    ]
    colours: dict[str, str] = {}
    for group in shown_in:
        multiples = [experiment.condition(name).batch_multiple for name in group]
        sizes = [min(view.batch_sizes, default=0) * multiple for multiple in multiples]
        if len(set(sizes)) == len(sizes) and set(sizes) <= set(view.batch_sizes):
            colours |= {name: f"batch-{size}" for name, size in zip(group, sizes, strict=True)}
    others = [name for group in shown_in for name in group if name not in colours]
    for place, name in enumerate(dict.fromkeys([*others, *names])):
        colours.setdefault(name, COLOURS[place % len(COLOURS)])
    return {name: colours[name] for name in names}


def light_of(view: StudyView, colour: str) -> str:
    """The light value of a colour by its name."""
    return view.tokens[colour][0] if colour in view.tokens else light(colour)


def text_of(view: StudyView, colour: str) -> str:
    """As :func:`light_of`, for words: those of some batch sizes are darker than their lines."""
    darker = f"{colour}-text"
    return light_of(view, darker if darker in view.tokens else colour)


def final_values(view: StudyView, figure: Figure, quantity: str = "") -> pd.DataFrame:
    """Columns condition, seed, value of completed runs: that of the last epoch.

    Of the figure's quantity, or of another one.
    """
    quantity = quantity or figure.quantity
    columns = {
        "final_val_accuracy": "val_accuracy",
        "final_val_loss": "val_loss",
        "final_distance": "distance_from_init",
    }
    runs = view.condition_rows("runs", figure.conditions)
    done = runs[runs["status"] == "completed"]
    if quantity not in columns:
        values = done.assign(value=done[quantity])
    else:
        epochs = view.own["epochs"]
        last = epochs.sort_values("epoch").drop_duplicates("id", keep="last").set_index("id")
        values = done.assign(value=done["id"].map(last[columns[quantity]]))
    return finite(values, "value")


def _coincide(
    figure: Figure, rows: pd.DataFrame, values: tuple[str, ...], axes: tuple[str, ...]
) -> str:
    """A sentence where means are drawn within each other, in any panel of the figure."""
    for value in values:
        for x in axes:
            means = drawn_means(rows, value, x, "condition")
            widths = mean_widths(means, value, x, "condition", figure.conditions)
            if any(width > THICK for width in widths.values()):
                return (
                    " Where means coincide for half of their way or more, later conditions are "
                    "drawn as narrower lines within the others."
                )
    return ""


def _more(axes: tuple[str, ...]) -> str:
    return f"The same by {AXES[axes[1]]} and by {AXES[axes[2]]}"


def _panel(view: StudyView, figure: Figure, rows: pd.DataFrame, value: str, x: str) -> Panel:
    title = _TITLES[value]
    named = condition_colours(view, figure.conditions)
    colours = {name: light_of(view, colour) for name, colour in named.items()}

    def paint(ax: Axes) -> Axes:
        draw_groups(ax, rows, "condition", colours, value=value, label=title.lower(), x=x)
        if "distance" in value:
            # none runs away as losses do, whose axis is cut
            ax.set_ylim(0, 1.06 * float(finite(rows, value)[value].max()))
        return ax

    texts, means = [], drawn_means(rows, value, x, "condition")
    for name in figure.conditions:
        mean = means.loc[means["condition"] == name, value]
        if len(mean):
            what = view.experiment.condition(name).title
            texts.append(f"{what}: {shown(mean.iloc[0])} at first, {shown(mean.iloc[-1])} at last")
    label = f"{title} by {AXES[x]}, one line a condition."
    if texts:
        told = "; ".join(texts)
        means_of = "" if one_seed(rows) else "Means over seeds, as far as all of them go: "
        label += f" {means_of}{told}."
    suffix = "" if x == "epoch" else f"-{x}"
    by = "" if x == "epoch" else f" by {AXES[x]}"
    return draw(view, f"{figure.id}-{value}{suffix}", label, paint, title=title + by, right=16)


def _keys(view: StudyView, figure: Figure, rows: pd.DataFrame) -> tuple[Key, ...]:
    present = set(rows["condition"])
    return tuple(
        Key(view.experiment.condition(name).title, colour)
        for name, colour in condition_colours(view, figure.conditions).items()
        if name in present
    )


def _course_label(view: StudyView, rows: pd.DataFrame, column: str, title: str) -> str:
    texts = []
    say = whole_or_shown if column == "epoch_batch_size" else shown
    for name, group in rows.groupby("condition", sort=False):
        course = finite(group, column).sort_values("epoch")[column]
        if len(course):
            what = view.experiment.condition(str(name)).title
            first, last = (say(course.iloc[place]) for place in (0, -1))
            texts.append(f"{what}: {first} to {last}")
    return f"{title} by epoch, one line a condition, first to last: {'; '.join(texts)}."
