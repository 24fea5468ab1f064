"""Weights by layer: every weight once, under a name that is one layer's own."""

from typing import Any

import keras
import numpy as np
import pytest

from callbacks.weights import check_complete, flatten, layer_weights, squared_distance
from tests.small_models import tangled_model


class Own(keras.Model):
    """Two layers of one name, one of them used twice, and a weight of its own."""

    def __init__(self) -> None:
        super().__init__(name="own")
        self.first = keras.layers.Dense(2, name="dense")
        self.second = keras.layers.Dense(2, name="dense")
        self.attention = keras.layers.MultiHeadAttention(1, 2, name="attention")
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs: Any) -> Any:
        hidden = self.second(self.first(inputs))[:, None]
        return self.scale * self.attention(hidden, hidden)


def test_every_trainable_weight_is_in_one_group() -> None:
    model = Own()
    model(np.zeros((1, 2), np.float32))
    groups = layer_weights(model)
    # a layer made of layers is one group; the model's own weight comes last
    assert [group.name for group in groups] == ["dense", "dense_1", "attention", "own"]
    assert [len(group.variables) for group in groups] == [2, 2, 8, 1]
    grouped = [id(weight) for group in groups for weight in group.variables]
    assert sorted(grouped) == sorted(id(weight) for weight in model.trainable_weights)


def test_frozen_and_averaged_weights_on_request() -> None:
    model = tangled_model()
    names = ["inner/dense", "shared", "norm", "first", "second"]
    assert [group.name for group in layer_weights(model)] == names
    everything = layer_weights(model, include_non_trainable=True)
    assert [group.name for group in everything] == [*names[:2], "frozen", *names[2:]]
    assert sum(len(group.variables) for group in everything) == len(model.weights)


def test_flat_values_are_a_copy_in_the_layers_order() -> None:
    layer = keras.layers.Dense(2, bias_initializer="ones")
    layer(np.zeros((1, 3), np.float32))
    model = keras.Sequential([keras.Input((3,)), layer])
    flat = layer_weights(model)[0].flat()
    np.testing.assert_array_equal(flat, flatten(layer.get_weights()))
    np.testing.assert_array_equal(flat[-2:], [1, 1])
    layer.bias.assign([5, 5])
    np.testing.assert_array_equal(flat[-2:], [1, 1])


def test_squares_are_summed_in_float64() -> None:
    ones = np.ones(1_000_000, np.float32)
    assert squared_distance(ones, ones * np.float32(1.25)) == 62_500
    # float32 would round this difference's square to infinity
    assert squared_distance(np.float32([1e30]), np.float32([-1e30])) == pytest.approx(4e60)
    assert np.isnan(squared_distance(np.float32([np.inf]), np.float32([np.inf])))


def test_new_weights_are_noticed() -> None:
    model = tangled_model()
    check_complete(model, len(model.weights))
    with pytest.raises(ValueError, match="had 3 weights when training began"):
        check_complete(model, 3)


def test_dtypes_that_have_none_in_common_become_float64() -> None:
    # its averages are of the policy's type, its count a whole number
    layer = keras.layers.Normalization(dtype="bfloat16")
    layer.adapt(np.array([[0.0], [4.0]], np.float32))
    model = keras.Sequential([keras.Input((1,)), layer])
    flat = layer_weights(model, include_non_trainable=True)[0].flat()
    np.testing.assert_array_equal(flat, [2, 4, 0])
    assert flat.dtype == np.float64
