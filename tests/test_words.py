"""Short texts."""

import math

import pytest

from study.words import alike, counted, listed, number, share_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.34449, "0.344"),
        (-0.0015, "−0.00150"),
        (12, "12.0"),
        (1959.4, "1,959"),
        (-7377, "−7,377"),
        (0.9996, "1.00"),
        (999.4, "999"),
        (999.6, "1,000"),
        (-999.6, "−1,000"),
        (1000, "1,000"),
        (9_999_600, "1.00 × 10⁷"),
        (3.1e-6, "3.10 × 10⁻⁶"),
        (0, "0"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert number(value) == text


def test_counts_and_lists():
    assert [counted(count, "run") for count in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]
    assert counted(1_200, "run") == "1,200 runs"
    assert [counted(count, "leaf", "leaves") for count in (1, 2)] == ["1 leaf", "2 leaves"]
    assert [listed("abc"[:length]) for length in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_shares_of_a_count() -> None:
    counts = [(3, 5), (5, 5), (2, 2), (1, 1), (0, 1)]
    assert [share_of(*pair, "run") for pair in counts] == [
        "3 of the 5 runs",
        "all 5 runs",
        "both runs",
        "the only run",
        "0 of the 1 run",
    ]
    assert (alike(2), alike(3)) == ("both seeds alike", "all 3 seeds alike")
