"""The section on the gradient noise scale along training."""

import numpy as np
import pandas as pd

from reports.exhibits.exhibit import Exhibit, absent, batch_keys, batch_name, draw
from reports.exhibits.sweep import chosen_of
from reports.figures.sweep import draw_noise
from reports.study_view import StudyView, seeds_in
from reports.wording import shown, whole
from study.experiments.declare import Figure
from study.summarise.chance import at_chance, chance_loss

_NORM, _TRACE = "rest_norm_squared", "rest_variance_trace"
# as factors: estimates at losses, and of epochs, within them are averaged
_BIN = 1.1
_EPOCHS = 1.25


def noise_course(view: StudyView, figure: Figure) -> Exhibit:
    """The noise scale at rest, of each batch size at its best rate, by epoch and by loss."""
    epochs = view.condition_rows("epochs", list(chosen_of(view).values()))
    known = np.isfinite(epochs[_NORM].astype(float)) & np.isfinite(epochs[_TRACE].astype(float))
    epochs = epochs[known & (epochs["loss"] > 0)]
    if epochs.empty:
        return absent(view, figure)
    places = np.round(np.log(epochs["loss"]) / np.log(_BIN))
    by_loss = averaged(epochs.assign(loss=_BIN**places), "loss")
    by_epoch = averaged(epochs.assign(epoch=grouped(epochs["epoch"])), "epoch")
    panels = tuple(
        draw(
            view,
            f"{figure.id}-{x}",
            _label(rows, x),
            lambda ax, rows=rows, x=x, label=label: draw_noise(  # type: ignore[misc]
                ax, rows, view.palette, x, label
            ),
            title=title,
            right=52,
        )
        for title, x, label, rows in (
            ("By epoch", "epoch", "epoch", by_epoch),
            ("Against the training loss", "loss", "training loss", by_loss),
        )
        if len(rows)
    )
    flagged = int((epochs[_NORM] <= 0).sum())
    chance = chance_loss(view.data)
    plateau = int(at_chance(epochs["loss"], chance).sum())
    caption = (
        f"{seeds_in(epochs)} a batch size. At the weights that each epoch ends with; |G|² and the "
        "trace of the covariance are averaged apart over the seeds (and over epochs within a "
        "quarter, losses within a tenth of each other), then divided. Training goes from left to "
        "right; axes are logarithmic. "
        f"|G|² came out 0 or less in {whole(flagged)} of {whole(len(epochs))} epochs; it enters "
        "the means as it is, and means without a positive |G|² have no dot. Of all epochs "
        f"{whole(plateau)} are at chance level, with a training loss of {shown(chance)} or more: "
        "these are drawn and enter no claim."
    )
    sizes = tuple(sorted(int(size) for size in epochs["batch_size"].unique()))
    keep = ["condition", "batch_size", "seed", "epoch", "loss", _NORM, _TRACE, "rest_noise_scale"]
    return Exhibit(panels, batch_keys(view, sizes), caption, epochs[keep])


def grouped(epochs: pd.Series) -> pd.Series:
    """The middle of the epochs that each one is averaged with: the more of them the later it is."""
    places = np.round(np.log(epochs) / np.log(_EPOCHS))
    return epochs.groupby(places).transform(lambda near: (near.min() + near.max()) / 2)


def averaged(epochs: pd.DataFrame, x: str) -> pd.DataFrame:
    """Columns ``batch_size``, ``x`` and ``noise``: mean trace over mean |G|², where positive."""
    means = epochs.groupby(["batch_size", x], as_index=False)[[_NORM, _TRACE]].mean()
    means = means[(means[_NORM] > 0) & (means[_TRACE] > 0)]
    return means.assign(noise=means[_TRACE] / means[_NORM])[["batch_size", x, "noise"]]


def _label(rows: pd.DataFrame, x: str) -> str:
    texts = []
    for size, group in rows.groupby("batch_size", sort=True):
        ordered = group.sort_values(x, ascending=x == "epoch")["noise"]
        texts.append(f"{batch_name(size)}: {shown(ordered.iloc[0])} to {shown(ordered.iloc[-1])}")
    what, courses = "epoch" if x == "epoch" else "training loss", "; ".join(texts)
    return f"Gradient noise scale by {what}, one line a batch size, first to last: {courses}."
