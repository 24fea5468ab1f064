"""The gradient noise scale at fixed weights: closed forms, and what fits no batches refused."""

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from callbacks import noise_scale
from callbacks.gradient_noise import BatchGradients
from tests.linear_noise import NAMES, closed_form, example_gradients, linear_model, of_groups
from tests.small_models import mixed_model, regression_data, rounded_model


def test_at_fixed_weights() -> None:
    x, y = regression_data(24)
    gradients = example_gradients(x, y)
    model = linear_model()
    before = model.get_weights()
    whole = noise_scale(model, x, y, small=1, big=24)
    found = [getattr(whole, name) for name in NAMES]
    np.testing.assert_allclose(found, closed_form(gradients), rtol=1e-5)
    assert math.isnan(whole.gradient_norm_squared_error)
    part = noise_scale(model, tf.constant(x), y, small=2, big=6, seed=3)
    order = np.random.default_rng(3).permutation(24)
    groups = np.array(
        [
            of_groups(list(gradients[order[i : i + 6]].reshape(3, 2, 4)), 3)[:2]
            for i in range(0, 24, 6)
        ]
    )
    np.testing.assert_allclose(
        [part.gradient_norm_squared, part.gradient_variance_trace], groups.mean(0), rtol=1e-4
    )
    np.testing.assert_allclose(
        [part.gradient_norm_squared_error, part.gradient_variance_trace_error],
        groups.std(0, ddof=1) / 2,
        rtol=1e-4,
    )
    assert (part.small, part.big, part.groups) == (2, 6, 4)
    # unbiased whatever the batch sizes: the mean over all orders is the closed form
    objective, random = BatchGradients(model, x, y, batch_size=2), np.random.default_rng(0)
    many = [objective.parts(random.permutation(24)[:6]) for _ in range(1000)]
    deviation = np.mean(many, 0) - closed_form(gradients)[:2]
    assert (np.abs(deviation) < 4 * np.std(many, 0) / np.sqrt(1000)).all()
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_several_types() -> None:
    x, y = regression_data(24)
    found, wanted = (noise_scale(m, x, y, 2, 12) for m in (mixed_model(), rounded_model()))
    for name in NAMES[:2]:
        # bfloat16 has three digits
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=0.1)


@pytest.mark.parametrize("count", [2, 5])
def test_rows_that_fill_no_small_batches_are_refused(count: int) -> None:
    objective = BatchGradients(linear_model(), *regression_data(8), batch_size=2)
    with pytest.raises(ValueError, match=f"{count} rows in batches of 2; expected rows that fill"):
        objective.parts(np.arange(count))


@pytest.mark.parametrize(("small", "big"), [(4, 4), (4, 6), (4, 28), (8, 4)])
def test_batch_sizes_that_do_not_fit(small: int, big: int) -> None:
    x, y = regression_data(24)
    with pytest.raises(ValueError, match="multiple of the small one"):
        noise_scale(linear_model(), x, y, small, big)


@pytest.mark.parametrize(
    "options", [{"small": 0}, {"big": 20.0}, {"small": "a"}, {"seed": -1}, {"seed": 1.5}]
)
def test_numbers_that_are_not_whole(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=rf"{name} is .*; expected a whole number, at least"):
        noise_scale(linear_model(), *regression_data(24), **{"small": 4, "big": 8, **options})
