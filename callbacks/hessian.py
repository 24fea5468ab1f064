"""The Hessian of a model's mean loss: eigenvalues at both ends, and its trace."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras
import numpy as np
import scipy.sparse.linalg

from callbacks.hessian_product import HessianOfMeanLoss
from callbacks.numbers_check import check_whole
from callbacks.vectors import Vector

# Relative to the eigenvalues; products of float32 are not right to much more.
TOLERANCE = 1e-4
# A smaller Hessian is computed whole: ARPACK needs room beside the vectors that it looks for.
WHOLE_UP_TO = 32


@dataclass(frozen=True)
class HessianSpectrum:
    """What was found of the eigenvalues of the Hessian H of a mean loss.

    Attributes:
        largest: float64 (count,), the largest eigenvalues, falling; NaN where one was not found.
            Copies of a repeated one may be missing.
        largest_residuals: float64 (count,), ``|H v - value v|`` of the unit eigenvectors: within
            this distance of each value lies an eigenvalue.
        smallest: float64 (count,), the smallest eigenvalues (most negative first), rising.
        smallest_residuals: float64 (count,).
        trace: mean of Hutchinson's estimates; NaN without probes.
        trace_standard_error: NaN for fewer than two probes.
        trace_probes: how many.
        products: of the Hessian with a vector, each a pass over all data forth and twice back.
        status: "converged" (each value is an eigenvalue; see ``hessian_spectrum`` for repeated
            ones), "product limit" or "not finite".
        size: number of weights.
        examples: rows of the data.
    """

    largest: Vector
    largest_residuals: Vector
    smallest: Vector
    smallest_residuals: Vector
    trace: float
    trace_standard_error: float
    trace_probes: int
    products: int
    status: str
    size: int
    examples: int


def hessian_spectrum(
    model: keras.Model,
    x: Any,
    y: Any,
    count: int = 1,
    trace_probes: int = 0,
    seed: int = 0,
    *,
    max_products: int = 1000,
    batch_size: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> HessianSpectrum:
    """Measures the curvature of the mean loss over (x, y) at a model's weights.

    Both ends of the spectrum come from one Lanczos iteration (ARPACK) over products of the
    Hessian with vectors; power iteration would find the eigenvalue largest in size only. A model
    of few weights gets its whole Hessian. The trace is the mean of ``z^T H z`` over vectors z of
    random signs (Hutchinson 1990). Inference mode: no dropout, moving averages in batch
    normalisation. The model's weights are not touched, also after an error.

    Of an eigenvalue that occurs several times not all copies may be found; the next ones then
    stand in their places, although the status is "converged": each value is right, its place may
    not be. To Lanczos' iteration the starting vector shows one direction of each eigenspace, and
    only rounding brings others in. A linear layer of k outputs under squared error has each
    eigenvalue k times. Only the whole Hessian of few weights has every copy.

    Args:
        model: a built Keras model, compiled with a mean loss.
        x: inputs, array or tensor of shape (rows, ...), or a nest of such.
        y: targets, likewise.
        count: eigenvalues at each end, 1 or more, at most as many as there are weights.
        trace_probes: random vectors for the trace; 0 for none.
        seed: of the starting vector and the probes, a whole number from 0.
        max_products: after which the iteration ends, with what has converged; those of the trace
            come on top. Expected are 82 or more for up to 9 eigenvalues at each end, or for a
            model of up to 32 weights one for each of them.
        batch_size: rows computed at a time; see ``MeanLoss``.
        progress: called as ``progress(products, limit)`` after each product.

    Returns:
        Both ends and the trace, with what tells how far to trust them.

    Raises:
        TypeError, ValueError: as ``MeanLoss``.
        ValueError: a number is not whole or out of its range.
    """
    count = check_whole("count", count, 1)
    trace_probes = check_whole("trace_probes", trace_probes, 0)
    seed, max_products = check_whole("seed", seed, 0), check_whole("max_products", max_products, 1)
    objective = HessianOfMeanLoss(model, x, y, batch_size=batch_size)
    if count > objective.size:
        raise ValueError(
            f"{count} eigenvalues at each end of a Hessian of {objective.size} weights; expected "
            "1 or more, and at most as many as there are weights."
        )
    least = _least_products(objective.size, count)
    if max_products < least:
        raise ValueError(
            f"max_products is {max_products}; expected {least} or more, which {count} eigenvalues "
            f"at each end of a Hessian of {objective.size} weights take at least."
        )
    weights = objective.weights()

    def multiply(vector: Vector) -> Vector:
        product = objective.product(weights, vector)
        if not np.all(np.isfinite(product)):
            raise _NotFiniteError
        if progress is not None:
            progress(objective.products, max_products + trace_probes)
        return product

    random = np.random.default_rng(seed)
    try:
        largest, smallest, converged = _both_ends(
            multiply, objective.size, count, random, max_products
        )
        status = "converged" if converged else "product limit"
        traces = _traces(multiply, objective.size, trace_probes, random)
    except _NotFiniteError:
        largest, smallest, status = _nothing(count), _nothing(count), "not finite"
        traces = np.empty(0)
    return HessianSpectrum(
        largest=largest.values,
        largest_residuals=largest.residuals,
        smallest=smallest.values,
        smallest_residuals=smallest.residuals,
        trace=float(np.mean(traces)) if len(traces) else math.nan,
        trace_standard_error=(
            float(np.std(traces, ddof=1)) / math.sqrt(len(traces)) if len(traces) > 1 else math.nan
        ),
        trace_probes=trace_probes,
        products=objective.products,
        status=status,
        size=objective.size,
        examples=objective.examples,
    )


class _NotFiniteError(Exception):
    """A product holds numbers that are not finite."""


class _End(NamedTuple):
    """One end of the spectrum: eigenvalues from the outermost on, and their residuals."""

    values: Vector
    residuals: Vector


def _nothing(count: int) -> _End:
    return _End(np.full(count, math.nan), np.full(count, math.nan))


def _is_small(size: int, count: int) -> bool:
    return size <= max(WHOLE_UP_TO, 4 * count)


def _room(size: int, count: int) -> int:
    """Lanczos vectors that ARPACK keeps, SciPy's choice."""
    return min(size, max(2 * count + 1, 20))


