"""Directions and losses of the landscape against a loop of set_weights and evaluate."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.measure.landscape import evaluation_order, filter_normalised_direction, landscape
from tests.make_model import tiny_data, tiny_model


@pytest.fixture(scope="module")
def case():
    model = tiny_model()
    x, y = tiny_data()
    model.fit(x, y, batch_size=16, epochs=3, verbose=0, shuffle=False)
    return model, model.get_weights(), x, y


def test_every_filter_has_the_norm_of_its_counterpart(case) -> None:
    weights = case[1]
    directions = filter_normalised_direction(weights, (0, 0))
    for array, direction in zip(weights, directions, strict=True):
        assert direction.shape == array.shape
        if array.ndim == 1:
            assert not direction.any()
            continue
        for index in range(array.shape[-1]):
            np.testing.assert_allclose(
                np.linalg.norm(direction[..., index]), np.linalg.norm(array[..., index]), rtol=1e-6
            )


def test_directions_are_functions_of_the_seed(case) -> None:
    first, again, other = (
        filter_normalised_direction(case[1], seed) for seed in ((0, 0), (0, 0), (0, 1))
    )
    np.testing.assert_array_equal(first[0], again[0])
    cosine = (first[2] * other[2]).sum() / np.linalg.norm(first[2]) / np.linalg.norm(other[2])
    assert abs(cosine) < 0.5


def test_zero_filters_get_no_direction() -> None:
    (direction,) = filter_normalised_direction([np.zeros((3, 2))], (0, 0))
    np.testing.assert_array_equal(direction, 0)


def test_losses_against_set_weights_and_evaluate(case) -> None:
    model, weights, x, y = case
    found = landscape(*case, size=3, span=0.5, seed=4)
    first, second = (filter_normalised_direction(weights, (4, axis)) for axis in (0, 1))
    for row in found.to_dict("records"):
        moved = [
            w + row["alpha"] * a + row["beta"] * b
            for w, a, b in zip(weights, first, second, strict=True)
        ]
        model.set_weights(moved)
        wanted = model.evaluate(x, y, verbose=0)[0]
        model.set_weights(weights)
        np.testing.assert_allclose(row["loss"], wanted, rtol=2e-5)
    assert list(found["alpha"]) == [-0.5] * 3 + [0] * 3 + [0.5] * 3


def test_middle_is_the_minimiser(case) -> None:
    model, _, x, y = case
    found = landscape(*case, size=3)
    middle = found[(found["alpha"] == 0) & (found["beta"] == 0)]
    np.testing.assert_allclose(middle["loss"], model.evaluate(x, y, verbose=0)[0], rtol=1e-5)


def test_only_missing_points_are_measured(case) -> None:
    parts: list[pd.DataFrame] = []
    whole = landscape(*case, size=9, on_point=parts.append)
    again: list[pd.DataFrame] = []
    resumed = landscape(*case, size=9, done=parts[0], on_point=again.append)
    assert [len(part) for part in parts] == [32, 64, 81]
    assert [len(part) for part in again] == [64, 81]
    pd.testing.assert_frame_equal(resumed, whole)
    other = landscape(*case, size=9, seed=1, done=parts[0])
    pd.testing.assert_frame_equal(other, landscape(*case, size=9, seed=1))
    assert (other["loss"] != whole["loss"]).sum() == 80, "all but the minimiser"


@settings(deadline=None)
@given(st.integers(1, 20).map(lambda half: 2 * half + 1))
def test_order_visits_every_point_once(size: int) -> None:
    order = evaluation_order(size)
    assert len(order) == len(set(order)) == size**2
    assert set(order) == {(i, j) for i in range(size) for j in range(size)}
    coarse = order[: len(order) // 4]
    if size >= 9:
        spread = {i for i, _ in coarse}
        assert max(spread) - min(spread) >= size // 2, "the beginning spans the grid"


@pytest.mark.parametrize("size", [1, 4, 0])
def test_grids_without_a_middle(case, size: int) -> None:
    with pytest.raises(ValueError, match="odd size"):
        landscape(*case, size=size)


@pytest.mark.parametrize("span", [0, -1, np.nan, np.inf])
def test_planes_without_extent(case, span: float) -> None:
    with pytest.raises(ValueError, match="a number above 0"):
        landscape(*case, size=3, span=span)


def test_a_seed_may_be_one_number(case) -> None:
    one, same = (filter_normalised_direction(case[1], seed)[0] for seed in (3, (3,)))
    np.testing.assert_array_equal(one, same)
