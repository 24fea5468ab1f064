"""How weights wander from their start: with the logarithm of time, or with a power of it.

Hoffer et al. 2017, section 3: in the first, high-rate phase the distance from the initial weights
grows as log t. Steps are counted from 1 here; everything is float64.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

# Exponents that a power law may have.
EXPONENTS = (0.01, 2.0)
FEWEST_STEPS = 4


@dataclass(frozen=True)
class LawComparison:
    """Two laws of two numbers each, fitted to the early steps and judged by the later ones.

    Attributes:
        log_error: root mean squared error of ``a + b ln t`` on the held-out steps.
        power_error: of ``c t^p``.
        intercept: a.
        slope: b, distance for each factor e of the steps.
        coefficient: c.
        exponent: p, 0.01 to 2.
        exponent_at_edge: whether p lies at the end of that range, so that the fit is none.
        fitted: number of steps fitted.
        held_out: number of steps held out.
    """

    log_error: float
    power_error: float
    intercept: float
    slope: float
    coefficient: float
    exponent: float
    exponent_at_edge: bool
    fitted: int
    held_out: int

    @property
    def log_ratio(self) -> float:
        """ln(log_error / power_error): below 0 where log t predicts better; NaN if one is 0."""
        if not self.log_error or not self.power_error:
            return math.nan
        return math.log(self.log_error / self.power_error)


def at_first_rate(rates: ArrayLike) -> int:
    """How many epochs a run begins with at one rate.

    Args:
        rates: learning rate of each epoch, shape (epochs,), one or more.
    """
    changed = ~np.isclose(np.asarray(rates, np.float64), np.asarray(rates, np.float64)[0])
    return int(changed.argmax()) if changed.any() else changed.size


def even_in_ratio(count: int) -> np.ndarray:
    """Places of 0 to ``count`` - 1 about evenly in ratio, two a doubling, counted from 1.

    Epochs lie evenly in time: a law that is fitted to the first half of all of them would be
    asked for no more than a factor of two beyond.

    Returns:
        Shape (k,), int64, rising, the first and the last place among them.
    """
    points = math.ceil(2 * math.log2(count)) + 1
    return np.unique(np.geomspace(1, count, points).round().astype(np.int64)) - 1


def log_slope(steps: ArrayLike, distances: ArrayLike) -> float:
    """Least-squares slope of the distance against ln t.

    Args:
        steps: shape (k,), rising, from 1 on; two or more.
        distances: shape (k,).

    Raises:
        ValueError: the numbers are not of that kind.
    """
    t, distance = _course(steps, distances, 2)
    return _line(np.log(t), distance)[1]


def compare_laws(
    steps: ArrayLike, distances: ArrayLike, fitted_share: float = 0.5
) -> LawComparison:
    """Fits ``a + b ln t`` and ``c t^p`` to the first steps, and predicts the others.

    Args:
        steps: shape (k,), rising, from 1 on; four or more. Steps at even distances on the
            logarithmic axis weigh all times alike.
        distances: shape (k,).
        fitted_share: share of the steps that is fitted, in their order; at least two steps are,
            and at least one is held out.

    Raises:
        ValueError: the numbers are not of that kind.
    """
    t, distance = _course(steps, distances, FEWEST_STEPS)
    if not 0 < fitted_share < 1:
        raise ValueError(f"fitted_share is {fitted_share}; expected a share between 0 and 1.")
    count = min(max(round(fitted_share * t.size), 2), t.size - 1)
    intercept, slope = _line(np.log(t[:count]), distance[:count])
    coefficient, exponent = _power(t[:count], distance[:count])
    late, present = t[count:], distance[count:]
    margin = 1e-3
    return LawComparison(
        log_error=_rms(intercept + slope * np.log(late) - present),
        power_error=_rms(coefficient * late**exponent - present),
        intercept=intercept,
        slope=slope,
        coefficient=coefficient,
        exponent=exponent,
        exponent_at_edge=not EXPONENTS[0] + margin < exponent < EXPONENTS[1] - margin,
        fitted=count,
        held_out=t.size - count,
    )


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    return float(y.mean() - slope * x.mean()), slope


def _power(t: np.ndarray, distance: np.ndarray) -> tuple[float, float]:
    """Least squares of c t^p: for each p the best c is known, so p alone is sought."""

    def coefficient(exponent: float) -> float:
        shape = t**exponent
        return float(shape @ distance / (shape @ shape))

    def error(exponent: float) -> float:
        return _rms(coefficient(exponent) * t**exponent - distance)

    grid = np.linspace(*EXPONENTS, 40)
    best = int(np.argmin([error(p) for p in grid]))
    bounds = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    found = optimize.minimize_scalar(error, bounds=bounds, method="bounded")
    exponent = min((float(found.x), float(grid[best])), key=error)
    return coefficient(exponent), exponent


def _rms(errors: np.ndarray) -> float:
    return math.sqrt(float(np.mean(errors**2)))


def _course(steps: ArrayLike, values: ArrayLike, fewest: int) -> tuple[np.ndarray, np.ndarray]:
    t, y = np.asarray(steps, np.float64), np.asarray(values, np.float64)
    if t.ndim != 1 or t.shape != y.shape or t.size < fewest:
        raise ValueError(
            f"steps of shape {t.shape} and values of shape {y.shape}; expected one number a step, "
            f"{fewest} steps or more."
        )
    if not (np.isfinite(t).all() and np.isfinite(y).all()) or t[0] < 1 or (np.diff(t) <= 0).any():
        raise ValueError("steps that do not rise from 1 on, or a value that is not finite.")
    return t, y
