"""Sections on what was measured on conditions: lines, ways down, quantities against a number."""

import numpy as np
import pandas as pd

from reports.exhibits.conditions import condition_colours, final_values, light_of, text_of
from reports.exhibits.exhibit import SPLIT_KEYS, Exhibit, Key, Panel, absent, draw, one_seed
from reports.figures.against import draw_against
from reports.figures.along import draw_ways
from reports.figures.line_between import at_ends, draw_line, sharpness_sides
from reports.figures.means import finite
from reports.figures.panel import in_ratios
from reports.study_view import StudyView, seeds_in
from reports.wording import shown, whole
from study.experiments.declare import Figure
from study.experiments.quantities import QUANTITIES
from study.summarise.cells import mean_of
from study.words import counted, listed

_LINES = (
    Key("training pictures (solid)", "accent", "line"),
    Key("validation pictures (dashed)", "ink", "dashed"),
)


def condition_line(view: StudyView, figure: Figure) -> Exhibit:
    """Loss and accuracy on the line through the minimisers of two conditions, a pair a seed."""
    small, large = figure.conditions
    rows = finite(view.condition_rows("interpolation", [large]), "loss")
    ids = set(view.condition_rows("runs", [small])["id"])
    rows = rows[rows["small_id"].isin(ids)]
    if rows.empty:
        return absent(view, figure)
    titles = [view.experiment.condition(name).title for name in (small, large)]
    named = condition_colours(view, figure.conditions)
    colours = [text_of(view, named[name]) for name in (small, large)]
    ends = list(zip(titles, colours, strict=True))
    panels = [_loss_panel(view, figure, rows, ends)]
    if len(finite(rows, "accuracy")):
        panels.append(_accuracy_panel(view, figure, rows, ends))
    pairs = rows["seed"].nunique()
    lines = "" if pairs == 1 else " Thin lines are single pairs, thick lines their mean."
    caption = (
        f"n = {counted(pairs, 'pair')} of runs with the same initial weights; alpha 0 is "
        f"“{titles[0]}”, alpha 1 “{titles[1]}”. {_where(view)}{lines} The axis of the loss is "
        "logarithmic; the table has the rise about both ends."
    )
    keep = ["seed", "small_id", "id", "alpha", "split", "loss", "accuracy", "examples"]
    return Exhibit(tuple(panels), _LINES if len(panels) > 1 else SPLIT_KEYS, caption, rows[keep])


def _loss_panel(
    view: StudyView, figure: Figure, rows: pd.DataFrame, ends: list[tuple[str, str]]
) -> Panel:
    sides = sharpness_sides(rows)
    return draw(
        view,
        f"{figure.id}-line",
        f"Loss at alpha times the weights of “{ends[1][0]}” plus (1 − alpha) times those of "
        f"“{ends[0][0]}”. One unit beyond the first the mean training loss has risen by "
        f"{shown(sides['large'])}, one unit beyond the second by {shown(sides['small'])}.",
        lambda ax: draw_line(ax, rows, ends),
        title="Loss",
        right=16,
    )


def _accuracy_panel(
    view: StudyView, figure: Figure, rows: pd.DataFrame, ends: list[tuple[str, str]]
) -> Panel:
    small, large = at_ends(rows, "accuracy")
    return draw(
        view,
        f"{figure.id}-accuracy",
        f"Accuracy at the same weights. On the validation pictures its mean is {shown(small)} at "
        f"“{ends[0][0]}” and {shown(large)} at “{ends[1][0]}”.",
        lambda ax: draw_line(ax, rows, ends, "accuracy"),
        title="Accuracy",
        right=16,
    )


def condition_along(view: StudyView, figure: Figure) -> Exhibit:
    """Sharpness against the training loss along the runs of conditions."""
    rows = finite(view.condition_rows("sharpness_along", figure.conditions), "sharpness")
    rows = rows[(rows["sharpness"] > 0) & (rows["base_loss"] > 0)]
    if rows.empty:
        return absent(view, figure)
    present = [name for name in figure.conditions if (rows["condition"] == name).any()]
    named = {name: condition_colours(view, figure.conditions)[name] for name in present}
    titles = {name: view.experiment.condition(name).title for name in present}
    texts = []
    for name in present:
        group = rows[rows["condition"] == name]
        last = group.loc[group["base_loss"].idxmin()]
        texts.append(f"{titles[name]}: {shown(last['sharpness'])} at {shown(last['base_loss'])}")
    panel = draw(
        view,
        f"{figure.id}-along",
        f"Sharpness against training loss; at the lowest loss {'; '.join(texts)}.",
        lambda ax: draw_ways(
            ax, rows, "condition", {name: light_of(view, c) for name, c in named.items()}
        ),
        right=16,
    )
    pictures = counted(min(int(count) for count in rows["examples"]), "picture")
    caption = (
        f"{seeds_in(rows)} a condition. Each dot is the state of a run after the epoch in which "
        f"its training loss first fell below a level of the grid, measured on {pictures}; lines "
        "join the dots of a run. Training goes from right to left. Both axes are logarithmic."
    )
    keys = tuple(Key(titles[name], colour) for name, colour in named.items())
    keep = ["condition", "seed", "level", "epoch", "loss", "base_loss", "sharpness", "examples"]
    return Exhibit((panel,), keys, caption, rows[keep])


