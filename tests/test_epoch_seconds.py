"""What epochs take: medians by batch size, whatever else the machine did."""

import math

import pandas as pd
import pytest

from study.summarise.epoch_seconds import standstills, typical_seconds
from study.summarise.epoch_values import epoch_values
from study.summarise.times import standstill_words, with_typical_times


def epochs_of(seconds: list[float], sizes: list[float] | None = None, **keys: object):
    frame = pd.DataFrame({"train_seconds": seconds, "validation_seconds": 0.5, **keys})
    frame["epoch"] = range(1, len(seconds) + 1)
    return frame if sizes is None else frame.assign(epoch_batch_size=sizes)


def test_every_epoch_counts_as_the_median_of_the_run() -> None:
    # the first with its tracing and one in which the machine stood still
    epochs = epochs_of([9.0, 2.0, 2.5, 1500.0, 1.5])
    assert typical_seconds(epochs).tolist() == pytest.approx([2.75] * 5)
    assert standstills(epochs) == 1


def test_epochs_of_each_batch_size_have_their_own_median() -> None:
    epochs = epochs_of([8.0, 2.0, 2.0, 9.5, 9.5, 9.5], [64, 64, 64, 8, 8, 8])
    assert typical_seconds(epochs).tolist() == pytest.approx([2.5] * 3 + [10.0] * 3)
    assert standstills(epochs) == 0
    # a stage of one epoch has nothing else to go by
    alone = epochs_of([8.0, 2.0, 2.0], [32, 64, math.nan])
    assert typical_seconds(alone).tolist() == pytest.approx([8.5, 2.5, 2.5])


def test_seconds_in_all_are_typical_ones() -> None:
    epochs = epochs_of([9.0, 2.0, 2.0, 800.0]).assign(epoch_distance=1.0)
    assert epoch_values(epochs)["seconds"] == pytest.approx(4 * 2.5)


def test_stored_sums_by_the_clock_are_made_again() -> None:
    runs = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "epochs_to_min": [3.0, math.nan, 2.0],
            "seconds_to_min": [1513.5, math.nan, 7.0],
        }
    )
    # in any order; of the last run no epochs are stored
    epochs = epochs_of([9.0, 2.0, 1500.0, 2.0], id="a").iloc[::-1]
    made = with_typical_times({"runs": runs, "epochs": epochs})["runs"]["seconds_to_min"]
    assert made[0] == pytest.approx(3 * 2.5)
    assert math.isnan(made[1])
    assert made[2] == 7.0
    again = with_typical_times({"runs": runs.assign(seconds_to_min=made), "epochs": epochs})
    pd.testing.assert_series_equal(again["runs"]["seconds_to_min"], made)


def test_standstills_are_told() -> None:
    quiet, busy = epochs_of([2.0] * 4, id="a"), epochs_of([2.0, 2.0, 900.0, 2.0], id="b")
    assert standstill_words(pd.concat([quiet, busy])).startswith("1 epoch of 8 took over five")
    assert standstill_words(quiet) == ""
    assert standstill_words(pd.DataFrame()) == ""
