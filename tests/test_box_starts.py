"""Where the maximiser starts, which start it follows, and which it passes over."""

import itertools

import numpy as np
import pytest

from callbacks.box import maximise_in_box
from tests.quadratics import Quadratic, quadratic


@pytest.mark.parametrize(("size", "at_least"), [(3, 0.95), (8, 0.8)])
def test_evaluations_that_are_left_go_to_other_starts(size: int, at_least: float) -> None:
    """At the bottom of a bowl of few axes all corners are maxima; two drawn starts miss half."""
    reached = []
    for seed in range(100):
        random = np.random.default_rng(seed)
        factor = random.normal(size=(size, size))
        bowl = Quadratic(1e-3 * random.normal(size=size), factor @ factor.T)
        highest = max(bowl.value(np.array(c)) for c in itertools.product((-1, 1), repeat=size))
        found = maximise_in_box(bowl, size, max_evaluations=40)
        reached.append(found.value > 0.9999 * highest)
    assert np.mean(reached) >= at_least


def test_the_highest_start_is_followed_and_those_near_it_are_passed_over() -> None:
    # one maximum, all starts climb towards it
    towards = np.random.default_rng(0).normal(size=50)
    found = maximise_in_box(Quadratic(100 * towards, np.eye(50)), 50)
    ended = {run.start: run.status for run in found.runs}
    assert ended.pop("uphill") == "converged"
    assert set(ended.values()) == {"passed over"}
    assert all(run.iterations == 0 for run in found.runs if run.status == "passed over")
    assert found.status == "converged"


def test_another_maximum_is_looked_for_while_evaluations_are_left() -> None:
    """Two maxima, at opposite corners; the lower one is on the side of the gradient."""
    axis = np.ones(30)

    # along the axis t: t / 30 + t ** 2 on one side, steeper on the other
    def lopsided(u: np.ndarray) -> tuple[float, np.ndarray]:
        t = float(axis @ u) / 30
        steep = 3.0 if t < 0 else 1.0
        return t / 30 + steep * t**2, (1 / 30 + 2 * steep * t) * axis / 30

    found = maximise_in_box(lopsided, 30, restarts=0)
    assert found.value == pytest.approx(3 - 1 / 30)
    assert [run.status for run in found.runs] == ["converged", "converged"]
    limited = maximise_in_box(lopsided, 30, restarts=0, max_evaluations=3)
    assert limited.value == pytest.approx(1 + 1 / 30)


class WithDeadAxes:
    """A function of the first axes; along the others, most of all, it is flat."""

    def __init__(self, function, live: int) -> None:
        self.function, self.live = function, live

    def __call__(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = self.function(u[: self.live])
        return value, np.concatenate([gradient, np.zeros(len(u) - self.live)])


def test_axes_that_nothing_depends_on_change_nothing() -> None:
    """Units that never fire: half of the article's weights and more."""
    random = np.random.default_rng(0)
    factor = random.normal(size=(20, 20))
    function = Quadratic(random.normal(size=20), factor @ factor.T)
    alone = maximise_in_box(function, 20, restarts=0)
    beside = maximise_in_box(WithDeadAxes(function, 20), 300, restarts=0)
    assert beside.value == pytest.approx(alone.value, rel=1e-9)
    assert [run.status for run in beside.runs] == [run.status for run in alone.runs]
    assert beside.evaluations == alone.evaluations


def test_starts_that_come_to_one_maximum_are_seen_as_such_beside_dead_axes() -> None:
    towards = np.random.default_rng(0).normal(size=50)
    function = WithDeadAxes(Quadratic(100 * towards, np.eye(50)), 50)
    found = maximise_in_box(function, 100, restarts=2)
    assert [run.status for run in found.runs] == ["converged", *["passed over"] * 3]


@pytest.mark.parametrize("seed", range(40))
def test_the_highest_point_is_always_followed(seed: int) -> None:
    found = maximise_in_box(quadratic(seed, 50, 0.05), 50, max_evaluations=60)
    assert found.status != "passed over"


def test_every_start_is_looked_at() -> None:
    def waves(u: np.ndarray) -> tuple[float, np.ndarray]:
        return float(np.sin(9 * u[0]) + 0.3 * u[0]), np.array([9 * np.cos(9 * u[0]) + 0.3])

    found = maximise_in_box(waves, 1, restarts=8)
    assert len(found.runs) == 10
    assert all(run.evaluations and np.isfinite(run.value) for run in found.runs)
    highest = max(waves(np.array([place]))[0] for place in np.linspace(-1, 1, 2001))
    assert found.value == pytest.approx(highest, rel=1e-3)


def test_both_ways_along_the_gradient_come_before_what_is_drawn() -> None:
    """Trials with other seeds share them."""

    def asked(seed: int) -> list[np.ndarray]:
        function = quadratic(5, 60, 0.1)
        found = maximise_in_box(function, 60, seed=seed)
        shared = 1 + sum(run.evaluations for run in found.runs[:2])
        return function.asked[: min(shared, 12)]

    for one, other in zip(asked(0), asked(1), strict=True):
        np.testing.assert_array_equal(one, other)
    corner = np.sign(quadratic(5, 60, 0.1).linear)
    np.testing.assert_array_equal(asked(0)[1], corner / 2)
    assert any(np.array_equal(point, -corner / 2) for point in asked(0))
