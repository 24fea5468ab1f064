"""The papers' schedules: what stays equal, what is counted, what is refused."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.errors import SettingsError
from study.train.batch_growth import (
    adapt_regime,
    dynamic_sampling,
    growing_batches,
    piggyback,
    settled,
    smith_schedules,
    step_decay,
)
from study.train.schedule import Phase


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_smiths_three_schedules_have_one_course_of_noise(data: st.DataObject) -> None:
    epochs = data.draw(st.integers(2, 30))
    changes = sorted(data.draw(st.sets(st.integers(1, epochs - 1), min_size=1, max_size=4)))
    factor, batch = data.draw(st.sampled_from([2, 3, 5])), data.draw(st.integers(1, 64))
    examples = data.draw(st.integers(10 * batch, 50_000))
    schedules = smith_schedules(examples, batch, 0.1, epochs, changes, factor)
    courses = []
    for schedule in schedules.values():
        # g of small batches, rate * N / B: equal to the last digit
        noise = [
            schedule.learning_rate(schedule.updates_before(e)) / schedule.phase_of(e).batch_size
            for e in range(epochs)
        ]
        courses.append(noise)
        # the exact g differs by the share of the data that is in a batch, 10 % at most
        exact = [schedule.noise_scale(e) for e in range(epochs)]
        decaying = [schedules["decaying rate"].noise_scale(e) for e in range(epochs)]
        assert exact == pytest.approx(decaying, rel=0.101)
        assert max(schedule.batch_sizes) <= max(examples / 10, batch)
    assert courses[1] == pytest.approx(courses[0])
    assert courses[2] == pytest.approx(courses[0])
    updates = [schedule.updates for schedule in schedules.values()]
    assert updates == sorted(updates, reverse=True)


def test_the_last_epochs_settle_whatever_the_batch_does() -> None:
    course = piggyback(1000, 10, 100, 0.5, epochs=10, switch=7)
    assert settled(course, 2, 10).phases == (
        Phase(0, 7, 10, 0.5),
        Phase(7, 1, 100, 0.5),
        Phase(8, 2, 100, 0.05),
    )
    # further back than the switch
    assert settled(course, 4, 10).phases == (
        Phase(0, 6, 10, 0.5),
        Phase(6, 1, 10, 0.05),
        Phase(7, 3, 100, 0.05),
    )
    assert settled(course, 3, 10).phases == (Phase(0, 7, 10, 0.5), Phase(7, 3, 100, 0.05))
    assert settled(course, 2, 10).updates == course.updates


@pytest.mark.parametrize(("epochs", "factor"), [(0, 10), (10, 10), (2, 1), (2, math.inf)])
def test_epochs_that_cannot_settle(epochs: int, factor: float) -> None:
    with pytest.raises(SettingsError, match=f"last {epochs} of 10 epochs"):
        settled(step_decay(1000, 10, 0.5, 10), epochs, factor)


def test_growing_batches_by_hand() -> None:
    schedule = growing_batches(1000, 10, 0.5, 10, [2, 4, 6, 8], 5, 100)
    # the third change has room for a factor of 2 only: the rate takes the other 2.5
    assert schedule.phases == (
        Phase(0, 2, 10, 0.5),
        Phase(2, 2, 50, 0.5),
        Phase(4, 2, 100, pytest.approx(0.2)),
        Phase(6, 2, 100, pytest.approx(0.04)),
        Phase(8, 2, 100, pytest.approx(0.008)),
    )
    assert schedule.updates == 2 * 100 + 2 * 20 + 3 * 2 * 10
    assert step_decay(1000, 10, 0.5, 4).phases == (Phase(0, 4, 10, 0.5),)
    assert [p.learning_rate for p in step_decay(100, 10, 1, 6, [2, 3], 10).phases] == (
        pytest.approx([1, 0.1, 0.01])
    )


def test_hybrid_drops_the_rate_first() -> None:
    hybrid = smith_schedules(10_000, 20, 0.1, 9, [3, 6])["hybrid"]
    assert hybrid.phases == (
        Phase(0, 3, 20, 0.1),
        Phase(3, 3, 20, pytest.approx(0.02)),
        Phase(6, 3, 100, pytest.approx(0.02)),
    )


@settings(max_examples=50, deadline=None)
@given(
    st.integers(1, 20),
    st.integers(1, 60),
    st.floats(1.01, 4),
    st.integers(1, 5),
    st.integers(1, 8),
)
def test_dynamic_sampling_grows_geometrically(
    first: int, epochs: int, growth: float, every: int, multiple: int
) -> None:
    largest = 40 * first * multiple
    schedule = dynamic_sampling(
        1000 * multiple, first * multiple, 0.1, epochs, growth, largest, every, multiple
    )
    assert schedule.epochs == epochs
    sizes = [schedule.phase_of(epoch).batch_size for epoch in range(epochs)]
    assert sizes == sorted(sizes)
    for epoch, size in enumerate(sizes):
        assert size % multiple == 0
        wanted = min(first * multiple * growth ** (epoch // every), largest)
        assert size <= wanted * (1 + 1e-9) < size + multiple + 1e-6


def test_dynamic_sampling_for_ever() -> None:
    schedule = dynamic_sampling(100, 10, 0.1, 3000, 2.0, 80)
    assert schedule.batch_sizes == (10, 20, 40, 80)


def test_piggyback() -> None:
    schedule = piggyback(100, 10, 50, 0.1, 5, 2, large_rate=0.3)
    assert schedule.phases == (Phase(0, 2, 10, 0.1), Phase(2, 3, 50, 0.3))
    assert schedule.updates == 2 * 10 + 3 * 2
    assert piggyback(100, 10, 50, 0.1, 5, 0).phases == (Phase(0, 5, 50, 0.1),)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_an_adapted_regime_makes_as_many_updates(data: st.DataObject) -> None:
    examples = data.draw(st.integers(100, 3000))
    small = data.draw(st.integers(1, 40))
    large, epochs = data.draw(st.integers(small, 100)), data.draw(st.integers(1, 50))
    adapted, _ = adapt_regime(examples, small, large, epochs)
    wanted = step_decay(examples, small, 0.1, epochs).updates
    made = step_decay(examples, large, 0.1, adapted).updates
    assert abs(made - wanted) <= -(-examples // large) / 2


def test_an_adapted_regime_by_the_papers_factor() -> None:
    assert adapt_regime(4096, 128, 1024, 10, [4, 7]) == (80, (32, 56))


BAD: list[tuple[Any, tuple[Any, ...], str]] = [
    (step_decay, (100, 10, 0.1, 5, [5]), "change after 5 epochs in a schedule of 5"),
    (step_decay, (100, 10, 0.1, 5, [3, 2]), "rising numbers"),
    (step_decay, (100, 10, 0.1, 5, [0]), "rising numbers"),
    (step_decay, (100, 10, 0.1, 0), "0 epochs"),
    (step_decay, (100, 10, 0.1, 5, [2], 1), "factor 1"),
    (step_decay, (100, 101, 0.1, 5), "larger than the training set"),
    (growing_batches, (100, 10, 0.1, 5, [1, 2, 3], 5, 250), "larger than the training set"),
    (growing_batches, (100, 10, 0.1, 5, [1], 1.25, 50), "grows to 12.5"),
    (growing_batches, (100, 10, 0.1, 5, [1], 5, 5), "to at most 5"),
    (smith_schedules, (100, 10, 0.1, 5, []), "without a change"),
    (dynamic_sampling, (100, 10, 0.1, 5, 1.0, 50), "growth by 1.0"),
    (dynamic_sampling, (100, 10, 0.1, 5, 2.0, 101), "on 100 examples"),
    (dynamic_sampling, (100, 10, 0.1, 5, 2.0, 50, 1, 4), "no multiple of 4"),
    (piggyback, (100, 10, 50, 0.1, 5, 5), "after 5 of 5"),
    (piggyback, (100, 10, 150, 0.1, 5, 2), "larger than the training set"),
    (adapt_regime, (100, 50, 10, 5), "small <= large"),
    (adapt_regime, (128, 128, 64, 10, []), "small <= large"),
]


@pytest.mark.parametrize(("make", "arguments", "message"), BAD)
def test_what_does_not_fit_is_refused(make: Any, arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as error:
        make(*arguments)
    assert "\n" not in str(error.value)
