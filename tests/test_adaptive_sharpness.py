"""Rescaling a ReLU pair: the function stays, and so must adaptive sharpness."""

import keras
import numpy as np
import pytest

from callbacks.objective import MeanLoss
from callbacks.sharpness import measure_sharpness
from study.measure.adaptive_sharpness import adaptive_sharpness
from tests.small_models import dense


def relu_model() -> keras.Model:
    inputs = keras.Input((4,))
    hidden = dense(6, 1, activation="relu", bias_initializer=keras.initializers.Constant(0.1))
    model = keras.Model(inputs, dense(1, 2)(hidden(inputs)))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return model


@pytest.fixture
def objective() -> MeanLoss:
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 4)).astype(np.float32)
    return MeanLoss(relu_model(), x, np.abs(x[:, :1]))


def rescale(model: keras.Model, factor: float) -> None:
    kernel, bias, output, last = model.get_weights()
    model.set_weights([kernel * factor, bias * factor, output / factor, last])


@pytest.mark.parametrize("factor", [0.25, 4.0, 10.0])
def test_rescaled_pair(objective: MeanLoss, factor: float) -> None:
    adaptive = adaptive_sharpness(objective, 0.01)
    fixed = measure_sharpness(objective, 0.01)
    rescale(objective.model, factor)
    adaptive_after = adaptive_sharpness(objective, 0.01)
    fixed_after = measure_sharpness(objective, 0.01)
    np.testing.assert_allclose(adaptive_after.base_loss, adaptive.base_loss, rtol=1e-5)
    np.testing.assert_allclose(adaptive_after.sharpness, adaptive.sharpness, rtol=1e-3)
    assert abs(fixed_after.sharpness / fixed.sharpness - 1) > 0.05
    assert adaptive.space == "adaptive"


def test_squared_error_of_one_weight() -> None:
    # f = (w x)^2 with w = 2 on x = 1: the far end is w = 2 + 2 rho
    inputs = keras.Input((1,))
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(2))
    model = keras.Model(inputs, layer(inputs))
    model.compile("sgd", "mse")
    found = adaptive_sharpness(MeanLoss(model, np.ones((3, 1)), np.zeros((3, 1))), 0.1)
    np.testing.assert_allclose(found.max_loss, 2.2**2, rtol=1e-6)
    np.testing.assert_allclose(found.perturbation_norm, 0.2, rtol=1e-6)


def test_zero_weights_stay_zero(objective: MeanLoss) -> None:
    kernel, bias, output, last = objective.model.get_weights()
    objective.model.set_weights([kernel, 0 * bias, output, 0 * last])
    found = adaptive_sharpness(objective, 0.5)
    # 24 + 6 weights can move by half of themselves at most
    limit = 0.5 * np.linalg.norm(np.concatenate([kernel.ravel(), output.ravel()]))
    assert 0 < found.perturbation_norm <= limit * (1 + 1e-9)


def test_all_weights_zero(objective: MeanLoss) -> None:
    objective.model.set_weights([0 * w for w in objective.model.get_weights()])
    found = adaptive_sharpness(objective, 0.5)
    assert found.sharpness == 0
    assert found.status == "no higher point"


@pytest.mark.parametrize("rho", [0.0, -1.0, float("nan"), float("inf")])
def test_rho_out_of_range(objective: MeanLoss, rho: float) -> None:
    with pytest.raises(ValueError, match="expected a positive number"):
        adaptive_sharpness(objective, rho)
