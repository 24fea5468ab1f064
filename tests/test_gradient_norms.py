"""Norms of gradients against one tape an example."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from study.measure.gradient_norms import gradient_norms
from tests.make_model import tiny_data, tiny_model


def slow_gradients(model, x, y) -> np.ndarray:
    """The gradient of every example, float64 (examples, weights)."""
    rows = []
    for i in range(len(y)):
        with tf.GradientTape() as tape:
            loss = keras.losses.BinaryCrossentropy()(y[i : i + 1], model(x[i : i + 1]))
        parts = tape.gradient(loss, [v.value for v in model.trainable_variables])
        rows.append(np.concatenate([part.numpy().ravel() for part in parts]).astype(float))
    return np.array(rows)


@pytest.mark.parametrize("batch_size", [1, 7, 16, 50])
def test_norms_against_single_gradients(batch_size: int) -> None:
    model, (x, y) = tiny_model(), tiny_data()
    found = gradient_norms(model, x, y, batch_size)
    batches = 50 // batch_size
    gradients = slow_gradients(model, x, y)[: batches * batch_size]
    means = gradients.reshape(batches, batch_size, -1).mean(axis=1)
    assert found.batches == batches
    np.testing.assert_allclose(
        found.mean_example_norm, np.linalg.norm(gradients, axis=1).mean(), rtol=1e-5
    )
    np.testing.assert_allclose(found.batch_norm, np.linalg.norm(means, axis=1).mean(), rtol=1e-5)
    np.testing.assert_allclose(
        found.norm_of_mean, np.linalg.norm(gradients.mean(axis=0)), rtol=1e-5
    )


def test_batch_of_one_has_no_competition() -> None:
    found = gradient_norms(tiny_model(), *tiny_data(20), batch_size=1)
    np.testing.assert_allclose(found.mean_example_norm, found.batch_norm, rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_triangle_inequality(seed: int) -> None:
    model, (x, y) = tiny_model(seed), tiny_data(48, seed)
    norms = [gradient_norms(model, x, y, size).batch_norm for size in (1, 4, 12, 48)]
    assert norms == sorted(norms, reverse=True)
    whole = gradient_norms(model, x, y, 48)
    np.testing.assert_allclose(norms[-1], whole.norm_of_mean, rtol=1e-12)


@pytest.mark.parametrize("batch_size", [0, 51])
def test_no_whole_batch(batch_size: int) -> None:
    with pytest.raises(ValueError, match="expected a whole batch"):
        gradient_norms(tiny_model(), *tiny_data(50), batch_size=batch_size)
