"""The gradient noise scale: the batch size at which noise and gradient weigh the same."""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from callbacks.gradient_recorder import GradientRecorder, unbiased_parts
from callbacks.numbers_check import check_whole
from callbacks.objective import MeanLoss
from callbacks.rows import as_tensor, over_chunks
from callbacks.step_hook import StepHook

DEFAULT_GROUP = 8


class GradientNoiseScale(keras.callbacks.Callback):
    """Measures ``B_simple = tr(Sigma) / |G|^2`` along training, without an extra pass.

    McCandlish et al. 2018, equation 2.9 and appendix A.1. G is the gradient of the expected loss,
    Sigma the covariance of one example's gradient. Two batch sizes are at hand: single steps (B
    examples) and the mean over K consecutive steps (K B examples). From both, each group of K
    steps gives unbiased estimates of |G|^2 and tr(Sigma); these are averaged apart over the
    epoch, and only then divided. That the weights move within a group is neglected: rates that
    turn the gradient within K steps show as noise, and the rate that lowers the loss most in a
    step makes consecutive gradients orthogonal on average. Large rates are for
    ``NoiseScaleAtRest``.

    Examples are counted by the rows of each batch whose sample weight is not 0, so a partial last
    batch and batches that grow are right. The loss has to be the mean over these rows. One that
    Keras is told to sum is refused; a function of one's own that sums is not noticed. Keras's usual
    reduction divides by all rows, so where r of B rows have weight 0 the others need weight
    B / (B - r). Steps after the last full group of an epoch are left out. Everything happens
    inside the compiled step, for any optimizer, before it changes the gradient; it costs two passes
    over the gradient a step, and under MirroredStrategy one more sum over the replicas. Weights and
    losses are what they are without it, up to rounding: TensorFlow's graph optimizer rearranges
    products of a gradient that nothing but the update reads (seen with the scale of batch
    normalisation under SGD with momentum, from the sixth digit of a loss on), and here something
    does. They are the same to the last bit with ``run_eagerly=True``, and with
    ``tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})`` in both.

    ``logs["gradient_norm_squared"]``, ``logs["gradient_variance_trace"]`` and their ratio
    ``logs["noise_scale"]``, in examples. An estimate of |G|^2 can be negative or zero: it stays as
    it is, the ratio is NaN, and ``negative`` says so. All three are NaN in an epoch of fewer than
    K steps.

    Attributes:
        negative: whether |G|^2 was estimated to be 0 or less in the last epoch.
        groups: of K steps, in the last epoch.
    """

    def __init__(self, group: int = DEFAULT_GROUP) -> None:
        """Sets up the measurement.

        Args:
            group: K, 2 or more.

        Raises:
            ValueError: it is not a whole number from 2 on.
        """
        super().__init__()
        self._group = check_whole("group", group, 2)
        self.negative = False
        self.groups = 0
        self._hook: StepHook | None = None
        self._recorder: GradientRecorder | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Puts the measurement into the training step.

        Raises:
            ValueError: the model trains on several devices under another strategy than
                MirroredStrategy, or not on TensorFlow, or with a loss that sums over the batch, or
                layers were frozen or unfrozen since its step was compiled.
        """
        self.negative, self.groups = False, 0
        again = self._hook is not None and self._hook.made_for(self.model)
        if self._recorder is None or not again:
            self._recorder = GradientRecorder(self.model, self._group)
        self._hook = StepHook.attach(self.model, self._recorder, self.params, self._hook)
        # what an interrupted epoch has left
        self._recorder.fetch()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Announces the batch to the hook."""
        if self._hook is not None:
            self._hook.expect()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Fetches the sums of the epoch and adds the estimates to ``logs``."""
        if self._recorder is None:
            return
        self.groups, norm, trace = self._recorder.fetch()
        norm, trace = (value / self.groups if self.groups else math.nan for value in (norm, trace))
        self.negative = norm <= 0
        if logs is not None:
            logs["gradient_norm_squared"] = norm
            logs["gradient_variance_trace"] = trace
            logs["noise_scale"] = ratio_of_parts(trace, norm)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Takes the measurement out of the training step."""
        if self._hook is not None and self._recorder is not None:
            self._hook.detach(self._recorder)


@dataclass(frozen=True)
class NoiseScale:
    """The gradient noise scale at fixed weights.

    Attributes:
        noise_scale: tr(Sigma) / |G|^2, in examples; NaN where |G|^2 was estimated to be 0 or less.
        gradient_norm_squared: |G|^2, which may come out negative.
        gradient_variance_trace: tr(Sigma).
        gradient_norm_squared_error: standard error over the groups; NaN for one group.
        gradient_variance_trace_error: likewise.
        negative: whether |G|^2 was estimated to be 0 or less.
        small: examples of a small batch.
        big: examples of a big one.
        groups: big batches that were averaged over.
    """

    noise_scale: float
    gradient_norm_squared: float
    gradient_variance_trace: float
    gradient_norm_squared_error: float
    gradient_variance_trace_error: float
    negative: bool
    small: int
    big: int
    groups: int


