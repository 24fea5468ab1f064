"""How chains of layers are laid out for several weight vectors at once."""

import keras
import numpy as np
import pytest

from study.measure import many_points
from study.measure.stacked_chain import find_chain, make_plan
from study.measure.stacked_passes import StackedPasses
from tests.make_chains import LAYERS, ROWS, chain, check, pictures

PAIRED = {
    "as in the article": ({}, (6, 6)),
    "a larger kernel, other activation": ({"kernel_size": (5, 3), "activation": "silu"}, (6, 6)),
    "a width that pooling cuts": ({"use_bias": False}, (6, 7)),
}


@pytest.mark.parametrize("name", PAIRED)
def test_convolution_in_pairs_with_its_pooling(name: str) -> None:
    options, (height, width) = PAIRED[name]
    inputs = keras.Input((height, width, 3))
    convolution = {"kernel_size": (3, 3), "activation": "relu", "padding": "same", **options}
    value = LAYERS.Conv2D(4, 3, padding="same")(inputs)
    value = LAYERS.Conv2D(6, **convolution)(value)
    value = LAYERS.Flatten()(LAYERS.MaxPooling2D()(value))
    model = keras.Model(inputs, LAYERS.Dense(1, activation="sigmoid")(value))
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    assert steps_of(model, 3) == [
        "convolution_of_basis",
        "mixed_convolution",
        "convolution_in_pairs",
        "parted_maps",
        "_multiply",
    ]
    random = np.random.default_rng(0)
    x = random.normal(size=(ROWS, height, width, 3)).astype(np.float32)
    check(model, x, random.integers(0, 2, ROWS))


def steps_of(model: keras.Model, size: int) -> list[str]:
    """What makes each step of a model's plan, for groups of four weight vectors."""
    plan = make_plan(find_chain(model) or [], 4, size)
    steps = [*plan.common, *plan.trunk, *plan.head]
    return [step.compute.__qualname__.split(".")[0] for step in steps]


@pytest.mark.parametrize(
    ("layers", "size", "first"),
    [
        ([LAYERS.Conv2D(4, 3)], 3, "convolution_of_basis"),
        ([LAYERS.Conv2D(4, 3)], 4, "_convolution"),
        ([LAYERS.Conv2D(8, 3)], 3, "_convolution"),
        ([LAYERS.BatchNormalization(), LAYERS.Conv2D(4, 3)], 3, "_normalise"),
    ],
)
def test_the_first_convolution_is_mixed_where_that_is_less(layers, size: int, first: str) -> None:
    model = chain(*layers, LAYERS.Flatten())
    assert steps_of(model, size)[:2] == ["_call", first]


@pytest.mark.parametrize(
    "options",
    [
        {"padding": "valid"},
        {"strides": 2},
        {"kernel_size": 2},
        {"dilation_rate": 2},
    ],
)
def test_other_convolutions_are_not_paired(options: dict) -> None:
    assert not pairs(convolution={"kernel_size": 3, "padding": "same", **options})


@pytest.mark.parametrize(
    "pooling",
    [
        LAYERS.AveragePooling2D(2),
        LAYERS.MaxPooling2D(3),
        LAYERS.MaxPooling2D(2, strides=1),
        LAYERS.MaxPooling2D(2, padding="same"),
    ],
)
def test_other_poolings_are_not_paired(pooling: keras.layers.Layer) -> None:
    assert not pairs(pooling=pooling)


def test_pictures_of_odd_height_and_wide_inputs_are_not_paired() -> None:
    assert pairs()
    assert not pairs(size=13)
    assert not pairs(channels=8)


def pairs(
    size: int = 12,
    channels: int = 4,
    convolution: dict | None = None,
    pooling: keras.layers.Layer | None = None,
) -> bool:
    """Whether the second convolution is taken in pairs; what is found is right in any case."""
    options = convolution or {"kernel_size": 3, "padding": "same"}
    layers = [LAYERS.Conv2D(channels, 3, padding="same"), LAYERS.Conv2D(6, **options)]
    model = chain(*layers, pooling or LAYERS.MaxPooling2D(), LAYERS.Flatten(), size=size)
    check(model, *pictures(size))
    return "convolution_in_pairs" in steps_of(model, 3)


def test_pooled_maps_are_collected_as_means() -> None:
    pooled = chain(LAYERS.Conv2D(8, 3), LAYERS.GlobalAveragePooling2D())
    flat = chain(LAYERS.Conv2D(8, 3), LAYERS.Flatten())
    plans = [make_plan(find_chain(model) or [], 4, 3) for model in (pooled, flat)]
    assert [plan.features for plan in plans] == [8, 10 * 10 * 8]
    assert [len(plan.trunk) for plan in plans] == [2, 1]
    inputs = keras.Input((None, None, 3))
    value = LAYERS.Conv2D(8, 3, padding="same")(inputs)
    of_any_size = keras.Model(inputs, LAYERS.GlobalAveragePooling2D()(LAYERS.ReLU()(value)))
    assert make_plan(find_chain(of_any_size) or [], 4, 3).features == 8


def test_as_many_pieces_are_collected_as_memory_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    class Watched(StackedPasses):
        def __init__(self, *arguments) -> None:
            super().__init__(*arguments)
            made.append(self.rows)

    monkeypatch.setattr(many_points, "StackedPasses", Watched)
    flat = chain(LAYERS.Conv2D(8, 3, padding="same"), LAYERS.Flatten(), size=64)
    for model in (flat, chain(LAYERS.Conv2D(8, 3), LAYERS.Flatten())):
        check(model, *pictures(model.input.shape[1]))
    # two rows a piece: 64 x 64 x 8 features of four bytes at 32 points are 4 MiB a row
    assert made == [16, 32]
