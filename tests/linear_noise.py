"""A linear model whose gradient noise scale is known in closed form."""

import math
from typing import Any

import keras
import numpy as np

SGD = keras.optimizers.SGD
NAMES = ("gradient_norm_squared", "gradient_variance_trace", "noise_scale")


def linear_model(optimizer: Any = None, loss: Any = "mse", **options: Any) -> keras.Model:
    """``y = w x`` with four weights; the gradient of an example is 2 (w x - y) x."""
    start = keras.initializers.Constant([[0.5], [-1], [2], [0.1]])
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(1, use_bias=False, kernel_initializer=start)]
    )
    model.compile(optimizer or SGD(0.0), loss, **options)
    return model


def example_gradients(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Of every example at the linear model's first weights, float64 (examples, 4)."""
    x = x.astype(np.float64)
    return 2 * (x @ [[0.5], [-1], [2], [0.1]] - y) * x


def closed_form(gradients: np.ndarray) -> list[float]:
    """Unbiased |G|^2 and tr(Sigma) from a sample of examples, and their ratio."""
    trace = float(np.trace(np.cov(gradients.T)))
    norm = float(np.sum(gradients.mean(0) ** 2)) - trace / len(gradients)
    return [norm, trace, trace / norm]


def of_groups(gradients: list[np.ndarray], group: int) -> list[float]:
    """What the callback should find in steps of which each has these examples' gradients."""
    norms, traces = [], []
    for start in range(0, len(gradients) - group + 1, group):
        steps = gradients[start : start + group]
        means = np.array([step.mean(0) for step in steps])
        single, mean = np.mean(np.sum(means**2, 1)), np.sum(means.mean(0) ** 2)
        inverse = np.mean([1 / len(step) for step in steps])
        traces.append((single - mean) / (inverse * (1 - 1 / group)))
        norms.append(single - traces[-1] * inverse)
    norm, trace = float(np.mean(norms)), float(np.mean(traces))
    return [norm, trace, trace / norm if norm > 0 else math.nan]


def last(history: dict[str, Any]) -> list[float]:
    return [history[name][-1] for name in NAMES]
