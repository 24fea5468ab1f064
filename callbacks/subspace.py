"""Random subspaces of weight space that are too large to hold as one matrix of float64."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy.sparse.linalg

from callbacks.vectors import Vector

# Matrices up to this size are kept in memory, larger ones are drawn again whenever they are used.
KEPT_BYTES = 2**30
# Relative residual of the least squares; far below what float32 entries could show.
TOLERANCE = 1e-12


class GaussianSubspace:
    """The span of random columns: A of shape (size, dimension) with entries drawn from N(0, 1).

    Column j is ``numpy.random.default_rng([seed, j]).standard_normal(size, dtype=float32)``, so a
    subspace of more dimensions contains that of fewer. Products are float64, column by column.

    Args:
        size: length of a weight vector, n.
        dimension: number of columns, p.
        seed: a whole number from 0.

    Raises:
        ValueError: ``size`` or ``dimension`` is below 1.
    """

    def __init__(self, size: int, dimension: int, seed: int) -> None:
        if size < 1 or dimension < 1:
            raise ValueError(
                f"a subspace of {dimension} dimensions in {size} was asked for; "
                "expected at least 1 each."
            )
        self.size, self.dimension, self.seed = size, dimension, seed
        self._kept: list[npt.NDArray[np.float32]] | None = None
        if 4 * size * dimension <= KEPT_BYTES:
            self._kept = [self._draw(index) for index in range(dimension)]

    def expand(self, coordinates: Vector) -> Vector:
        """A y: from coordinates, float64 (dimension,), to weight space, float64 (size,)."""
        result = np.zeros(self.size)
        for coordinate, column in zip(coordinates, self._columns(), strict=True):
            result += coordinate * column
        return result

    def project(self, vector: Vector) -> Vector:
        """A^T v: inner products with the columns, from float64 (size,) to (dimension,)."""
        return np.array([np.dot(column, vector) for column in self._columns()])

    def coordinates(self, vector: Vector) -> Vector:
        """A^+ v: the coordinates whose expansion is nearest to v, those of least norm if several.

        From float64 (size,) to (dimension,), by LSQR, for which random columns are an easy case.
        """
        operator = scipy.sparse.linalg.LinearOperator(
            (self.size, self.dimension), matvec=self.expand, rmatvec=self.project, dtype=np.float64
        )
        # as many steps as there are columns would do in exact arithmetic
        steps = 10 * self.dimension
        solution = scipy.sparse.linalg.lsqr(
            operator, vector, atol=TOLERANCE, btol=TOLERANCE, iter_lim=steps
        )
        return np.asarray(solution[0])

    def _columns(self) -> Iterator[Vector]:
        for index in range(self.dimension):
            column = self._draw(index) if self._kept is None else self._kept[index]
            yield column.astype(np.float64)

    def _draw(self, index: int) -> npt.NDArray[np.float32]:
        generator = np.random.default_rng([self.seed, index])
        return generator.standard_normal(self.size, dtype=np.float32)
