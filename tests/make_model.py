"""A tiny compiled network and data for tests of measurements."""

import keras
import numpy as np


def tiny_model(seed: int = 0, batch_normalisation: bool = False) -> keras.Model:
    """One convolution, one dense layer, a sigmoid; tanh, so that the loss is smooth."""
    layers = [keras.Input((6, 6, 3), dtype="uint8"), keras.layers.Rescaling(1 / 255)]
    layers.append(
        keras.layers.Conv2D(
            4, 3, activation="tanh", kernel_initializer=keras.initializers.GlorotUniform(seed)
        )
    )
    if batch_normalisation:
        layers.append(keras.layers.BatchNormalization())
    layers += [
        keras.layers.Flatten(),
        keras.layers.Dense(
            5, activation="tanh", kernel_initializer=keras.initializers.GlorotUniform(seed + 1)
        ),
        keras.layers.Dense(
            1, activation="sigmoid", kernel_initializer=keras.initializers.GlorotUniform(seed + 2)
        ),
    ]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.SGD(0.1), "binary_crossentropy", metrics=["accuracy"])
    return model


def tiny_data(count: int = 50, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """uint8 pictures (count, 6, 6, 3) and float32 labels (count, 1)."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, (count, 1)).astype(np.float32)
    images = random.integers(0, 200, (count, 6, 6, 3)) + (55 * labels[:, :, None, None]).astype(int)
    return images.astype(np.uint8), labels
