"""Batch normalisation over ghost batches: small parts of a batch, each with its own statistics."""

import math
import numbers
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from study.layers.counted_rows import rows_that_count
from study.layers.replica import replica_place


class _Statistics(NamedTuple):
    """Of the ghosts of a batch: mean and variance (ghosts, 1, 1, channels), rows (ghosts,)."""

    mean: Any
    variance: Any
    rows: Any


@keras.saving.register_keras_serializable("batch_size_study")
class GhostBatchNormalization(keras.layers.Layer):
    """Normalises each ghost of ``ghost_size`` rows by its own mean and variance (last axis).

    Hoffer et al. 2017, algorithm 1. Ghosts are cut from a batch in its order; the last one is
    short where the size does not divide. Rows of weight 0 (announced by ``counted_rows``, or of a
    Keras mask) enter no statistics. The biased variance is used throughout, as Keras does.

    Moving averages forget by examples seen: a ghost of k rows takes an average from a to
    ``d a + (1 - d) s`` with ``d = momentum ** (k / ghost_size)``, ghost after ghost in their
    order. They are thus the same whether eight ghosts came in one batch or in eight, and rows of
    weight 0 change nothing. With ghosts as large as the batch this is Keras's
    ``BatchNormalization``.

    A layer with ``trainable = False`` uses the moving averages in training too, as Keras's does.

    Under ``tf.distribute.MirroredStrategy`` a ghost lies within a replica, whose rows the ghost
    size has to divide; replica r's ghosts come before those of replica r + 1, so that N devices
    compute what one does, averages included. Where the number of rows is unknown before a step
    (arrays given to ``fit``), a size that does not divide shortens the last ghost of each replica.
    """

    def __init__(
        self,
        ghost_size: int,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        **options: Any,
    ) -> None:
        """Describes the layer.

        Args:
            ghost_size: rows of a ghost; 128 in the paper.
            momentum: what the moving averages keep after a whole ghost.
            epsilon: added to variances.
            center: add a trained offset, beta.
            scale: multiply by a trained factor, gamma.
            options: of ``keras.layers.Layer``.

        Raises:
            ValueError: a number is out of its range.
        """
        super().__init__(**options)
        if not _is_number(ghost_size) or not 1 <= ghost_size < math.inf or ghost_size % 1:
            raise ValueError(f"ghost_size is {ghost_size!r}; expected a whole number from 1.")
        numbers_given = _is_number(momentum) and _is_number(epsilon)
        if not numbers_given or not 0 <= momentum <= 1 or not epsilon > 0:
            raise ValueError(
                f"momentum is {momentum!r} and epsilon {epsilon!r}; expected 0 to 1 and above 0."
            )
        self.ghost_size = int(ghost_size)
        self.momentum, self.epsilon = float(momentum), float(epsilon)
        self.center, self.scale = center, scale
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Makes the weights, one number a channel each.

        Raises:
            ValueError: the inputs are no (rows, ..., channels) of known channels.
        """
        if len(input_shape) < 2 or input_shape[-1] is None:
            raise ValueError(
                f"layer {self.name!r} got inputs of shape {tuple(input_shape)}; expected "
                "(rows, ..., channels) with a known number of channels, the last axis."
            )
        shape = (input_shape[-1],)
        self.gamma = self.beta = None
        if self.scale:
            self.gamma = self.add_weight(
                shape=shape, name="gamma", initializer="ones", autocast=False
            )
        if self.center:
            self.beta = self.add_weight(
                shape=shape, name="beta", initializer="zeros", autocast=False
            )
        # all replicas assign the same value
        self.moving_mean = self.add_weight(
            shape=shape, name="moving_mean", trainable=False, autocast=False, initializer="zeros"
        )
        self.moving_variance = self.add_weight(
            shape=shape, name="moving_variance", trainable=False, autocast=False, initializer="ones"
        )

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalises (rows, ..., channels): by ghosts when training, else by moving averages.

        Args:
            inputs: tensor of floats, or of integers, which become float32.
            training: which of the two.
            mask: True for what counts, (rows,) or with further axes as the inputs.

        Returns:
            Tensor of the same shape in the layer's compute dtype; statistics are taken in float32,
            of float64 inputs in float64.

        Raises:
            ValueError: under several replicas, rows that the ghost size does not divide.
        """
        values = tf.cast(inputs, tf.float64 if inputs.dtype == "float64" else tf.float32)
        if training and self.trainable:
            normalised = self._by_ghosts(values, mask)
        else:
            mean, variance = self.moving_mean.value, self.moving_variance.value
            normalised = self._normalise(values, mean, variance)
        return tf.cast(tf.ensure_shape(normalised, inputs.shape), self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """That of the inputs."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Plain values, for saving."""
        names = ("ghost_size", "momentum", "epsilon", "center", "scale")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _by_ghosts(self, values: Any, mask: Any) -> Any:
        replica, replicas = replica_place()
        rows = values.shape[0]
        if replicas > 1 and rows is not None and rows % self.ghost_size:
            raise ValueError(
                f"layer {self.name!r}: ghost_size {self.ghost_size} does not divide the {rows} "
                f"rows of each of {replicas} replicas; choose a divisor, or another batch size."
            )
        weights = _weights(values, mask)
        shape = tf.shape(values)
        apart = tf.reshape(values, (shape[0], -1, values.shape[-1]))
        # rows of weight 0 fill up the last ghost
        missing = -shape[0] % self.ghost_size if rows is None else -rows % self.ghost_size
        if rows is None or missing:
            apart = tf.pad(apart, ((0, missing), (0, 0), (0, 0)))
            weights = tf.ones((shape[0], 1, 1)) if weights is None else weights
            weights = tf.pad(weights, ((0, missing), (0, 0), (0, 0)))
        ghosts = self._cut(apart)
        found = _moments(ghosts, None if weights is None else self._cut(weights))
        self._remember(found, replica, replicas)
        normalised = self._normalise(ghosts, found.mean, found.variance)
        flat = tf.reshape(normalised, tf.shape(apart))
        return tf.reshape(flat[: shape[0]], shape)

    def _cut(self, rows: Any) -> Any:
        _, places, channels = rows.shape
        sizes = (-1, self.ghost_size, tf.shape(rows)[1] if places is None else places, channels)
        return tf.reshape(rows, sizes)

    def _normalise(self, values: Any, mean: Any, variance: Any) -> Any:
        mean, variance = tf.cast(mean, values.dtype), tf.cast(variance, values.dtype)
        factor = tf.math.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            factor *= tf.cast(self.gamma.value, values.dtype)
        offset = -mean * factor
        if self.beta is not None:
            offset += tf.cast(self.beta.value, values.dtype)
        return values * factor + offset

    def _remember(self, found: _Statistics, replica: Any, replicas: int) -> None:
        """Takes the moving averages over all ghosts of all replicas, in their order."""
        size, dtype = float(self.ghost_size), tf.as_dtype(self.moving_mean.dtype)
        rows = tf.cast(found.rows, dtype)
        after = tf.cumsum(rows, exclusive=True, reverse=True)
        shares = self._kept(after / size) * (1 - self._kept(rows / size))
        statistics = tf.concat([found.mean, found.variance], axis=-1)[:, 0, 0, :]
        added = tf.linalg.matvec(tf.cast(statistics, dtype), shares, transpose_a=True)
        seen = tf.reduce_sum(rows)
        if replicas > 1:
            own = tf.concat([seen[tf.newaxis], added], axis=0)
            table = tf.one_hot(replica, replicas, dtype=dtype)[:, tf.newaxis] * own
            context = tf.distribute.get_replica_context()
            table = context.all_reduce(tf.distribute.ReduceOp.SUM, table)
            later = tf.cumsum(table[:, 0], exclusive=True, reverse=True)
            added = tf.linalg.matvec(table[:, 1:], self._kept(later / size), transpose_a=True)
            seen = tf.reduce_sum(table[:, 0])
        kept = self._kept(seen / size)
        mean, variance = tf.split(added, 2)
        for average, part in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(kept * tf.convert_to_tensor(average.value) + part)

    def _kept(self, ghosts: Any) -> Any:
        """What averages keep after so many ghosts."""
        return tf.pow(self.momentum, ghosts)


def _moments(ghosts: Any, weights: Any) -> _Statistics:
    """Of ghosts (ghosts, rows, places, channels), weighed (ghosts, rows, places or 1, 1)."""
    if weights is None:
        mean, variance = tf.nn.moments(ghosts, axes=(1, 2), keepdims=True)
        rows = tf.fill(tf.shape(ghosts)[:1], float(ghosts.shape[1]))
        return _Statistics(mean, variance, rows)
    weights = tf.cast(weights, ghosts.dtype)
    rows = tf.reduce_sum(tf.reduce_max(weights, axis=(2, 3)), axis=1)
    everywhere = tf.broadcast_to(weights, tf.concat([tf.shape(ghosts)[:3], [1]], axis=0))
    total = tf.reduce_sum(everywhere, axis=(1, 2), keepdims=True)
    mean = tf.math.divide_no_nan(tf.reduce_sum(ghosts * weights, (1, 2), keepdims=True), total)
    squares = tf.math.square(ghosts - mean) * weights
    variance = tf.math.divide_no_nan(tf.reduce_sum(squares, (1, 2), keepdims=True), total)
    return _Statistics(mean, variance, rows)


def _weights(values: Any, mask: Any) -> Any:
    """What counts, as 0 and 1 (rows, places or 1, 1); None where all does."""
    rows = rows_that_count()
    weights = None if rows is None else tf.reshape(rows, (-1, 1, 1))
    if mask is None:
        return weights
    mask = tf.cast(mask, tf.float32)
    while len(mask.shape) < len(values.shape) - 1:
        mask = mask[..., tf.newaxis]
    mask = tf.broadcast_to(mask, tf.shape(values)[:-1])
    mask = tf.reshape(mask, (tf.shape(values)[0], -1, 1))
    return mask if weights is None else mask * weights


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)
