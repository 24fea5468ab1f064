"""The loss that computes no gradient twice: the same numbers, fewer passes over the data."""

from unittest.mock import patch

import keras
import numpy as np
import pytest

from callbacks.objective import MeanLoss
from callbacks.sharpness import measure_sharpness
from study.measure import remembering
from study.measure.remembering import RememberingLoss


@pytest.fixture(scope="module")
def fitted() -> tuple[keras.Model, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x = random.normal(size=(48, 6)).astype("float32")
    y = (x[:, :1] * x[:, 1:2] > 0).astype("float32")
    glorot = keras.initializers.GlorotUniform(seed=1)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, "relu", kernel_initializer=glorot),
            keras.layers.Dense(1, "sigmoid", kernel_initializer=glorot),
        ]
    )
    model.compile(keras.optimizers.SGD(0.5), "binary_crossentropy")
    model.fit(x, y, batch_size=8, epochs=3, shuffle=False, verbose=0)
    return model, x, y


def passes(objective: MeanLoss, seed: int) -> tuple[object, list[bytes]]:
    """What a search finds, and the weights at which it computed a gradient over all data."""
    compute = MeanLoss.value_and_gradient
    with patch.object(MeanLoss, "value_and_gradient", autospec=True, side_effect=compute) as made:
        found = measure_sharpness(objective, 1e-2, seed=seed)
    return found, [call.args[1].tobytes() for call in made.call_args_list]


def test_trials_are_the_same_with_fewer_passes(fitted) -> None:
    remembering_loss, plain = RememberingLoss(*fitted), MeanLoss(*fitted)
    saved = []
    for seed in range(3):
        (found, made), (wanted, all_made) = passes(remembering_loss, seed), passes(plain, seed)
        assert found == wanted
        assert len(all_made) == wanted.evaluations
        saved.append(len(all_made) - len(made))
        if seed == 0:
            # two climbs of a search may come to one corner
            assert sorted(made) == sorted(set(all_made))
    # the centre, and the ways along the gradient, which every seed has
    assert min(saved[1:]) >= 5


def test_what_is_forgotten_is_computed_again(fitted) -> None:
    objective = RememberingLoss(*fitted)
    _, first = passes(objective, 0)
    assert passes(objective, 0)[1] == []
    objective.forget()
    assert passes(objective, 0)[1] == first


def test_no_more_than_a_number_of_gradients_is_kept(fitted, monkeypatch) -> None:
    monkeypatch.setattr(remembering, "MOST_KEPT", 3)
    objective = RememberingLoss(*fitted)
    _, first = passes(objective, 0)
    assert len(first) > 3
    assert passes(objective, 0)[1] == first[3:]
