"""Stacked evaluation against one evaluation after the other."""

import keras
import numpy as np
import pytest

from study.layers.pieces import in_pieces
from study.measure.many_points import ManyPoints
from study.measure.stacked_chain import find_chain, make_plan
from study.model import VARIANTS, build_model
from tests.make_model import tiny_data, tiny_model
from tests.oracles import evaluate_at

LAYERS = keras.layers
ROWS = 11


def pictures(size: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (ROWS, size, size, 3), dtype=np.uint8)
    return images, random.integers(0, 2, ROWS).astype(np.uint8)


def chain(*layers: keras.Layer, size: int = 12) -> keras.Model:
    """Rescaling, some layers, a dense output, compiled."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((size, size, 3), dtype="uint8")
    value = LAYERS.Rescaling(1 / 255)(inputs)
    for layer in layers:
        value = layer(value)
    model = keras.Model(inputs, LAYERS.Dense(1, activation="sigmoid")(value))
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def points_near(model: keras.Model, number: int) -> list[list[np.ndarray]]:
    random = np.random.default_rng(3)
    # all positive, as moving variances must be
    return [
        [np.abs(w + random.normal(size=w.shape, scale=0.2)) * 0.3 + 0.01 for w in weights]
        for weights in [model.get_weights()] * number
    ]


def check(model: keras.Model, x: np.ndarray, y: np.ndarray, number: int = 3) -> None:
    points = points_near(model, number)
    found = ManyPoints(model, x, y, batch_size=4).losses_and_accuracies(points, np.eye(number))
    wanted = [evaluate_at(model, point, x, y) for point in points]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    assert len({loss for loss, _ in found}) == number


CHAINS = {
    "narrow then wide": [
        LAYERS.Conv2D(4, 3, activation="relu"),
        LAYERS.MaxPooling2D(),
        LAYERS.Conv2D(8, 3, padding="same", strides=2, activation="tanh"),
        LAYERS.Conv2D(5, 1, use_bias=False),
        LAYERS.ReLU(),
        LAYERS.Flatten(),
        LAYERS.Dense(6, activation="relu"),
        LAYERS.Dropout(0.5),
    ],
    "normalised": [
        LAYERS.BatchNormalization(),
        LAYERS.Conv2D(3, 3),
        LAYERS.BatchNormalization(scale=False),
        LAYERS.Activation("relu"),
        LAYERS.AveragePooling2D(2),
        LAYERS.BatchNormalization(center=False),
        LAYERS.GlobalAveragePooling2D(),
    ],
    "dense only": [LAYERS.Flatten(), LAYERS.Dense(4, activation="gelu", use_bias=False)],
    "pooled pictures": [LAYERS.AveragePooling2D(4), LAYERS.GlobalAveragePooling2D()],
    "dilated": [LAYERS.Conv2D(2, 3, dilation_rate=2), LAYERS.Flatten(), LAYERS.Flatten()],
}


@pytest.mark.parametrize("name", CHAINS)
def test_chains_are_stacked(name: str) -> None:
    model = chain(*[layer.from_config(layer.get_config()) for layer in CHAINS[name]])
    assert ManyPoints(model, *pictures()).together == 32
    check(model, *pictures())


@pytest.mark.parametrize("variant", VARIANTS)
def test_networks_of_the_article(variant: str) -> None:
    model = build_model(32, variant)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    assert ManyPoints(model, *pictures(32)).together == 32
    check(model, *pictures(32))


@pytest.mark.parametrize("threads", [1, 2])
def test_network_as_a_processor_computes_it(threads: int) -> None:
    model = in_pieces(build_model(32, "dropout"), threads)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    assert ManyPoints(model, *pictures(32)).together == 32
    check(model, *pictures(32))


@pytest.mark.parametrize("number", [1, 6])
def test_any_number_of_points(number: int) -> None:
    check(tiny_model(batch_normalisation=True), *tiny_data(), number)


def test_convolution_without_flattening() -> None:
    inputs = keras.Input((6, 6, 3))
    model = keras.Model(inputs, LAYERS.Conv2D(2, 3)(inputs))
    model.compile("sgd", "mse")
    random = np.random.default_rng(0)
    x, y = random.normal(size=(ROWS, 6, 6, 3)), random.normal(size=(ROWS, 4, 4, 2))
    points = points_near(model, 2)
    found = ManyPoints(model, x, y).losses_and_accuracies(points, np.eye(2))
    wanted = [evaluate_at(model, point, x, y) for point in points]
    np.testing.assert_allclose([loss for loss, _ in found], wanted, rtol=1e-5)


def softmax() -> keras.Model:
    return chain(LAYERS.Conv2D(2, 3, activation="softmax"), LAYERS.Flatten())


def regularised() -> keras.Model:
    return chain(LAYERS.Flatten(), LAYERS.Dense(3, kernel_regularizer="l2"))


def active() -> keras.Model:
    return chain(LAYERS.Flatten(), LAYERS.Dense(3, activity_regularizer="l2"))


def unknown() -> keras.Model:
    return chain(LAYERS.DepthwiseConv2D(3), LAYERS.Flatten())


def grouped() -> keras.Model:
    return chain(LAYERS.Conv2D(4, 3), LAYERS.Conv2D(4, 3, groups=2), LAYERS.Flatten())


def branching() -> keras.Model:
    inputs = keras.Input((12, 12, 3), dtype="uint8")
    value = LAYERS.Flatten()(LAYERS.Rescaling(1 / 255)(inputs))
    same = LAYERS.Dense(432)
    model = keras.Model(inputs, LAYERS.Dense(1, activation="sigmoid")(same(same(value))))
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


class Doubling(LAYERS.Dense):
    def call(self, inputs, training=None):
        return 2 * super().call(inputs, training)


def subclassed() -> keras.Model:
    return chain(LAYERS.Flatten(), Doubling(3))


def kept_dimensions() -> keras.Model:
    pooled = LAYERS.GlobalAveragePooling2D(keepdims=True)
    return chain(LAYERS.Conv2D(2, 3), pooled, LAYERS.Conv2D(2, 1), LAYERS.Flatten())


@pytest.mark.parametrize(
    "make",
    [softmax, regularised, active, unknown, grouped, branching, subclassed, kept_dimensions],
)
def test_other_networks_one_point_at_a_time(make) -> None:
    model = make()
    assert ManyPoints(model, *pictures()).together == 1
    check(model, *pictures(), number=2)


def test_inputs_that_a_model_reshapes_are_measured_one_point_at_a_time() -> None:
    images, labels = pictures()
    inputs = keras.Input((12, 12, 1))
    model = keras.Model(inputs, LAYERS.Dense(1, "sigmoid")(LAYERS.Flatten()(inputs)))
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    flat = (images[..., 0] / 255).astype(np.float32)
    assert ManyPoints(model, flat[..., np.newaxis], labels).together > 1
    assert ManyPoints(model, flat, labels).together == 1
    check(model, flat, labels, number=2)


def test_mixed_precision_is_not_stacked() -> None:
    model = chain(LAYERS.Flatten(), LAYERS.Dense(3, dtype="mixed_bfloat16"))
    assert find_chain(model) is None


def test_weights_stay_and_wrong_shapes_are_refused() -> None:
    model = tiny_model()
    before = model.get_weights()
    measured = ManyPoints(model, *tiny_data())
    measured.losses_and_accuracies(points_near(model, 2), np.eye(2))
    np.testing.assert_equal(model.get_weights(), before)
    with pytest.raises(ValueError, match="expected"):
        measured.losses_and_accuracies([before[1:]], [[1.0]])


def test_points_of_a_plane() -> None:
    model = build_model(64, "dropout")
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    middle, first, second = points_near(model, 1)[0], *near_zero(model, 2)
    places = [(a, b) for a in (-1.0, 0.0, 0.7) for b in (-0.4, 0.0, 1.0)]
    x, y = pictures(64)
    measured = ManyPoints(model, x, y, batch_size=6)
    found = measured.losses_and_accuracies([middle, first, second], [(1.0, *p) for p in places])
    wanted = [
        evaluate_at(
            model,
            [m + a * f + b * s for m, f, s in zip(middle, first, second, strict=True)],
            x,
            y,
        )
        for a, b in places
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    assert len({loss for loss, _ in found}) == len(places)


def near_zero(model: keras.Model, number: int) -> list[list[np.ndarray]]:
    random = np.random.default_rng(5)
    return [
        [random.normal(size=w.shape, scale=0.05) for w in model.get_weights()]
        for _ in range(number)
    ]


def test_more_points_than_a_pass_takes_and_any_company() -> None:
    """What a point gives does not depend on those measured with it: runs go on where they were."""
    model = build_model(32, "plain")
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    measured = ManyPoints(model, *pictures(32), batch_size=4)
    line = [points_near(model, 1)[0], *near_zero(model, 1)]
    places = [(1.0, at / 10) for at in range(measured.together + 3)]
    found = measured.losses_and_accuracies(line, places)
    assert len(set(found)) == len(places)
    assert found[30:] == measured.losses_and_accuracies(line, places[30:])
    assert found[5:6] == measured.losses_and_accuracies(line, places[5:6])


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
        "_flatten",
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
    [{"padding": "valid"}, {"strides": 2}, {"kernel_size": 2}, {"dilation_rate": 2}],
)
def test_other_convolutions_are_not_paired(options: dict) -> None:
    convolution = LAYERS.Conv2D(6, **{"kernel_size": 3, "padding": "same", **options})
    model = chain(LAYERS.Conv2D(4, 3), convolution, LAYERS.MaxPooling2D(), LAYERS.Flatten())
    assert "convolution_in_pairs" not in steps_of(model, 3)


@pytest.mark.parametrize("pooling", [LAYERS.AveragePooling2D(2), LAYERS.MaxPooling2D(3)])
def test_other_poolings_are_not_paired(pooling: keras.layers.Layer) -> None:
    convolution = LAYERS.Conv2D(6, 3, padding="same")
    model = chain(LAYERS.Conv2D(4, 3), convolution, pooling, LAYERS.Flatten())
    assert "convolution_in_pairs" not in steps_of(model, 3)


@pytest.mark.parametrize("coefficients", [[1.0], [[1.0, 2.0]], np.zeros((2, 0))])
def test_coefficients_need_a_column_for_each_weight_vector(coefficients) -> None:
    model = tiny_model()
    with pytest.raises(ValueError, match=r"coefficients of shape .* expected \(points, 1\)"):
        ManyPoints(model, *tiny_data()).losses_and_accuracies([model.get_weights()], coefficients)
