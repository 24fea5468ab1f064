"""Data and models for the tests of the mean loss."""

import keras
import numpy as np
import pytest

from tests.small_models import dense

ROWS = 23


@pytest.fixture
def inputs() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(ROWS, 6)).astype(np.float32)


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 2, ROWS).astype(np.uint8)


def rich_model() -> keras.Model:
    """Nested, with batch normalisation, dropout, and losses on weights and on activities."""
    inner = keras.Sequential(
        [
            keras.Input((6,)),
            dense(5, 1, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.1)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5, seed=3),
        ]
    )
    inputs = keras.Input((6,))
    output = dense(1, 2, activation="sigmoid", activity_regularizer=keras.regularizers.L2(0.1))
    model = keras.Model(inputs, output(inner(inputs)))
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model


def compiled(outputs: int, loss: str | keras.losses.Loss) -> keras.Model:
    inputs = keras.Input((6,))
    model = keras.Model(
        inputs, dense(outputs, 1, activation="softmax" if outputs > 1 else None)(inputs)
    )
    model.compile("sgd", loss, metrics=["accuracy"])
    return model
