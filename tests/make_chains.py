"""Chains of layers, pictures for them, and the check of many points at once beside each alone."""

import keras
import numpy as np

from study.measure.many_points import ManyPoints
from study.model import build_model
from tests.oracles import evaluate_at

LAYERS = keras.layers
ROWS = 11


def pictures(size: int = 12, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (rows, size, size, 3), dtype=np.uint8)
    return images, random.integers(0, 2, rows).astype(np.uint8)


def chain(*layers: keras.Layer, size: int = 12) -> keras.Model:
    """Rescaling, some layers, a dense output, compiled."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((size, size, 3), dtype="uint8")
    value = LAYERS.Rescaling(1 / 255)(inputs)
    for layer in layers:
        value = layer(value)
    model = keras.Model(inputs, LAYERS.Dense(1, activation="sigmoid")(value))
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def points_near(model: keras.Model, number: int) -> list[list[np.ndarray]]:
    random = np.random.default_rng(3)
    # all positive, as moving variances must be
    return [
        [np.abs(w + random.normal(size=w.shape, scale=0.2)) * 0.3 + 0.01 for w in weights]
        for weights in [model.get_weights()] * number
    ]


def check(model: keras.Model, x: np.ndarray, y: np.ndarray, number: int = 3) -> None:
    points = points_near(model, number)
    found = ManyPoints(model, x, y, batch_size=4).losses_and_accuracies(points, np.eye(number))
    wanted = [evaluate_at(model, point, x, y) for point in points]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    assert len({loss for loss, _ in found}) == number


def article_network(size: int, variant: str = "dropout") -> keras.Model:
    model = build_model(size, variant)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model
