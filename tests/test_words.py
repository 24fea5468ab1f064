"""Short texts."""

import math

import pytest

from study.summarise.words import counted, listed, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.34449, "0.344"),
        (-0.0015, "-0.0015"),
        (12, "12"),
        (1959.4, "1,959"),
        (-7377, "-7,377"),
        (999.4, "999"),
        (999.6, "1,000"),
        (-999.6, "-1,000"),
        (1000, "1,000"),
        (0, "0"),
        (math.nan, "-"),
        (math.inf, "-"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert number(value) == text


def test_counts_and_lists():
    assert [counted(count, "run") for count in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]
    assert [listed("abc"[:length]) for length in range(4)] == ["", "a", "a and b", "a, b and c"]
