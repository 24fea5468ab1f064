"""Watching the gradient noise scale of a run, where its recipe asks for it."""

from typing import Any

import keras

from callbacks import GradientNoiseScale, NoiseScaleAtRest
from study.store.schema import GRADIENT_NOISE
from study.train.batches import Examples
from study.train.settings import RunSettings

# the record's name -> the name in Keras's logs; Smith's g has the name "noise_scale" in records
NOISE_COLUMNS = {name: name for name in GRADIENT_NOISE} | {"gradient_noise_scale": "noise_scale"}
STEPS_OF_A_GROUP = 8
EXAMPLES_AT_REST, SMALL_BATCH = 512, 32


def noise_watchers(
    settings: RunSettings, train: Examples, steps: int
) -> list[keras.callbacks.Callback]:
    """The callbacks that measure it; none where the recipe does not ask.

    From consecutive steps in groups of 8, or of as many as an epoch has: the batch of a run that
    takes an epoch in one step has no second one to be set beside, and no estimate of this kind.
    At rest from 512 training examples, or as many as fill batches of 32.

    Args:
        settings: of the run.
        train: what it is trained on.
        steps: of an epoch.
    """
    if settings.recipe is None or not settings.recipe.gradient_noise:
        return []
    found: list[Any] = []
    if steps > 1:
        found.append(GradientNoiseScale(min(STEPS_OF_A_GROUP, steps)))
    examples = min(EXAMPLES_AT_REST, train.count // SMALL_BATCH * SMALL_BATCH)
    if examples > SMALL_BATCH:
        watcher = NoiseScaleAtRest(
            train.images, train.labels, examples, SMALL_BATCH, seed=settings.seed
        )
        found.append(watcher)
    return found
