"""The plane of a run's way: closed forms, an independent decomposition, the loss on it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.measure.landscape import plain_direction, scale_filters
from study.measure.trajectory import (
    TrajectoryPlane,
    trainable_arrays,
    trajectory_landscape,
    trajectory_plane,
)
from tests.oracles import evaluate_at
from tests.small_models import regression_data, smooth_model, tangled_model


def walk(seed: int, count: int) -> list[list[np.ndarray]]:
    random = np.random.default_rng(seed)
    shapes = [(3, 2), (2,), (2, 1)]
    steps = [[random.normal(size=shape) for shape in shapes] for _ in range(count)]
    return [
        [sum(step[part] for step in steps[: index + 1]) for part in range(3)]
        for index in range(count)
    ]


def flat(weights: Any) -> np.ndarray:
    return np.concatenate([np.ravel(array) for array in weights])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(3, 15))
def test_components_are_those_of_a_singular_value_decomposition(seed: int, count: int) -> None:
    snapshots = walk(seed, count)
    plane = trajectory_plane(snapshots)
    rows = np.stack([flat(weights) for weights in snapshots])
    _, singular, right = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
    shares = singular**2 / np.sum(singular**2)
    wanted = np.zeros(count - 1)
    # ten weights span no more than ten dimensions
    wanted[: len(shares)] = shares[: count - 1]
    np.testing.assert_allclose(plane.shares, wanted, atol=1e-12)
    basis = np.stack([flat(direction) for direction in plane.directions])
    np.testing.assert_allclose(basis @ basis.T, np.eye(2), atol=1e-9)
    overlap = np.abs(np.sum(basis * right[:2], axis=1))
    np.testing.assert_allclose(overlap, 1, atol=1e-6)
    np.testing.assert_allclose(plane.path, (rows - rows[-1]) @ basis.T, atol=1e-9)
    assert (plane.path[0] >= 0).all() and not plane.path[-1].any()


def test_a_way_within_a_plane_is_found_whole() -> None:
    times = np.linspace(0, 1, 7)
    snapshots = [[np.array([[3 * t, 0], [0, t**2]]), np.zeros(2)] for t in times]
    plane = trajectory_plane(snapshots)
    assert sum(plane.shares[:2]) == pytest.approx(1)
    for weights, place in zip(snapshots, plane.path, strict=True):
        moved = flat(plane.centre) + sum(
            c * flat(d) for c, d in zip(place, plane.directions, strict=True)
        )
        np.testing.assert_allclose(moved, flat(weights), atol=1e-9)


def test_filter_normalisation_gives_the_filters_norms_and_the_nearest_path() -> None:
    snapshots = walk(3, 8)
    plane = trajectory_plane(snapshots)
    scaled = plane.filter_normalised(snapshots)
    for direction in scaled.directions:
        for array, weight in zip(direction, plane.centre, strict=True):
            if array.ndim == 1:
                assert not array.any()
            else:
                norms = np.linalg.norm(weight, axis=0)
                np.testing.assert_allclose(np.linalg.norm(array, axis=0), norms)
    basis = np.stack([flat(direction) for direction in scaled.directions])
    for weights, place in zip(snapshots, scaled.path, strict=True):
        rest = flat(weights) - flat(plane.centre) - place @ basis
        np.testing.assert_allclose(basis @ rest, 0, atol=1e-9)
    np.testing.assert_array_equal(scaled.shares, plane.shares)


def test_moving_averages_stay_where_they_are() -> None:
    model = tangled_model()
    moves = trainable_arrays(model)
    assert moves.count(False) == 4  # a frozen kernel with its bias, two averages
    random = np.random.default_rng(0)
    start = model.get_weights()
    snapshots = [[array + random.normal(size=array.shape) for array in start] for _ in range(5)]
    plane = trajectory_plane(snapshots, moves)
    for direction in plane.directions:
        assert [bool(array.any()) for array in direction] == moves


@pytest.mark.parametrize(
    ("snapshots", "message"),
    [
        (walk(0, 2), "2 snapshots"),
        ([[np.ones(2)], [np.ones(3)], [np.ones(2)]], "of 2 models"),
        ([[np.full((2, 2), i)] for i in range(4)], "on a line"),
        ([[np.full(2, i)] for i in (0.0, 1.0, np.nan)], "not finite"),
    ],
)
def test_ways_without_a_plane(snapshots: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        trajectory_plane(snapshots)


def test_loss_on_the_plane_is_the_models_own() -> None:
    model = smooth_model()
    x, y = regression_data()
    snapshots = [model.get_weights()]
    for _ in range(4):
        model.fit(x, y, verbose=0, shuffle=False)
        snapshots.append(model.get_weights())
    plane = trajectory_plane(snapshots)
    grid = trajectory_landscape(model, plane, x, y, size=4, margin=0.1)
    assert list(grid.columns) == ["alpha", "beta", "loss", "examples"] and len(grid) == 16
    assert grid["alpha"].min() < plane.path[:, 0].min() < plane.path[:, 0].max()
    for row in grid.iloc[[0, 6, 15]].to_dict("records"):
        weights = [
            centre + row["alpha"] * first + row["beta"] * second
            for centre, first, second in zip(plane.centre, *plane.directions, strict=True)
        ]
        assert row["loss"] == pytest.approx(evaluate_at(model, weights, x, y), rel=1e-5)
    again = trajectory_landscape(model, plane, x, y, size=4, margin=0.1, done=grid.iloc[:9])
    np.testing.assert_array_equal(again["loss"], grid["loss"])
    for options in ({"size": 1}, {"margin": -1}):
        with pytest.raises(ValueError, match="expected 2 or more"):
            trajectory_landscape(model, plane, x, y, **options)  # type: ignore[arg-type]


def test_directions_that_turn_parallel() -> None:
    one = [np.array([[1.0]])]
    plane = TrajectoryPlane(one, (one, [-one[0]]), np.array([0.9, 0.1]), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="the same after filter"):
        plane.filter_normalised([one])


def test_plain_directions_are_as_long_as_the_kernels() -> None:
    weights = walk(1, 1)[0]
    direction = plain_direction(weights, (0, 1))
    kernels = np.linalg.norm(flat([weights[0], weights[2]]))
    assert np.linalg.norm(flat(direction)) == pytest.approx(kernels)
    assert not direction[1].any()
    scaled = scale_filters(direction, weights)
    ratio = np.linalg.norm(scaled[0], axis=0) / np.linalg.norm(weights[0], axis=0)
    np.testing.assert_allclose(ratio, 1)
    assert not scale_filters([np.zeros((3, 2))], [weights[0]])[0].any()
