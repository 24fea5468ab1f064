"""Steps along signs against a loop that keeps everything."""

import numpy as np
import pytest

from callbacks.sign_steps import SignSteps


def walk(function, start: np.ndarray, most: int) -> list[np.ndarray]:
    steps, places = SignSteps(start), []
    for _ in range(most):
        place = steps.next_place()
        if place is None:
            break
        value, gradient = function(place)
        steps.arrive(place, value, gradient, 0.0)
        places.append(place)
    return places


def slow_walk(function, start: np.ndarray, most: int) -> list[np.ndarray]:
    """Auto-PGD's update (Croce and Hein 2020, Algorithm 1, alpha 0.75), steps halved on failure."""
    places, best, before, step = [start], 0, None, 2.0
    values = [function(start)[0]]
    while len(places) < most:
        x = places[best]
        z = np.minimum(np.maximum(x + step * np.sign(function(x)[1]), -1), 1)
        new = z if before is None else x + 0.75 * (z - x) + 0.25 * (x - before)
        places.append(np.minimum(np.maximum(new, -1), 1))
        values.append(function(places[-1])[0])
        if values[-1] > values[best]:
            best, before = len(places) - 1, x
        else:
            before, step = None, step / 2
    return places


@pytest.mark.parametrize("seed", range(10))
def test_places_are_those_of_a_loop_by_the_paper(seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(30, 30))
    matrix, linear = matrix + matrix.T, random.normal(size=30)

    def function(u: np.ndarray) -> tuple[float, np.ndarray]:
        return float(linear @ u + u @ matrix @ u / 2), linear + matrix @ u

    start = np.sign(linear) / 2
    found = walk(function, start, 12)
    assert len(found) > 4
    for ours, wanted in zip(found, slow_walk(function, start, 12), strict=False):
        np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-14)
    assert all(np.all(np.abs(place) <= 1) for place in found)


def test_the_first_step_reaches_the_faces_and_axes_without_a_gradient_stay() -> None:
    start = np.array([0.5, -0.5, 0.25])
    places = walk(lambda u: (float(u[0] - u[1]), np.array([1e-9, -1e9, 0.0])), start, 9)
    assert [place.tolist() for place in places] == [[0.5, -0.5, 0.25], [1.0, -1.0, 0.25]]


def test_a_step_that_does_not_lead_up_is_halved_and_begun_anew() -> None:
    # a roof over 0.5: from there every step leads down
    def roof(u: np.ndarray) -> tuple[float, np.ndarray]:
        return 1 - abs(u[0] - 0.5), np.where(u < 0.5, 1.0, -1.0)

    places = [place.item() for place in walk(roof, np.array([0.5]), 20)]
    assert places[:5] == [0.5, -1.0, -0.5, 0.0, 0.25]
    # until few steps together add too little
    assert len(places) == 5


def test_steps_go_on_while_they_add_enough() -> None:
    """Value 1, 2, 4, 8, ... by the point: never little; then the same for ever."""

    def course(values: list[float]) -> int:
        steps = SignSteps(np.zeros(1))
        for count, value in enumerate(values):
            if steps.next_place() is None:
                return count
            place = np.array([0.9 * (-1) ** count])
            steps.arrive(place, value, np.array([-1.0 * (-1) ** count]), 0.0)
        return len(values)

    assert course([2.0**n for n in range(30)]) == 30
    # 1.001 in four steps is enough, 1.0009 is not
    assert course([1.0 + 0.0003 * n for n in range(12)]) == 12
    assert course([1.0 + 0.0002 * n for n in range(12)]) == 5
