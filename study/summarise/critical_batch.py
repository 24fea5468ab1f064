"""Steps and examples to a target, and the batch size beyond which larger ones stop paying.

McCandlish et al. 2018, section 2.4: over batch sizes, the steps S and the examples E = B S that a
run needs to a target obey ``(S / S_min - 1) (E / E_min - 1) = 1``, which is the same as
``S = S_min (1 + B_crit / B)`` with ``B_crit = E_min / S_min``.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from study.summarise.statistics import Estimate, mean_interval

FEWEST_SIZES = 3
# How far beyond the batch sizes that were run a critical one is sought, as a factor.
BEYOND = 16.0
BELOW, ABOVE = "below the sweep", "above the sweep"


@dataclass(frozen=True)
class CriticalBatch:
    """The fit of one sweep over batch sizes.

    Attributes:
        batch_size: B_crit in examples; NaN where there is no fit.
        least_steps: S_min.
        least_examples: E_min.
        error: root mean squared error of ln S.
        fitted: batch sizes that reached the target.
        not_reached: batch sizes that did not.
        reason: "" for a fit; "too few batch sizes reached the target", or, where B_crit came out
            at the end of what was sought and nothing can be said but that it lies outside,
            "below the sweep" or "above the sweep".
    """

    batch_size: float
    least_steps: float
    least_examples: float
    error: float
    fitted: tuple[float, ...]
    not_reached: tuple[float, ...]
    reason: str

    @property
    def place(self) -> float:
        """B_crit to set batch sizes beside: 0 below the sweep, infinity above it."""
        return {BELOW: 0.0, ABOVE: math.inf}.get(self.reason, self.batch_size)

    def steps(self, batch_size: float) -> float:
        """S of the fit at a batch size."""
        return self.least_steps * (1 + self.batch_size / batch_size)

    def examples(self, batch_size: float) -> float:
        """E of the fit at a batch size."""
        return self.least_examples * (1 + batch_size / self.batch_size)


def count_to_target(counts: ArrayLike, values: ArrayLike, target: float) -> float:
    """The count (updates, examples, seconds) at which a value first is at the target or below.

    Args:
        counts: shape (k,), rising.
        values: shape (k,), such as the validation loss; NaN where there is none.
        target: to be reached.

    Returns:
        NaN where the target is not reached.
    """
    reached = np.flatnonzero(np.asarray(values, np.float64) <= target)
    return float(np.asarray(counts, np.float64)[reached[0]]) if reached.size else math.nan


def crossing(counts: ArrayLike, values: ArrayLike, target: float) -> float:
    """As :func:`count_to_target`, linear in the value between two counts.

    At the first count there is no value before it: the count itself, which is then a bound.
    """
    numbers, found = np.asarray(counts, np.float64), np.asarray(values, np.float64)
    reached = np.flatnonzero(found <= target)
    if not reached.size:
        return math.nan
    place = int(reached[0])
    if not place or math.isnan(found[place - 1]):
        return float(numbers[place])
    share = (found[place - 1] - target) / (found[place - 1] - found[place])
    return float(numbers[place - 1] + share * (numbers[place] - numbers[place - 1]))


def fit_critical_batch(batch_sizes: ArrayLike, steps: ArrayLike) -> CriticalBatch:
    """Fits ``ln S = ln S_min + ln(1 + B_crit / B)`` by least squares.

    Args:
        batch_sizes: shape (k,), different ones.
        steps: shape (k,), updates to the target; NaN for "not reached", which is left out and
            listed, never a number.

    Raises:
        ValueError: the shapes differ, or a number is not positive.
    """
    sizes, updates = np.asarray(batch_sizes, np.float64), np.asarray(steps, np.float64)
    if sizes.shape != updates.shape or sizes.ndim != 1 or len(set(sizes.tolist())) != sizes.size:
        raise ValueError(
            f"{sizes.shape} batch sizes for {updates.shape} steps; expected one number of steps "
            "for each batch size, and each batch size once."
        )
    reached = ~np.isnan(updates)
    if (sizes <= 0).any() or not np.isfinite(sizes).all() or (updates[reached] <= 0).any():
        raise ValueError("a batch size or a number of steps that is not positive.")
    used, missing = sizes[reached], tuple(sizes[~reached].tolist())
    if used.size < FEWEST_SIZES:
        return _none(used, missing, "too few batch sizes reached the target")
    logs = np.log(updates[reached])

    def rest(log_critical: float) -> np.ndarray:
        left = logs - np.log1p(math.exp(log_critical) / used)
        return left - left.mean()

    def error(log_critical: float) -> float:
        return math.sqrt(float(np.mean(rest(log_critical) ** 2)))

    edges = math.log(used.min() / BEYOND), math.log(used.max() * BEYOND)
    grid = np.linspace(*edges, 200)
    best = int(np.argmin([error(place) for place in grid]))
    if best in (0, grid.size - 1):
        return _none(used, missing, ABOVE if best else BELOW)
    found = optimize.minimize_scalar(
        error, bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-9}
    )
    critical = math.exp(float(found.x))
    least = math.exp(float(np.mean(logs - np.log1p(critical / used))))
    return CriticalBatch(
        critical,
        least,
        least * critical,
        error(float(found.x)),
        tuple(used.tolist()),
        missing,
        "",
    )


def critical_batch_interval(batch_sizes: ArrayLike, steps: ArrayLike) -> Estimate:
    """Geometric mean of the seeds' critical batch sizes, with its interval.

    Args:
        batch_sizes: shape (k,).
        steps: shape (n, k), one row a seed, NaN for "not reached".

    Returns:
        Seeds without a fit are left out; ``n`` counts the others.
    """
    rows = np.atleast_2d(np.asarray(steps, np.float64))
    found = [fit_critical_batch(batch_sizes, row).batch_size for row in rows]
    return mean_interval(np.log([size for size in found if not math.isnan(size)])).exponential()


def _none(used: np.ndarray, missing: tuple[float, ...], reason: str) -> CriticalBatch:
    nothing = math.nan
    return CriticalBatch(nothing, nothing, nothing, nothing, tuple(used.tolist()), missing, reason)
