"""Random subspaces against dense matrices."""

import numpy as np
import pytest

import callbacks.subspace
from callbacks.subspace import GaussianSubspace


def dense_matrix(subspace: GaussianSubspace) -> np.ndarray:
    return np.array([subspace.expand(axis) for axis in np.eye(subspace.dimension)]).T


@pytest.mark.parametrize(("size", "dimension"), [(500, 20), (20, 20), (15, 40), (1, 1)])
def test_coordinates_are_those_of_the_pseudo_inverse(size: int, dimension: int) -> None:
    subspace = GaussianSubspace(size, dimension, seed=3)
    vector = np.random.default_rng(0).normal(size=size)
    wanted = np.linalg.pinv(dense_matrix(subspace)) @ vector
    # a square one may be badly conditioned
    np.testing.assert_allclose(subspace.coordinates(vector), wanted, rtol=1e-4, atol=1e-6)


def test_projection_is_the_transpose() -> None:
    subspace = GaussianSubspace(300, 7, seed=1)
    vector = np.random.default_rng(1).normal(size=300)
    np.testing.assert_allclose(subspace.project(vector), dense_matrix(subspace).T @ vector)


def test_entries_follow_the_normal_law() -> None:
    matrix = dense_matrix(GaussianSubspace(20_000, 10, seed=5))
    assert abs(matrix.mean()) < 0.01
    assert abs(matrix.std() - 1) < 0.01
    np.testing.assert_allclose(matrix.T @ matrix / 20_000, np.eye(10), atol=0.04)


def test_seed_and_column_decide() -> None:
    few, many = GaussianSubspace(50, 3, seed=2), GaussianSubspace(50, 6, seed=2)
    np.testing.assert_array_equal(dense_matrix(many)[:, :3], dense_matrix(few))
    assert not np.allclose(dense_matrix(GaussianSubspace(50, 3, seed=4)), dense_matrix(few))


def test_columns_that_are_not_kept_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = dense_matrix(GaussianSubspace(100, 5, seed=9))
    monkeypatch.setattr(callbacks.subspace, "KEPT_BYTES", 100)
    np.testing.assert_array_equal(dense_matrix(GaussianSubspace(100, 5, seed=9)), kept)


@pytest.mark.parametrize(("size", "dimension"), [(10, 0), (0, 3)])
def test_empty_subspaces(size: int, dimension: int) -> None:
    with pytest.raises(ValueError, match="expected at least 1 each"):
        GaussianSubspace(size, dimension, seed=0)
