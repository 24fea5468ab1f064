"""How far the weights travel in each epoch, and how far they are from where they started."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from callbacks.step_hook import StepHook
from callbacks.trained import check_trained
from callbacks.weights import (
    LayerWeights,
    check_complete,
    flatten,
    layer_weights,
    squared_distance,
    weights_of,
)


class LayerDistance(NamedTuple):
    """Euclidean distances of one layer's weights, kernel and bias together, at an epoch's end."""

    epoch_distance: float
    distance_from_init: float


class EpochDistance(keras.callbacks.Callback):
    """Measures the Euclidean distance between weights, after every epoch.

    ``logs["epoch_distance"]`` is the norm of (weights after the epoch - weights before it),
    ``logs["distance_from_init"]`` that of (weights after the epoch - initial weights), both over
    all trainable weights together, accumulated in float64. List it before callbacks that read
    the logs (CSVLogger, TensorBoard, EarlyStopping); Keras's own History comes after it anyway.

    The weights before an epoch are those measured at the end of the epoch before it, so that the
    way is followed without gaps; for the first epoch, those when it began. Which weights are
    trainable is looked up then. Weights are copied to the host once an epoch. What the optimizer
    does after the last epoch (``use_ema`` overwrites the weights then) is in no epoch.

    Source: the article's "distance from initialisation" and "epoch distance"; Hoffer et al.,
    *Train longer, generalize better* (2017), distance from the initial weights by updates.

    Attributes:
        by_layer: layer name -> one ``LayerDistance(epoch_distance, distance_from_init)`` an
            epoch, in order; squared, they add up to the squares in the logs. Layers without
            weights that count do not appear; one within a nested model is "nested/layer". Starts
            empty in every ``fit``.
    """

    def __init__(
        self,
        initial_weights: Sequence[np.ndarray] | None = None,
        include_non_trainable: bool = False,
    ) -> None:
        """Sets up the measurement.

        Args:
            initial_weights: what ``distance_from_init`` is measured from, for a run that is
                resumed: what ``model.get_weights()`` gave at the true start, or, without
                ``include_non_trainable``, the values of ``model.trainable_weights`` only. None:
                the weights when this fit begins.
            include_non_trainable: count also frozen weights and moving averages of batch
                normalisation.

        Raises:
            TypeError: ``initial_weights`` is no list or tuple of arrays.
        """
        super().__init__()
        self.by_layer: dict[str, list[LayerDistance]] = {}
        self._given = None if initial_weights is None else _arrays(initial_weights)
        self._include_non_trainable = include_non_trainable
        self._layers: tuple[LayerWeights, ...] | None = None
        self._known = 0
        self._initial: list[np.ndarray] = []
        self._latest: list[np.ndarray] = []
        self._hook: StepHook | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forgets the last fit.

        Raises:
            ValueError: layers were frozen or unfrozen since the model's step was compiled.
        """
        self.by_layer = {}
        self._layers = None
        self._hook = None
        if not self.model.built:
            # its weights are created within the first step: look at them there
            self._hook = StepHook.attach(self.model, self, self.params)
        elif not self._include_non_trainable:
            check_trained(self.model)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Before the first epoch: takes the starting point.

        Raises:
            ValueError: ``initial_weights`` do not fit the model.
        """
        # not when training begins: other callbacks may still restore weights then
        if self._layers is None and self.model.built:
            self._start()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Announces the batch to the hook, where there is one."""
        if self._hook is not None:
            self._hook.expect()

    def prepare(self) -> None:
        """Takes the starting point of a model that was not built when the fit began."""
        if self._layers is None:
            self._start()

    def before_step(self, data: Any) -> None:
        """Leaves the step alone."""

    def after_step(self, seen: Any) -> None:
        """Leaves the step alone."""

    def give_up_step(self) -> None:
        """Leaves the step alone."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measures, and adds both distances to ``logs``.

        Raises:
            ValueError: the model has made more weights since the fit began.
        """
        layers = self._layers or ()
        check_complete(self.model, self._known)
        present = [layer.flat() for layer in layers]
        moved = list(map(squared_distance, present, self._latest))
        away = list(map(squared_distance, present, self._initial))
        for layer, *squares in zip(layers, moved, away, strict=True):
            self.by_layer[layer.name].append(LayerDistance(*map(math.sqrt, squares)))
        self._latest = present
        if logs is not None:
            logs["epoch_distance"] = math.sqrt(sum(moved))
            logs["distance_from_init"] = math.sqrt(sum(away))

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Takes the hook off, where there is one."""
        if self._hook is not None:
            self._hook.detach(self)

    def _start(self) -> None:
        self._layers = layer_weights(self.model, self._include_non_trainable)
        self._known = len(self.model.weights)
        self._latest = [layer.flat() for layer in self._layers]
        self._initial = self._latest if self._given is None else self._given_by_layer(self._layers)
        self.by_layer = {layer.name: [] for layer in self._layers}

    def _given_by_layer(self, layers: tuple[LayerWeights, ...]) -> list[np.ndarray]:
        given = self._given or []
        candidates = (self.model.weights, weights_of(self.model, self._include_non_trainable))
        for weights in candidates:
            if [tuple(weight.shape) for weight in weights] == [value.shape for value in given]:
                values = dict(zip(map(id, weights), given, strict=True))
                return [flatten([values[id(v)] for v in layer.variables]) for layer in layers]
        raise ValueError(
            f"initial_weights holds {len(given)} arrays that do not fit the model's "
            f"{len(self.model.weights)} weights; expected what model.get_weights() gave when the "
            "run started: the same number, order and shapes."
        )


def _arrays(weights: Any) -> list[np.ndarray]:
    if not isinstance(weights, list | tuple):
        raise TypeError(
            f"a {type(weights).__name__} came as initial_weights; expected the list of arrays that "
            "model.get_weights() gives, or None for the weights when fit begins."
        )
    return [np.array(weight) for weight in weights]
