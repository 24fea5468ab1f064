"""The compiled network of a run: as it is trained, and as it is measured."""

import keras

from study.layers.pieces import in_pieces
from study.train.build import network_of, optimizer_of, plain_network
from study.train.devices import Devices
from study.train.metrics import ExampleAccuracy, ExampleLoss
from study.train.settings import RunSettings


def compiled_model(settings: RunSettings, devices: Devices) -> keras.Model:
    """The network of a run with its initial weights, compiled, under the devices' strategy."""
    with devices.scope():
        network = _computed(network_of(settings), settings, devices)
        return _compiled(network, optimizer_of(settings))


def measured_model(settings: RunSettings, devices: Devices) -> keras.Model:
    """The same network with the loss of its data alone, for measuring its weights.

    The run's normalisation is in it; what belongs to training is not: the step of a remedy, the
    optimizer, the schedule. A run without a recipe has the model that it is trained with.
    """
    with devices.scope():
        network = _computed(plain_network(settings), settings, devices)
        return _compiled(network, keras.optimizers.SGD(settings.learning_rate))


def _computed(network: keras.Model, settings: RunSettings, devices: Devices) -> keras.Model:
    """The network as this process computes it soonest."""
    on_processor = devices.kind == "CPU" and settings.rows_apart
    return in_pieces(network, devices.pieces) if on_processor else network


def _compiled(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> keras.Model:
    model.compile(
        optimizer=optimizer,
        loss="binary_crossentropy",
        weighted_metrics=[ExampleLoss("mean_loss"), ExampleAccuracy("accuracy")],
        # XLA is slower for this network on processors, and fails under a strategy there
        jit_compile=False,
    )
    model.optimizer.build(model.trainable_variables)
    return model
