"""Counts of right answers, by hand."""

import numpy as np
import pytest
import tensorflow as tf

from callbacks.accuracy import correct_counter


@pytest.mark.parametrize(
    ("targets", "outputs", "right"),
    [
        ([0, 1, 1], [[0.2], [0.7], [0.4]], 2),
        ([[0], [1], [1]], [[0.2], [0.7], [0.4]], 2),
        ([2, 0], [[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]], 1),
        ([[0, 0, 1], [1, 0, 0]], [[0.1, 0.2, 0.7], [0.6, 0.2, 0.2]], 2),
        ([[1, 0], [1, 1]], [[[0.1, 0.9], [0.8, 0.2]], [[0.3, 0.7], [0.6, 0.4]]], 1.5),
    ],
)
def test_right_answers(targets: list, outputs: list, right: float) -> None:
    y = np.array(targets, np.uint8)
    count = correct_counter(y)
    assert float(count(tf.constant(y), tf.constant(outputs))) == right


@pytest.mark.parametrize("targets", [[0.5, 1.0], [-1.0, 1.0], [np.inf, 1.0], ["a", "b"]])
def test_targets_that_are_no_classes(targets: list) -> None:
    count = correct_counter(np.array(targets))
    assert np.isnan(float(count(tf.constant(targets), tf.constant([[0.2], [0.7]]))))


def test_several_outputs() -> None:
    y = np.array([0, 1])
    outputs = {"one": tf.constant([[0.2], [0.7]])}
    assert np.isnan(float(correct_counter(y)(tf.constant(y), outputs)))
    assert np.isnan(float(correct_counter({"one": y})({"one": tf.constant(y)}, outputs)))


@pytest.mark.parametrize("classes", [1, 5])
def test_targets_of_several_columns_that_only_the_loss_knows(classes: int) -> None:
    y = np.array([[3, 1], [7, 0], [2, 1]], np.float32)
    count = correct_counter(y)
    assert np.isnan(float(count(tf.constant(y), tf.zeros((3, classes)))))
