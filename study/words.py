"""Short texts that pages, summaries and the terminal show: numbers, counts and lists."""

import math
from collections.abc import Iterable

DASH = "–"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 3) -> str:
    """``value`` to ``digits`` significant digits: 0.344, 1,915, 3.10 × 10⁻⁶; a dash if none."""
    if not math.isfinite(value):
        return DASH
    rounded = float(f"{value:.{digits - 1}e}")
    size = abs(rounded)
    if size == 0:
        return "0"
    if size < 1e-4 or size >= 1e7:
        mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
        return with_minus(f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}")
    decimals = max(digits - 1 - math.floor(math.log10(size)), 0)
    return with_minus(f"{value:,.{decimals}f}")


def counted(count: int, noun: str, plural: str = "") -> str:
    """ "1 run", "2 runs", "1,200 runs"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def share_of(count: int, total: int, noun: str) -> str:
    """ "3 of the 5 runs", "all 5 runs", "both runs", "the only run"."""
    if count < total:
        return f"{count:,} of the {counted(total, noun)}"
    if total == 1:
        return f"the only {noun}"
    return f"both {noun}s" if total == 2 else f"all {counted(total, noun)}"


def alike(seeds: int) -> str:
    """What stands in place of an interval of seeds that all gave one value."""
    return f"all {seeds:,} seeds alike" if seeds > 2 else "both seeds alike"


def listed(items: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    words = list(items)
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else ""


def printable(text: str) -> str:
    """``text`` without control characters, lone surrogates and marks that turn its direction."""
    return "".join(letter for letter in text if letter.isprintable())


def with_minus(text: str) -> str:
    """A number's text with a sign as long as its digits are wide."""
    return text.replace("-", "−")
