"""A run's way through weight space, on the plane that holds most of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pandas as pd

from callbacks.vectors import Weights, as_vector
from study.measure.landscape import loss_on_plane, scale_filters

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class TrajectoryPlane:
    """Two directions through the last weights of a run, and the run's way along them.

    Attributes:
        centre: the last weights, as ``model.get_weights()`` gives them.
        directions: two lists of float64 arrays of the same shapes.
        shares: of the variance of the snapshots that each principal component explains, largest
            first: float64 (snapshots - 1,), with sum 1.
        path: float64 (snapshots, 2): coordinates of the point of the plane that is nearest to each
            snapshot; the last is (0, 0).
    """

    centre: list[Array]
    directions: tuple[list[Array], list[Array]]
    shares: npt.NDArray[np.float64]
    path: npt.NDArray[np.float64]

    def filter_normalised(self, snapshots: Sequence[Weights]) -> "TrajectoryPlane":
        """The plane of the same directions scaled filter by filter, with the path on it.

        Each filter of a direction gets the norm of its counterpart in the centre (Li et al. 2018,
        section 4); biases and moving averages get none. The directions need not be at right
        angles any more, nor the plane hold as much of the path; ``shares`` stays that of the
        components.

        Args:
            snapshots: those that the plane was made of.

        Raises:
            ValueError: the scaled directions are parallel.
        """
        scaled = [scale_filters(direction, self.centre) for direction in self.directions]
        basis = np.stack([as_vector(direction) for direction in scaled])
        gram = basis @ basis.T
        if np.linalg.det(gram) <= 1e-12 * gram[0, 0] * gram[1, 1]:
            raise ValueError("both directions are the same after filter normalisation.")
        end = as_vector(self.centre)
        onto = np.stack([basis @ (as_vector(weights) - end) for weights in snapshots])
        path = np.asarray(np.linalg.solve(gram, onto.T).T, np.float64)
        return TrajectoryPlane(self.centre, (scaled[0], scaled[1]), self.shares, path)


def trajectory_plane(
    snapshots: Sequence[Weights], moves: Sequence[bool] | None = None
) -> TrajectoryPlane:
    """The first two principal components of the weights along training.

    Li et al. 2018, section 7: the components of ``w_t - w_last``, centred at their mean, in
    float64; here without scaling by filters. Directions have length 1, and each has the sign that
    makes the first snapshot's coordinate positive or 0.

    Args:
        snapshots: weights as ``model.get_weights()`` gives them, in order; the last is the centre.
        moves: for each array whether it counts (see ``trainable_arrays``); all without it. The
            others get no direction.

    Raises:
        ValueError: there are fewer than three snapshots, their shapes differ, or they lie on a
            line.
    """
    shapes = [tuple(np.shape(array) for array in weights) for weights in snapshots]
    if len(snapshots) < 3 or len(set(shapes)) != 1:
        raise ValueError(
            f"{len(snapshots)} snapshots of {len(set(shapes))} models; expected 3 or more of one."
        )
    counts = [True] * len(shapes[0]) if moves is None else list(moves)
    centre = [np.asarray(array, np.float64) for array in snapshots[-1]]
    end = as_vector(centre)
    mask = np.concatenate(
        [np.full(array.size, moved) for array, moved in zip(centre, counts, strict=True)]
    )
    offsets = np.stack([(as_vector(weights) - end) * mask for weights in snapshots])
    if not np.isfinite(offsets).all():
        raise ValueError("a snapshot holds weights that are not finite; expected numbers alone.")
    centred = offsets - offsets.mean(axis=0)
    # as many values as snapshots, where the covariance has as many as weights
    values, vectors = np.linalg.eigh(centred @ centred.T)
    values, vectors = values[::-1], vectors[:, ::-1]
    if values[1] <= 1e-12 * values[0]:
        raise ValueError("the snapshots lie on a line; expected a way that bends.")
    directions = (vectors[:, :2].T @ centred) / np.sqrt(values[:2])[:, None]
    path = offsets @ directions.T
    signs = np.where(path[0] < 0, -1.0, 1.0)
    # centred, so many points span one dimension less
    spread = np.maximum(values[:-1], 0)
    first, second = (_like(d, centre) for d in directions * signs[:, None])
    return TrajectoryPlane(centre, (first, second), spread / spread.sum(), path * signs)


def trainable_arrays(model: keras.Model) -> list[bool]:
    """For each array of ``model.get_weights()``, whether training moves it by gradients."""
    trained = {id(variable) for variable in model.trainable_weights}
    return [id(variable) in trained for variable in model.weights]


def trajectory_landscape(
    model: keras.Model,
    plane: TrajectoryPlane,
    x: Any,
    y: Any,
    size: int = 21,
    margin: float = 0.2,
    *,
    done: pd.DataFrame | None = None,
    on_point: Callable[[pd.DataFrame], None] = lambda points: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """Mean loss on a grid over the part of the plane that the path crosses.

    Args:
        model: compiled; its own weights stay as they are.
        plane: of the run.
        x, y: pictures and labels.
        size: points along each axis, 2 or more.
        margin: added on each side, as a share of the path's extent along each axis.
        done: rows measured before; they are kept and not measured again.
        on_point: called with all rows so far, after every few points.
        progress: called with the points done and their total.

    Returns:
        Columns alpha, beta, loss, examples; ordered by alpha, then beta. alpha and beta are
        coordinates like those of ``plane.path``.

    Raises:
        ValueError: ``size`` or ``margin`` is out of its range.
    """
    if size < 2 or not 0 <= margin < np.inf:
        raise ValueError(
            f"{size} points a side with a margin of {margin}; expected 2 or more, and 0 or more."
        )
    low, high = plane.path.min(axis=0), plane.path.max(axis=0)
    reach = margin * (high - low)
    alphas, betas = (
        np.linspace(start, stop, size)
        for start, stop in zip(low - reach, high + reach, strict=True)
    )
    return loss_on_plane(
        model,
        plane.centre,
        plane.directions,
        (alphas, betas),
        x,
        y,
        done=done,
        on_point=on_point,
        progress=progress,
    )


def _like(vector: npt.NDArray[np.float64], weights: Weights) -> list[Array]:
    ends = np.cumsum([np.size(array) for array in weights])[:-1]
    parts = np.split(vector, ends)
    return [part.reshape(np.shape(array)) for part, array in zip(parts, weights, strict=True)]
