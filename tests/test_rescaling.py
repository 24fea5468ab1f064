"""Landscapes without normalisation, and weights rescaled without effect."""

import keras
import numpy as np
import pytest

from study.measure.rescaling import (
    FACTOR,
    PLAIN_COLUMNS,
    plain_landscape,
    rescaled,
    rescaling_lines,
)
from study.measure.stored import StoredMeasurement
from study.store.run_folder import INITIAL_WEIGHTS
from study.store.schema import FRAMES, KEYS
from study.train.checkpoint import save_weights
from tests.oracles import evaluate_at
from tests.small_models import dense, regression_data
from tests.test_along import nothing

SIZE = 5


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory):
    """A net, the folder with its first weights, later weights and data."""
    inputs = keras.Input((4,))
    hidden = dense(5, 1, activation="relu", name="dense_1")(inputs)
    hidden = keras.layers.Dropout(0.5)(hidden)
    hidden = dense(4, 2, activation="relu", name="dense_2")(hidden)
    model = keras.Model(inputs, dense(1, 3, name="output")(hidden))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    folder = tmp_path_factory.mktemp("run")
    save_weights(folder / INITIAL_WEIGHTS, model)
    random = np.random.default_rng(5)
    later = [1.5 * array + 0.1 * random.normal(size=array.shape) for array in model.get_weights()]
    return model, folder, [array.astype(np.float32) for array in later], regression_data()


def test_rescaled_weights_are_the_same_function(case) -> None:
    model, _, weights, (x, y) = case
    other = rescaled(model, weights)
    changed = [not np.allclose(a, b) for a, b in zip(weights, other, strict=True)]
    # kernel and bias of the first, the kernel of the next
    assert changed == [True, True, True, False, False, False]
    np.testing.assert_allclose(other[0], FACTOR * weights[0])
    loss = evaluate_at(model, weights, x, y)
    assert evaluate_at(model, other, x, y) == pytest.approx(loss, rel=1e-5)


def test_lines_coincide_with_filter_normalisation_alone(case) -> None:
    model, folder, weights, data = case
    found = rescaling_lines(model, folder, weights, data, SIZE, 0)
    assert {*KEYS, *found.columns} == set(FRAMES["rescaling"])
    lines = {
        key: rows.sort_values("alpha")["loss"].to_numpy()
        for key, rows in found.groupby(["normalisation", "factor"])
    }
    assert {line.shape for line in lines.values()} == {(SIZE,)}
    np.testing.assert_allclose(lines["filters", FACTOR], lines["filters", 1], rtol=1e-4)
    middle = lines["none", 1][SIZE // 2]
    assert lines["none", FACTOR][SIZE // 2] == pytest.approx(middle, rel=1e-5)
    assert lines["none", FACTOR].max() > 1.5 * lines["none", 1].max()


def test_plain_planes_share_their_directions(case, tmp_path) -> None:
    model, folder, weights, data = case
    stored = StoredMeasurement(tmp_path, "landscape_plain")
    initial = model.get_weights()
    found = plain_landscape(model, folder, weights, data, SIZE, 0, stored, nothing)
    assert sorted(found.columns) == sorted(PLAIN_COLUMNS)
    assert len(found) == SIZE**2
    kernels = [np.linalg.norm(array) for array in initial if array.ndim > 1]
    assert found["direction_norm"].iloc[0] == pytest.approx(np.linalg.norm(kernels), rel=1e-5)
    ended = [np.linalg.norm(array) for array in weights if array.ndim > 1]
    assert found["weight_norm"].iloc[0] == pytest.approx(np.linalg.norm(ended), rel=1e-5)
    middle = found[(found["alpha"] == 0) & (found["beta"] == 0)]["loss"].item()
    assert middle == pytest.approx(evaluate_at(model, weights, *data), rel=1e-5)
    # half as large, twice as near: a step is as long for both, whatever the weights
    halves = [array / 2 for array in weights]
    other = plain_landscape(model, folder, halves, data, SIZE, 0, stored, nothing)
    assert other["direction_norm"].equals(found["direction_norm"])
    shifted = found["loss"].to_numpy() != other["loss"].to_numpy()
    assert shifted.all()
