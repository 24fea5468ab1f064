"""The noise scale at rest against closed forms, beside that of consecutive steps."""

import keras
import numpy as np
import pytest

from callbacks import GradientNoiseScale, NoiseScaleAtRest
from tests.linear_noise import closed_form, example_gradients, linear_model
from tests.small_models import fit, regression_data, smooth_model

REST = ("rest_norm_squared", "rest_variance_trace", "rest_noise_scale")


def test_of_all_rows_it_is_the_closed_form() -> None:
    x, y = regression_data()
    history = fit(linear_model(), NoiseScaleAtRest(x, y, examples=22, small=1), epochs=2)
    wanted = closed_form(example_gradients(x, y))
    # the weights stay: the rate is 0
    for name, value in zip(REST, wanted, strict=True):
        np.testing.assert_allclose(history[name], value, rtol=1e-5)


def test_draws_depend_on_seed_and_epoch_alone() -> None:
    x, y = regression_data(24)

    def found(seed: int, first: int) -> list[float]:
        watcher = NoiseScaleAtRest(x, y, examples=12, small=3, seed=seed)
        model = linear_model()
        history = model.fit(
            x, y, epochs=4, initial_epoch=first, batch_size=8, verbose=0, callbacks=[watcher]
        )
        return history.history["rest_variance_trace"]

    whole = found(3, 0)
    assert len(set(whole)) == 4
    assert found(3, 2) == whole[2:]
    assert found(4, 0) != whole


def test_it_changes_nothing() -> None:
    x, y = regression_data()
    plain, watched = smooth_model(), smooth_model()
    watcher = NoiseScaleAtRest(x, y, examples=20, small=4)
    histories = [fit(plain, epochs=3), fit(watched, watcher, epochs=3)]
    assert histories[0]["loss"] == histories[1]["loss"]
    for one, other in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_consecutive_steps_hide_the_gradient_at_the_best_rate_and_rest_does_not() -> None:
    """On ``|w - z|^2 / 2`` with noisy z the best step is known, and with it the bias.

    The gradient is w - z, so tr(Sigma) is the variance of z, |G|^2 = |w|^2, and a step of rate r
    leaves ``g_i . g_{i+1}`` at ``(1 - r) |G|^2 - r tr(Sigma) / B`` on average: nothing at the rate
    ``|G|^2 / (|G|^2 + tr(Sigma) / B)``, which is the one that lowers the loss most.
    """
    random = np.random.default_rng(0)
    batch, size, weight = 4, 4000, 0.3
    targets = random.normal(size=(batch * 2, size)).astype(np.float32)
    norm, noise = size * weight**2, size / batch
    inputs = keras.Input((1,))
    start = keras.initializers.Constant(weight)
    layer = keras.layers.Dense(size, use_bias=False, kernel_initializer=start)
    model = keras.Model(inputs, layer(inputs))

    def loss(true: object, predicted: object) -> object:
        return keras.ops.sum(keras.ops.square(predicted - true), axis=-1) / 2

    model.compile(keras.optimizers.SGD(norm / (norm + noise)), loss)
    ones = np.ones((len(targets), 1), np.float32)
    rest = NoiseScaleAtRest(ones, targets, len(targets), 1)

    def found(watcher: keras.callbacks.Callback) -> dict[str, list[float]]:
        options = {"batch_size": batch, "shuffle": False, "verbose": 0}
        return model.fit(ones, targets, callbacks=[watcher], **options).history

    steps = found(GradientNoiseScale(2))
    assert abs(steps["gradient_norm_squared"][0]) < 0.15 * norm
    model.set_weights([np.full((1, size), weight, np.float32)])
    model.optimizer.learning_rate = 0.0
    still = found(rest)
    assert still["rest_norm_squared"][0] == pytest.approx(norm, rel=0.15)
    assert still["rest_noise_scale"][0] == pytest.approx(size / norm, rel=0.15)


@pytest.mark.parametrize(("examples", "small"), [(32, 4), (10, 4), (4, 4)])
def test_sizes_that_do_not_fit(examples: int, small: int) -> None:
    x, y = regression_data(24)
    with pytest.raises(ValueError, match="from 24 rows; expected 2 batches"):
        NoiseScaleAtRest(x, y, examples, small)


def test_by_default_it_takes_512_examples_or_as_many_as_there_are() -> None:
    x, y = regression_data(70)
    default, named = (NoiseScaleAtRest(x, y, *sizes) for sizes in ((), (64,)))
    # 64 of 70 rows fill two batches of 32
    assert fit(linear_model(), default)[REST[0]] == fit(linear_model(), named)[REST[0]]
    with pytest.raises(ValueError, match="from 24 rows; expected 2 batches"):
        NoiseScaleAtRest(*regression_data(24))


def test_by_default_it_takes_two_small_batches_at_least() -> None:
    x, y = regression_data(1300)
    default, named = (NoiseScaleAtRest(x, y, sizes, small=600) for sizes in (None, 1200))
    assert fit(linear_model(), default)[REST[0]] == fit(linear_model(), named)[REST[0]]


def test_rows_of_nested_inputs_are_counted_not_their_parts() -> None:
    x, y = regression_data(64)
    NoiseScaleAtRest({"left": x, "right": x}, y)
    NoiseScaleAtRest([x], y, examples=64)
    with pytest.raises(ValueError, match="from 64 rows; expected 2 batches"):
        NoiseScaleAtRest({"left": x, "right": x}, y, examples=96)


def test_every_fit_looks_at_the_model_anew() -> None:
    x, y = regression_data(24)
    model, watcher = smooth_model(), NoiseScaleAtRest(x, y, 24, 4)

    def compiled_anew(loss: str) -> None:
        model.compile(keras.optimizers.SGD(0.0), loss)
        found = fit(model, watcher)
        assert found[REST[1]] == fit(model, NoiseScaleAtRest(x, y, 24, 4))[REST[1]]

    compiled_anew("mse")
    compiled_anew("mae")
    model.get_layer("hidden").trainable = False
    compiled_anew("mae")


def test_a_model_that_will_not_do_is_refused_before_the_first_epoch() -> None:
    x, y = regression_data(24)
    model = smooth_model()
    model.compile("sgd", keras.losses.MeanSquaredError(reduction="sum"))
    before = model.get_weights()
    with pytest.raises(ValueError, match="reduction='sum'"):
        fit(model, NoiseScaleAtRest(x, y, 24, 4))
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    "options", [{"small": "a"}, {"small": 0}, {"examples": 8.5}, {"seed": "s"}, {"seed": -1}]
)
def test_numbers_that_are_not_whole(options: dict[str, object]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=rf"{name} is .*; expected a whole number, at least"):
        NoiseScaleAtRest(*regression_data(24), **{"examples": 8, "small": 4, **options})
