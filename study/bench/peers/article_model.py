"""The article's network, and its published variants, as one writes them in Keras."""

import keras

from study.model import FILTERS, HIDDEN_UNITS, ModelVariant, get_variant
from study.train.settings import RunSettings


def article_model(settings: RunSettings) -> keras.Model:
    """The run's network from Keras's own layers, compiled.

    Args:
        settings: ``image_size`` in pixels a side, ``model`` and ``learning_rate`` are read.

    Returns:
        Maps float32 pictures (rows, size, size, 3) in [0, 1] to probabilities (rows, 1). The layers
        with weights come in the order of ``study.model.build_model``.

    Raises:
        SettingsError: there is no such model.
    """
    layers, design = keras.layers, get_variant(settings.model)
    stack = [keras.Input((settings.image_size, settings.image_size, 3))]
    for filters in FILTERS:
        stack += [*_convolution(filters, design), layers.MaxPooling2D()]
        stack += _dropout(design.pool_dropout)
    stack.append(layers.Flatten())
    for units in HIDDEN_UNITS:
        stack += [layers.Dense(units, "relu"), *_dropout(design.dense_dropout)]
    model = keras.Sequential([*stack, layers.Dense(1, "sigmoid")])
    optimizer = keras.optimizers.SGD(settings.learning_rate)
    # what Keras chooses by itself ("auto") is compilation by XLA only on a GPU
    model.compile(optimizer, "binary_crossentropy", metrics=["accuracy"])
    return model


def _convolution(filters: int, design: ModelVariant) -> list[keras.layers.Layer]:
    layers = keras.layers
    if not design.batch_normalisation:
        return [layers.Conv2D(filters, 3, padding="same", activation="relu")]
    return [
        layers.Conv2D(filters, 3, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
    ]


def _dropout(rate: float) -> list[keras.layers.Layer]:
    return [keras.layers.Dropout(rate)] if rate else []
