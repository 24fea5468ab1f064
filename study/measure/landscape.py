"""The loss on a plane in weight space; through a minimiser, along two random directions."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from study.measure.many_points import ManyPoints

Array = npt.NDArray[Any]
PLANE_COLUMNS = ("alpha", "beta", "loss", "examples")
COLUMNS = (*PLANE_COLUMNS, "direction_seed")


def filter_normalised_direction(weights: Sequence[Array], seed: int | Sequence[int]) -> list[Array]:
    """A Gaussian direction whose filters have the norms of the weights' filters.

    Li et al. 2018, section 4: each filter of a convolution and each neuron of a dense layer is
    scaled to the norm of its counterpart; biases, and all else with fewer than two axes (batch
    normalisation), get no direction. In Keras the filter, or neuron, is the last axis of a kernel;
    a depthwise kernel, whose last axis is another, is scaled as one filter a multiplier.

    Args:
        weights: arrays as ``model.get_weights()`` gives them.
        seed: of the Gaussian numbers, drawn array by array in order.

    Returns:
        float64 arrays of the same shapes.
    """
    return scale_filters(_gaussian(weights, seed), weights)


def plain_direction(weights: Sequence[Array], seed: int | Sequence[int]) -> list[Array]:
    """The same Gaussian direction without filter normalisation, as long as the kernels together.

    What Li et al. 2018 compare filter normalisation with (their figure 2): the relative sizes of
    the filters do not matter. Arguments and result are those of ``filter_normalised_direction``.
    """
    drawn = [
        array if array.ndim >= 2 else np.zeros(array.shape) for array in _gaussian(weights, seed)
    ]
    kernels = [np.asarray(array, np.float64) for array in weights if np.ndim(array) >= 2]
    factor = length_of(kernels) / length_of(drawn) if kernels else 0.0
    return [factor * array for array in drawn]


def scale_filters(direction: Sequence[Array], weights: Sequence[Array]) -> list[Array]:
    """Gives each filter of a direction the norm of its counterpart among the weights.

    Arrays of fewer than two axes become 0, and so does a filter whose direction is 0.
    """
    scaled = []
    for array, weight in zip(direction, weights, strict=True):
        array, axes = np.asarray(array, np.float64), tuple(range(np.ndim(array) - 1))
        if not axes:
            scaled.append(np.zeros(array.shape))
            continue
        wanted = np.sqrt((np.asarray(weight, np.float64) ** 2).sum(axes))
        present = np.sqrt((array**2).sum(axes))
        factors = np.divide(wanted, present, out=np.zeros(wanted.shape), where=present > 0)
        scaled.append(array * factors)
    return scaled


def evaluation_order(rows: int, columns: int | None = None) -> list[tuple[int, int]]:
    """Indices of a grid, square if only one is given, coarse to fine.

    Any beginning is a preview of the whole.
    """
    sizes = rows, rows if columns is None else columns
    step = 1
    while 2 * step < max(sizes):
        step *= 2
    order: dict[tuple[int, int], None] = {}
    while step >= 1:
        # counted from the middle, where the minimiser lies
        lines = [
            [index for index in range(size) if (index - size // 2) % step == 0] for size in sizes
        ]
        order.update(dict.fromkeys(itertools.product(lines[0], lines[1])))
        step //= 2
    return list(order)


def loss_on_plane(
    model: keras.Model,
    centre: Sequence[Array],
    directions: Sequence[Sequence[Array]],
    ticks: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    x: Any,
    y: Any,
    *,
    done: pd.DataFrame | None = None,
    on_point: Callable[[pd.DataFrame], None] = lambda points: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """Mean loss at ``centre + alpha * first + beta * second`` on a grid.

    Args:
        model: compiled; its own weights stay as they are.
        centre: as ``model.get_weights()`` gives it.
        directions: two lists of arrays of the same shapes.
        ticks: values of alpha and of beta, float64.
        x, y: pictures and labels.
        done: rows measured before; they are kept and not measured again.
        on_point: called with all rows so far, after every few points.
        progress: called with the points done and their total.

    Returns:
        Columns alpha, beta, loss, examples; ordered by alpha, then beta.
    """
    measured = ManyPoints(model, x, y)
    return points_on_plane(
        measured, centre, directions, ticks, done=done, on_point=on_point, progress=progress
    )


def points_on_plane(
    measured: ManyPoints,
    centre: Sequence[Array],
    directions: Sequence[Sequence[Array]],
    ticks: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    *,
    done: pd.DataFrame | None = None,
    on_point: Callable[[pd.DataFrame], None] = lambda points: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """``loss_on_plane`` with the model and the data of ``measured``, compiled once."""
    alphas, betas = ticks
    order = [(float(alphas[i]), float(betas[j])) for i, j in evaluation_order(*map(len, ticks))]
    known = {} if done is None else {(r["alpha"], r["beta"]): r for r in done.to_dict("records")}
    missing = [place for place in order if place not in known]
    for start in range(0, len(missing), measured.together):
        progress(len(order) - len(missing) + start, len(order))
        places = missing[start : start + measured.together]
        found = measured.losses_and_accuracies(
            [centre, *directions], [(1.0, *place) for place in places]
        )
        for place, (loss, _) in zip(places, found, strict=True):
            row = (*place, loss, measured.examples)
            known[place] = dict(zip(PLANE_COLUMNS, row, strict=True))
        on_point(pd.DataFrame(list(known.values()), columns=list(PLANE_COLUMNS)))
    progress(len(order), len(order))
    points = [known[float(a), float(b)] for a in alphas for b in betas]
    return pd.DataFrame(points, columns=list(PLANE_COLUMNS))


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
        x, y: inputs and targets, arrays or tensors (rows, ...).
        size: points along each axis, odd, so that the minimiser is one of them.
        span: half the side, in units of the filter norms.
        seed: of the two directions.
        done: rows measured before; those of this seed are kept and not measured again.
        on_point: called with all rows so far, after every few points.
        progress: called with the points done and their total.

    Returns:
        Columns alpha, beta, loss (float64, what ``model.evaluate`` reports), examples,
        direction_seed; ordered by alpha, then beta.

    Raises:
        ValueError: ``size`` is even or less than 3, ``span`` is not above 0, the model is not
            compiled, or the weights do not have its shapes.
    """
    ticks = plane_ticks(size, span)
    if done is not None:
        done = done[done["direction_seed"] == seed]
    points = loss_on_plane(
        model,
        weights,
        [filter_normalised_direction(weights, (seed, axis)) for axis in (0, 1)],
        (ticks, ticks),
        x,
        y,
        done=done,
        on_point=lambda points: on_point(points.assign(direction_seed=seed)),
        progress=progress,
    )
    return points.assign(direction_seed=seed)


def plane_ticks(size: int, span: float = 1.0) -> npt.NDArray[np.float64]:
    """``size`` coordinates from -span to span, 0 among them.

    Raises:
        ValueError: ``size`` is even or less than 3, or ``span`` is not above 0.
    """
    if size < 3 or size % 2 != 1:
        raise ValueError(f"a grid of {size} x {size} points; expected an odd size of 3 or more.")
    if not 0 < span < np.inf:
        raise ValueError(f"a plane that reaches {span} to each side; expected a number above 0.")
    return span * np.arange(-(size // 2), size // 2 + 1) / (size // 2)


def _gaussian(weights: Sequence[Array], seed: int | Sequence[int]) -> list[Array]:
    random = np.random.default_rng(seed if isinstance(seed, int | np.integer) else list(seed))
    return [random.standard_normal(np.shape(array)) for array in weights]


def length_of(arrays: Sequence[Array]) -> float:
    """Euclidean length of all of them as one vector, float64 arrays."""
    return float(np.sqrt(sum(float((array**2).sum()) for array in arrays)))
