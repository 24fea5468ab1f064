"""What principal components make of a walk without any aim."""

import numpy as np
import numpy.typing as npt


def random_walk_shares(steps: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Shares of variance of the principal components of a random walk, largest first.

    In the limit of many dimensions, where the directions of steps are at right angles to each
    other. With n points after steps of one length, component k has the share of
    ``1 / sin(pi k / 2n)^2`` in their sum: for long walks ``6 / (pi k)^2``, so that two components
    hold 76 % of a walk that goes nowhere (Antognini and Sohl-Dickstein 2018, section 3).

    Args:
        steps: lengths of the steps between the points, shape (n - 1,), one or more, not all 0.

    Returns:
        float64 (n - 1,), with sum 1.

    Raises:
        ValueError: there is no step, or a length is not finite or below 0.
    """
    lengths = np.asarray(steps, np.float64)
    if lengths.ndim != 1 or not np.isfinite(lengths).all() or (lengths < 0).any():
        raise ValueError("lengths of steps; expected finite numbers in one row, 0 or more.")
    if not lengths.any():
        raise ValueError("a walk without a step; expected one or more.")
    # each step has a dimension of its own: row i holds the steps made before point i
    points = np.tril(np.ones((lengths.size + 1, lengths.size)), -1) * lengths
    singular = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    squares = singular**2
    return np.asarray(squares / squares.sum(), np.float64)
