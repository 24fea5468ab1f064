"""Stacked evaluation against one evaluation after the other."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest

from study.layers.pieces import in_pieces
from study.measure import many_points
from study.measure.many_points import ManyPoints
from study.measure.stacked_chain import find_chain
from study.model import VARIANTS, build_model
from tests.make_chains import LAYERS, ROWS, article_network, chain, check, pictures, points_near
from tests.make_model import tiny_data, tiny_model
from tests.oracles import evaluate_at

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


def test_large_networks_are_measured_at_fewer_points_together() -> None:
    model = chain(LAYERS.Flatten(), LAYERS.Dense(3000, activation="relu"))
    assert 2**26 // 16 // model.count_params() == 3
    assert ManyPoints(model, *pictures()).together == 12
    check(model, *pictures(), number=14)
    assert ManyPoints(article_network(128), *pictures(128)).together == 32


@pytest.mark.parametrize("batch_size", [1, 2])
def test_several_chunks_of_several_pieces(batch_size: int) -> None:
    model, data = article_network(32), pictures(32, 67)
    points = points_near(model, 2)
    measured = ManyPoints(model, *data, batch_size=batch_size)
    found = measured.losses_and_accuracies(points, np.eye(2))
    wanted = [evaluate_at(model, point, *data) for point in points]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_inputs_of_double_precision() -> None:
    inputs = keras.Input((12, 12, 3), dtype="float64")
    value = LAYERS.Flatten()(LAYERS.Conv2D(4, 3)(inputs))
    model = keras.Model(inputs, LAYERS.Dense(1, activation="sigmoid")(value))
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    images, labels = pictures()
    assert ManyPoints(model, images / 255, labels).together == 32
    check(model, images / 255, labels)


@pytest.mark.parametrize("variant", VARIANTS)
def test_networks_of_the_article(variant: str) -> None:
    model = article_network(32, variant)
    assert ManyPoints(model, *pictures(32)).together == 32
    check(model, *pictures(32))


@pytest.mark.parametrize(("threads", "rows"), [(1, 4), (2, 5), (3, 2)])
def test_network_as_a_processor_computes_it(
    threads: int, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every thread of the network takes a share of the rows, none of them empty."""
    model = in_pieces(build_model(32, "dropout"), threads)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    assert ManyPoints(model, *pictures(32)).together == 32
    workers: list[int] = []
    shares: list[list[int]] = []

    class Watched(ThreadPoolExecutor):
        def __init__(self, count: int) -> None:
            super().__init__(count)
            workers.append(count)

        def map(self, function, some):
            some = list(some)
            shares.append([len(x) for x, _ in some])
            return super().map(function, some)

    monkeypatch.setattr(many_points, "ThreadPoolExecutor", Watched)
    check(model, *pictures(32, rows), number=1)
    assert workers == [threads]
    assert shares == [{1: [4], 2: [2, 3], 3: [1, 1]}[threads]]


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


def adapted() -> keras.Model:
    convolution = LAYERS.Conv2D(2, 3)
    model = chain(convolution, LAYERS.Flatten())
    convolution.enable_lora(1)
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    return model


def kept_dimensions() -> keras.Model:
    pooled = LAYERS.GlobalAveragePooling2D(keepdims=True)
    return chain(LAYERS.Conv2D(2, 3), pooled, LAYERS.Conv2D(2, 1), LAYERS.Flatten())


@pytest.mark.parametrize(
    "make",
    [
        softmax,
        regularised,
        active,
        unknown,
        grouped,
        branching,
        subclassed,
        kept_dimensions,
        adapted,
    ],
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
    model = article_network(64)
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
    model = article_network(32, "plain")
    measured = ManyPoints(model, *pictures(32), batch_size=4)
    line = [points_near(model, 1)[0], *near_zero(model, 1)]
    places = [(1.0, at / 10) for at in range(measured.together + 3)]
    found = measured.losses_and_accuracies(line, places)
    assert len(set(found)) == len(places)
    assert found[30:] == measured.losses_and_accuracies(line, places[30:])
    assert found[5:6] == measured.losses_and_accuracies(line, places[5:6])


@pytest.mark.parametrize("coefficients", [[1.0], [[1.0, 2.0]], np.zeros((2, 0))])
def test_coefficients_need_a_column_for_each_weight_vector(coefficients) -> None:
    model = tiny_model()
    with pytest.raises(ValueError, match=r"coefficients of shape .* expected \(points, 1\)"):
        ManyPoints(model, *tiny_data()).losses_and_accuracies([model.get_weights()], coefficients)
