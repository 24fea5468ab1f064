"""Checks of numbers that callers give."""

from numbers import Integral
from typing import Any


def check_whole(name: str, value: Any, least: int) -> int:
    """A whole number from ``least`` on, as an int.

    Raises:
        ValueError: the value is another number, a bool, or none.
    """
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or int(value) < least:
        raise ValueError(f"{name} is {value!r}; expected a whole number, at least {least}.")
    return int(value)
