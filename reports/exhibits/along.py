"""The section on sharpness along training."""

import pandas as pd

from reports.exhibits.exhibit import Exhibit, Panel, batch_keys, batch_name, draw
from reports.figures.along import draw_along
from reports.figures.means import finite
from reports.study_view import StudyView, seeds_in
from reports.wording import shown, slug
from study.experiments.declare import Arm, Figure
from study.words import counted


def sharpness_along(view: StudyView, figure: Figure) -> Exhibit:
    """Sharpness against the training loss, one panel an arm."""
    parts = {arm: _rows(view, figure, arm) for arm in figure.arms}
    rows = pd.concat([part.assign(arm=arm.name) for arm, part in parts.items()])
    if rows.empty:
        return Exhibit(
            missing="Nothing was measured along the runs of this study: they kept no weights on "
            "their way, or have not come so far."
        )
    panels = tuple(_panel(view, figure, arm, part) for arm, part in parts.items() if len(part))
    sizes = tuple(sorted(int(size) for size in rows["batch_size"].unique()))
    counts = sorted({int(count) for count in rows["examples"]})
    pictures = counted(counts[0], "picture")
    caption = (
        f"{seeds_in(rows)} a batch size. Each dot is the state of a run after the epoch in which "
        f"its training loss first fell below a level of the grid, measured on {pictures}; lines "
        "join the dots of a run. Training goes from right to left. Both axes are logarithmic; "
        "points without a positive sharpness are left out."
    )
    keep = ["arm", "batch_size", "learning_rate", "seed", "level", "epoch", "loss", "base_loss"]
    keep += ["sharpness", "evaluations", "examples"]
    return Exhibit(panels, batch_keys(view, sizes), caption, rows[keep])


def _rows(view: StudyView, figure: Figure, arm: Arm) -> pd.DataFrame:
    rows = finite(view.arm_rows("sharpness_along", arm, figure.batch_sizes), "sharpness")
    return rows[(rows["sharpness"] > 0) & (rows["base_loss"] > 0)]


def _panel(view: StudyView, figure: Figure, arm: Arm, rows: pd.DataFrame) -> Panel:
    texts = []
    for size, group in rows.groupby("batch_size", sort=True):
        last = group.loc[group["base_loss"].idxmin()]
        sharpness, loss = shown(last["sharpness"]), shown(last["base_loss"])
        texts.append(f"{batch_name(size)}: {sharpness} at its lowest loss {loss}")
    return draw(
        view,
        f"{figure.id}-{slug(arm.name)}",
        f"Sharpness against training loss, {arm.title}. {'; '.join(texts)}.",
        lambda ax: draw_along(ax, rows, view.palette),
        title=arm.title[:1].upper() + arm.title[1:],
        right=16,
    )
