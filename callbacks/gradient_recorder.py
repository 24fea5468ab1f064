"""Adds up, on the device, what single gradients and means of several tell about their noise."""

import threading
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from callbacks.loss_check import check_reduction
from callbacks.step_hook import check_devices, first_replica_variable, is_first_replica

# entries of the recorder's state: of the group at work, then sums over the finished ones
_COUNT, _SQUARES, _INVERSE, _GROUPS, _NORM, _TRACE = range(6)


class _Step:
    """What one step has handed to the optimizer so far, on one replica."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows
        self.gradients: dict[int, Any] = {}
        self.counted = False
        self._graph = tf.compat.v1.get_default_graph()

    def is_here(self) -> bool:
        """Whether tensors at hand can be used when the step ends.

        Not those of a function or branch within the step.
        """
        return tf.compat.v1.get_default_graph() is self._graph


class GradientRecorder:
    """Observer of a ``StepHook``: sees the gradient that each step hands to the optimizer.

    For the time of a step it stands in for ``model.optimizer.apply``, which it calls unchanged.
    The gradient is that of the whole batch, added up over replicas and freed of loss scaling,
    before the optimizer clips it, adds weight decay or collects it. A step may hand it over in
    parts, each of other weights. Steps whose gradient is not finite are left out under a
    ``LossScaleOptimizer``, which skips them as well.
    """

    def __init__(self, model: Any, group: int) -> None:
        """Remembers what to record.

        Args:
            model: the model to be trained.
            group: K, consecutive steps whose gradients are averaged.

        Raises:
            ValueError: the backend or the strategy is none that can be observed, the model has
                no optimizer, or a loss that Keras does not average.
        """
        self._strategy = check_devices(model, "gradients")
        if getattr(model, "optimizer", None) is None:
            raise ValueError(
                f"model {model.name!r} was compiled without an optimizer; the noise scale is "
                "measured where a step calls model.optimizer: compile the model with one."
            )
        check_reduction(model)
        self._model, self._group = model, group
        self._places: dict[int, int] = {}
        # replicas are traced in threads of their own; they share the optimizer
        self._local = threading.local()
        self._steps_at_work = 0
        self._sums: list[Any] | None = None
        self._state: Any = None

    def prepare(self) -> None:
        """Makes room on the device: one more copy of the weights."""
        if self._sums is None:
            weights = self._model.trainable_weights
            # a step of its own may hand over the TensorFlow variable of a weight
            self._places = {
                id(v): place for place, weight in enumerate(weights) for v in (weight, weight.value)
            }
            self._sums = [
                first_replica_variable(self._strategy, tf.zeros(weight.shape)) for weight in weights
            ]
            self._state = first_replica_variable(self._strategy, tf.zeros(6, tf.float64))

    def before_step(self, data: Any) -> None:
        """Counts the rows and stands in for the optimizer's ``apply``."""
        self._local.step = _Step(_count_rows(data))
        self._steps_at_work += 1
        self._put_on()

    def after_step(self, seen: None) -> None:
        """Gives the optimizer its ``apply`` back, and counts what came in parts.

        Raises:
            ValueError: the step handed no gradient to it.
        """
        step, self._local.step = self._local.step, None
        self._steps_at_work = max(0, self._steps_at_work - 1)
        if not self._steps_at_work:
            self._take_off()
        if not step.gradients:
            raise ValueError(
                f"the training step of model {self._model.name!r} handed no gradient to its "
                "optimizer; the noise scale needs a step that calls optimizer.apply."
            )
        if not step.counted:
            self._count(step)

    def give_up_step(self) -> None:
        """Gives the optimizer its ``apply`` back."""
        self._local.step = None
        self._steps_at_work = 0
        self._take_off()

    def fetch(self) -> tuple[int, float, float]:
        """Groups, sum of their squared gradient norms and of their traces; then forgets them.

        A group that is not complete is forgotten too.
        """
        if self._sums is None:
            return 0, 0.0, 0.0
        state = self._state.numpy()
        self._state.assign(np.zeros(6))
        for total in self._sums:
            total.assign(tf.zeros_like(total))
        return int(state[_GROUPS]), float(state[_NORM]), float(state[_TRACE])

    def _put_on(self) -> None:
        optimizer = self._model.optimizer
        apply = vars(optimizer).get("apply")
        if not hasattr(apply, "recorders"):
            apply = _observed_apply(optimizer)
            # past the optimizer's own bookkeeping of attributes
            vars(optimizer)["apply"] = apply
        if self not in apply.recorders:
            apply.recorders.append(self)

    def _take_off(self) -> None:
        attributes = vars(self._model.optimizer)
        apply = attributes.get("apply")
        if self not in getattr(apply, "recorders", ()):
            return
        apply.recorders.remove(self)
        if apply.recorders:
            return
        if apply.below is None:
            del attributes["apply"]
        else:
            attributes["apply"] = apply.below

    def _see(self, grads: list[Any], variables: Any) -> None:
        step = getattr(self._local, "step", None)
        if step is None:
            return
        weights = self._model.trainable_weights
        given = self._by_place(grads, weights if variables is None else variables)
        if step.counted or step.gradients.keys() & given.keys():
            raise ValueError(
                f"the training step of model {self._model.name!r} hands several gradients of a "
                "weight to its optimizer, or parts of the gradient in functions of their own; the "
                "noise scale needs one gradient of each weight a step: call optimizer.apply once "
                "for all weights, or once for each part of them in train_step itself."
            )
        step.gradients |= given
        # as soon as it is whole: an ordinary step may apply it in a function of its own
        if len(step.gradients) == len(self._sums or ()) or not step.is_here():
            self._count(step)

    def _count(self, step: _Step) -> None:
        """Zeros stand for the gradients of weights that the step leaves out."""
        step.counted = True
        gradients = [
            step.gradients.get(place, tf.zeros(total.shape))
            for place, total in enumerate(self._sums or ())
        ]
        self._observe(gradients, step.rows)

    def _by_place(self, grads: list[Any], variables: Any) -> dict[int, Any]:
        """Float32 gradients by the place of their weight among the sums, freed of loss scaling."""
        places = [self._places.get(id(variable)) for variable in variables]
        if None in places or len(places) != len(grads):
            raise ValueError(
                f"the training step of model {self._model.name!r} hands {len(grads)} gradients for "
                f"{len(places)} variables to its optimizer; expected some of the "
                f"{len(self._sums or ())} trainable weights that the model had when training "
                "began: build it before fit, and compile it after freezing layers."
            )
        scale = _loss_scale(self._model.optimizer)
        return {
            place: tf.cast(tf.convert_to_tensor(gradient), tf.float32) / scale
            for place, gradient in zip(places, grads, strict=True)
            if place is not None and gradient is not None
        }

    def _observe(self, gradients: list[Any], rows: Any) -> None:
        context = tf.distribute.get_replica_context()
        if context.num_replicas_in_sync > 1:
            # all of one type, since TensorFlow packs what it adds up; whole numbers below 2^24
            # are exact in it, and Keras divides each replica's loss by the number of replicas
            parts = tf.cast(rows, tf.float32), gradients
            rows, gradients = context.all_reduce(tf.distribute.ReduceOp.SUM, parts)
        if is_first_replica():
            self._add(gradients, tf.cast(rows, tf.float64))

    def _add(self, gradients: list[Any], rows: Any) -> None:
        squares = _squared_norm(gradients)
        # a batch of nothing but rows of weight 0 tells nothing
        counts = rows > 0
        if isinstance(self._model.optimizer, keras.optimizers.LossScaleOptimizer):
            counts &= tf.math.is_finite(squares)
        sums = [
            tf.where(counts, total + gradient, total)
            for total, gradient in zip(self._sums or (), gradients, strict=True)
        ]
        one = tf.stack([tf.ones((), tf.float64), squares, 1 / rows])
        group = self._state[:3] + tf.where(counts, one, tf.zeros_like(one))
        number = float(self._group)
        norm, trace = unbiased_parts(
            group[_SQUARES] / number,
            _squared_norm(sums) / number**2,
            group[_INVERSE] / number,
            self._group,
        )
        full = group[_COUNT] >= number
        found = self._state[3:] + tf.where(full, tf.stack([tf.ones_like(norm), norm, trace]), 0)
        group = tf.where(full, tf.zeros_like(group), group)
        self._state.assign(tf.concat([group, found], axis=0))
        for total, value in zip(self._sums or (), sums, strict=True):
            total.assign(tf.where(full, tf.zeros_like(value), value))


