"""The network and the optimizer of a run, from its settings."""

import keras

from study.model import build_model
from study.train.normalised import normalisation_momentum
from study.train.rate_schedule import ScheduledRate
from study.train.remedy_models import with_remedy
from study.train.settings import RunSettings


def plain_network(settings: RunSettings) -> keras.Model:
    """The network with its initial weights and normalisation, without a step of its own."""
    recipe = settings.recipe
    if recipe is None:
        return build_model(settings.image_size, settings.model, settings.seed)
    return build_model(
        settings.image_size,
        settings.model,
        settings.seed,
        recipe.normalisation,
        recipe.ghost_size,
        normalisation_momentum(recipe),
    )


def network_of(settings: RunSettings) -> keras.Model:
    """The network with its initial weights and the step that trains it, not compiled."""
    network, recipe = plain_network(settings), settings.recipe
    return network if recipe is None else with_remedy(network, recipe.remedy, settings.seed)


def optimizer_of(settings: RunSettings) -> keras.optimizers.Optimizer:
    """Plain SGD, or what the recipe says."""
    recipe = settings.recipe
    if recipe is None:
        return keras.optimizers.SGD(settings.learning_rate)
    rate = ScheduledRate(recipe.schedule, recipe.steps_an_update)
    if recipe.optimizer == "adam":
        return keras.optimizers.Adam(rate)
    return keras.optimizers.SGD(
        rate,
        momentum=float(recipe.momentum),
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay or None,
    )
