"""The line between two minimisers against a loop of set_weights and evaluate."""

import numpy as np
import pandas as pd
import pytest

from study.measure.interpolation import interpolate, line_points
from tests.make_model import tiny_data, tiny_model


@pytest.fixture(scope="module")
def case():
    model = tiny_model(batch_normalisation=True)
    x, y = tiny_data()
    small = model.get_weights()
    model.fit(x, y, batch_size=16, epochs=3, verbose=0, shuffle=False)
    large = model.get_weights()
    return model, small, large, {"train": (x, y), "validation": tiny_data(21, seed=5)}


def slow_line(model, small, large, data, alphas) -> list[list[float]]:
    before = model.get_weights()
    rows = []
    for x, y in data.values():
        for alpha in alphas:
            model.set_weights(
                [alpha * b + (1 - alpha) * a for a, b in zip(small, large, strict=True)]
            )
            rows.append(model.evaluate(x, y, verbose=0))
    model.set_weights(before)
    return rows


def test_line_against_set_weights_and_evaluate(case) -> None:
    alphas = np.array([-1, 0, 0.3, 1, 2])
    found = interpolate(*case, alphas)
    wanted = slow_line(*case, alphas)
    np.testing.assert_allclose(found[["loss", "accuracy"]], wanted, rtol=2e-5)
    assert list(found["split"]) == ["train"] * 5 + ["validation"] * 5
    assert list(found["examples"]) == [50] * 5 + [21] * 5


def test_model_keeps_its_weights(case) -> None:
    model = case[0]
    before = model.get_weights()
    interpolate(*case, [0.5])
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_only_missing_points_are_measured(case) -> None:
    parts: list[pd.DataFrame] = []
    whole = interpolate(*case, [0, 0.5, 1], on_point=parts.append)
    assert [len(part) for part in parts] == [3, 6]
    again: list[pd.DataFrame] = []
    some = parts[1].iloc[[0, 2, 3]]
    resumed = interpolate(*case, [0, 0.5, 1], done=some, on_point=again.append)
    assert [len(part) for part in again] == [4, 6]
    pd.testing.assert_frame_equal(resumed, whole)


def test_points_meet_both_minimisers() -> None:
    points = line_points(25)
    assert len(points) == 25
    assert points[0] == -1 and points[-1] == 2
    assert {0.0, 1.0} <= set(points)
    np.testing.assert_allclose(np.diff(points), 1 / 8)


@pytest.mark.parametrize("count", [0, 1, 24, 26])
def test_counts_that_miss_a_minimiser(count: int) -> None:
    with pytest.raises(ValueError, match="expected 4, 7, 10"):
        line_points(count)
