"""Tiny nets with the training step of a remedy: ``python -m tests.make_remedy`` on two devices.

A process of its own, because logical devices have to be declared before TensorFlow starts.
"""

import json
import warnings
from typing import Any

import keras
import numpy as np

from study.layers.ghost_batch_normalisation import GhostBatchNormalization
from study.train.batches import Examples, take_examples, train_batches
from study.train.devices import Devices, prepare_devices
from study.train.metrics import ExampleLoss
from study.train.remedy_models import with_remedy
from study.train.remedy_settings import Augmentation, ConservativeTraining, Remedy, RobustTraining

REMEDIES: dict[str, Remedy | None] = {
    "none": None,
    "augmentation": Augmentation(),
    "robust": RobustTraining(0.05, 0.3),
    "conservative": ConservativeTraining(0.5, 3),
}
BATCH = 8


def tiny_examples(count: int = 21, size: int = 6) -> Examples:
    """Noise in place of pictures."""
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (count, size, size, 3)).astype(np.uint8)
    return take_examples(images, random.integers(0, 2, count), np.arange(count))


def tiny_net(
    remedy: Remedy | None, ghost_size: int = 0, dtype: str = "uint8", eager: bool = False
) -> keras.Model:
    """A smooth net on pictures of 6 px, compiled with plain SGD at 0.5."""
    inputs = keras.Input((6, 6, 3), dtype=dtype)
    value = keras.layers.Rescaling(1 / 255, name="rescaling")(inputs)
    start = keras.initializers.GlorotUniform(1)
    value = keras.layers.Conv2D(2, 3, activation="tanh", kernel_initializer=start)(value)
    if ghost_size:
        value = GhostBatchNormalization(ghost_size, momentum=0.8)(value)
    value = keras.layers.Flatten()(value)
    start = keras.initializers.GlorotUniform(2)
    outputs = keras.layers.Dense(1, "sigmoid", kernel_initializer=start)(value)
    model = with_remedy(keras.Model(inputs, outputs, name="tiny"), remedy, seed=5)
    model.compile(
        keras.optimizers.SGD(0.5),
        "binary_crossentropy",
        weighted_metrics=[ExampleLoss("mean")],
        run_eagerly=eager,
    )
    model.optimizer.build(model.trainable_variables)
    return model


def train(
    model: keras.Model, devices: Devices, first_epoch: int = 0, epochs: int = 2
) -> dict[str, Any]:
    """Epochs of three batches, the last with 5 real rows: weights, flat, and the history."""
    batches, steps = train_batches(tiny_examples(), BATCH, 0, True, devices, first_epoch)
    history = model.fit(
        batches,
        initial_epoch=first_epoch,
        epochs=epochs,
        steps_per_epoch=steps,
        shuffle=False,
        verbose=0,
    ).history
    weights = [np.ravel(array).tolist() for array in model.get_weights()]
    return {"weights": weights, "mean": history["mean"], "loss": history["loss"]}


def main() -> None:
    """Prints a JSON object: what two replicas come to, by remedy."""
    devices = prepare_devices(2, 1, logical=True)
    warnings.simplefilter("error")
    results = {}
    for name, remedy in list(REMEDIES.items())[1:]:
        with devices.scope():
            model = tiny_net(remedy, ghost_size=2 if name == "conservative" else 0)
        results[name] = train(model, devices, epochs=1)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
