"""A claim's effect as a small drawing: the range claimed, the interval, every seed."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from reports.wording import as_number

WIDTH, HEIGHT = 132, 26
_EDGE, _MIDDLE = 6.0, 13.0
_FACTORS = ("times", "factor")  # units of effects that compare by ratio


def strip(part: Mapping[str, Any]) -> Markup:
    """An ``<svg>`` of one part of a claim, or nothing when it has no effect.

    The shaded range is what the article claims. A claim is reproduced when the whole interval
    (the thick line) lies in it. What the article's printed numbers come to is a thin line with
    ends, above the interval. Factors are drawn on a logarithmic scale. It repeats what stands
    beside it as text, so that it is hidden from screen readers.
    """
    logarithmic = str(part.get("unit", "")).startswith(_FACTORS)
    effect = _scaled(part.get("effect"), logarithmic)
    if not math.isfinite(effect):
        return Markup("")
    ends = [_scaled(end, logarithmic) for end in _pair(part.get("interval"))]
    claimed = [_scaled(end, logarithmic) for end in _pair(part.get("claimed"))]
    source = [_scaled(end, logarithmic) for end in _pair(part.get("source"))]
    seeds = [_scaled(value, logarithmic) for value in _list(part.get("values"))]
    known = [v for v in (effect, *ends, *claimed, *source, *seeds) if math.isfinite(v)]
    low, high = min(known), max(known)
    room = 0.16 * (high - low) or 1.0

    def place(value: float) -> float:
        share = (value - low + room) / (high - low + 2 * room)
        return _EDGE + share * (WIDTH - 2 * _EDGE)

    parts = [_range(claimed, place)]
    parts += [
        _line(place(threshold), 3, place(threshold), HEIGHT - 3, "s-threshold")
        for threshold in claimed
        if math.isfinite(threshold)
    ]
    if all(map(math.isfinite, source)):
        parts.append(_bracket(*map(place, source)))
    parts += [_dot(place(value), 2.0, "s-seed") for value in seeds if math.isfinite(value)]
    if all(math.isfinite(end) for end in ends) and ends:
        parts.append(_line(place(ends[0]), _MIDDLE, place(ends[1]), _MIDDLE, "s-interval"))
    parts.append(_dot(place(effect), 4.0, "s-effect"))
    return Markup(
        f'<svg class="strip" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" focusable="false">'
        + "".join(parts)
        + "</svg>"
    )


def _range(claimed: Sequence[float], place: Any) -> str:
    if not any(math.isfinite(end) for end in claimed):
        return ""
    left = place(claimed[0]) if math.isfinite(claimed[0]) else 0.0
    right = place(claimed[1]) if math.isfinite(claimed[1]) else float(WIDTH)
    return (
        f'<rect class="s-range" x="{left:.1f}" y="3" width="{right - left:.1f}" '
        f'height="{HEIGHT - 6}"/>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, name: str) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _bracket(left: float, right: float) -> str:
    """A bar with short ends, or one stroke where both ends are one."""
    top, bottom = 2.5, 8.5
    path = f"M{left:.1f} {top}V{bottom}M{right:.1f} {top}V{bottom}"
    middle = (top + bottom) / 2
    return f'<path class="s-source" d="{path}M{left:.1f} {middle}H{right:.1f}"/>'


def _dot(x: float, radius: float, name: str) -> str:
    return f'<circle class="{name}" cx="{x:.1f}" cy="{_MIDDLE:.1f}" r="{radius}"/>'


def _scaled(value: Any, logarithmic: bool) -> float:
    number = as_number(value)
    if not logarithmic or not math.isfinite(number):
        return number
    return math.log(number) if number > 0 else math.nan


def _pair(value: Any) -> list[Any]:
    return value if isinstance(value, list) and len(value) == 2 else [None, None]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
