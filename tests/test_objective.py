"""The mean loss against ``model.evaluate``, finite differences and a loop of ``set_weights``."""

import numpy as np
import pytest
import tensorflow as tf

import callbacks.rows
from callbacks.objective import MeanLoss
from callbacks.vectors import as_vector
from tests import mean_losses
from tests.mean_losses import ROWS, rich_model
from tests.oracles import central_difference, evaluate_at

inputs, labels = mean_losses.inputs, mean_losses.labels


def test_value_is_what_evaluate_reports(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    model.fit(inputs, labels, epochs=2, verbose=0)
    found = MeanLoss(model, inputs, labels).loss_and_accuracy()
    wanted = model.evaluate(inputs, labels, batch_size=ROWS, verbose=0)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 4, 22, 23, 24, None])
def test_chunks_do_not_matter(
    inputs: np.ndarray, labels: np.ndarray, batch_size: int | None
) -> None:
    model = rich_model()
    whole = MeanLoss(model, inputs, labels, batch_size=ROWS)
    parts = MeanLoss(model, inputs, labels, batch_size=batch_size)
    weights = whole.weights()
    value, gradient = whole.value_and_gradient(weights)
    other_value, other_gradient = parts.value_and_gradient(weights)
    np.testing.assert_allclose(other_value, value, rtol=1e-6)
    np.testing.assert_allclose(other_gradient, gradient, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(parts.loss_and_accuracy(), whole.loss_and_accuracy(), rtol=1e-6)


def test_large_data_are_read_in_blocks(
    inputs: np.ndarray, labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = rich_model()
    whole = MeanLoss(model, inputs, labels, batch_size=4)
    wanted = whole.value_and_gradient(whole.weights())
    monkeypatch.setattr(callbacks.rows, "RESIDENT_BYTES", 100)
    monkeypatch.setattr(callbacks.rows, "BLOCK_BYTES", 250)
    parts = MeanLoss(model, inputs, labels, batch_size=4)
    sizes = [len(y) for _, y in parts.rows.blocks()]
    assert sizes == [8, 8, 7]
    found = parts.value_and_gradient(whole.weights())
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-12)
    np.testing.assert_allclose(found[1], wanted[1], atol=1e-12)


def test_gradient_against_finite_differences(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels, batch_size=7)
    weights = objective.weights()
    gradient = objective.value_and_gradient(weights)[1]
    assert gradient.dtype == np.float64 and gradient.shape == (objective.size,)
    numerical = central_difference(objective.value, weights, 1e-2)
    np.testing.assert_allclose(gradient, numerical, atol=2e-4)


def test_any_weights_against_set_weights(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels)
    random = np.random.default_rng(2)
    for _ in range(3):
        # moving variances must stay positive
        moved = [np.abs(w + random.normal(size=w.shape, scale=0.3)) for w in model.get_weights()]
        wanted = evaluate_at(model, moved, inputs, labels)
        np.testing.assert_allclose(objective.loss_and_accuracy(moved), wanted, rtol=1e-5)


def test_vectors_are_the_trainable_weights_in_order(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels)
    arrays = [variable.numpy() for variable in model.trainable_variables]
    np.testing.assert_array_equal(objective.weights(), as_vector(arrays))
    changed = objective.weights() + 0.1
    for variable in model.trainable_variables:
        variable.assign_add(0.1 * np.ones(variable.shape))
    wanted = model.evaluate(inputs, labels, verbose=0)[0]
    np.testing.assert_allclose(objective.value(changed), wanted, rtol=1e-5)


def test_moving_averages_are_read_at_each_call(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    objective = MeanLoss(model, inputs, labels)
    before = objective.value(objective.weights())
    model.layers[1].layers[1].moving_mean.assign(np.full(5, 3.0))
    after = objective.value(objective.weights())
    assert abs(after - before) > 1e-2
    np.testing.assert_allclose(after, model.evaluate(inputs, labels, verbose=0)[0], rtol=1e-5)


def test_nothing_of_the_model_changes(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    model.fit(inputs, labels, verbose=0)
    before = [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]
    metrics = [variable.numpy() for variable in model.metrics_variables]
    objective = MeanLoss(model, inputs, labels)
    objective.value_and_gradient(objective.weights() + 1)
    objective.loss_and_accuracy(model.get_weights())
    after = [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]
    np.testing.assert_equal(after, before)
    np.testing.assert_equal([variable.numpy() for variable in model.metrics_variables], metrics)


def test_memory_maps_and_tensors(inputs: np.ndarray, labels: np.ndarray, tmp_path) -> None:
    model = rich_model()
    np.save(tmp_path / "inputs.npy", inputs)
    mapped = np.load(tmp_path / "inputs.npy", mmap_mode="r")
    wanted = MeanLoss(model, inputs, labels).loss_and_accuracy()
    assert MeanLoss(model, mapped, labels).loss_and_accuracy() == wanted
    tensors = tf.constant(inputs), tf.constant(labels)
    assert MeanLoss(model, *tensors).loss_and_accuracy() == wanted


def test_errors_leave_the_weights(inputs: np.ndarray, labels: np.ndarray) -> None:
    model = rich_model()
    before = model.get_weights()
    objective = MeanLoss(model, inputs[:, :5], labels)
    with pytest.raises(ValueError, match=r"(?i)shape|incompatible"):
        objective.value_and_gradient(objective.weights())
    np.testing.assert_equal(model.get_weights(), before)
