"""What the article does not show and a careful reader asks for: tables and figures B1 to B4."""

from study.experiments.article_design import FIXED, HIGH, LINEAR
from study.experiments.declare import ByBatchSize, Figure

_ARMS = (FIXED, LINEAR, HIGH)
_LAWS = (
    *("sharpness", "sharpness_full_half", "sharpness_subspace", "sharpness_subspace_half"),
    *("sharpness_authors", "sharpness_authors_half"),
    *("sharpness_adaptive", "sharpness_adaptive_half"),
)
_SEARCH = ("sharpness_evaluations", "sharpness_active_share")
_SPREADS = (
    *("spread_full", "spread_full_half", "spread_subspace", "spread_subspace_half"),
    *("spread_adaptive", "spread_adaptive_half"),
)

COMPANIONS: tuple[Figure, ...] = (
    Figure(
        "B1",
        "sharpness_along",
        "Sharpness along training",
        "Epsilon-sharpness (full space, 1e-3) against the training loss, measured where the loss "
        "of a run first fell below fixed levels: at one loss the batch sizes can be compared "
        "without the minimiser of one having been trained further than that of another.",
        quantity="sharpness",
        arms=_ARMS,
    ),
    Figure(
        "B2",
        "sharpness_trials",
        "Sharpness by other laws",
        "The minimisers’ sharpness by every law that was measured: epsilon-sharpness in the whole "
        "space of weights and in a random subspace of 100 dimensions, adaptive sharpness, and "
        "what the authors’ script finds, which adds up the gradients of its batches and takes "
        "one step of the line search; at 1e-3 and at half of it. Then how many gradients of all "
        "measured pictures the search in the whole space took, and where it was kept the share of "
        "the weights that it moved as far as the box allows.",
        quantity="sharpness",
        arms=_ARMS,
        table=ByBatchSize((*_LAWS, *_SEARCH), _ARMS, measured_only=True),
    ),
    Figure(
        "B3",
        "sharpness_spread",
        "How far trials of the same sharpness spread",
        "The standard deviation over the trials of one minimiser, in per cent of their mean: how "
        "much of a difference between two minimisers may come from what the search draws. Where "
        "all trials come to one point the spread is 0; that point need not be the highest.",
        quantity="sharpness",
        arms=_ARMS,
        table=ByBatchSize(_SPREADS, _ARMS, measured_only=True),
    ),
    Figure(
        "B4",
        "table",
        "Noise scale and lowest validation loss",
        "Smith’s noise scale, g = rate × (training pictures / batch size − 1), the same in all "
        "epochs of a run, beside the lowest validation loss.",
        arms=_ARMS,
        table=ByBatchSize(("smith_scale", "min_val_loss"), _ARMS),
    ),
)
