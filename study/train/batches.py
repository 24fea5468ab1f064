"""Batches in an order that is a pure function of (seed, epoch)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from study.train.devices import Devices
from study.train.host_memory import tensor_of_rows, variable_of
from study.train.schedule import steps_an_epoch


@dataclass(frozen=True)
class Examples:
    """Decoded pictures and labels on the device's host, ready to be gathered.

    Attributes:
        images: uint8 tensor (examples, size, size, 3).
        labels: float32 tensor (examples, 1).
    """

    images: Any
    labels: Any

    @property
    def count(self) -> int:
        """Number of examples."""
        return int(self.labels.shape[0])


def take_examples(images: np.ndarray, labels: np.ndarray, indices: np.ndarray) -> Examples:
    """Copies the pictures at ``indices`` out of a memory-mapped array into one tensor."""
    with tf.device("/cpu:0"):
        return Examples(
            tensor_of_rows(images, indices),
            tf.constant(labels[indices].astype(np.float32)[:, None]),
        )


def epoch_order(count: int, seed: int, epoch: Any, reshuffle: bool) -> Any:
    """The order of one epoch: an int32 permutation of ``range(count)``.

    A pure function of (seed, epoch), or of the seed alone when ``reshuffle`` is off, as in the
    article.
    """
    law = tf.stack([seed, tf.cast(epoch, tf.int32) if reshuffle else 0])
    return tf.random.experimental.stateless_shuffle(tf.range(count), seed=law)


def train_batches(
    examples: Examples,
    batch_size: int,
    seed: int,
    reshuffle: bool,
    devices: Devices,
    first_epoch: int = 0,
) -> tuple[Any, int]:
    """The endless stream of training batches from ``first_epoch`` on, and the steps an epoch.

    Elements are (uint8 pictures, float32 labels (batch, 1), float32 weights (batch,)).
    """
    steps = steps_an_epoch(examples.count, batch_size)

    def rows_of(epoch: Any) -> Any:
        order = epoch_order(examples.count, seed, epoch, reshuffle)
        return tf.data.Dataset.from_tensor_slices(_cut(order, batch_size, devices.replicas))

    epochs = tf.data.Dataset.range(first_epoch, 2**31 - 1)
    return _gather(epochs.flat_map(rows_of), examples, devices), steps


def evaluation_batches(
    examples: Examples, batch_size: int, devices: Devices
) -> tuple[Any, int | None]:
    """The examples in their own order, and how many steps of it make a pass.

    On one device the stream ends with the pass and the number is None. On several it is endless,
    because Keras draws a batch of a distributed data set before it begins to evaluate.
    """
    order = tf.range(examples.count)
    rows = tf.data.Dataset.from_tensor_slices(_cut(order, batch_size, devices.replicas))
    if devices.strategy is None:
        return _gather(rows, examples, devices), None
    return _gather(rows.repeat(), examples, devices), steps_an_epoch(examples.count, batch_size)


def _cut(order: Any, batch_size: int, replicas: int) -> tuple[Any, Any]:
    """Cuts an order into full batches and weighs their rows.

    The last batch is filled up with its own rows again, which weigh 0, while its real rows weigh
    batch size / real rows: the mean over the full batch is then the mean over the real rows, on
    any number of replicas, and every batch has one shape. Each batch is cut further into one
    piece a replica, in order.
    """
    count = order.shape[0]
    steps = steps_an_epoch(count, batch_size)
    real = count - (steps - 1) * batch_size
    filling = tf.range(steps * batch_size - count) % real + (steps - 1) * batch_size
    rows = tf.concat([order, tf.gather(order, filling)], axis=0)
    weights = np.ones((steps, batch_size), np.float32)
    weights[-1, :real] = batch_size / real
    weights[-1, real:] = 0
    shape = (steps * replicas, batch_size // replicas)
    return tf.reshape(rows, shape), tf.reshape(tf.constant(weights), shape)


def _gather(pieces: Any, examples: Examples, devices: Devices) -> Any:
    images = variable_of(examples.images)

    def look_up(rows: Any, weights: Any) -> tuple[Any, Any, Any]:
        return tf.gather(images.read_value(), rows), tf.gather(examples.labels, rows), weights

    options = tf.data.Options()
    options.deterministic = True
    options.threading.private_threadpool_size = 1
    # its model grows with every epoch of the endless stream: it took seconds of processor time
    # and as long again to end a run (60 epochs: 18 s), for two stages that need no tuning
    options.autotune.enabled = False
    stream = pieces.map(look_up).prefetch(2 * devices.replicas).with_options(options)
    if devices.strategy is None:
        return stream
    return devices.strategy.distribute_datasets_from_function(lambda context: stream)
