"""Lets callbacks look at the weights right before and right after each update.

Keras calls callbacks between batches, where looking at the weights would copy them to the host,
and with ``steps_per_execution`` not even there. A hook stands inside the training step instead,
so what observers do becomes part of the compiled step.
"""

from collections.abc import Callable
from typing import Any, Protocol, cast

import keras
import tensorflow as tf

from callbacks.trained import check_trained, remember_trained


class StepObserver(Protocol):
    """What a hook calls: once outside the training step, then inside it.

    Inside means once a trace and replica, or once a batch and replica where the model runs
    eagerly.
    """

    def prepare(self) -> None:
        """Sees the built model, once or more, before the first step of a fit is made."""

    def before_step(self, data: Any) -> Any:
        """Sees the batch and the weights before the update.

        What it returns goes to ``after_step``.
        """

    def after_step(self, seen: Any) -> None:
        """Sees the weights after the update."""

    def give_up_step(self) -> None:
        """Step or observer has failed: undoes what ``before_step`` put in its way, if any."""


class StepHook:
    """One per model: stands in for ``model.train_step`` and ``model.train_function`` in a fit.

    Observers attach when training begins and detach when it ends; with the last one gone the
    model has its own step and its own compiled function back. A fit that ended by an exception
    leaves the hook behind, since Keras tells callbacks nothing then. So nothing observed may
    run unannounced: a callback calls ``expect`` before each batch, and a training function that
    is called without it takes the hook off and trains as if it had never been there. Where the
    fit goes on after that (a callback has called ``train_on_batch``), ``expect`` puts it on again.

    The compiled step is kept for the next fit with the same observers, which then need not be
    traced again; it is dropped with the model's own function, as ``model.compile`` does.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._observers: list[StepObserver] = []
        self._set_aside: list[StepObserver] = []
        self._fit: Any = None
        self._expected = False
        self._own_step: Any = None
        self._own_attribute: Any = None
        self._own_function: Any = None
        self._compiled: Callable[[Any], Any] | None = None
        self._compiled_for: tuple[StepObserver, ...] = ()
        self._step = self._make_step()
        self._function = self._make_function()

    @classmethod
    def attach(
        cls, model: Any, observer: StepObserver, fit: Any, known: "StepHook | None" = None
    ) -> "StepHook":
        """Adds an observer to the model's hook, putting one on where there is none.

        Args:
            model: the compiled model; ``fit`` has made its training function already.
            observer: called inside each step until ``detach``.
            fit: an object that is the same for all callbacks of one ``fit`` and another one in
                the next (Keras's ``params``); observers of another fit are left over from an
                interrupted one and go.
            known: the hook this observer had before; taken again where it still fits.

        Raises:
            ValueError: layers were frozen or unfrozen since the model's step was compiled.
        """
        check_trained(model)
        hook = getattr(model.train_function, "step_hook", None)
        if hook is None:
            hook = known if known is not None and known.made_for(model) else cls(model)
            hook._put_on()
        hook._add(observer, fit)
        return hook

    @property
    def own_function(self) -> Any:
        """The model's training function without the hook; None before Keras has made one."""
        return self._own_function

    def detach(self, observer: StepObserver) -> None:
        """Removes an observer; the last one takes the hook off."""
        self._set_aside = [other for other in self._set_aside if other is not observer]
        self._observers = [other for other in self._observers if other is not observer]
        if not self._observers:
            self._take_off()

    def expect(self) -> None:
        """Announces that the next call of the training function belongs to the observed fit."""
        self._expected = True
        if self._set_aside and self.made_for(self.model):
            observers = self._set_aside
            self._put_on()
            self._observers = observers

    def made_for(self, model: Any) -> bool:
        """Whether the model has not been compiled anew, so that the hook can be used again."""
        functions = (self._own_function, self._function)
        return self.model is model and any(model.train_function is known for known in functions)

    def _put_on(self) -> None:
        model = self.model
        left_over = getattr(vars(model).get("train_step"), "step_hook", None)
        if left_over is not None:
            # a fit was interrupted and the model compiled anew: Keras's function holds that hook
            left_over._take_off()
            model.train_function = None
            model.make_train_function()
        if self._own_function is not model.train_function:
            self._compiled = None
        self._own_function = model.train_function
        self._own_attribute = vars(model).get("train_step")
        self._own_step = model.train_step
        self._set_aside = []
        model.train_step = self._step
        model.train_function = self._function

    def _take_off(self) -> None:
        model = self.model
        self._observers = []
        # what somebody else has put over the hook stays: the hook below it is then idle
        if model.train_function is self._function:
            model.train_function = self._own_function
        if vars(model).get("train_step") is self._step:
            if self._own_attribute is None:
                del model.train_step
            else:
                model.train_step = self._own_attribute

    def _add(self, observer: StepObserver, fit: Any) -> None:
        if self._fit is not fit:
            self._observers = []
        self._fit = fit
        if observer not in self._observers:
            self._observers.append(observer)
        if self.model.built:
            observer.prepare()

    def _make_step(self) -> Callable[[Any], Any]:
        def observed_train_step(data: Any) -> Any:
            observers = tuple(self._observers) if self._expected else ()
            try:
                seen = [observer.before_step(data) for observer in observers]
                logs = self._own_step(data)
                for observer, what in zip(observers, seen, strict=True):
                    observer.after_step(what)
            except BaseException:
                for observer in observers:
                    observer.give_up_step()
                raise
            return logs

        observed_train_step.step_hook = self  # type: ignore[attr-defined]
        return observed_train_step

    def _make_function(self) -> Callable[[Any], Any]:
        def observed_train_function(iterator: Any) -> Any:
            if not self._expected:
                return self._unobserved(iterator)
            try:
                logs = self._compile(iterator)(iterator)
            finally:
                self._expected = False
            remember_trained(self.model, self._own_function)
            return logs

        observed_train_function.step_hook = self  # type: ignore[attr-defined]
        return observed_train_function

    def _unobserved(self, iterator: Any) -> Any:
        self._set_aside = self._observers
        self._take_off()
        if self._own_function is None:
            # the hook was put on by a loop of somebody's own, before Keras had made a function
            self._own_function = self._made_anew()
            if self.model.train_function is None:
                self.model.train_function = self._own_function
        return self._own_function(iterator)

    def _compile(self, iterator: Any) -> Callable[[Any], Any]:
        observers = tuple(self._observers)
        anew = self._compiled is None or self._compiled_for != observers
        if not self.model.built:
            if anew:
                _build(self.model, iterator)
            # also with a step that is kept: a model without a call of its own is never built
            for observer in observers:
                observer.prepare()
        if anew:
            self._compiled, self._compiled_for = self._made_anew(), observers
        return cast(Callable[[Any], Any], self._compiled)

    def _made_anew(self) -> Callable[[Any], Any]:
        """A function that Keras makes of the present step; the model keeps the one it has."""
        model, present = self.model, self.model.train_function
        try:
            model.train_function = None
            model.make_train_function()
            made: Callable[[Any], Any] = model.train_function
        finally:
            model.train_function = present
        return made


def _build(model: Any, iterator: Any) -> None:
    """Creates the weights of a model that Keras would build within its first step.

    A symbolic call computes nothing; Keras itself does so under a strategy. A model without a
    call of its own (a GAN whose step calls its parts) has the weights of its parts and no others.

    Raises:
        ValueError: the call fails, and the model has no weights.
    """
    if type(model).call is keras.Model.call:
        return
    try:
        inputs, _, _ = keras.utils.unpack_x_y_sample_weight(iterator.element_spec)
        model(keras.tree.map_structure(_symbolic, inputs))
    except Exception as error:
        # its step may call it in another way; whether weights are missing shows after the step
        if not model.weights:
            raise ValueError(
                f"model {model.name!r} has no weights before its first step, and calling it "
                "without values fails; build it before fit: call it on a batch."
            ) from error


def _symbolic(spec: Any) -> Any:
    sparse, ragged = isinstance(spec, tf.SparseTensorSpec), isinstance(spec, tf.RaggedTensorSpec)
    return keras.KerasTensor(spec.shape, spec.dtype.name, sparse=sparse, ragged=ragged)


def first_replica_variable(strategy: Any, value: Any) -> Any:
    """A variable that belongs to the first replica alone: nothing is exchanged between devices."""
    with strategy.scope():
        variable = tf.Variable(
            value,
            trainable=False,
            synchronization=tf.VariableSynchronization.ON_READ,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
    return strategy.experimental_local_results(variable)[0]


def check_devices(model: Any, what: str) -> Any:
    """The model's strategy, if its training step can be observed under it.

    Args:
        model: the model to be trained.
        what: is measured, in words, for the message.

    Raises:
        ValueError: the backend is not TensorFlow; several replicas, but not under
            MirroredStrategy.
    """
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"the Keras backend is {keras.backend.backend()!r}; {what} are measured "
            "inside TensorFlow's training step: set KERAS_BACKEND=tensorflow."
        )
    strategy = model.distribute_strategy
    mirrored = isinstance(strategy, tf.distribute.MirroredStrategy)
    if strategy.num_replicas_in_sync > 1 and not mirrored:
        raise ValueError(
            f"the model was built under {type(strategy).__name__}; {what} are measured "
            "on one device or under tf.distribute.MirroredStrategy: build it under one of them."
        )
    return strategy


def is_first_replica() -> bool:
    """Whether the code at hand runs on the first replica (or there is but one device)."""
    context = tf.distribute.get_replica_context()
    return int(tf.get_static_value(tf.convert_to_tensor(context.replica_id_in_sync_group))) == 0