def condition_switch(view: StudyView, figure: Figure) -> Exhibit:
    """Quantities against the epochs that a run made with the small batch, 0 to all."""
    epochs = view.condition_rows("epochs", figure.conditions)
    if epochs.empty:
        return absent(view, figure)
    smallest = epochs["epoch_batch_size"].min()
    small = epochs[epochs["epoch_batch_size"] == smallest].groupby(["condition", "seed"]).size()
    counts = small.groupby("condition").max()
    places = {name: int(counts.get(name, 0)) for name in figure.conditions}
    words = (
        "Horizontal: epochs with the small batch before the large one takes over; at 0 the large "
        "batch alone, at the right end the small one alone."
    )
    return _against(view, figure, places, "epochs with the small batch", words)


def condition_batches(view: StudyView, figure: Figure) -> Exhibit:
    """Quantities against the batch size."""
    runs = view.condition_rows("runs", figure.conditions)
    if runs.empty:
        return absent(view, figure)
    sizes = runs.groupby("condition")["batch_size"].min()
    places = {name: int(sizes[name]) for name in figure.conditions if name in sizes}
    return _against(view, figure, places, "batch size", "Batch sizes stand on a logarithmic axis.")


def _against(
    view: StudyView, figure: Figure, places: dict[str, int], axis: str, words: str
) -> Exhibit:
    panels, frames, ratios = [], [], []
    for quantity in figure.quantity.split():
        frame = _placed(view, figure, quantity, places)
        if len(frame):
            panels.append(_panel(view, figure, quantity, frame, axis))
            frames.append(frame.assign(quantity=quantity))
            if in_ratios(frame["value"]):
                ratios.append(QUANTITIES[quantity].title)
    if not panels:
        return absent(view, figure)
    data = pd.concat(frames, ignore_index=True)
    bars = "" if one_seed(data) else " and bars 95 % intervals of these, cut off at the frame"
    caption = (
        f"{seeds_in(data)} a condition. Dots are seeds, the line joins means{bars}. {words} "
        f"{_where(view)}"
    )
    if ratios:
        caption += f" The axis of the {listed(ratios)} is logarithmic."
    return Exhibit(tuple(panels), (), caption.strip(), data)


def _placed(view: StudyView, figure: Figure, quantity: str, places: dict[str, int]) -> pd.DataFrame:
    values = final_values(view, figure, quantity)
    values = values[values["condition"].isin(list(places))]
    return pd.DataFrame(
        {
            "condition": values["condition"],
            "x": [places[str(name)] for name in values["condition"]],
            "seed": values["seed"].astype(int),
            "value": values["value"].astype(float),
        }
    )


def _panel(view: StudyView, figure: Figure, quantity: str, frame: pd.DataFrame, axis: str) -> Panel:
    rows = []
    # conditions that come to the same run stand at one place, each seed once
    single = frame.drop_duplicates(["x", "seed"])
    for x, group in single.groupby("x", sort=True):
        estimate = mean_of(quantity, group["value"])
        low, high = estimate.interval or (np.nan, np.nan)
        rows.append({"x": x, "value": estimate.effect, "low": low, "high": high})
    means = pd.DataFrame(rows)
    title = QUANTITIES[quantity].title
    texts = ", ".join(
        f"{shown(row['value'])} at {whole(row['x'])}" for row in means.to_dict("records")
    )
    return draw(
        view,
        f"{figure.id}-{quantity}",
        f"{title[:1].upper() + title[1:]} by {axis}. Means: {texts}.",
        lambda ax: draw_against(ax, single, means, (axis, title), light_of(view, "accent")),
        title=title[:1].upper() + title[1:],
        right=16,
    )


def _where(view: StudyView) -> str:
    if view.experiment.measured_at == "end":
        return "Weights are those after the last epoch."
    return "Weights are those of the lowest validation loss."
