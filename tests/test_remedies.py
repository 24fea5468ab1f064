"""The remedies' training steps against slow ones; resumed; on two replicas."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from study.errors import SettingsError
from study.train.augmentation import augment
from study.train.checkpoint import Progress, restore_state, save_state
from study.train.devices import Devices
from study.train.remedy_models import with_remedy
from study.train.remedy_settings import Augmentation, ConservativeTraining, RobustTraining
from tests.make_remedy import REMEDIES, tiny_examples, train
from tests.make_remedy import tiny_net as compiled_net

ROOT = Path(__file__).parents[1]
ONE = Devices(1, "CPU", None)


def tiny_net(*given: Any, **options: Any) -> keras.Model:
    """Eager, since tracing takes far longer than the few steps of a test."""
    return compiled_net(*given, **{"eager": True, **options})


def first_batch() -> tuple[Any, Any]:
    examples = tiny_examples()
    return examples.images[:8], examples.labels[:8]


def gradient_of(model: keras.Model, x: Any, y: Any) -> list[Any]:
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(y, model(x, training=True)))
    return tape.gradient(loss, [variable.value for variable in model.trainable_variables])


def step_by_hand(name: str) -> list[np.ndarray]:
    """The weights after one batch, on a net whose input is float, so that it has a slope."""
    model, remedy = tiny_net(None, dtype="float32"), REMEDIES[name]
    x, y = tf.cast(first_batch()[0], tf.float32), first_batch()[1]
    weights = [variable.value for variable in model.trainable_variables]
    if isinstance(remedy, ConservativeTraining):
        before = [weight.numpy() for weight in weights]
        for _ in range(remedy.steps):
            slopes = gradient_of(model, x, y)
            for weight, slope, start in zip(weights, slopes, before, strict=True):
                weight.assign_sub(0.5 * (slope + remedy.penalty * (weight - start)))
    else:
        slopes = gradient_of(model, x, y)
        if isinstance(remedy, Augmentation):
            changed = augment(first_batch()[0], remedy, 5, 0)
            slopes = gradient_of(model, tf.cast(changed, tf.float32), y)
        elif isinstance(remedy, RobustTraining):
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = keras.losses.binary_crossentropy(y, model(x))
            sign = np.sign(tape.gradient(loss, x).numpy())
            moved = np.clip(x / 255 + remedy.epsilon * sign, 0, 1) * 255
            other, share = gradient_of(model, moved, y), remedy.clean_share
            slopes = [share * a + (1 - share) * b for a, b in zip(slopes, other, strict=True)]
        for weight, slope in zip(weights, slopes, strict=True):
            weight.assign_sub(0.5 * slope)
    return model.get_weights()


@pytest.mark.parametrize("name", REMEDIES)
def test_a_step_is_the_one_by_hand(name: str) -> None:
    model = compiled_net(REMEDIES[name])
    start = model.get_weights()
    model.fit(*first_batch(), batch_size=8, verbose=0, shuffle=False)
    for one, other, before in zip(model.get_weights(), step_by_hand(name), start, strict=True):
        np.testing.assert_allclose(one - before, other - before, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["robust", "conservative"])
def test_rows_of_weight_zero_do_not_count(name: str) -> None:
    x, y = first_batch()
    whole, padded = tiny_net(REMEDIES[name], 4), tiny_net(REMEDIES[name], 4)
    data = tf.data.Dataset.from_tensors((x[:6], y[:6], tf.ones(6)))
    filled = tf.concat([x[:6], x[:2]], 0), tf.concat([y[:6], y[:2]], 0)
    weights = tf.constant([8 / 6] * 6 + [0.0] * 2)
    more = tf.data.Dataset.from_tensors((*filled, weights))
    histories = [
        model.fit(rows, verbose=0, shuffle=False).history
        for model, rows in ((whole, data), (padded, more))
    ]
    assert histories[0]["mean"] == pytest.approx(histories[1]["mean"])
    for one, other in zip(whole.get_weights(), padded.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", ["augmentation", "conservative"])
def test_a_run_goes_on_exactly(name: str, tmp_path: Path) -> None:
    through = train(tiny_net(REMEDIES[name], 2), ONE)
    model = tiny_net(REMEDIES[name], 2)
    train(model, ONE, epochs=1)
    save_state(tmp_path, model, Progress())
    again = tiny_net(REMEDIES[name], 2)
    assert restore_state(tmp_path, again) is not None
    assert train(again, ONE, first_epoch=1)["weights"] == through["weights"]


def test_the_network_is_the_same_and_losses_are_reported_as_always() -> None:
    x, y = first_batch()
    plain = tiny_net(None)
    for name, remedy in REMEDIES.items():
        model = tiny_net(remedy)
        assert len(model.layers) == len(plain.layers), name
        assert model.evaluate(x, y, verbose=0) == plain.evaluate(x, y, verbose=0)
        history = model.fit(x, y, batch_size=8, verbose=0, shuffle=False).history
        if name in ("none", "conservative"):
            # both before the update, on the pictures as they are
            assert history["loss"] == history["mean"]
    assert int(model.optimizer.iterations) == 3


def test_a_penalty_keeps_weights_near() -> None:
    travelled = []
    for penalty in (0.0, 1.0):
        model = tiny_net(ConservativeTraining(penalty, 5))
        start = model.get_weights()
        model.fit(*first_batch(), batch_size=8, verbose=0)
        ends = zip(start, model.get_weights(), strict=True)
        travelled.append(sum(float(((a - b) ** 2).sum()) for a, b in ends))
    assert travelled[1] < 0.5 * travelled[0]


@pytest.mark.parametrize(
    "remedy",
    [
        RobustTraining(0),
        RobustTraining(2),
        RobustTraining(0.1, 1),
        ConservativeTraining(-1),
        ConservativeTraining(1, 0),
        Augmentation(degrees=200),
    ],
)
def test_numbers_out_of_range(remedy: Any) -> None:
    with pytest.raises(SettingsError, match="expected"):
        tiny_net(remedy)


def test_robust_training_needs_the_layer_that_scales() -> None:
    inputs = keras.Input((4,))
    with pytest.raises(SettingsError, match="none of that name"):
        with_remedy(keras.Model(inputs, keras.layers.Dense(1)(inputs)), RobustTraining())


def test_two_replicas_train_what_one_device_trains() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.make_remedy"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    two = json.loads(done.stdout.splitlines()[-1])
    assert list(two) == ["augmentation", "robust", "conservative"]
    for name in two:
        one = train(tiny_net(REMEDIES[name], 2 if name == "conservative" else 0), ONE, epochs=1)
        for key in ("mean", "loss"):
            np.testing.assert_allclose(two[name][key], one[key], rtol=1e-4)
        for array, other in zip(two[name]["weights"], one["weights"], strict=True):
            np.testing.assert_allclose(array, other, rtol=1e-3, atol=1e-5, err_msg=name)
