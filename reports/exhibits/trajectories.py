"""Sections on the paths of runs through weight space."""

import numpy as np
import pandas as pd

from reports.exhibits.conditions import condition_colours, light_of
from reports.exhibits.exhibit import Exhibit, Key, Panel, absent, draw, first_shared
from reports.exhibits.landscapes import level_keys
from reports.figures.landscape import contour_levels
from reports.figures.means import finite
from reports.figures.trajectory import draw_shares, draw_trajectory
from reports.study_view import StudyView, seeds_in
from reports.wording import shown
from study.experiments.declare import Figure
from study.words import counted, listed


def trajectories(view: StudyView, figure: Figure) -> Exhibit:
    """The path of each condition over the loss on the plane of its two components."""
    planes = finite(view.condition_rows("trajectory_plane", figure.conditions), "loss")
    paths = view.condition_rows("trajectory", figure.conditions)
    if planes.empty or paths.empty:
        return absent(view, figure)
    (seed,) = first_shared(planes, ["seed"], "condition")
    planes, others = planes[planes["seed"] == seed], planes["seed"].nunique() - 1
    names = [name for name in figure.conditions if (planes["condition"] == name).any()]
    parts = {name: planes[planes["condition"] == name] for name in names}
    levels = contour_levels(list(parts.values()))
    panels = []
    for name, part in parts.items():
        path = paths[(paths["condition"] == name) & (paths["seed"] == seed)].sort_values("epoch")
        drops = rate_drops(view, str(path["id"].iloc[0]))
        panels.append(_path_panel(view, figure, name, part, path, drops, levels))
    points = int((paths["id"] == paths["id"].iloc[0]).sum())
    caption = (
        f"Seed {seed}; {counted(points, 'point')} a path, some with the epoch that they "
        "come after, 0 being the initial weights; diamonds: the rate dropped there; the "
        f"cross: the last weights. Loss on {counted(int(planes['examples'].max()), 'picture')} "
        "that were trained on. Each plane is that of its own run, so paths must not be compared "
        "by place; all have the same levels. Axes are the components themselves, without filter "
        "normalisation. Points lie on the plane at the place nearest to "
        "them, so the loss under a dot is not that of its weights, but for the last."
    )
    if others:
        caption += f" The data of {counted(others, 'further seed')} are in the download."
    keep = ["condition", "seed", "epoch", "alpha", "beta", "step"]
    return Exhibit(tuple(panels), level_keys(levels), caption, paths[keep])


def trajectory_shares(view: StudyView, figure: Figure) -> Exhibit:
    """Variance by component, beside that of random walks with steps as long."""
    rows = view.condition_rows("trajectory_components", figure.conditions)
    if rows.empty:
        return absent(view, figure)
    names = [name for name in figure.conditions if (rows["condition"] == name).any()]
    named = condition_colours(view, figure.conditions)
    colours = {name: light_of(view, named[name]) for name in names}
    two = rows[rows["component"] <= 2].groupby(["condition", "seed"])[["share", "random_walk"]]
    sums = two.sum().groupby("condition").mean()
    texts = "; ".join(
        f"{view.experiment.condition(name).title}: {shown(sums.loc[name, 'share'])} in two "
        f"components, a random walk {shown(sums.loc[name, 'random_walk'])}"
        for name in names
    )
    panel = draw(
        view,
        f"{figure.id}-shares",
        f"Share of the variance by component, both axes logarithmic. {texts}.",
        lambda ax: draw_shares(ax, rows, colours),
        right=16,
    )
    keys = (
        *(Key(view.experiment.condition(name).title, named[name]) for name in names),
        Key("random walk with steps as long", "muted", "dashed"),
    )
    caption = (
        f"{seeds_in(rows)} a condition, means. Dashed: what the same analysis makes of a random "
        "walk in many dimensions whose steps between the points are as long as the run’s."
    )
    keep = ["condition", "seed", "component", "share", "random_walk"]
    return Exhibit((panel,), keys, caption, rows[keep])


def rate_drops(view: StudyView, identifier: str) -> tuple[int, ...]:
    """The epochs of a run after which the rate was lower."""
    epochs = view.own["epochs"]
    rows = epochs[epochs["id"] == identifier].sort_values("epoch")
    rates = rows["epoch_learning_rate"]
    lower = rates < 0.99 * rates.shift(1)
    return tuple(int(epoch) - 1 for epoch in rows.loc[lower, "epoch"])


def _path_panel(
    view: StudyView,
    figure: Figure,
    name: str,
    plane: pd.DataFrame,
    path: pd.DataFrame,
    drops: tuple[int, ...],
    levels: np.ndarray,
) -> Panel:
    title = view.experiment.condition(name).title
    start, end = path.iloc[0], path.iloc[-1]
    where = listed([str(epoch) for epoch in drops])
    fell = f" The rate dropped after epoch {where}." if drops else ""
    label = (
        f"Path of {title} from ({shown(start['alpha'])}, {shown(start['beta'])}) at epoch "
        f"{int(start['epoch'])} to (0, 0) at epoch {int(end['epoch'])}, over a loss of "
        f"{shown(plane['loss'].min())} to {shown(plane['loss'].max())}.{fell}"
    )
    return draw(
        view,
        f"{figure.id}-{name}",
        label,
        lambda ax: draw_trajectory(ax, plane, path, drops, levels=levels),
        title=title,
        height=330,
        left=58,
        right=14,
    )
