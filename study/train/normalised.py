"""What batch normalisation takes its statistics over, and what its moving averages remember.

No TensorFlow here.
"""

import math
from typing import Any

from study.model import get_variant
from study.train.recipe import Recipe
from study.train.settings import RunSettings

KERAS_MOMENTUM = 0.99


def normalisation_momentum(recipe: Recipe) -> float:
    """What the moving averages keep after a batch, or after a ghost.

    Keras's 0.99 forgets by the batch, so that averages over large batches lag behind by epochs
    where those over small ones do by some pictures. With ``average_examples`` a picture is
    forgotten alike at every batch size: after as many pictures a 1 / e of an average is left.
    """
    if recipe.average_examples is None:
        return KERAS_MOMENTUM
    rows = recipe.ghost_size or recipe.schedule.phases[0].batch_size
    return math.exp(-rows / recipe.average_examples)


def normalisation_record(settings: RunSettings) -> dict[str, Any] | None:
    """What ``run.json`` says of a run's batch normalisation; None where it has none.

    Returns:
        ``over`` ("batch" or "ghost"), ``rows`` that enter one statistic (all batch sizes of the
        run, in their order, or the ghost size), ``devices``, ``rows_of_a_device`` (its shares of
        these batches), ``devices_together`` (whether a statistic is taken over the rows of all
        devices; a ghost lies within one) and ``words``.
    """
    recipe = settings.recipe
    own = get_variant(settings.model).batch_normalisation
    if not own and (recipe is None or not recipe.normalisation):
        return None
    sizes = recipe.schedule.batch_sizes if recipe else (settings.batch_size,)
    ghost = recipe.ghost_size if recipe else None
    devices = settings.replicas
    return {
        "over": "ghost" if ghost else "batch",
        "rows": [ghost] if ghost else list(sizes),
        "devices": devices,
        "rows_of_a_device": [size // devices for size in sizes],
        "devices_together": ghost is None,
        "words": _words(ghost, sizes, devices),
    }


def _words(ghost: int | None, sizes: tuple[int, ...], devices: int) -> str:
    if ghost:
        where = "the batch" if devices == 1 else f"the share of one of {devices} devices"
        return (
            f"statistics over ghosts of {ghost} pictures, each within {where}; on another number "
            "of devices, whose shares the ghost size has to divide, they are the same"
        )
    batch = " or ".join(map(str, sizes))
    where = "" if devices == 1 else f", on all {devices} devices together"
    return (
        f"statistics over the whole batch of {batch} pictures{where}; on another number of "
        "devices they are the same"
    )
