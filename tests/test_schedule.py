"""Phases, warm-up, scaling rules, noise scale; Keras's rate of a schedule."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.errors import SettingsError
from study.train.rate_schedule import ScheduledRate
from study.train.schedule import (
    Phase,
    Schedule,
    WarmUp,
    check_divides,
    noise_scale,
    scaled_rate,
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    examples = draw(st.integers(5, 300))
    phases, epoch = [], 0
    for _ in range(draw(st.integers(1, 4))):
        epochs = draw(st.integers(1, 5))
        size, rate = draw(st.integers(1, examples)), draw(st.floats(1e-4, 10))
        phases.append(Phase(epoch, epochs, size, rate))
        epoch += epochs
    warm_up = None
    most = min(phases[0].epochs, epoch - 1)
    if most and draw(st.booleans()):
        kind = draw(st.sampled_from(["constant", "gradual"]))
        warm_up = WarmUp(kind, draw(st.integers(1, most)), draw(st.floats(1e-4, 10)))
    return Schedule(examples, tuple(phases), warm_up)


def rates_one_by_one(schedule: Schedule) -> list[float]:
    """The rates of all updates, counted batch by batch: the slow way."""
    rates: list[float] = []
    warm_up = schedule.warm_up
    for phase in schedule.phases:
        for epoch in range(phase.first_epoch, phase.first_epoch + phase.epochs):
            left = schedule.examples
            while left > 0:
                left -= phase.batch_size
                warm = warm_up is not None and epoch < warm_up.epochs
                rates.append(float("nan") if warm else phase.learning_rate)
    if warm_up is not None:
        count = int(np.isnan(rates).sum())
        target = schedule.phases[0].learning_rate
        grown = warm_up.kind == "gradual"
        line = np.linspace(warm_up.start_rate, target if grown else warm_up.start_rate, count + 1)
        rates[:count] = line[:-1].tolist()
    return rates


@settings(max_examples=40, deadline=None)
@given(schedules())
def test_updates_and_rates_are_those_counted_one_by_one(schedule: Schedule) -> None:
    rates = rates_one_by_one(schedule)
    assert schedule.updates == len(rates)
    assert [schedule.learning_rate(u) for u in range(len(rates))] == pytest.approx(rates)
    steps = [schedule.steps_of(epoch) for epoch in range(schedule.epochs)]
    assert [schedule.updates_before(e) for e in range(schedule.epochs + 1)] == [
        sum(steps[:epoch]) for epoch in range(schedule.epochs + 1)
    ]
    for epoch in range(schedule.epochs):
        first = schedule.updates_before(epoch)
        mean = np.mean(rates[first : first + steps[epoch]])
        assert schedule.mean_rate(epoch) == pytest.approx(mean)
        assert schedule.noise_scale(epoch, 0.9) == pytest.approx(
            mean / 0.1 * (schedule.examples / schedule.phase_of(epoch).batch_size - 1),
            rel=1e-9,
            abs=1e-12,
        )
        holding = [p for p in schedule.phases if p.first_epoch <= epoch < p.first_epoch + p.epochs]
        assert holding == [schedule.phase_of(epoch)]


def test_keras_gets_the_same_rates_from_the_count_of_updates() -> None:
    phases = (Phase(0, 3, 16, 0.8), Phase(3, 1, 70, 0.8), Phase(4, 2, 70, 0.1))
    for kind in (None, "constant", "gradual"):
        warm_up = WarmUp(kind, 2, 0.1) if kind else None  # type: ignore[arg-type]
        schedule = Schedule(70, phases, warm_up)
        config = keras.saving.serialize_keras_object(ScheduledRate(schedule))
        rate = keras.saving.deserialize_keras_object(config)
        assert rate.schedule == schedule
        expected = np.array(rates_one_by_one(schedule) + [0.1] * 3, np.float32)
        found = [float(rate(update)) for update in range(schedule.updates + 3)]
        np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_an_optimizer_follows_it_and_goes_on_where_it_was() -> None:
    schedule = Schedule(10, (Phase(0, 2, 5, 1.0), Phase(2, 2, 5, 0.1)))
    travelled = []
    for start in (0, 3):
        variable = keras.Variable(np.zeros(()))
        optimizer = keras.optimizers.SGD(ScheduledRate(schedule))
        optimizer.build([variable])
        optimizer.iterations.assign(start)
        for _ in range(start, 6):
            optimizer.apply([keras.ops.ones(())], [variable])
        travelled.append(-float(variable))
    assert travelled == pytest.approx([4.2, 1.2])


def test_scaling_rules() -> None:
    rates = [scaled_rate(rule, 0.01, 32, 128) for rule in ("none", "linear", "square root")]
    assert rates == pytest.approx([0.01, 0.04, 0.02])
    # the covariance of an update, rate^2 / B, stays under the square root
    assert rates[2] ** 2 / 128 == pytest.approx(0.01**2 / 32)
    with pytest.raises(SettingsError, match="scaling rule 'cubic'"):
        scaled_rate("cubic", 0.01, 32, 128)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="above 0"):
        scaled_rate("none", 0.01, 0, 128)


def test_noise_scale_of_the_paper() -> None:
    # 50,000 pictures, batches of 128, rate 0.1, momentum 0.9
    assert noise_scale(0.1, 128, 50_000, 0.9) == pytest.approx(389.625)
    assert noise_scale(0.1, 50, 50) == 0


@pytest.mark.parametrize(
    ("phases", "warm_up", "message"),
    [
        ((), None, "without phases"),
        ((Phase(0, 1, 4.0, 1),), None, "batch_size of a schedule is 4.0"),  # type: ignore[arg-type]
        ((Phase(0, 1.5, 4, 1),), None, "epochs of a schedule is 1.5"),  # type: ignore[arg-type]
        ((Phase(0, 2, 4, 1),), WarmUp("gradual", 1.0, 0.1), "epochs"),  # type: ignore[arg-type]
        ((Phase(0, 0, 4, 1),), None, "0 epochs"),
        ((Phase(0, 1, 0, 1),), None, "batch size 0"),
        ((Phase(0, 1, 101, 1),), None, r"101 \(epoch 1\) is larger than the training set of 100"),
        ((Phase(0, 1, 4, 0),), None, "learning rate 0"),
        ((Phase(1, 1, 4, 1),), None, "begins at epoch 1"),
        ((Phase(0, 2, 4, 1), Phase(1, 2, 4, 1)), None, "without gap or overlap"),
        ((Phase(0, 2, 4, 1), Phase(3, 2, 4, 1)), None, "without gap or overlap"),
        ((Phase(0, 2, 4, 1),), WarmUp("gradual", 2, 0.1), "warm-up of 2 epochs in a schedule of 2"),
        ((Phase(0, 2, 4, 1),), WarmUp("gradual", 1, 0), "rate 0"),
        ((Phase(0, 2, 4, 1),), WarmUp("slow", 1, 1), "'slow'"),  # type: ignore[arg-type]
        ((Phase(0, 2, 4, 1), Phase(2, 4, 4, 2)), WarmUp("constant", 3, 1), "changes after 2"),
    ],
)
def test_what_does_not_fit_is_refused(
    phases: tuple[Phase, ...], warm_up: WarmUp | None, message: str
) -> None:
    with pytest.raises(SettingsError, match=message) as error:
        Schedule(100, phases, warm_up)
    assert "\n" not in str(error.value)


def test_numbers_of_other_kinds_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"examples of a schedule is 80\.0"):
        Schedule(80.0, (Phase(0, 1, 4, 1),))  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"momentum 1\.0"):
        noise_scale(0.1, 4, 80, 1.0)
    schedule = Schedule(80, (Phase(0, 1, 4, 1),))
    for wrong, steps in ((0.1, 1), (schedule, 0), (schedule, 1.5)):
        with pytest.raises(SettingsError, match=r"expected a Schedule.*whole number from 1"):
            ScheduledRate(wrong, steps)  # type: ignore[arg-type]


def test_divisibility() -> None:
    schedule = Schedule(100, (Phase(0, 1, 32, 1), Phase(1, 1, 48, 1)))
    schedule.check_divides(2, 8)
    with pytest.raises(SettingsError, match="ghost size 16 does not divide the 24"):
        schedule.check_divides(2, 16)
    with pytest.raises(SettingsError, match="48 does not divide over 5"):
        check_divides(48, 5)
    with pytest.raises(IndexError):
        schedule.phase_of(2)
