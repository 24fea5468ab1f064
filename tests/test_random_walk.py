"""Principal components of a random walk: closed form, and walks that were made."""

import numpy as np
import pytest

from study.measure.random_walk import random_walk_shares
from study.measure.trajectory import trajectory_plane


@pytest.mark.parametrize("points", [2, 3, 10, 31])
def test_equal_steps_have_the_closed_form(points: int) -> None:
    components = np.arange(1, points)
    weights = 1 / np.sin(np.pi * components / (2 * points)) ** 2
    found = random_walk_shares(np.full(points - 1, 0.3))
    np.testing.assert_allclose(found, weights / weights.sum())


def test_long_walks_have_three_quarters_in_two_components() -> None:
    found = random_walk_shares(np.ones(400))
    np.testing.assert_allclose(found[:3], 6 / (np.pi * np.arange(1, 4)) ** 2, rtol=0.01)
    assert found[:2].sum() == pytest.approx(0.76, abs=0.005)


def test_a_walk_in_many_dimensions_has_these_shares() -> None:
    lengths = np.array([3.0, 2.0, 2.0, 1.0, 0.5, 0.1])
    random = np.random.default_rng(0)
    steps = random.standard_normal((6, 40_000))
    steps *= lengths[:, None] / np.linalg.norm(steps, axis=1, keepdims=True)
    points = np.concatenate([np.zeros((1, 40_000)), np.cumsum(steps, axis=0)])
    made = trajectory_plane([[point] for point in points]).shares
    np.testing.assert_allclose(random_walk_shares(lengths), made, atol=0.01)


@pytest.mark.parametrize("steps", [[], [0.0, 0.0], [1.0, -1.0], [np.nan], [[1.0]]])
def test_no_walk(steps: list[float]) -> None:
    with pytest.raises(ValueError, match=r"expected"):
        random_walk_shares(steps)