def _observed_apply(optimizer: Any) -> Any:
    """The optimizer's ``apply``, after a look at the gradient by each of its ``recorders``."""
    own = optimizer.apply

    def apply(grads: Any, trainable_variables: Any = None) -> Any:
        grads = list(grads)
        if trainable_variables is not None:
            trainable_variables = list(trainable_variables)
        for recorder in tuple(apply.recorders):  # type: ignore[attr-defined]
            recorder._see(grads, trainable_variables)
        return own(grads, trainable_variables)

    apply.recorders = []  # type: ignore[attr-defined]
    apply.below = vars(optimizer).get("apply")  # type: ignore[attr-defined]
    return apply


def unbiased_parts(single: Any, mean: Any, inverse: Any, group: int) -> tuple[Any, Any]:
    """Squared norm of the true gradient and trace of its covariance for one example.

    McCandlish et al. 2018, appendix A.1: a gradient of B independent examples has the expected
    squared norm ``|G|^2 + tr(Sigma) / B``.

    Args:
        single: mean of the squared norms of K gradients.
        mean: squared norm of their mean.
        inverse: mean of 1 / B over them.
        group: K, 2 or more.

    Returns:
        Unbiased estimates of |G|^2, which may be negative, and of tr(Sigma); floats or float64
        scalar tensors, as the arguments are.
    """
    trace = (single - mean) / (inverse * (1 - 1 / group))
    return single - trace * inverse, trace


def _squared_norm(tensors: list[Any]) -> Any:
    """Float64; ``l2_loss`` sums each tensor in a tree."""
    return tf.add_n([tf.cast(2 * tf.nn.l2_loss(tensor), tf.float64) for tensor in tensors])


def _count_rows(data: Any) -> Any:
    """Rows of a batch whose weight is not 0, a float64 scalar."""
    x, weights = data, None
    # a step of its own may take any other nest
    if not isinstance(data, list | tuple) or len(data) <= 3:
        x, _, weights = keras.utils.unpack_x_y_sample_weight(data)
    several = tf.nest.flatten(weights)
    if weights is None or len(several) != 1:
        return tf.cast(tf.shape(tf.nest.flatten(x)[0])[0], tf.float64)
    flat = tf.reshape(several[0], (tf.shape(several[0])[0], -1))
    return tf.reduce_sum(tf.cast(tf.reduce_any(flat != 0, axis=1), tf.float64))


def _loss_scale(optimizer: Any) -> Any:
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        # as its own scale_loss
        scale = optimizer.dynamic_scale.value if optimizer.built else optimizer.initial_scale
        return tf.cast(scale, tf.float32)
    return float(optimizer.loss_scale_factor or 1)
