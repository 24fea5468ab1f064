"""Everything that determines the result of one run, and the name made from it."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from study.errors import SettingsError
from study.model import check_image_size, get_variant
from study.train.recipe import Recipe, check_recipe, recipe_from_dict
from study.train.schedule import Phase, Schedule, check_divides

# Raised whenever the same settings would give other numbers than before, but for rounding: that
# differs between machines and numbers of threads too, and results say which commit made them.
TRAINING_VERSION = 1


@dataclass(frozen=True)
class RunSettings:
    """One training run, declared.

    Attributes:
        data: fingerprint of the data set, picture size and split included.
        image_size: side of the square pictures, in pixels.
        model: a name of ``study.model.VARIANTS``.
        batch_size: examples an update, over all replicas together; with a recipe those of its
            first epoch.
        learning_rate: of plain SGD, constant; with a recipe that of its first phase, which a
            warm-up leads to.
        seed: of the initial weights, the order of the examples and the dropout masks.
        patience: epochs without a lower validation loss after which the run stops.
        max_epochs: epochs after which it stops in any case.
        reshuffle: a new order in every epoch; the article keeps one order (False).
        replicas: devices of a MirroredStrategy; 1 trains without one.
        recipe: how the run departs from plain SGD at one batch size and rate; None where it does
            not. It enters the id only where there is one.
    """

    data: str
    image_size: int
    model: str
    batch_size: int
    learning_rate: float
    seed: int
    patience: int
    max_epochs: int
    reshuffle: bool = False
    replicas: int = 1
    recipe: Recipe | None = None

    @property
    def id(self) -> str:
        """A readable slug and a hash of all settings; equal settings share a run."""
        text = json.dumps([TRAINING_VERSION, self.as_dict()], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        rate = f"{self.learning_rate:g}"
        return (
            f"{self.model}-{self.image_size}px-b{self.batch_size}-lr{rate}"
            f"-s{self.seed}-x{self.replicas}-{digest}"
        )

    @property
    def rows_apart(self) -> bool:
        """Whether the rows of a batch meet in the loss alone, so that pieces give the same."""
        if get_variant(self.model).batch_normalisation:
            return False
        recipe = self.recipe
        return recipe is None or not (recipe.normalisation or recipe.remedy)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as stored in ``run.json``; ``recipe`` only where there is one."""
        values = asdict(self)
        del values["recipe"]
        return values if self.recipe is None else {**values, "recipe": self.recipe.as_dict()}

    def schedule(self, train_examples: int) -> Schedule:
        """The course of batch size and rate: the recipe's, or a single phase.

        Raises:
            SettingsError: the settings do not fit so many training examples.
        """
        if self.recipe is not None:
            return self.recipe.schedule
        phase = Phase(0, self.max_epochs, self.batch_size, self.learning_rate)
        return Schedule(train_examples, (phase,))


def run_settings_from_dict(values: Mapping[str, Any]) -> RunSettings:
    """The inverse of ``RunSettings.as_dict``, for what has been JSON in between.

    Raises:
        SettingsError: it holds something else than settings of a run, or than a recipe.
    """
    recipe = values.get("recipe")
    try:
        return RunSettings(**{**values, "recipe": recipe and recipe_from_dict(recipe)})
    except TypeError as error:
        raise SettingsError(
            f"settings of a run hold {', '.join(map(str, values))} ({error}); they are those of "
            "another version of this project."
        ) from error


def check_run_settings(settings: RunSettings, train_examples: int) -> None:
    """Refuses what cannot be trained, before anything is written.

    Raises:
        SettingsError: with what came, what was expected and how to mend it.
    """
    check_image_size(settings.image_size)
    get_variant(settings.model)
    batch_size, replicas = settings.batch_size, settings.replicas
    if batch_size < 1:
        raise SettingsError(f"batch size {batch_size}; expected 1 or more.")
    if batch_size > train_examples:
        raise SettingsError(
            f"batch size {batch_size} is larger than the training set of {train_examples} "
            "pictures; choose a smaller batch size or give more pictures."
        )
    if replicas < 1:
        raise SettingsError(f"{replicas} devices; expected 1 or more.")
    check_divides(batch_size, replicas)
    if not 0 < settings.learning_rate < math.inf:
        raise SettingsError(
            f"learning rate {settings.learning_rate}; expected a finite number above 0."
        )
    if settings.patience < 1 or settings.max_epochs < 1:
        raise SettingsError(
            f"patience {settings.patience} and at most {settings.max_epochs} epochs; "
            "expected 1 or more of each."
        )
    if settings.recipe is not None:
        check_recipe(settings.recipe, train_examples, replicas)
        _check_beside_recipe(settings, settings.recipe.schedule)


def _check_beside_recipe(settings: RunSettings, schedule: Schedule) -> None:
    first = schedule.phases[0]
    named = (settings.batch_size, settings.learning_rate, settings.max_epochs)
    if named != (first.batch_size, first.learning_rate, schedule.epochs):
        raise SettingsError(
            f"batch size {named[0]}, rate {named[1]:g} and {named[2]} epochs beside a schedule "
            f"that begins with {first.batch_size} and {first.learning_rate:g} and has "
            f"{schedule.epochs}; expected the same."
        )
