"""The loss on a plane through a minimiser, along two filter-normalised directions."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from study.measure.many_points import ManyPoints

Array = npt.NDArray[Any]
COLUMNS = ("alpha", "beta", "loss", "examples", "direction_seed")


def filter_normalised_direction(weights: Sequence[Array], seed: Sequence[int]) -> list[Array]:
    """A Gaussian direction whose filters have the norms of the weights' filters.

    Li et al. 2018, section 4: each filter of a convolution and each neuron of a dense layer is
    scaled to the norm of its counterpart; biases, and all else with fewer than two axes (batch
    normalisation), get no direction. In Keras the filter, or neuron, is the last axis of a kernel.

    Args:
        weights: arrays as ``model.get_weights()`` gives them.
        seed: of the Gaussian numbers, drawn array by array in order.

    Returns:
        float64 arrays of the same shapes.
    """
    random = np.random.default_rng(list(seed))
    return [_normalised(np.asarray(array, np.float64), random) for array in weights]


def evaluation_order(size: int) -> list[tuple[int, int]]:
    """Indices of a size x size grid, coarse to fine: any beginning is a preview of the whole."""
    step = 1
    while 2 * step < size:
        step *= 2
    order: dict[tuple[int, int], None] = {}
    while step >= 1:
        # counted from the middle, where the minimiser lies
        lines = [index for index in range(size) if (index - size // 2) % step == 0]
        order.update(dict.fromkeys((row, column) for row in lines for column in lines))
        step //= 2
    return list(order)


def landscape(
    model: keras.Model,
    weights: Sequence[Array],
    x: Any,
    y: Any,
    size: int = 21,
    span: float = 1.0,
    seed: int = 0,
    *,
    done: pd.DataFrame | None = None,
    on_point: Callable[[pd.DataFrame], None] = lambda points: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """Mean loss at ``weights + alpha * first + beta * second`` on a grid over [-span, span]^2.

    Args:
        model: compiled; its own weights stay as they are.
        weights: the minimiser, as ``model.get_weights()`` gives it.
        x, y: pictures and labels.
        size: points along each axis, odd, so that the minimiser is one of them.
        span: half the side, in units of the filter norms.
        seed: of the two directions.
        done: rows measured before; they are kept and not measured again.
        on_point: called with all rows so far, after every few points.
        progress: called with the points done and their total.

    Returns:
        Columns alpha, beta, loss, examples, direction_seed; ordered by alpha, then beta.

    Raises:
        ValueError: ``size`` is even or less than 3.
    """
    if size < 3 or size % 2 == 0:
        raise ValueError(f"a grid of {size} x {size} points; expected an odd size of 3 or more.")
    directions = [filter_normalised_direction(weights, (seed, axis)) for axis in (0, 1)]
    ticks = span * np.arange(-(size // 2), size // 2 + 1) / (size // 2)
    order = [(float(ticks[row]), float(ticks[column])) for row, column in evaluation_order(size)]
    known = {} if done is None else {(r["alpha"], r["beta"]): r for r in done.to_dict("records")}
    missing = [place for place in order if place not in known]
    measured = ManyPoints(model, x, y)
    for start in range(0, len(missing), measured.together):
        progress(len(order) - len(missing) + start, len(order))
        places = missing[start : start + measured.together]
        found = measured.losses_and_accuracies(
            [_move(weights, directions, place) for place in places]
        )
        for place, (loss, _) in zip(places, found, strict=True):
            row = (*place, loss, measured.examples, seed)
            known[place] = dict(zip(COLUMNS, row, strict=True))
        on_point(pd.DataFrame(list(known.values())))
    progress(len(order), len(order))
    points = [known[float(a), float(b)] for a in ticks for b in ticks]
    return pd.DataFrame(points, columns=list(COLUMNS))


def _move(
    weights: Sequence[Array], directions: Sequence[Sequence[Array]], place: tuple[float, float]
) -> list[Array]:
    return [
        np.asarray(w, np.float64) + place[0] * a + place[1] * b
        for w, a, b in zip(weights, *directions, strict=True)
    ]


def _normalised(array: Array, random: np.random.Generator) -> Array:
    direction = random.standard_normal(array.shape)
    if array.ndim < 2:
        return np.zeros(array.shape)
    axes = tuple(range(array.ndim - 1))
    wanted = np.sqrt((array**2).sum(axes))
    return direction * (wanted / np.sqrt((direction**2).sum(axes)))
