"""The quantities that every run of every experiment yields, with their titles and units."""

import math
from dataclasses import dataclass
from typing import Literal

Bounds = tuple[float, float]
NOT_NEGATIVE: Bounds = (0.0, math.inf)
SHARE: Bounds = (0.0, 1.0)
ANY: Bounds = (-math.inf, math.inf)


@dataclass(frozen=True)
class Quantity:
    """One number of a run.

    Attributes:
        name: column of the `runs` frame, or a value derived from another frame
            (``study.summarise.measured`` says how).
        title: for column headers and axes, without the unit.
        unit: "" for a pure number.
        after_cut_off: where the value would move if a run that the limit of epochs stopped went
            on: -1 down, 1 up, 0 unknown or nowhere. The lowest validation loss can only fall,
            epochs, seconds and (while weights drift away from their start) distance can only grow.
        at_minimum: the value belongs to the minimiser, so that an unfinished run blurs it.
        timing: the value is a time and depends on the machine.
        bounds: the lowest and the highest value that is possible, and so of an end of an interval.
    """

    name: str
    title: str
    unit: str = ""
    after_cut_off: Literal[-1, 0, 1] = 0
    at_minimum: bool = True
    timing: bool = False
    bounds: Bounds = NOT_NEGATIVE


_ALL = (
    Quantity("min_val_loss", "lowest validation loss", after_cut_off=-1),
    Quantity("val_accuracy_at_min", "validation accuracy at the minimum", bounds=SHARE),
    Quantity("train_loss_at_min", "training loss at the minimum"),
    Quantity("train_accuracy_at_min", "training accuracy at the minimum", bounds=SHARE),
    Quantity("epochs_to_min", "epochs to the minimum", "epochs", after_cut_off=1),
    Quantity("updates_to_min", "updates to the minimum", "updates", after_cut_off=1),
    Quantity("examples_to_min", "examples to the minimum", "examples", after_cut_off=1),
    Quantity(
        "final_val_accuracy", "validation accuracy at the end", at_minimum=False, bounds=SHARE
    ),
    Quantity("final_val_loss", "validation loss at the end", at_minimum=False),
    Quantity("final_train_loss", "training loss of the last epoch", at_minimum=False),
    Quantity(
        "diffusion_slope", "slope of the distance against log t", at_minimum=False, bounds=ANY
    ),
    Quantity(
        "diffusion_log_ratio",
        "log of the error of log t over that of a power, held-out epochs",
        at_minimum=False,
        bounds=ANY,
    ),
    Quantity("epochs", "epochs", "epochs", at_minimum=False),
    Quantity("updates", "updates", "updates", at_minimum=False),
    Quantity("examples", "examples seen", "examples", at_minimum=False),
    Quantity("updates_to_target", "updates to the target", "updates", at_minimum=False),
    Quantity("examples_to_target", "examples to the target", "examples", at_minimum=False),
    Quantity(
        "chance_share",
        "share of the updates to the target at chance level",
        at_minimum=False,
        bounds=SHARE,
    ),
    Quantity("rest_noise", "gradient noise scale of the run", "examples", at_minimum=False),
    Quantity("rest_noise_near", "gradient noise scale near the end", "examples", at_minimum=False),
    Quantity("noise_growth", "gradient noise scale, last third over first", at_minimum=False),
    Quantity(
        "rest_unresolved",
        "share of epochs without a positive |G|²",
        at_minimum=False,
        bounds=SHARE,
    ),
    Quantity(
        "steps_noise",
        "noise scale from consecutive steps",
        "examples",
        at_minimum=False,
    ),
    Quantity(
        "steps_unresolved",
        "share of epochs without a positive |G|² from consecutive steps",
        at_minimum=False,
        bounds=SHARE,
    ),
    Quantity("smith_scale", "Smith’s noise scale g of the first epoch", at_minimum=False),
    Quantity("seconds", "seconds in all", "s", at_minimum=False, timing=True),
    Quantity("seconds_per_epoch", "seconds an epoch", "s", at_minimum=False, timing=True),
    Quantity("seconds_to_min", "seconds to the minimum", "s", after_cut_off=1, timing=True),
    Quantity("distance_from_init", "distance from initialisation", after_cut_off=1),
    Quantity("final_distance", "distance from initialisation at the end", at_minimum=False),
    Quantity("epoch_distance", "epoch distance, median over the epochs", at_minimum=False),
    Quantity("median_update_norm", "median batch update norm", at_minimum=False),
    Quantity("sharpness", "epsilon-sharpness (full space, 1e-3)"),
    Quantity("sharpness_full_half", "epsilon-sharpness (full space, 5e-4)"),
    Quantity("sharpness_subspace_half", "epsilon-sharpness (random subspace, 5e-4)"),
    Quantity("sharpness_subspace", "epsilon-sharpness (random subspace, 1e-3)"),
    Quantity("base_loss", "training loss at the measured weights"),
    Quantity("base_accuracy", "training accuracy at the measured weights", bounds=SHARE),
    Quantity("sharpness_adaptive", "adaptive sharpness (1e-3)"),
    Quantity("sharpness_adaptive_half", "adaptive sharpness (5e-4)"),
    Quantity("sharpness_authors", "sharpness by the authors’ script (1e-3)"),
    Quantity("sharpness_authors_half", "sharpness by the authors’ script (5e-4)"),
    Quantity("spread_full", "spread over the trials (full space, 1e-3)", "%"),
    Quantity("spread_full_half", "spread over the trials (full space, 5e-4)", "%"),
    Quantity("spread_subspace", "spread over the trials (random subspace, 1e-3)", "%"),
    Quantity("spread_subspace_half", "spread over the trials (random subspace, 5e-4)", "%"),
    Quantity("spread_adaptive", "spread over the trials (adaptive, 1e-3)", "%"),
    Quantity("spread_adaptive_half", "spread over the trials (adaptive, 5e-4)", "%"),
    Quantity("sharpness_evaluations", "gradients the search took (full space, 1e-3)"),
    Quantity(
        "sharpness_active_share",
        "share of coordinates at the bound of the box (full space, 1e-3)",
        bounds=SHARE,
    ),
    Quantity("landscape_rise", "mean rise of the loss within radius 0.5", bounds=ANY),
    Quantity("landscape_plain_rise", "the same without filter normalisation", bounds=ANY),
    Quantity("weight_norm", "norm of the kernels"),
    Quantity(
        "rescaling_filters", "rise after rescaling over that before, with normalisation", bounds=ANY
    ),
    Quantity(
        "rescaling_none", "rise after rescaling over that before, without normalisation", bounds=ANY
    ),
    Quantity(
        "path_share", "variance of the path in two components", at_minimum=False, bounds=SHARE
    ),
    Quantity(
        "walk_share", "that of a random walk with steps as long", at_minimum=False, bounds=SHARE
    ),
    Quantity(
        "path_share_excess",
        "variance beyond that of a random walk",
        at_minimum=False,
        bounds=(-1.0, 1.0),
    ),
    Quantity(
        "competition_initial",
        "mean example gradient norm / batch gradient norm, at the start",
        at_minimum=False,
    ),
    Quantity(
        "competition_minimiser", "mean example gradient norm / batch gradient norm, at the minimum"
    ),
)

TO_TARGET = frozenset({"updates_to_target", "examples_to_target"})
"""Those that a run which does not reach its target lacks."""

QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}
