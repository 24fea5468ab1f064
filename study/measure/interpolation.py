"""Loss and accuracy along the straight line through two minimisers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from callbacks.vectors import Weights
from study.measure.many_points import ManyPoints

COLUMNS = ("alpha", "split", "loss", "accuracy", "examples")


def line_points(count: int = 25) -> npt.NDArray[np.float64]:
    """Evenly spaced alpha in [-1, 2], both minimisers (0 and 1) among them.

    Args:
        count: 4 or more, one more than a multiple of 3, so that 0 and 1 are met exactly.

    Raises:
        ValueError: ``count`` is no such number.
    """
    if count < 4 or count % 3 != 1:
        raise ValueError(f"{count} points; expected 4, 7, 10, ..., 25, so that 0 and 1 are met.")
    thirds = (count - 1) // 3
    return np.arange(-thirds, 2 * thirds + 1) / thirds


def interpolate(
    model: keras.Model,
    small_weights: Weights,
    large_weights: Weights,
    data: Mapping[str, tuple[Any, Any]],
    alphas: Sequence[float] | npt.NDArray[np.float64] | None = None,
    *,
    done: pd.DataFrame | None = None,
    on_point: Callable[[pd.DataFrame], None] = lambda points: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """Evaluates ``alpha * large + (1 - alpha) * small``, moving averages included.

    Keskar et al. 2017, section 2.2.2; the article's figure of the line between the minimisers of
    batch sizes 32 and 256. The model's own weights stay as they are.

    Args:
        model: compiled; gives the architecture and the loss.
        small_weights: as ``model.get_weights()`` gives them, at alpha = 0.
        large_weights: likewise, at alpha = 1.
        data: name of a split -> (pictures, labels).
        alphas: points, ``line_points()`` without it.
        done: rows measured before; they are kept and not measured again.
        on_point: called with all rows so far, after every few points.
        progress: called with the points done and their total.

    Returns:
        Columns alpha, split, loss, accuracy, examples; ordered by split as in ``data``, then
        as in ``alphas``.
    """
    points = line_points() if alphas is None else np.asarray(alphas, np.float64)
    known = {} if done is None else {(r["split"], r["alpha"]): r for r in done.to_dict("records")}
    wanted = [(split, float(alpha)) for split in data for alpha in points]
    left = sum(key not in known for key in wanted)
    for split, (x, y) in data.items():
        missing = [alpha for name, alpha in wanted if name == split and (name, alpha) not in known]
        if not missing:
            continue
        measured = ManyPoints(model, x, y)
        for start in range(0, len(missing), measured.together):
            progress(len(wanted) - left, len(wanted))
            some = missing[start : start + measured.together]
            found = measured.losses_and_accuracies(
                [small_weights, large_weights], [(1 - alpha, alpha) for alpha in some]
            )
            for alpha, (loss, accuracy) in zip(some, found, strict=True):
                row = (alpha, split, loss, accuracy, measured.examples)
                known[split, alpha] = dict(zip(COLUMNS, row, strict=True))
            left -= len(some)
            on_point(pd.DataFrame(list(known.values())))
    progress(len(wanted), len(wanted))
    return pd.DataFrame([known[key] for key in wanted], columns=list(COLUMNS))
