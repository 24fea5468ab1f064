"""A fit whose batch size follows a schedule: one training for callbacks, exact steps."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from callbacks import BatchUpdateNorm, EpochDistance
from study.errors import SettingsError
from study.parts import ScheduledRate, fit_schedule, growing_batches, step_decay

ROOT = Path(__file__).parents[1]
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 3)).astype("float32")
Y = RANDOM.normal(size=(20, 1)).astype("float32")
# batches of 4, 8 and 16 of 20 examples: 5, 3 and 2 updates an epoch
SCHEDULE = growing_batches(20, 4, 0.05, epochs=6, changes=[2, 4], factor=2, largest=16)
STEPS = [5, 5, 3, 3, 2, 2]


def model_of(rate: Any = None) -> keras.Model:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
    model.set_weights([np.array([[0.5], [-0.25], [1.0]], np.float32)])
    optimizer = keras.optimizers.SGD(ScheduledRate(SCHEDULE) if rate is None else rate, 0.9)
    model.compile(optimizer, "mse")
    return model


class Calls(keras.callbacks.Callback):
    """Writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.ended = 0, []
        self.epochs: list[int] = []
        self.batches: list[int] = []
        self.told: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.begun += 1

    def on_train_end(self, logs: Any = None) -> None:
        self.ended.append(logs)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epochs.append(epoch)
        self.batches.append(0)
        self.told.append(self.params["steps"])

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batches[-1] += 1


def weights_by_hand() -> tuple[np.ndarray, list[np.ndarray]]:
    """SGD with momentum in float64, batch by batch in order; the weights after every epoch."""
    w, velocity, after, update = model_of().get_weights()[0].astype(np.float64), 0.0, [], 0
    for steps in STEPS:
        size = {5: 4, 3: 8, 2: 16}[steps]
        for first in range(0, 20, size):
            x, y = X[first : first + size].astype(np.float64), Y[first : first + size]
            gradient = 2 * x.T @ (x @ w - y) / len(x)
            velocity = 0.9 * velocity - SCHEDULE.learning_rate(update) * gradient
            w, update = w + velocity, update + 1
        after.append(w)
    return w, after


def test_steps_are_those_of_sgd_by_hand_and_training_is_one() -> None:
    model, calls = model_of(), Calls()
    history = fit_schedule(model, X, Y, SCHEDULE, callbacks=[calls], shuffle=False, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], weights_by_hand()[0], rtol=1e-5)
    assert (calls.begun, len(calls.ended)) == (1, 1)
    assert calls.ended[0]["loss"] == history.history["loss"][-1]
    assert (calls.epochs, calls.batches, calls.told) == ([0, 1, 2, 3, 4, 5], STEPS, STEPS)
    assert history.epoch == calls.epochs
    assert len(history.history["loss"]) == 6
    assert int(model.optimizer.iterations) == SCHEDULE.updates == sum(STEPS)


def test_observers_follow_the_way_through_all_batch_sizes() -> None:
    model, norms = model_of(), BatchUpdateNorm()
    counts: list[int] = []
    count = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: counts.append(len(norms.norms))
    )
    observers = [EpochDistance(), norms, count]
    start, (_, after) = model.get_weights()[0], weights_by_hand()
    history = fit_schedule(model, X, Y, SCHEDULE, callbacks=observers, shuffle=False, verbose=0)
    expected = [np.linalg.norm(w - start) for w in after]
    np.testing.assert_allclose(history.history["distance_from_init"], expected, rtol=1e-5)
    assert counts == STEPS
    # nothing of them is left behind
    assert "train_step" not in vars(model)
    bare = model_of()
    fit_schedule(bare, X, Y, SCHEDULE, shuffle=False, verbose=0)
    np.testing.assert_array_equal(bare.get_weights()[0], model.get_weights()[0])


