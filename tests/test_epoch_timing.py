"""Timing of epochs: exactly with a clock of our own, roughly with the real one."""

import math
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import keras
import pytest

from callbacks import EpochTiming, epoch_timing
from tests.small_models import Failing, regression_data, smooth_model


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=100.0)
    clock.perf_counter = lambda: clock.now
    monkeypatch.setattr(epoch_timing, "time", clock)
    return clock


def run_epochs(
    timing: EpochTiming, clock: SimpleNamespace, parts: list[tuple[float, float]]
) -> Iterator[dict[str, float]]:
    """Calls what ``fit`` calls; an epoch takes (training, validation) seconds, 0 for none."""
    timing.on_train_begin()
    for epoch, (train, validation) in enumerate(parts):
        timing.on_epoch_begin(epoch)
        for batch in range(2):
            timing.on_train_batch_begin(batch)
            clock.now += train / 2
            timing.on_train_batch_end(batch)
        if validation:
            clock.now += validation / 4
            timing.on_test_begin()
            clock.now += validation * 3 / 4
            timing.on_test_end()
            # what other callbacks do before this one's turn counts nowhere
            clock.now += 1000
        logs: dict[str, float] = {}
        timing.on_epoch_end(epoch, logs)
        clock.now += 1000
        yield logs
    timing.on_train_end()


def test_parts_of_each_epoch(clock: SimpleNamespace) -> None:
    timing = EpochTiming()
    logs = list(run_epochs(timing, clock, [(8, 4), (2, 1), (6, 0), (4, 3)]))
    assert timing.train_seconds == [8, 2, 6, 4]
    assert timing.validation_seconds == [4, 1, 0, 3]
    assert logs[1] == {"train_seconds": 2, "validation_seconds": 1}
    assert timing.first_epoch_seconds == 12
    # the first epoch traces, the medians leave it out: 3, 6, 7
    assert timing.median_epoch_seconds == 6
    assert timing.median_train_seconds == 4
    assert timing.median_validation_seconds == 1


def test_two_fits_in_a_row_and_an_evaluation_between(clock: SimpleNamespace) -> None:
    timing = EpochTiming()
    list(run_epochs(timing, clock, [(8, 4), (2, 1)]))
    timing.on_test_begin()
    clock.now += 50
    timing.on_test_end()
    list(run_epochs(timing, clock, [(3, 2)]))
    assert timing.train_seconds == [3]
    assert timing.first_epoch_seconds == 5
    assert math.isnan(timing.median_epoch_seconds)


def test_before_any_epoch_there_is_nothing() -> None:
    timing = EpochTiming()
    values = (timing.first_epoch_seconds, timing.median_train_seconds)
    assert all(map(math.isnan, (*values, timing.median_validation_seconds)))
    assert timing.train_seconds == []


class SlowBatches(keras.callbacks.Callback):
    """Makes every training batch take 20 ms and every validation batch 50 ms longer."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        time.sleep(0.02)

    def on_test_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        time.sleep(0.05)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        time.sleep(0.3)


def test_a_real_fit() -> None:
    inputs, targets = regression_data()
    timing = EpochTiming()
    started = time.perf_counter()
    history = smooth_model().fit(
        inputs,
        targets,
        batch_size=4,
        epochs=3,
        verbose=0,
        validation_data=(inputs, targets),
        validation_freq=2,
        callbacks=[SlowBatches(), timing],
    )
    whole = time.perf_counter() - started
    assert history.history["train_seconds"] == timing.train_seconds
    assert history.history["validation_seconds"] == timing.validation_seconds
    assert all(seconds >= 6 * 0.02 for seconds in timing.train_seconds)
    assert timing.validation_seconds[1] >= 6 * 0.05
    assert timing.validation_seconds[::2] == [0, 0]
    measured = sum(timing.train_seconds) + sum(timing.validation_seconds)
    # the sleep at the end of each epoch is in neither part
    assert measured <= whole - 3 * 0.3


def test_an_interrupted_fit_leaves_nothing_behind() -> None:
    inputs, targets = regression_data()
    model, timing = smooth_model(), EpochTiming()
    with pytest.raises(InterruptedError):
        model.fit(inputs, targets, verbose=0, epochs=3, callbacks=[timing, Failing(2)])
    assert len(timing.train_seconds) == 1
    model.evaluate(inputs, targets, verbose=0, callbacks=[timing])
    model.fit(inputs, targets, verbose=0, callbacks=[timing])
    assert timing.validation_seconds == [0]
