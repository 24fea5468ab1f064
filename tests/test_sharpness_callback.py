"""The callback in ``fit``: what it logs, and that it changes nothing."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import callbacks
from callbacks.sharpness import epsilon_sharpness
from callbacks.sharpness_callback import EpsilonSharpness
from tests.small_models import regression_data, smooth_model, tangled_model

ROOT = Path(__file__).parents[1]


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    return regression_data()


def test_devices_may_be_set_up_after_it_is_made() -> None:
    code = (
        "import numpy as np, tensorflow as tf\n"
        "from callbacks import EpsilonSharpness\n"
        "EpsilonSharpness(np.zeros((8, 2)), np.zeros((8, 1)))\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "two = [tf.config.LogicalDeviceConfiguration()] * 2\n"
        "tf.config.set_logical_device_configuration(cpu, two)\n"
        "print(len(tf.config.list_logical_devices('CPU')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "2"


def test_logs_what_the_function_finds(data) -> None:
    model = smooth_model()
    callback = EpsilonSharpness(*data, epsilon=0.01, seed=3, restarts=1)
    history = model.fit(*data, epochs=2, verbose=0, callbacks=[callback]).history
    assert list(callback.results) == [0, 1]
    assert history["sharpness"] == [callback.results[epoch].sharpness for epoch in (0, 1)]
    wanted = epsilon_sharpness(model, *data, epsilon=0.01, seed=3, restarts=1)
    assert callback.results[1] == wanted
    assert wanted.sharpness > 0


def test_epochs_that_are_not_scheduled_get_nan(data, tmp_path: Path) -> None:
    callback = EpsilonSharpness(*data, schedule=lambda epoch: epoch in (1, 2))
    logger = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    model = smooth_model()
    history = model.fit(*data, epochs=4, verbose=0, callbacks=[callback, logger]).history
    assert np.isnan(history["sharpness"]).tolist() == [True, False, False, True]
    assert list(callback.results) == [1, 2]
    with (tmp_path / "log.csv").open() as file:
        logged = [float(row["sharpness"]) for row in csv.DictReader(file)]
    np.testing.assert_equal(logged, history["sharpness"])


def test_observes_and_changes_nothing(data) -> None:
    x, y = data
    fits = []
    for extra in ([], [EpsilonSharpness(x, [y, y], subspace=3)]):
        model = tangled_model()
        history = model.fit(
            x, [y, y], epochs=3, verbose=0, batch_size=5, shuffle=False, callbacks=extra
        ).history
        history.pop("sharpness", None)
        fits.append((history, [variable.numpy() for variable in model.variables]))
    np.testing.assert_equal(fits[1], fits[0])


def test_every_fit_starts_afresh(data) -> None:
    callback = EpsilonSharpness(*data, schedule=lambda epoch: epoch == 0)
    model = smooth_model()
    model.fit(*data, epochs=2, verbose=0, shuffle=False, callbacks=[callback])
    first = dict(callback.results)
    model.compile(keras.optimizers.SGD(0.1), "mae")
    model.fit(*data, verbose=0, shuffle=False, callbacks=[callback])
    assert list(callback.results) == [0]
    assert callback.results[0] != first[0]
    other = smooth_model()
    other.fit(*data, verbose=0, shuffle=False, callbacks=[callback])
    assert callback.results[0] == first[0]


def test_model_that_is_built_by_its_first_batch(data) -> None:
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = EpsilonSharpness(*data)
    model.fit(*data, verbose=0, callbacks=[callback])
    assert callback.results[0].sharpness > 0


def test_bad_data_are_refused_at_once(data) -> None:
    x, y = data
    with pytest.raises(ValueError, match=r"\[22, 21\] rows"):
        EpsilonSharpness(x, y[1:])
    with pytest.raises(TypeError, match=r"x and y need arrays or tensors of shape"):
        EpsilonSharpness(tf.data.Dataset.from_tensor_slices((x, y)), y)
    with pytest.raises(ValueError, match=r"batch_size is 0"):
        EpsilonSharpness(x, y, batch_size=0)


def test_bad_options_are_refused_at_once(data) -> None:
    with pytest.raises(TypeError, match=r"unknown options \['speed'\]"):
        EpsilonSharpness(*data, speed=3)
    for option, value in {
        "epsilon": -1,
        "max_iterations": 0,
        "restarts": -1,
        "seed": -1,
        "subspace": 0,
        "max_evaluations": 0.5,
        "variant": "other",
    }.items():
        with pytest.raises(ValueError, match=f"{option} is {value!r}; expected"):
            EpsilonSharpness(*data, **{option: value})
    with pytest.raises(ValueError, match="epsilon is inf"):
        EpsilonSharpness(*data, epsilon=float("inf"))
    with pytest.raises(ValueError, match="full space only"):
        EpsilonSharpness(*data, variant="authors", subspace=3)
    with pytest.raises(TypeError, match="schedule is 5; expected a function"):
        EpsilonSharpness(*data, schedule=5)


def test_no_module_hides_the_function() -> None:
    # callbacks/epsilon_sharpness.py would, once it is imported
    assert not (ROOT / "callbacks" / "epsilon_sharpness.py").exists()
    assert callbacks.epsilon_sharpness is epsilon_sharpness
    assert callbacks.EpsilonSharpness is EpsilonSharpness


REPLICAS = """
import json, sys
import keras, numpy as np, tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
from callbacks import EpsilonSharpness, epsilon_sharpness
from tests.small_models import regression_data, smooth_model
x, y = regression_data()
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    model = smooth_model()
callback = EpsilonSharpness(x, y)
options = dict(batch_size=22, shuffle=False, epochs=2, verbose=0)
model.fit(x, y, callbacks=[callback], **options)
with strategy.scope():
    inside = epsilon_sharpness(model, x, y)
single = smooth_model()
single.set_weights(model.get_weights())
outside = epsilon_sharpness(single, x, y)
plain = smooth_model()
plain.fit(x, y, **options)
moved = max(float(np.abs(a - b).max()) for a, b in zip(plain.get_weights(), model.get_weights()))
found = [callback.results[1], inside, outside]
print(json.dumps({"found": [[r.sharpness, r.base_loss] for r in found], "moved": moved}))
"""


def test_replicas_see_what_one_device_sees() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REPLICAS], cwd=ROOT, capture_output=True, text=True, timeout=540
    )
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    by_callback, inside, outside = report["found"]
    np.testing.assert_allclose(by_callback, outside, rtol=1e-5)
    np.testing.assert_allclose(inside, outside, rtol=1e-5)
    assert report["moved"] < 1e-6