def _least_products(size: int, count: int) -> int:
    """The whole Hessian; or at each end the room filled, one restart, its end, the residuals."""
    return size if _is_small(size, count) else 2 * (2 * _room(size, count) + 1)


def _both_ends(
    multiply: Callable[[Vector], Vector],
    size: int,
    count: int,
    random: np.random.Generator,
    max_products: int,
) -> tuple[_End, _End, bool]:
    """The largest and the smallest eigenvalues, and whether all of them were found."""
    if _is_small(size, count):
        whole = np.stack([multiply(axis) for axis in np.eye(size)])
        values, vectors = np.linalg.eigh((whole + whole.T) / 2)
        residuals = np.linalg.norm(whole @ vectors - vectors * values, axis=0)
        largest = _End(values[::-1][:count], residuals[::-1][:count])
        return largest, _End(values[:count], residuals[:count]), True
    start = random.standard_normal(size)
    half = max_products // 2
    largest, found = _largest(multiply, size, count, start, half)
    top = largest.values[0] if np.isfinite(largest.values[0]) else 0.0

    def from_top(vector: Vector) -> Vector:
        # the tolerance is relative to the eigenvalues, and those of the lower end may be about 0
        return top * np.ravel(vector) - multiply(vector)

    turned, also_found = _largest(from_top, size, count, start, half)
    return largest, _End(top - turned.values, turned.residuals), found and also_found


def _largest(
    multiply: Callable[[Vector], Vector], size: int, count: int, start: Vector, max_products: int
) -> tuple[_End, bool]:
    room = _room(size, count)
    operator = scipy.sparse.linalg.LinearOperator((size, size), matvec=multiply, dtype=np.float64)
    try:
        values, vectors = scipy.sparse.linalg.eigsh(
            operator,
            k=count,
            which="LA",
            v0=start,
            ncv=room,
            tol=TOLERANCE,
            # the room is filled once, by each restart at most the part that the wanted vectors
            # leave free; the end takes one product more, the residuals one each
            maxiter=(max_products - room - 1 - count) // (room - count),
        )
    except scipy.sparse.linalg.ArpackNoConvergence as error:
        values, vectors = error.eigenvalues, error.eigenvectors
    except scipy.sparse.linalg.ArpackError:
        if np.any(multiply(start)):
            raise
        # ARPACK will not take it, but a random vector is taken to 0 by a matrix of zeros alone
        values, vectors = np.zeros(count), np.eye(size, count)
    order = np.argsort(-values)
    end = _nothing(count)
    for place, index in enumerate(order):
        end.values[place] = values[index]
        rest = multiply(vectors[:, index]) - values[index] * vectors[:, index]
        end.residuals[place] = np.linalg.norm(rest)
    return end, len(values) == count


def _traces(
    multiply: Callable[[Vector], Vector], size: int, probes: int, random: np.random.Generator
) -> Vector:
    signs = (random.choice((-1.0, 1.0), size) for _ in range(probes))
    return np.array([float(np.dot(vector, multiply(vector))) for vector in signs])
