"""Trains a ghost-normalised net on two logical devices: ``python -m tests.ghost_replicas``.

A process of its own, because logical devices have to be declared before TensorFlow starts.
"""

import json
import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from study.layers.counted_rows import CountedRows
from study.layers.ghost_batch_normalisation import GhostBatchNormalization
from study.train.batches import take_examples, train_batches
from study.train.devices import Devices, prepare_devices

COUNT, BATCH, GHOST = 21, 8, 2


def train(devices: Devices) -> list[list[float]]:
    """Two epochs of three batches, the last with 5 real rows; all weights, flat."""
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (COUNT, 4, 4, 3)).astype(np.uint8)
    examples = take_examples(images, random.integers(0, 2, COUNT), np.arange(COUNT))
    with devices.scope():
        inputs = keras.Input((4, 4, 3), dtype="uint8")
        value = keras.layers.Rescaling(1 / 255)(inputs)
        start = keras.initializers.GlorotUniform(1)
        value = keras.layers.Conv2D(3, 3, activation="tanh", kernel_initializer=start)(value)
        value = GhostBatchNormalization(GHOST, momentum=0.8)(value)
        value = keras.layers.Flatten()(value)
        start = keras.initializers.GlorotUniform(2)
        outputs = keras.layers.Dense(1, "sigmoid", kernel_initializer=start)(value)
        model = CountedRows(inputs, outputs)
        model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    batches, steps = train_batches(examples, BATCH, 0, True, devices)
    model.fit(batches, epochs=2, steps_per_epoch=steps, shuffle=False, verbose=0)
    return [np.ravel(array).tolist() for array in model.get_weights()]


def refuse(strategy: Any) -> str:
    """The message about 6 rows a replica in ghosts of 4."""
    with strategy.scope():
        model = keras.Sequential([keras.Input((3,)), GhostBatchNormalization(4)])
        model.compile(keras.optimizers.SGD(0.1), "mse")
    rows = tf.data.Dataset.from_tensor_slices((tf.zeros((12, 3)), tf.zeros((12, 3))))
    try:
        model.fit(rows.batch(12, drop_remainder=True), shuffle=False, verbose=0)
    except ValueError as error:
        return str(error)
    return ""


def main() -> None:
    """Prints a JSON object: weights of two replicas, and what a bad ghost size gives."""
    devices = prepare_devices(2, 1, logical=True)
    warnings.simplefilter("error")
    print(json.dumps({"weights": train(devices), "refused": refuse(devices.strategy)}))


if __name__ == "__main__":
    main()
