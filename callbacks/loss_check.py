"""Whether a model's loss is a mean over rows, which all measurements here take it for."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

# A share of the loss that rounding does not reach, in bfloat16 neither.
_SHARE = 0.02
# How much two equal steps may differ by rounding, as a share of them.
_ROUNDING = 0.1


def check_reduction(model: Any) -> None:
    """Refuses a loss that Keras does not average.

    Raises:
        ValueError: a loss of the compiled model has the reduction "sum" or none.
    """
    for loss in tf.nest.flatten(model.loss):
        if getattr(loss, "reduction", "mean") in (None, "none", "sum"):
            raise ValueError(
                f"the loss of model {model.name!r} has reduction={loss.reduction!r}, which depends "
                "on the batch size; compile it with reduction='sum_over_batch_size'."
            )


def check_no_sum(model: Any, of_copies: Callable[[int], float]) -> None:
    """Refuses a loss that sums over its rows by itself, where it is not one of Keras's own.

    The rows of a chunk, each taken once, twice and three times, have one mean, however they are
    weighed or masked; a sum grows by the same amount with each copy. One that is less than a
    fiftieth of the loss, beside a large constant, is not noticed.

    Args:
        model: a compiled model.
        of_copies: gives the loss of some rows that are all taken so many times.

    Raises:
        ValueError: the loss sums.
    """
    own = type(model).compute_loss is keras.Model.compute_loss
    if own and all(map(_is_of_keras, tf.nest.flatten(model.loss))):
        return
    try:
        once, twice, thrice = map(of_copies, (1, 2, 3))
    except Exception:
        # a loss that takes one number of rows only; what else is wrong shows when it is measured
        return
    step, next_step = twice - once, thrice - twice
    if abs(step) > _SHARE * abs(once) and abs(next_step - step) < _ROUNDING * abs(step):
        raise ValueError(
            f"the loss of model {model.name!r} depends on the batch size: it is {once:.4g} for "
            f"some rows and {twice:.4g} with each of them twice; return one value a row, or their "
            "mean, in place of a sum."
        )


def _is_of_keras(loss: Any) -> bool:
    if loss is None or isinstance(loss, str):
        return True
    function = getattr(loss, "fn", loss)
    kinds = (one if hasattr(one, "__name__") else type(one) for one in (loss, function))
    return all(kind.__module__.split(".")[0] == "keras" for kind in kinds)
