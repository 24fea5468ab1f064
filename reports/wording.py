"""How the page writes numbers, counts and identifiers."""

import math
import re
from collections.abc import Mapping
from typing import Any

from study.words import DASH, number, printable, with_minus

_EXPONENT = re.compile(r"(\d)e-(\d)")
_LONGEST = 400
_LARGEST_WHOLE = 1e15


def as_number(value: Any) -> float:
    """``value`` as a float; NaN for everything that is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.nan


def as_text(value: Any, limit: int = _LONGEST) -> str:
    """``value`` in one line of at most ``limit`` printable characters; "" for None.

    Control characters, lone surrogates and marks that reverse the direction of text go.
    """
    words = str("" if value is None else value).split()
    text = printable(" ".join(words))
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """The mappings in ``value`` if it is a list, else []."""
    found = value if isinstance(value, list) else []
    return [item for item in found if isinstance(item, Mapping)]


def shown(value: Any, digits: int = 3) -> str:
    """A number to ``digits`` significant digits: 0.344, 1,915, 3.10 × 10⁻⁶; a dash if none."""
    return number(as_number(value), digits)


def whole(value: Any) -> str:
    """A whole number with thousands separated, a dash if there is none."""
    found = as_number(value)
    if abs(found) >= _LARGEST_WHOLE:
        return shown(value)
    return with_minus(f"{found:,.0f}") if math.isfinite(found) else DASH


def whole_or_shown(value: Any) -> str:
    """A count, or a mean of counts: 19, 19.3, 1,029."""
    return whole(value) if as_number(value).is_integer() else shown(value)


def unbroken(text: str) -> str:
    """``text`` whose numbers like 1e-3 stay in one line."""
    return _EXPONENT.sub("\\1e\N{NON-BREAKING HYPHEN}\\2", text)


def interval(low: Any, high: Any) -> str:
    """ "0.338 to 0.350"; "" when an end is missing."""
    if not (math.isfinite(as_number(low)) and math.isfinite(as_number(high))):
        return ""
    return f"{shown(low)} to {shown(high)}"


def duration(seconds: Any) -> str:
    """ "42 s", "8 min 1 s", "3 h 20 min"; a dash if unknown."""
    number = as_number(seconds)
    if not math.isfinite(number) or number < 0:
        return DASH
    total = round(number)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60} s"
    return f"{total // 3600:,} h {total % 3600 // 60} min"


def slug(text: Any) -> str:
    """Letters, digits and hyphens only, fit for an id of HTML or the name of a file."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", str(text)).strip("-")[:40] or "x"
