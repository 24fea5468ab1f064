"""How a run departs from plain SGD at one batch size and one rate. No TensorFlow here."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from study.errors import SettingsError
from study.train.remedy_settings import (
    Augmentation,
    ConservativeTraining,
    Remedy,
    RobustTraining,
    check_remedy,
)
from study.train.schedule import Phase, Schedule, WarmUp
from study.train.snapshots import path_epochs

OptimizerName = Literal["sgd", "adam"]
Normalisation = Literal["", "batch", "ghost"]

_REMEDIES: dict[str, type[Remedy]] = {
    "augmentation": Augmentation,
    "robust training": RobustTraining,
    "conservative training": ConservativeTraining,
}

# fields that came after runs had been stored under ids without them
_LATER = ("average_examples", "weight_decay", "snapshots", "target", "gradient_noise")


@dataclass(frozen=True)
class Recipe:
    """The course of a run, its optimizer, and what is done against large batches.

    Attributes:
        schedule: batch size and learning rate of every epoch, with the warm-up; the run has as
            many epochs.
        optimizer: "sgd", or "adam" with Keras's own constants.
        momentum: of SGD; 0 for none.
        nesterov: of SGD with momentum.
        remedy: a training step of Keskar et al. 2017; None for the plain one.
        normalisation: after each convolution. "": as the model has it; "batch": over the whole
            batch on all devices together (Keras's layer: the copies that fill up a last batch
            enter its statistics); "ghost": over ghosts of ``ghost_size``.
        ghost_size: rows of a ghost; None without ghosts.
        average_examples: examples after which moving averages of normalisation keep a 1 / e; None
            for Keras's momentum of 0.99 a batch or ghost. It enters the id only where it is given.
        weight_decay: before each step of SGD every weight shrinks by the rate times this, apart
            from the gradient and its momentum; 0 for none.
        snapshots: so many times at most, evenly spaced, the run keeps its weights; 0 for never.
        target: validation loss at which the run ends before its schedule does; None for none.
        gradient_noise: whether the gradient noise scale is measured after each epoch, which
            changes nothing else.
    """

    schedule: Schedule
    optimizer: OptimizerName = "sgd"
    momentum: float = 0.0
    nesterov: bool = False
    remedy: Remedy | None = None
    normalisation: Normalisation = ""
    ghost_size: int | None = None
    average_examples: int | None = None
    weight_decay: float = 0.0
    snapshots: int = 0
    target: float | None = None
    gradient_noise: bool = False

    @property
    def steps_an_update(self) -> int:
        """Steps of the optimizer for each batch."""
        conservative = isinstance(self.remedy, ConservativeTraining)
        return self.remedy.steps if conservative else 1  # type: ignore[union-attr]

    def noise_scale(self, epoch: int) -> float:
        """Smith's g of an epoch, counted from 0; NaN for Adam, whose rate is another thing."""
        if self.optimizer == "adam":
            return math.nan
        return self.schedule.noise_scale(epoch, self.momentum)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, the kind of the remedy with them; later fields only where they are used."""
        values = asdict(self)
        for name in _LATER:
            if not values[name]:
                del values[name]
        if self.remedy is not None:
            kinds = {kind: name for name, kind in _REMEDIES.items()}
            values["remedy"]["kind"] = kinds[type(self.remedy)]
        return values


def recipe_from_dict(values: Mapping[str, Any]) -> Recipe:
    """The inverse of ``Recipe.as_dict``, for what has been JSON in between.

    Raises:
        SettingsError: the values are not those of a recipe.
    """
    try:
        schedule, remedy = values["schedule"], values["remedy"]
        if remedy is not None:
            numbers = {name: value for name, value in remedy.items() if name != "kind"}
            remedy = _REMEDIES[remedy["kind"]](**numbers)
        warm_up = schedule["warm_up"] and WarmUp(**schedule["warm_up"])
        phases = tuple(Phase(**phase) for phase in schedule["phases"])
        course = Schedule(schedule["examples"], phases, warm_up)
        return Recipe(**{**values, "schedule": course, "remedy": remedy})
    except (KeyError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"these are not the values of a recipe ({error}); expected those of Recipe.as_dict."
        ) from error


def check_recipe(recipe: Recipe, train_examples: int, replicas: int) -> None:
    """Refuses what cannot be trained.

    Raises:
        SettingsError: the recipe contradicts itself, the data or the devices.
    """
    if recipe.schedule.examples != train_examples:
        raise SettingsError(
            f"a schedule for {recipe.schedule.examples} training pictures, but there are "
            f"{train_examples}; make the schedule for these."
        )
    if recipe.optimizer not in ("sgd", "adam"):
        raise SettingsError(f"optimizer {recipe.optimizer!r}; expected 'sgd' or 'adam'.")
    if not 0 <= recipe.momentum < 1:
        raise SettingsError(f"momentum {recipe.momentum}; expected 0 to below 1.")
    if recipe.momentum and recipe.optimizer == "adam":
        raise SettingsError("Adam with momentum; expected momentum 0, since Adam has its own.")
    if recipe.nesterov and not recipe.momentum:
        raise SettingsError("Nesterov's step without momentum; expected momentum above 0.")
    if not 0 <= recipe.weight_decay < math.inf:
        raise SettingsError(
            f"weight decay {recipe.weight_decay}; expected a finite number, 0 or more."
        )
    if recipe.weight_decay and recipe.optimizer == "adam":
        raise SettingsError("Adam with weight decay; expected SGD, or no weight decay.")
    if recipe.snapshots < 0:
        raise SettingsError(f"{recipe.snapshots} snapshots; expected 0 or more.")
    if recipe.snapshots and len(path_epochs(recipe.schedule.epochs, recipe.snapshots)) < 2:
        raise SettingsError(
            f"{recipe.snapshots} snapshots of {recipe.schedule.epochs} epochs draw no path; "
            "expected 2 or more of each."
        )
    if recipe.normalisation not in ("", "batch", "ghost"):
        raise SettingsError(
            f"normalisation {recipe.normalisation!r}; expected '' (as the model has it), 'batch' "
            "or 'ghost'."
        )
    if (recipe.normalisation == "ghost") != (recipe.ghost_size is not None):
        raise SettingsError(
            f"normalisation {recipe.normalisation!r} with ghost size {recipe.ghost_size}; expected "
            "a ghost size with 'ghost', and none without."
        )
    if recipe.average_examples is not None and not (
        recipe.normalisation and recipe.average_examples >= 1
    ):
        raise SettingsError(
            f"normalisation {recipe.normalisation!r} averaged over {recipe.average_examples} "
            "examples; expected 1 or more, and None without normalisation."
        )
    if recipe.target is not None and not 0 < recipe.target < math.inf:
        raise SettingsError(f"target {recipe.target}; expected a validation loss above 0.")
    recipe.schedule.check_divides(replicas, recipe.ghost_size)
    if recipe.remedy is not None:
        check_remedy(recipe.remedy)
