"""Dropout whose masks do not depend on the number of replicas."""

from typing import Any

import keras
import tensorflow as tf


class ReplicaDropout(keras.layers.Dropout):
    """Drops each value with probability ``rate``; N replicas drop what one device drops.

    Under ``tf.distribute.MirroredStrategy`` Keras's own layer draws one and the same mask on
    every replica. This one draws the mask of the whole batch from (seed, step) and takes the
    rows of its own replica: replica r of R holds rows ``r b .. (r + 1) b`` of a batch of R b.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Masks ``inputs`` (replica's rows, ...) when training, else returns them."""
        if not training or self.rate == 0:
            return inputs
        seed = self.seed_generator.next()
        replica, replicas = _place()
        shape = tf.shape(inputs)
        rows = shape[0]
        whole = tf.concat([shape[:1] * replicas, shape[1:]], axis=0)
        uniform = tf.random.stateless_uniform(whole, tf.cast(seed, tf.int32), dtype=inputs.dtype)
        if replicas > 1:
            uniform = uniform[replica * rows : (replica + 1) * rows]
        # a product, since choosing element by element takes longer than all the rest
        return inputs / (1 - self.rate) * tf.cast(uniform >= self.rate, inputs.dtype)


def _place() -> tuple[Any, int]:
    context = tf.distribute.get_replica_context()
    if context is None:
        return 0, 1
    return context.replica_id_in_sync_group, context.num_replicas_in_sync
