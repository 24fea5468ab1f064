"""Sections on the loss along lines about and between the minimisers of conditions."""

import pandas as pd

from reports.exhibits.conditions import condition_colours, light_of
from reports.exhibits.exhibit import SPLIT_KEYS, Exhibit, Key, Panel, absent, draw, first_shared
from reports.figures.line_between import draw_interpolation, sharpness_sides
from reports.figures.means import finite
from reports.figures.slices import draw_slices
from reports.study_view import StudyView
from reports.wording import shown
from study.experiments.declare import Figure, Line
from study.words import counted

_WAYS = {
    "landscape": "With filter normalisation",
    "landscape_plain": "Without",
}
_RESCALED = {"filters": "With filter normalisation", "none": "Without"}


def landscape_slices(view: StudyView, figure: Figure) -> Exhibit:
    """The planes' first axis, all conditions in one panel: with filter normalisation, without."""
    frames = {name: finite(view.condition_rows(name, figure.conditions), "loss") for name in _WAYS}
    frames = {
        name: rows[(rows["beta"].abs() < 1e-9)].assign(way=name) for name, rows in frames.items()
    }
    if all(rows.empty for rows in frames.values()):
        return absent(view, figure)
    data = pd.concat([rows for rows in frames.values() if len(rows)], ignore_index=True)
    (seed,) = first_shared(data, ["seed"], "condition")
    named = condition_colours(view, figure.conditions)
    colours = {name: light_of(view, colour) for name, colour in named.items()}
    panels = []
    for way, title in _WAYS.items():
        rows = data[(data["way"] == way) & (data["seed"] == seed)]
        groups = {name: view.experiment.condition(name).title for name in figure.conditions}
        if len(rows):
            one = rows.assign(group=rows["condition"])
            panels.append(_slice_panel(view, f"{figure.id}-{way}", title, one, groups, colours))
    caption = (
        f"Seed {seed}, the first of the two directions, on "
        f"{counted(int(data['examples'].max()), 'training picture')}. Without filter normalisation "
        "the direction is the same for all, as long as the initial weights. The axis of losses is "
        "logarithmic."
    )
    present = set(data["condition"])
    keys = tuple(
        Key(view.experiment.condition(name).title, colour)
        for name, colour in named.items()
        if name in present
    )
    keep = ["way", "condition", "seed", "direction_seed", "alpha", "loss"]
    return Exhibit(tuple(panels), keys, caption, data[keep])


def rescaling(view: StudyView, figure: Figure) -> Exhibit:
    """Lines through a minimiser and through the same function with other weights."""
    rows = finite(view.condition_rows("rescaling", figure.conditions[:1]), "loss")
    if rows.empty:
        return absent(view, figure)
    (seed,) = first_shared(rows, ["seed"], "condition")
    other = float(rows["factor"].max())
    groups = {"one": "as trained", "other": f"× {other:g} and ÷ {other:g}"}
    name = figure.conditions[0]
    # the weights as they are keep the colour of their condition
    variables = {"one": condition_colours(view, (name,))[name], "other": "umber"}
    colours = {group: light_of(view, variable) for group, variable in variables.items()}
    panels = []
    for way, title in _RESCALED.items():
        line = rows[(rows["normalisation"] == way) & (rows["seed"] == seed)]
        line = line.assign(group=["one" if factor == 1 else "other" for factor in line["factor"]])
        if len(line):
            panels.append(_slice_panel(view, f"{figure.id}-{way}", title, line, groups, colours))
    what = view.experiment.condition(name).title
    caption = (
        f"{what[0].upper()}{what[1:]}, seed {seed}: the first dense layer’s weights times "
        f"{other:g} and the kernel of the next one divided by {other:g}, which changes nothing "
        f"that the net computes. Loss on {counted(int(rows['examples'].max()), 'training picture')}"
        "; logarithmic axis. With filter normalisation the two lines coincide."
    )
    keys = tuple(Key(text, variables[group]) for group, text in groups.items())
    keep = ["condition", "seed", "factor", "normalisation", "alpha", "loss"]
    return Exhibit(tuple(panels), keys, caption, rows[keep])


def condition_lines(view: StudyView, figure: Figure) -> Exhibit:
    """Loss on the lines between the minimisers of two conditions."""
    panels, used = [], []
    for line in view.experiment.lines:
        names = line.small.condition, line.large.condition
        if set(names) <= set(figure.conditions):
            rows = _between(view, line)
            if len(rows):
                panels.append(_line_panel(view, figure, line, rows))
                used.append(rows)
    if not used:
        return absent(view, figure)
    data = pd.concat(used, ignore_index=True)
    pairs = data.groupby("condition")["seed"].nunique().max()
    lines = "" if pairs == 1 else " Thin lines are single pairs, thick lines their mean."
    caption = (
        f"n = {counted(int(pairs), 'pair')} of runs a panel, paired by seed; alpha = 0 is the "
        f"small batch, alpha = 1 the large one.{lines} The axis of losses is logarithmic."
    )
    keep = ["condition", "batch_size", "small_batch_size", "seed", "alpha", "split"]
    return Exhibit(tuple(panels), SPLIT_KEYS, caption, data[[*keep, "loss", "accuracy"]])


def _between(view: StudyView, line: Line) -> pd.DataFrame:
    rows = finite(view.condition_rows("interpolation", [line.large.condition]), "loss")
    ids = set(view.condition_rows("runs", [line.small.condition])["id"])
    return rows[rows["small_id"].isin(ids)]


def _line_panel(view: StudyView, figure: Figure, line: Line, rows: pd.DataFrame) -> Panel:
    small, large = (
        view.experiment.condition(cell.condition).title for cell in (line.small, line.large)
    )
    sizes = int(rows["small_batch_size"].iloc[0]), int(rows["batch_size"].iloc[0])
    sides = sharpness_sides(rows)
    label = (
        f"Loss on the line from “{small}” (alpha 0) to “{large}” (alpha 1). One unit beyond the "
        f"former the mean training loss has risen by {shown(sides['small'])}, one unit beyond the "
        f"latter by {shown(sides['large'])}."
    )
    return draw(
        view,
        f"{figure.id}-{line.large.condition}",
        label,
        lambda ax: draw_interpolation(ax, rows, view.palette, small=sizes[0], large=sizes[1]),
        title=f"{small} – {large}",
        right=16,
    )


def _slice_panel(
    view: StudyView,
    name: str,
    title: str,
    rows: pd.DataFrame,
    groups: dict[str, str],
    colours: dict[str, str],
) -> Panel:
    ends = rows.groupby("group")["loss"].agg(["min", "max"])
    texts = "; ".join(
        f"{text}: {shown(ends.loc[group, 'min'])} to {shown(ends.loc[group, 'max'])}"
        for group, text in groups.items()
        if group in ends.index
    )
    label = f"Training loss along a direction, {title.lower()}. {texts}."
    return draw(view, name, label, lambda ax: draw_slices(ax, rows, colours), title=title, right=16)