def test_patience_counts_on_over_a_change_of_the_batch_size() -> None:
    model, calls = model_of(rate=0.0), Calls()
    stop = keras.callbacks.EarlyStopping("val_loss", patience=3)
    history = fit_schedule(
        *(model, X, Y, SCHEDULE),
        callbacks=[stop, calls],
        validation_data=(X[:4], Y[:4]),
        verbose=0,
    )
    # epoch 0 is the best one, and three without a better one follow; changes are after 2 and 4
    assert calls.epochs == [0, 1, 2, 3]
    assert len(calls.ended) == 1
    assert len(history.history["val_loss"]) == 4


@pytest.mark.parametrize("fails_in", [1, 2, 3])
def test_a_backup_goes_on_where_training_stopped(tmp_path: Path, fails_in: int) -> None:
    class StoppedError(Exception):
        """Raised when an epoch begins."""

    def fail(epoch: int, logs: Any) -> None:
        if epoch == fails_in:
            raise StoppedError

    def backup() -> keras.callbacks.Callback:
        return keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))

    broken = [backup(), keras.callbacks.LambdaCallback(on_epoch_begin=fail)]
    with pytest.raises(StoppedError):
        fit_schedule(model_of(), X, Y, SCHEDULE, callbacks=broken, shuffle=False, verbose=0)
    model, calls, whole = model_of(), Calls(), model_of()
    again = [backup(), calls]
    fit_schedule(model, X, Y, SCHEDULE, callbacks=again, shuffle=False, verbose=0)
    assert calls.epochs == list(range(fails_in, 6))
    fit_schedule(whole, X, Y, SCHEDULE, shuffle=False, verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], whole.get_weights()[0])


def test_a_loaded_model_goes_on(tmp_path: Path) -> None:
    half = step_decay(20, 4, 0.05, epochs=2, drops=[], factor=10)
    model = model_of()
    fit_schedule(model, X, Y, half, shuffle=False, verbose=0)
    model.save(tmp_path / "half.keras")
    loaded = keras.models.load_model(tmp_path / "half.keras")
    history = fit_schedule(loaded, X, Y, SCHEDULE, initial_epoch=2, shuffle=False, verbose=0)
    assert history.epoch == [2, 3, 4, 5]
    np.testing.assert_allclose(loaded.get_weights()[0], weights_by_hand()[0], rtol=1e-5)


def test_two_devices_compute_what_one_does() -> None:
    code = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import numpy as np
from study.errors import SettingsError
from study.parts import fit_schedule, step_decay
from tests.test_fit_schedule import SCHEDULE, X, Y, model_of, weights_by_hand
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model = model_of()
history = fit_schedule(model, X, Y, SCHEDULE, shuffle=False, verbose=0)
np.testing.assert_allclose(model.get_weights()[0], weights_by_hand()[0], rtol=1e-5)
assert history.epoch == [0, 1, 2, 3, 4, 5]
try:
    fit_schedule(model, X, Y, step_decay(20, 5, 0.1, 2, [], 10))
except SettingsError as error:
    assert "batch size 5 does not divide over 2 devices" in str(error), error
else:
    raise AssertionError("a batch of 5 on 2 devices")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"batch_size": 4}, "batch_size beside a schedule"),
        ({"epochs": 4, "validation_split": 0.1}, "epochs, validation_split beside a schedule"),
        ({"initial_epoch": 6}, "initial_epoch is 6; expected a whole number from 0 to 5"),
        ({"initial_epoch": -1}, "initial_epoch is -1"),
        ({"x": X[:19]}, r"a schedule for 20 examples with \[19, 20\] of them"),
    ],
)
def test_what_does_not_fit_is_refused(options: dict[str, Any], expected: str) -> None:
    x = options.pop("x", X)
    with pytest.raises(SettingsError, match=expected):
        fit_schedule(model_of(), x, Y, SCHEDULE, **options)


def test_averaged_weights_are_refused() -> None:
    model = model_of()
    model.compile(keras.optimizers.SGD(0.1, use_ema=True), "mse")
    with pytest.raises(SettingsError, match="use_ema"):
        fit_schedule(model, X, Y, SCHEDULE)
