"""Trains on two logical devices with the callbacks: ``python -m tests.replica_measurement``.

A process of its own, because logical devices have to be declared before TensorFlow starts.
"""

import contextlib
import json
import warnings
from typing import Any

import keras
import tensorflow as tf

from callbacks import BatchUpdateNorm, EpochDistance, EpochTiming, GradientNoiseScale
from callbacks.objective import MeanLoss
from study.measure.many_points import ManyPoints
from tests.small_models import regression_data, smooth_model


def measure(strategy: Any = None, eager: bool = False) -> dict[str, Any]:
    """Two fits in a row on a smooth net; what the callbacks say of the second."""
    norms, distance = BatchUpdateNorm(by_layer=True), EpochDistance()
    watching = [norms, distance, EpochTiming(), GradientNoiseScale(group=3)]
    history, trained = train(watching, strategy, eager)
    assert norms.norms_by_layer is not None
    return {
        "norms": norms.norms.tolist(),
        "norms_by_layer": norms.norms_by_layer.tolist(),
        "by_layer": distance.by_layer,
        "history": history,
        "trained": trained,
    }


def train(
    watching: list[keras.callbacks.Callback], strategy: Any = None, eager: bool = False
) -> tuple[dict[str, list[float]], list[float]]:
    """The history of the second fit; the losses of both and the weights after them."""
    inputs, targets = regression_data(24)
    with strategy.scope() if strategy is not None else contextlib.nullcontext():
        model = smooth_model(lambda: keras.optimizers.SGD(0.1, momentum=0.5), run_eagerly=eager)
    trained: list[float] = []
    for _ in range(2):
        history = model.fit(
            inputs,
            targets,
            batch_size=8,
            epochs=2,
            shuffle=False,
            verbose=0,
            validation_data=(inputs, targets),
            callbacks=watching,
        ).history
        trained += history["loss"] + history["val_loss"]
    trained += [value for weight in model.get_weights() for value in weight.ravel().tolist()]
    return history, trained


def losses_in_scope(strategy: Any) -> list[float]:
    """The loss by Keras, by ``MeanLoss`` and by ``ManyPoints``, these within the scope."""
    inputs, targets = regression_data(24)
    with strategy.scope():
        model = smooth_model()
        points = ManyPoints(model, inputs, targets)
        assert points.together > 1, "the faster way is what is looked at"
        mean = MeanLoss(model, inputs, targets)
        ours = [
            mean.value(mean.weights()),
            points.losses_and_accuracies([model.get_weights()], [[1.0]])[0][0],
        ]
    return [smooth_model().evaluate(inputs, targets, verbose=0), *ours]


def main() -> None:
    """Prints a JSON object.

    "compiled" and "eager" measurements, "plain" without callbacks, "losses" in the scope.
    """
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    # with the cross-device operations of its own choice, as anybody makes it
    strategy = tf.distribute.MirroredStrategy(["/cpu:0", "/cpu:1"])
    warnings.simplefilter("error")
    compiled = measure(strategy)
    plain = train([], strategy)[1]
    eager = measure(strategy, eager=True)
    losses = losses_in_scope(strategy)
    print(json.dumps({"compiled": compiled, "plain": plain, "eager": eager, "losses": losses}))


if __name__ == "__main__":
    main()
