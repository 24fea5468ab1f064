"""How flat a minimiser looks without filter normalisation, and after its weights are rescaled."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from study.measure.landscape import (
    filter_normalised_direction,
    length_of,
    loss_on_plane,
    plain_direction,
    plane_ticks,
)
from study.measure.stored import StoredMeasurement
from study.train.stored_weights import load_initial

Array = npt.NDArray[Any]
Data = tuple[Any, Any]
Progress = Callable[[int, int], None]
PLAIN_COLUMNS = (
    *("alpha", "beta", "loss", "examples", "direction_seed"),
    *("direction_norm", "weight_norm"),
)
FACTOR = 4.0
"""By which one layer's weights are multiplied, and the next one's kernel divided."""
_FIRST, _NEXT = "dense_1", "dense_2"


def plain_landscape(
    model: keras.Model,
    folder: Path,
    weights: Sequence[Array],
    data: Data,
    size: int,
    seed: int,
    stored: StoredMeasurement,
    progress: Progress,
) -> pd.DataFrame:
    """Mean loss about a minimiser along two Gaussian directions that it has no say in.

    The directions are as long as the run's initial kernels: runs that start from the same weights
    have the same directions, whatever the scale of the weights that they end with.

    Args:
        model: compiled; its weights are overwritten.
        folder: ``runs/<id>``.
        weights: the minimiser, as ``model.get_weights()`` gives them.
        data: pictures and labels.
        size: points along each axis, odd.
        seed: of the two directions; those of the filter-normalised landscape before scaling.
        stored: keeps finished points.
        progress: called with the points done and their total.

    Returns:
        Columns ``PLAIN_COLUMNS``; the norms are those of one direction and of the kernels.
    """
    directions = [_plain(model, folder, (seed, axis)) for axis in (0, 1)]
    ticks = plane_ticks(size)
    same = {
        "direction_seed": seed,
        "direction_norm": _kernel_norm(directions[0]),
        "weight_norm": _kernel_norm(weights),
    }
    points = loss_on_plane(
        model,
        weights,
        directions,
        (ticks, ticks),
        *data,
        done=stored.part(PLAIN_COLUMNS, direction_seed=seed),
        on_point=lambda points: stored.keep(points.assign(**same)),
        progress=progress,
    )
    return points.assign(**same)


def rescaled(
    model: keras.Model, weights: Sequence[Array], factor: float = FACTOR
) -> list[npt.NDArray[np.float64]]:
    """Other weights of the same function (Dinh et al. 2017).

    The first dense layer's kernel and bias times ``factor``, the kernel of the next one divided
    by it: between them are a ReLU, for which factors above 0 pass through, and dropout.
    """
    scales = {
        id(variable): scale
        for name, scale in ((_FIRST, factor), (_NEXT, 1 / factor))
        for variable in model.get_layer(name).trainable_weights
        if name == _FIRST or len(variable.shape) > 1
    }
    return [
        np.asarray(array, np.float64) * scales.get(id(variable), 1.0)
        for array, variable in zip(weights, model.weights, strict=True)
    ]


def rescaling_lines(
    model: keras.Model,
    folder: Path,
    weights: Sequence[Array],
    data: Data,
    size: int,
    seed: int,
) -> pd.DataFrame:
    """Mean loss on a line through a minimiser and through the same function rescaled.

    Args:
        model, folder, weights, data, size, seed: as for :func:`plain_landscape`.

    Returns:
        Columns factor (1 or ``FACTOR``), normalisation ("filters" or "none"), alpha, loss,
        examples.
    """
    plain, ticks = _plain(model, folder, (seed, 0)), plane_ticks(size)
    lines = []
    for factor in (1.0, FACTOR):
        centre = rescaled(model, weights, factor)
        scaled = filter_normalised_direction(centre, (seed, 0))
        for normalisation, direction in (("filters", scaled), ("none", plain)):
            line = loss_on_plane(model, centre, (direction, direction), (ticks, np.zeros(1)), *data)
            named = line.assign(factor=factor, normalisation=normalisation)
            lines.append(named.drop(columns="beta"))
    return pd.concat(lines, ignore_index=True)


def _plain(model: keras.Model, folder: Path, seed: tuple[int, int]) -> list[Array]:
    return plain_direction(load_initial(folder, model), seed)


def _kernel_norm(weights: Sequence[Array]) -> float:
    return length_of([np.asarray(array, np.float64) for array in weights if np.ndim(array) > 1])
