"""Functions over a box whose values are known."""

import numpy as np


class Quadratic:
    """``b.u + u.Q u / 2``, and how often it was asked."""

    def __init__(self, linear: np.ndarray, matrix: np.ndarray) -> None:
        self.linear, self.matrix = linear, matrix
        self.asked: list[np.ndarray] = []

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        self.asked.append(u.copy())
        return self.value(u), self.linear + self.matrix @ u

    def value(self, u: np.ndarray) -> float:
        return float(self.linear @ u + u @ self.matrix @ u / 2)


def quadratic(seed: int, size: int, curvature: float = 1.0) -> Quadratic:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(size, size))
    return Quadratic(random.normal(size=size), curvature * (matrix + matrix.T))
