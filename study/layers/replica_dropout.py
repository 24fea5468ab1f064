"""Dropout whose masks do not depend on the number of replicas, nor of pieces of a batch."""

from typing import Any

import keras
import tensorflow as tf

from study.layers.pieces import piece_at_hand
from study.layers.replica import replica_place

# numbers that Philox, TensorFlow's generator on processors and GPUs, makes in one go
_GROUP = 4
_PHILOX = 1


class ReplicaDropout(keras.layers.Dropout):
    """Drops each value with probability ``rate``; N replicas drop what one device drops.

    Under ``tf.distribute.MirroredStrategy`` Keras's own layer draws one and the same mask on
    every replica. This one takes its own rows of the mask of the whole batch, a pure function of
    (seed, step): replica r of R holds rows ``r b .. (r + 1) b`` of a batch of R b. The pieces of
    a batch (``study.layers.pieces``) do likewise.

    Raises:
        ValueError: ``rate`` is 1 or more, or a ``noise_shape`` is given, which Keras's layer takes.
    """

    def __init__(self, rate: float, noise_shape: Any = None, **options: Any) -> None:
        if not 0 <= rate < 1 or noise_shape is not None:
            raise ValueError(
                f"a rate of {rate} and a noise_shape of {noise_shape} came; expected from 0 to "
                "below 1, and none."
            )
        super().__init__(rate, **options)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Masks ``inputs`` (replica's rows, ...) when training, else returns them."""
        if not training or self.rate == 0:
            return inputs
        part, parts = _place()
        uniform = uniform_rows(self._seed_of_batch(), inputs, part, parts)
        # a product, since choosing element by element takes longer than all the rest
        return inputs / (1 - self.rate) * tf.cast(uniform >= self.rate, inputs.dtype)

    def _seed_of_batch(self) -> Any:
        piece = piece_at_hand()
        if piece is None:
            return tf.cast(self.seed_generator.next(), tf.int32)
        if id(self) not in piece.shared:
            piece.shared[id(self)] = tf.cast(self.seed_generator.next(), tf.int32)
        return piece.shared[id(self)]


def uniform_rows(seed: Any, like: Any, part: Any, parts: int) -> Any:
    """One part of ``tf.random.stateless_uniform`` over a whole batch.

    Args:
        seed: int32 (2,).
        like: tensor (rows, ...) of the shape and dtype of the part.
        part: which of them, from 0; an int or a tensor.
        parts: that make up the batch, all of one shape.

    Returns:
        Rows ``part * rows .. (part + 1) * rows`` of the numbers for all parts, bit for bit.
    """
    shape = tf.shape(like)
    size = like.shape.num_elements()
    if parts == 1:
        return tf.random.stateless_uniform(shape, seed, dtype=like.dtype)
    if like.dtype == tf.float32 and size is not None and size % _GROUP == 0:
        # the generator can be set to any group of its stream: no part draws the others' numbers
        key, counter = tf.raw_ops.StatelessRandomGetKeyCounter(seed=seed)
        skipped = tf.cast(part, tf.uint64) * tf.constant(size // _GROUP, tf.uint64)
        return tf.raw_ops.StatelessRandomUniformV2(
            shape=shape,
            key=key,
            counter=counter + tf.stack([skipped, tf.zeros((), tf.uint64)]),
            alg=_PHILOX,
            dtype=like.dtype,
        )
    whole = tf.concat([shape[:1] * parts, shape[1:]], axis=0)
    rows = shape[0]
    uniform = tf.random.stateless_uniform(whole, seed, dtype=like.dtype)
    return uniform[part * rows : (part + 1) * rows]


def _place() -> tuple[Any, int]:
    """Which part of the batch the rows at hand are, and of how many."""
    part, parts = replica_place()
    piece = piece_at_hand()
    if piece is None:
        return part, parts
    return part * piece.count + piece.index, parts * piece.count
