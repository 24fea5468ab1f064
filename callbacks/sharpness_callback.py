"""Epsilon-sharpness during training.

Not named after the function ``callbacks.epsilon_sharpness``: a module of that name would hide it.
"""

from collections.abc import Callable
from typing import Any

import keras

from callbacks.objective import MeanLoss
from callbacks.rows import Rows
from callbacks.search_options import check_search
from callbacks.sharpness import SharpnessResult, make_objective, measure_sharpness

_SEARCH = {"max_iterations", "restarts", "seed", "subspace", "variant", "max_evaluations"}
_OPTIONS = _SEARCH | {"batch_size", "progress"}


class EpsilonSharpness(keras.callbacks.Callback):
    """Measures epsilon-sharpness at the end of scheduled epochs.

    ``logs["sharpness"]`` is 100 * (largest loss in the box - loss) / (1 + loss), see
    ``callbacks.epsilon_sharpness``; nan where the loss is not above -1, and after epochs that are
    not scheduled, so that every epoch has the key: CSVLogger fixes its columns in the first epoch,
    and History's lists stay in step.
    List it before callbacks that read the logs (CSVLogger, TensorBoard).

    It observes only: the model is evaluated with copies of its weights, in inference mode, on one
    device under a MirroredStrategy too, and neither weights nor metrics nor random states change.
    A measurement costs up to ``max_evaluations`` (40) passes forward and backward over x.

    Args:
        x: inputs, array or tensor of shape (rows, ...), or a nest of such.
        y: targets, likewise.
        epsilon: relative size of the box.
        schedule: takes the epoch, counted from 0 as Keras does, and says whether to measure
            after it; None for every epoch.
        **options: ``max_iterations``, ``restarts``, ``seed``, ``subspace``, ``variant``,
            ``max_evaluations``, ``batch_size`` and ``progress`` of ``epsilon_sharpness``.

    Attributes:
        results: epoch -> the whole ``SharpnessResult``, of the latest ``fit``.

    Raises:
        TypeError: an option is unknown, ``schedule`` is no function, or x or y holds something
            without rows.
        ValueError: ``epsilon`` or an option is out of its range, or x and y differ in rows; when
            ``fit`` begins (after the first scheduled epoch if the model is not built before), the
            model has no usable loss.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        epsilon: float = 1e-3,
        schedule: Callable[[int], bool] | None = None,
        **options: Any,
    ) -> None:
        super().__init__()
        unknown = sorted(set(options) - _OPTIONS)
        if unknown:
            raise TypeError(f"unknown options {unknown}; expected some of {sorted(_OPTIONS)}.")
        searched = {name: options[name] for name in options if name in _SEARCH}
        check_search(epsilon=epsilon, **searched)
        if schedule is not None and not callable(schedule):
            raise TypeError(
                f"schedule is {schedule!r}; expected a function of the epoch, for every fifth one "
                "lambda epoch: epoch % 5 == 0."
            )
        self.results: dict[int, SharpnessResult] = {}
        self._data = x, y
        self._epsilon = epsilon
        self._schedule = schedule
        self._batch_size = options.pop("batch_size", None)
        # what does not fit is told before fit, which may take hours to its first epoch's end; what
        # batch size suits the device is asked later, when its devices have been set up
        Rows(x, y, 1 if self._batch_size is None else self._batch_size)
        self._variant = options.pop("variant", "keskar")
        self._options = options
        self._objective: MeanLoss | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forgets the last fit, and checks the model if it is built already."""
        self.results = {}
        # compiled anew: between fits the model may have got another loss or frozen layers
        self._objective = None
        if self.model.built:
            self._prepare()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measures if the epoch is scheduled, and adds the sharpness to ``logs``."""
        value = float("nan")
        if self._schedule is None or self._schedule(epoch):
            objective = self._objective or self._prepare()
            self.results[epoch] = measure_sharpness(objective, self._epsilon, **self._options)
            value = self.results[epoch].sharpness
        if logs is not None:
            logs["sharpness"] = value

    def _prepare(self) -> MeanLoss:
        self._objective = make_objective(self.model, *self._data, self._variant, self._batch_size)
        return self._objective