def noise_scale(
    model: keras.Model, x: Any, y: Any, small: int = 32, big: int = 256, seed: int = 0
) -> NoiseScale:
    """Measures ``B_simple = tr(Sigma) / |G|^2`` at a model's present weights.

    McCandlish et al. 2018, appendix A.1, in inference mode (no dropout, moving averages in batch
    normalisation). The rows are mixed and cut into big batches, these into small ones, whose
    gradients are computed once each; the gradient of a big batch is their mean. Rows that fill no
    big batch are left out. The model is not touched, also after an error.

    Args:
        model: a built Keras model, compiled with a mean loss.
        x: inputs, array or tensor of shape (rows, ...), or a nest of such.
        y: targets, likewise.
        small: examples of a small batch.
        big: examples of a big one, a multiple of ``small`` and more than it.
        seed: of the order of the rows, a whole number from 0.

    Returns:
        Both parts, their ratio, and the standard errors of the parts over the big batches.

    Raises:
        TypeError, ValueError: as ``MeanLoss``.
        ValueError: a number is not whole or out of its range, or the batch sizes fit neither each
            other nor the rows.
    """
    small, big = check_whole("small", small, 1), check_whole("big", big, 2)
    check_whole("seed", seed, 0)
    gradients = BatchGradients(model, x, y, batch_size=small)
    if big <= small or big % small or big > gradients.examples:
        raise ValueError(
            f"batches of {small} and {big} from {gradients.examples} rows; expected a big one that "
            "is a multiple of the small one, more than it, and at most all rows."
        )
    order = np.random.default_rng(seed).permutation(gradients.examples)
    groups = gradients.examples // big
    parts = np.array(
        [gradients.parts(order[index * big : (index + 1) * big]) for index in range(groups)]
    )
    norm, trace = parts.mean(axis=0).tolist()
    errors = parts.std(axis=0, ddof=1) / math.sqrt(groups) if groups > 1 else (math.nan,) * 2
    return NoiseScale(
        noise_scale=ratio_of_parts(trace, norm),
        gradient_norm_squared=norm,
        gradient_variance_trace=trace,
        gradient_norm_squared_error=float(errors[0]),
        gradient_variance_trace_error=float(errors[1]),
        negative=norm <= 0,
        small=small,
        big=big,
        groups=groups,
    )


class BatchGradients(MeanLoss):
    """Squared norms of the gradients of small batches, and of their mean."""

    def parts(self, indices: Any) -> tuple[float, float]:
        """Estimates of |G|^2 and tr(Sigma) from one big batch.

        Args:
            indices: of its rows, integers (n,); they fill two or more small batches, of
                ``batch_size`` rows each.

        Raises:
            ValueError: they do not.
        """
        if len(indices) < 2 * self.rows.batch_size or len(indices) % self.rows.batch_size:
            raise ValueError(
                f"{len(indices)} rows in batches of {self.rows.batch_size}; expected rows that "
                "fill two or more of them."
            )
        x, y = tf.nest.map_structure(lambda rows: _take(rows, indices), self.rows.data)
        small = self.rows.batch_size
        squares, total = self._squares(self.weights(), self._read_others(), x, y)
        count = len(indices) // small
        single, mean = float(squares) / count, float(np.sum(np.square(total))) / count**2
        norm, trace = unbiased_parts(single, mean, 1 / small, count)
        return float(norm), float(trace)

    @tf.function(autograph=False)
    def _squares(self, flat: Any, others: Any, x: Any, y: Any) -> Any:
        pieces = self._split(flat)
        compute = self._compile(self._differentiate)

        def add(chunk_x: Any, chunk_y: Any, count: Any, sums: tuple[Any, ...]) -> tuple[Any, ...]:
            _, *gradients = compute(pieces, others, chunk_x, chunk_y)
            # wide before they are joined: the weights may be of several types
            flat = [tf.reshape(tf.cast(gradient, tf.float64), [-1]) for gradient in gradients]
            wide = tf.concat(flat, axis=0)
            return sums[0] + tf.reduce_sum(tf.square(wide)), sums[1] + wide

        zeros = (tf.zeros((), tf.float64), tf.zeros(self.size, tf.float64))
        return over_chunks(add, x, y, self._batch_size(), zeros)


def _take(rows: Any, indices: Any) -> Any:
    if isinstance(rows, tf.Tensor):
        return tf.gather(rows, indices)
    return as_tensor(rows[indices])


def ratio_of_parts(trace: float, norm: float) -> float:
    """tr(Sigma) / |G|^2; NaN where |G|^2 is not above 0."""
    return trace / norm if norm > 0 else math.nan
