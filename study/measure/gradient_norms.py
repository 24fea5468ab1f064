"""Do the gradients of single examples compete? Their norms against those of batch means."""

from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf


class GradientNorms(NamedTuple):
    """Norms over all trainable weights, at one place.

    By the triangle inequality ``mean_example_norm >= batch_norm >= norm_of_mean`` when all batches
    have one size.

    Attributes:
        mean_example_norm: mean over the examples of the norm of an example's gradient.
        batch_norm: mean over the batches of the norm of a batch's mean gradient.
        norm_of_mean: norm of the mean gradient over all examples.
        batches: how many batches there were.
    """

    mean_example_norm: float
    batch_norm: float
    norm_of_mean: float
    batches: int


def gradient_norms(model: keras.Model, x: Any, y: Any, batch_size: int) -> GradientNorms:
    """Measures the norms at the model's present weights, in inference mode.

    The article's explanation of smaller updates with larger batches (its claim that gradients
    compete). Batches are cut from the examples in their order; a last partial batch is left out.

    Args:
        model: compiled with a mean loss.
        x: inputs (examples, ...).
        y: targets (examples, ...).
        batch_size: of the batches.

    Raises:
        ValueError: there are fewer examples than a batch holds.
    """
    batches = len(y) // batch_size if batch_size > 0 else 0
    if not batches:
        raise ValueError(f"{len(y)} examples for batches of {batch_size}; expected a whole batch.")
    sums = _sum_gradients(model)
    example_total, batch_total, gradient_sum = 0.0, 0.0, np.zeros(())
    for start in range(0, batches * batch_size, batch_size):
        rows = slice(start, start + batch_size)
        norms, total = sums(tf.convert_to_tensor(x[rows]), tf.convert_to_tensor(y[rows]))
        gradient_sum = gradient_sum + total.numpy()
        example_total += float(norms)
        batch_total += float(np.linalg.norm(total.numpy())) / batch_size
    return GradientNorms(
        example_total / (batches * batch_size),
        batch_total / batches,
        float(np.linalg.norm(gradient_sum)) / (batches * batch_size),
        batches,
    )


def _sum_gradients(model: keras.Model) -> Any:
    """A function of a batch: the sum of its examples' gradient norms, and of their gradients."""
    variables = [variable.value for variable in model.trainable_variables]

    def gradient(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = model(x, training=False)
            loss = model.compute_loss(x=x, y=y, y_pred=outputs, training=False)
        parts = tape.gradient(loss, variables, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        flat = tf.concat([tf.reshape(part, [-1]) for part in parts], axis=0)
        return tf.cast(flat, tf.float64)

    @tf.function
    def sums(x: Any, y: Any) -> Any:
        norms = tf.zeros((), tf.float64)
        total = tf.zeros(sum(int(np.prod(v.shape)) for v in variables), tf.float64)
        for row in tf.range(tf.shape(x)[0]):
            one = gradient(x[row : row + 1], y[row : row + 1])
            norms += tf.norm(one)
            total += one
        return norms, total

    return sums
