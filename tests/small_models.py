"""Models and data small enough to train in a blink, for the tests of the callbacks."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tests.oracles import update_norms


def regression_data(examples: int = 22) -> tuple[np.ndarray, np.ndarray]:
    """Inputs float32 (examples, 4) and targets float32 (examples, 1), always the same."""
    inputs = np.random.default_rng(7).normal(size=(examples, 4)).astype(np.float32)
    return inputs, inputs[:, :1] * inputs[:, 1:2]


def batches_of(inputs: np.ndarray, targets: np.ndarray, size: int) -> list[tuple[Any, Any]]:
    """The batches ``fit(shuffle=False)`` makes, the last partial one included."""
    starts = range(0, len(inputs), size)
    return [(inputs[start : start + size], targets[start : start + size]) for start in starts]


def one_weight_model(**options: Any) -> keras.Model:
    """``y = w x``, w = 1, plain SGD at 0.1 on the squared error.

    On examples x = 1, y = 0 the gradient is 2 w, so every update takes w to 0.8 w.
    """
    inputs = keras.Input((1,))
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", name="line")
    model = keras.Model(inputs, layer(inputs))
    model.compile(keras.optimizers.SGD(0.1), "mse", **options)
    return model


def dense(units: int, seed: int, **options: Any) -> keras.layers.Dense:
    """A dense layer whose weights depend on ``seed`` alone."""
    start = keras.initializers.GlorotUniform(seed)
    return keras.layers.Dense(units, kernel_initializer=start, **options)


def smooth_model(
    optimizer: Callable[[], keras.optimizers.Optimizer] | None = None, **options: Any
) -> keras.Model:
    """Two dense layers with tanh between, 13 weights, compiled; the same at every call."""
    inputs = keras.Input((4,))
    hidden = dense(2, 1, activation="tanh", name="hidden")(inputs)
    model = keras.Model(inputs, dense(1, 2, name="output")(hidden))
    model.compile(optimizer() if optimizer else keras.optimizers.SGD(0.1), "mse", **options)
    return model


def tangled_model(**options: Any) -> keras.Model:
    """Two outputs, a nested model, a layer used twice, a frozen one, batch norm, dropout."""
    inner = keras.Sequential(
        [keras.Input((4,)), dense(4, 1, activation="tanh", name="dense")], name="inner"
    )
    shared = dense(4, 2, activation="tanh", name="shared")
    inputs = keras.Input((4,))
    hidden = shared(shared(inner(inputs)))
    hidden = dense(4, 3, activation="tanh", name="frozen", trainable=False)(hidden)
    hidden = keras.layers.BatchNormalization(name="norm")(hidden)
    hidden = keras.layers.Dropout(0.3, seed=4)(hidden)
    outputs = [dense(1, 5, name="first")(hidden), dense(1, 6, name="second")(hidden)]
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(0.01), ["mse", "mae"], **options)
    return model


def mixed_model() -> keras.Model:
    """Two dense layers, the first of bfloat16, the second of float32 weights; compiled."""
    inputs = keras.Input((4,))
    hidden = dense(3, 1, activation="tanh", dtype="bfloat16")(inputs)
    model = keras.Model(inputs, dense(1, 2, dtype="float32")(hidden))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def rounded_model() -> keras.Model:
    """``mixed_model`` all in float32, at the same weights."""
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3, activation="tanh")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.set_weights([np.asarray(w, np.float32) for w in mixed_model().get_weights()])
    return model


def late_model() -> keras.Model:
    """A model that says it is built, and makes its two weights within its first step."""

    class Late(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.layer = keras.layers.Dense(1)
            self.built = True

        def call(self, inputs: Any) -> Any:
            return self.layer(inputs)

    model = Late()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


def fit(model: keras.Model, *callbacks: keras.callbacks.Callback, **options: Any) -> dict[str, Any]:
    """Trains on ``regression_data`` for an epoch of six batches; the history."""
    inputs, targets = regression_data()
    settings = {"batch_size": 4, "shuffle": False, "verbose": 0, **options}
    outputs = [targets] * max(1, len(getattr(model, "outputs", None) or ()))
    return dict(model.fit(inputs, outputs, callbacks=list(callbacks), **settings).history)


def oracle_norms(model: keras.Model, size: int = 4, epochs: int = 1) -> list[float]:
    """The update norms of such epochs, computed the slow way."""
    return update_norms(model, batches_of(*regression_data(), size) * epochs)


class Failing(keras.callbacks.Callback):
    """Breaks a fit off after some batches; Keras tells callbacks nothing more then."""

    def __init__(self, after_batches: int) -> None:
        super().__init__()
        self._left = after_batches

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._left -= 1
        if self._left == 0:
            raise InterruptedError("stopped by the test")
