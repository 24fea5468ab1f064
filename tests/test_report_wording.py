"""Numbers, counts and identifiers as the page writes them."""

import math
from typing import Any

import pytest

from reports.wording import (
    as_number,
    as_text,
    duration,
    interval,
    mappings,
    shown,
    slug,
    unbroken,
    whole,
    whole_or_shown,
)
from study.words import counted, listed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.34412, "0.344"),
        (12.43, "12.4"),
        (1915.3, "1,915"),
        (0.0033, "0.00330"),
        (3.1e-6, "3.10 × 10⁻⁶"),
        (2.5e9, "2.50 × 10⁹"),
        (-0.5, "−0.500"),
        (0, "0"),
        (None, "–"),
        (math.inf, "–"),
        ("5", "–"),
        (True, "–"),
        (10**400, "–"),
    ],
)
def test_shown(value: Any, text: str) -> None:
    assert shown(value) == text


def test_shown_digits() -> None:
    assert shown(0.34567, 2) == "0.35"


@pytest.mark.parametrize(
    ("value", "text"), [(1234.0, "1,234"), (None, "–"), (math.nan, "–"), (1e20, "1.00 × 10²⁰")]
)
def test_whole(value: Any, text: str) -> None:
    assert whole(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(19.0, "19"), (19.3333, "19.3"), (1029, "1,029"), (None, "–")]
)
def test_whole_or_shown(value: Any, text: str) -> None:
    assert whole_or_shown(value) == text


def test_unbroken_numbers() -> None:
    assert unbroken("space-filling, 1e-3") == "space-filling, 1e\N{NON-BREAKING HYPHEN}3"


def test_as_number() -> None:
    assert as_number(3) == 3.0
    assert math.isnan(as_number("3"))


def test_as_text_is_one_short_printable_line() -> None:
    assert as_text("a\n b\x00\u202ec\ud800") == "a bc"
    assert as_text(None) == ""
    assert as_text("x" * 50, 10) == "x" * 9 + "…"


def test_interval() -> None:
    assert interval(0.338, 0.35) == "0.338 to 0.350"
    assert interval(None, 1) == ""


def test_counted_and_listed() -> None:
    assert [counted(1, "run"), counted(2000, "run")] == ["1 run", "2,000 runs"]
    assert counted(2, "axis", "axes") == "2 axes"
    assert [listed([]), listed(["a"]), listed(["a", "b", "c"])] == ["", "a", "a, b and c"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(41.7, "42 s"), (481, "8 min 1 s"), (12_000, "3 h 20 min"), (None, "–"), (-1, "–")],
)
def test_duration(seconds: Any, text: str) -> None:
    assert duration(seconds) == text


def test_slug() -> None:
    assert slug('C1"><b>') == "C1-b"
    assert slug("") == "x"


def test_mappings() -> None:
    assert mappings([{"a": 1}, 5, None]) == [{"a": 1}]
    assert mappings("abc") == []
