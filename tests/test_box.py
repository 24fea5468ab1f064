"""The maximiser on functions whose maximum over the box is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callbacks.box import NOT_FINITE, maximise_in_box
from tests.oracles import largest_on_grid
from tests.quadratics import Quadratic, quadratic


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_linear_function_ends_in_its_corner(scale: float) -> None:
    linear = scale * np.random.default_rng(0).normal(size=200)
    found = maximise_in_box(Quadratic(linear, np.zeros((200, 200))), 200)
    np.testing.assert_allclose(found.value, np.abs(linear).sum(), rtol=1e-12)
    np.testing.assert_array_equal(found.point, np.sign(linear))
    assert found.centre_value == 0
    assert found.status == "converged"


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6))
def test_two_dimensions_in_any_case(seed: int) -> None:
    function = quadratic(seed, 2)
    found = maximise_in_box(function, 2, restarts=8, max_iterations=30)
    assert np.all(np.abs(found.point) <= 1)
    assert found.value == pytest.approx(function.value(found.point), rel=1e-12)
    asked = [function.value(point) for point in function.asked]
    assert found.value == pytest.approx(max(asked), rel=1e-12)
    assert len(asked) == found.evaluations


def test_two_dimensions_against_a_grid() -> None:
    """A search from a few places can miss a narrow rise: in 14 of 4,000 such functions."""
    missed = []
    for seed in range(200):
        function = quadratic(seed, 2)
        wanted = largest_on_grid(function.value, np.ones(2), 41)
        found = maximise_in_box(function, 2, restarts=8, max_iterations=30)
        if found.value < wanted - 1e-3 * abs(wanted):
            missed.append(seed)
    assert len(missed) <= 2


def test_maximum_inside_the_box() -> None:
    # a dome over (0.3, -0.2)
    top = np.array([0.3, -0.2])
    found = maximise_in_box(Quadratic(top, -np.eye(2)), 2, max_iterations=20)
    np.testing.assert_allclose(found.point, top, atol=1e-2)
    np.testing.assert_allclose(found.value, top @ top / 2, rtol=1e-4)


def test_stationary_centre_needs_interior_starts() -> None:
    bowl = Quadratic(np.zeros(5), np.eye(5))
    found = maximise_in_box(bowl, 5, restarts=2)
    assert found.value == pytest.approx(2.5)
    assert [run.start for run in found.runs] == ["interior 1", "interior 2"]
    without = maximise_in_box(bowl, 5, restarts=0)
    assert (without.value, without.runs, without.status) == (0, (), "no higher point")


def test_far_side_of_a_valley() -> None:
    # steep enough upwards on one side, higher on the other
    found = maximise_in_box(Quadratic(np.full(3, 0.1), 10 * np.eye(3)), 3, restarts=0)
    assert [run.start for run in found.runs] == ["uphill", "downhill"]
    one_sided = -0.1 * 3 + 15
    assert found.runs[1].value == pytest.approx(one_sided)
    assert found.value == pytest.approx(0.1 * 3 + 15)


def test_best_of_all_evaluations_counts() -> None:
    function = quadratic(1, 30)
    found = maximise_in_box(function, 30)
    values = [function.value(point) for point in function.asked]
    assert found.value == max(values)
    np.testing.assert_array_equal(found.point, function.asked[int(np.argmax(values))])
    assert found.evaluations == len(function.asked) == 1 + sum(r.evaluations for r in found.runs)
    assert all(np.all(np.abs(point) <= 1) for point in function.asked)
    for run in found.runs:
        assert run.iterations <= 10


def test_seed_decides_the_interior_starts() -> None:
    def second_point(seed: int) -> np.ndarray:
        bowl = Quadratic(np.zeros(4), np.eye(4))
        maximise_in_box(bowl, 4, seed=seed)
        return bowl.asked[1]

    np.testing.assert_array_equal(second_point(0), second_point(0))
    assert not np.allclose(second_point(0), second_point(1))


@pytest.mark.parametrize("limit", [*range(1, 10), 14, 20])
def test_evaluation_limit(limit: int) -> None:
    function = quadratic(2, 50)
    counts: list[int] = []
    found = maximise_in_box(function, 50, max_evaluations=limit, on_evaluation=counts.append)
    assert len(function.asked) == found.evaluations == limit
    assert counts == list(range(1, limit + 1))
    assert found.value == max(function.value(point) for point in function.asked)
    assert limit == 1 + sum(run.evaluations for run in found.runs)
    assert all(run.evaluations for run in found.runs)
    assert limit != 2 or found.runs[-1].status == "evaluation limit"


def test_iteration_limit() -> None:
    found = maximise_in_box(quadratic(3, 60, 0.1), 60, max_iterations=1)
    # steps along signs end where nothing is left to do for some
    assert {run.iterations for run in found.runs} == {0, 1}
    assert "iteration limit" in {run.status for run in found.runs}


def test_values_that_are_not_finite_never_win() -> None:
    def cliff(u: np.ndarray) -> tuple[float, np.ndarray]:
        return (np.inf if u[0] > 0.6 else float(u[0])), np.ones(1)

    found = maximise_in_box(cliff, 1)
    assert found.status == NOT_FINITE
    assert found.value <= 0.6
    assert found.runs[0].status == NOT_FINITE


def test_a_run_that_met_such_a_value_stays_so() -> None:
    """It got to a finite corner first: going on from there would hide what it met."""

    def cliff(u: np.ndarray) -> tuple[float, np.ndarray]:
        value = np.nan if min(u) > 0.3 else float(u[0] - u[1])
        return value, np.array([1.0, 1.0 if u[0] > 0.9 else -1.0])

    found = maximise_in_box(cliff, 2, restarts=0)
    assert (found.runs[0].evaluations, found.runs[0].value) == (3, 2)
    assert (found.runs[0].status, found.status) == (NOT_FINITE, NOT_FINITE)
    assert found.value == 2


def test_centre_that_is_not_finite() -> None:
    found = maximise_in_box(lambda u: (np.nan, np.full(2, np.nan)), 2)
    assert (found.status, found.evaluations) == (NOT_FINITE, 1)
    np.testing.assert_array_equal(found.point, [0, 0])


def test_a_convex_function_is_climbed_to_a_corner() -> None:
    """For it the corner along the gradient is higher (Jensen); the last is a local maximum."""
    random = np.random.default_rng(4)
    factor = random.normal(size=(40, 40))
    function = Quadratic(random.normal(size=40), factor @ factor.T)
    found = maximise_in_box(function, 40, restarts=0)
    for start in (np.sign(function.linear) / 2, -np.sign(function.linear) / 2):
        (first,) = (i for i, point in enumerate(function.asked) if np.array_equal(point, start))
        values = [function.value(point) for point in function.asked[first : first + 3]]
        assert values == sorted(values)
        assert set(np.abs(function.asked[first + 1])) == {1.0}
    assert set(np.abs(found.point)) == {1.0}
    slope = function.linear + function.matrix @ found.point
    assert np.all(slope * found.point >= 0)


def test_a_plateau_has_no_way_on() -> None:
    def ramp(u: np.ndarray) -> tuple[float, np.ndarray]:
        steep = (np.abs(u) < 0.4).astype(float)
        return float(np.minimum(u, 0.4).sum()), steep

    found = maximise_in_box(ramp, 8, restarts=0)
    assert found.value == pytest.approx(3.2)
    assert found.status == "zero gradient"


def test_same_corner_is_evaluated_once() -> None:
    function = Quadratic(np.array([1.0, -2.0]), np.zeros((2, 2)))
    maximise_in_box(function, 2, restarts=6)
    corner = [point for point in function.asked if np.array_equal(point, [1, -1])]
    assert len(corner) == 1


def test_errors_of_the_function_come_through() -> None:
    def broken(u: np.ndarray) -> tuple[float, np.ndarray]:
        if np.any(u):
            raise MemoryError("out of memory")
        return 0.0, np.ones(2)

    with pytest.raises(MemoryError):
        maximise_in_box(broken, 2)
