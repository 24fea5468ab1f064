"""The gradient noise scale after each epoch, at weights that stand still."""

from typing import Any

import keras
import numpy as np

from callbacks.gradient_noise import BatchGradients, ratio_of_parts
from callbacks.numbers_check import check_whole
from callbacks.rows import Rows

MOST_EXAMPLES = 512
"""Examples that are taken unless a number is given, where there are so many."""


class NoiseScaleAtRest(keras.callbacks.Callback):
    """Measures ``B_simple = tr(Sigma) / |G|^2`` at the weights that an epoch ends with.

    McCandlish et al. 2018, appendix A.1. ``GradientNoiseScale`` takes its two batch sizes from
    steps that follow each other, while the weights move. Each step answers the noise of the one
    before: at the rate that lowers the loss most, ``E[g_i . g_{i+1}] = 0`` for every batch size,
    and |G|^2 looks like nothing. Where rates are tuned, measure at rest: the gradients of small
    batches, and their mean, at the same weights, with an extra pass over some examples.

    These are drawn anew after each epoch, from ``seed`` and the epoch alone, so that estimates
    of several epochs can be averaged, each part apart, and a resumed run goes on with the same
    numbers. Computed in inference mode (no dropout, moving averages in batch normalisation) on
    one device; weights, losses and random state are what they are without it.

    ``logs["rest_norm_squared"]`` is the estimate of |G|^2, which may be negative and then stays
    so, ``logs["rest_variance_trace"]`` that of tr(Sigma), and ``logs["rest_noise_scale"]`` their
    ratio in examples, NaN where |G|^2 is not above 0.
    """

    def __init__(
        self, x: Any, y: Any, examples: int | None = None, small: int = 32, seed: int = 0
    ) -> None:
        """Sets up the measurement.

        Args:
            x: inputs, as of ``callbacks.noise_scale``; the examples that are trained on.
            y: targets, likewise.
            examples: gradients of so many are taken after each epoch, a multiple of ``small``;
                None for 512 or two small batches if that is more, or for as many as there are and
                fill small batches.
            small: examples of a small batch.
            seed: of the draws, a whole number from 0.

        Raises:
            TypeError: x or y holds something without rows.
            ValueError: a number is not whole or out of its range, the sizes fit neither each other
                nor the rows, or x and y differ in rows.
        """
        super().__init__()
        rows = Rows(x, y, 1).count
        small, seed = check_whole("small", small, 1), check_whole("seed", seed, 0)
        if examples is None:
            examples = min(max(MOST_EXAMPLES, 2 * small), rows) // small * small
        examples = check_whole("examples", examples, 0)
        if examples < 2 * small or examples % small or examples > rows:
            raise ValueError(
                f"{examples} examples in batches of {small} from {rows} rows; expected 2 batches "
                "or more that fill them, and at most all rows."
            )
        self._x, self._y = x, y
        self._examples, self._small, self._seed = examples, small, seed
        self._gradients: BatchGradients | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forgets the last fit, and checks the model if it is built already.

        Raises:
            TypeError, ValueError: as ``MeanLoss``.
        """
        # compiled anew: between fits the model may have got another loss or frozen layers
        self._gradients = None
        if self.model.built:
            self._prepare()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Takes the gradients and adds the estimates to ``logs``."""
        gradients = self._gradients or self._prepare()
        random = np.random.default_rng([self._seed, epoch])
        chosen = random.permutation(gradients.examples)[: self._examples]
        norm, trace = gradients.parts(chosen)
        if logs is not None:
            logs["rest_norm_squared"] = norm
            logs["rest_variance_trace"] = trace
            logs["rest_noise_scale"] = ratio_of_parts(trace, norm)

    def _prepare(self) -> BatchGradients:
        self._gradients = BatchGradients(self.model, self._x, self._y, batch_size=self._small)
        return self._gradients
