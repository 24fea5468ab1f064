"""Which of several replicas computes the rows at hand."""

from typing import Any

import tensorflow as tf


def replica_place() -> tuple[Any, int]:
    """The replica's index, an int or an int32 scalar, and how many there are; (0, 1) alone."""
    context = tf.distribute.get_replica_context()
    if context is None:
        return 0, 1
    return context.replica_id_in_sync_group, context.num_replicas_in_sync
