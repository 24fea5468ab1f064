"""L-BFGS-B called without SciPy's walk through the bounds takes the same steps."""

import numpy as np
import pytest
import scipy

from callbacks import descent
from callbacks.descent import descend_in_box

SETTINGS = {"max_iterations": 8, "line_search_trials": 5, "least_gain": 1e-6}


def rosenbrock(point):
    """Chained Rosenbrock function, whose minimum (1, ..., 1) is a corner of the box."""
    left, right = point[:-1], point[1:]
    bend = right - left**2
    gradient = np.zeros_like(point)
    gradient[:-1] = -400 * left * bend - 2 * (1 - left)
    gradient[1:] += 200 * bend
    return float(np.sum(100 * bend**2 + (1 - left) ** 2)), gradient


def steps(function, start, monkeypatch, routine: bool, **changed):
    """The points asked for, and how the run ended."""
    asked: list[np.ndarray] = []
    done: list[int] = []

    def remembered(point):
        asked.append(point.copy())
        return function(point)

    with monkeypatch.context() as patch:
        if not routine:
            patch.setattr(descent, "_KNOWN_RELEASES", ())
        status = descend_in_box(
            remembered,
            start,
            **{**SETTINGS, **changed},
            on_iteration=lambda: done.append(len(asked)),
        )
    return np.array(asked), (status, done)


def test_the_locked_release_is_known() -> None:
    assert scipy.__version__.startswith(descent._KNOWN_RELEASES)
    assert descent._compiled_routine() is not None


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("changed", [{}, {"max_iterations": 1}, {"max_iterations": 400}])
def test_same_points_and_end_as_minimize(seed, changed, monkeypatch) -> None:
    start = np.random.default_rng(seed).uniform(-1.5, 1, 7)
    direct, end = steps(rosenbrock, start, monkeypatch, True, **changed)
    public, same = steps(rosenbrock, start, monkeypatch, False, **changed)
    assert end == same
    np.testing.assert_array_equal(direct, public)
    assert np.all(np.abs(direct) <= 1)
    assert end[0] == ("converged" if changed.get("max_iterations") == 400 else "iteration limit")


def test_same_end_of_a_failing_line_search(monkeypatch) -> None:
    def spiky(point):
        # no step along the gradient gains anything, however small
        return float(np.any(point != 0.2)), np.ones(4)

    start = np.full(4, 0.2)
    direct, end = steps(spiky, start, monkeypatch, True, least_gain=0.0)
    public, same = steps(spiky, start, monkeypatch, False, least_gain=0.0)
    assert end == same
    assert end[0] == "line search failed"
    np.testing.assert_array_equal(direct, public)


def test_single_precision_gradients_are_taken() -> None:
    def single(point):
        value, gradient = rosenbrock(point)
        return value, gradient.astype(np.float32)

    done: list[None] = []
    descend_in_box(single, np.zeros(5), **SETTINGS, on_iteration=lambda: done.append(None))
    assert len(done) == 8


def test_errors_of_the_function_come_through() -> None:
    def broken(point):
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        descend_in_box(broken, np.zeros(3), **SETTINGS, on_iteration=lambda: None)
