"""The colours of the report, each in a light and a dark value, and the drawing context.

Figures are drawn with the light values. :mod:`reports.figures.svg` then turns each of them into
a CSS variable, so that one drawing serves the light and the dark page. A light value must
therefore stand for one name only.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl

TOKENS: dict[str, tuple[str, str]] = {
    "paper": ("#fdfcfa", "#15171c"),
    "panel": ("#f6f4ef", "#1d2027"),
    "ink": ("#1d2129", "#e9e6e0"),
    "muted": ("#5b6270", "#a6acb8"),
    "faint": ("#e6e2da", "#2d3139"),
    "rule": ("#b8b2a6", "#4d535f"),
    "accent": ("#1c5c9c", "#8fbcf2"),
    "good": ("#0b6b4d", "#63d1a6"),
    "bad": ("#a5301d", "#ff9d88"),
    "unsure": ("#785a05", "#e5c262"),
    "violet": ("#6f3fa3", "#c6a6f4"),
    "teal": ("#0d6d7c", "#6ccbdb"),
    "rose": ("#a82a6c", "#fb9fca"),
    "olive": ("#5a6614", "#bfcb6e"),
    "umber": ("#7b4a22", "#dbab80"),
}
"""Name -> (light, dark) for everything that is neither a batch size nor a shade."""

_BATCH_STOPS = (
    ("#d4690a", "#c43a59", "#8a3096", "#2e3d9e"),
    ("#ffc56e", "#ff8c8e", "#cf80ea", "#8492ff"),
)
_MANY_STOPS = (
    (
        *("#8a5a00", "#d4690a", "#c23a2e", "#b8327e", "#7c2fa8"),
        *("#2e3d9e", "#1672c4", "#0d8585", "#3c7d24"),
    ),
    (
        *("#f2dc6a", "#ffa14a", "#ff6f66", "#ff94d4", "#c07cf2"),
        *("#7687ff", "#54b8ff", "#4fd6cc", "#a4e070"),
    ),
)
"""Of pages with more batch sizes than the four stops keep apart."""
_FEW = 5
_READABLE = 4.5  # contrast of text, WCAG 2.2 AA
_HEAT_STOPS = (
    ("#0d5a60", "#5b9c98", "#bdd3c4", "#f2ecdd"),
    ("#94e3d6", "#4c9a94", "#2c5a5c", "#23282f"),
)
HEAT_LEVELS = 10
"""How many shades the heat map and the contours have; level 0 is the lowest loss."""

FONT_SIZE = 12.5
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": FONT_SIZE,
    "axes.facecolor": "none",
    "axes.edgecolor": TOKENS["rule"][0],
    "axes.labelcolor": TOKENS["muted"][0],
    "axes.labelsize": FONT_SIZE,
    "axes.linewidth": 0.9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.formatter.use_mathtext": False,
    "figure.facecolor": "none",
    "grid.color": TOKENS["faint"][0],
    "grid.linewidth": 0.9,
    "hatch.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "text.color": TOKENS["ink"][0],
    "xtick.color": TOKENS["muted"][0],
    "ytick.color": TOKENS["muted"][0],
    "xtick.labelsize": FONT_SIZE,
    "ytick.labelsize": FONT_SIZE,
    "xtick.major.size": 3.5,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "xtick.major.width": 0.9,
    "xtick.major.pad": 4,
    "ytick.major.pad": 5,
}


def light(name: str) -> str:
    """The colour a figure draws ``name`` with."""
    return TOKENS[name][0]


@contextmanager
def drawing() -> Iterator[None]:
    """The settings every figure is drawn under; matplotlib's own stand again afterwards."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)
        yield


@dataclass(frozen=True)
class Palette:
    """One colour a batch size, from warm (small) to cool (large), the same on the whole page."""

    batch_sizes: tuple[int, ...]

    @classmethod
    def of(cls, batch_sizes: Iterable[int]) -> "Palette":
        """The palette of the distinct ``batch_sizes``, in rising order."""
        return cls(tuple(sorted({int(size) for size in batch_sizes})))

    def colour(self, batch_size: int) -> str:
        """The light hex colour of ``batch_size``; muted when the palette does not know it."""
        if batch_size not in self.batch_sizes:
            return light("muted")
        return self._mixed(batch_size, 0)

    def text(self, batch_size: int) -> str:
        """The light hex colour of words on ``batch_size``: as :meth:`colour`, or darker."""
        return _readable(self.colour(batch_size))

    def tokens(self) -> dict[str, tuple[str, str]]:
        """Every colour of the page: name -> (light, dark)."""
        batches = {
            f"batch-{size}": (self._mixed(size, 0), self._mixed(size, 1))
            for size in self.batch_sizes
        }
        # a colour that is readable itself needs no second name
        texts = {
            f"{name}-text": (_readable(pair[0]), pair[1])
            for name, pair in batches.items()
            if _readable(pair[0]) != pair[0]
        }
        return {**TOKENS, **heat_tokens(), **batches, **texts}

    def _mixed(self, batch_size: int, mode: int) -> str:
        stops = _BATCH_STOPS if len(self.batch_sizes) <= _FEW else _MANY_STOPS
        last = max(len(self.batch_sizes) - 1, 1)
        return blend(stops[mode], self.batch_sizes.index(batch_size) / last)


def _readable(colour: str) -> str:
    """``colour``, darkened as far as text of it needs on the light page."""
    grounds = [TOKENS[name][0] for name in ("paper", "panel")]
    for percent in range(100):
        darker = blend((colour, "#000000"), percent / 100)
        if min(contrast(darker, ground) for ground in grounds) >= _READABLE:
            return darker
    return "#000000"


def heat(level: int) -> str:
    """The light fill of shade ``level``, 0 (lowest loss) to ``HEAT_LEVELS - 1``."""
    return blend(_HEAT_STOPS[0], level / (HEAT_LEVELS - 1))


def heat_ink(level: int) -> str:
    """The light colour of text that stands on shade ``level``."""
    return heat_tokens()[f"heat-ink-{level}"][0]


def heat_tokens() -> dict[str, tuple[str, str]]:
    """Fill and text colour of every shade; the text is the more readable of dark and bright.

    Text values differ in their last digit from shade to shade, so that each names one variable:
    a shade that is dark on the light page may be bright on the dark one.
    """
    tokens = {}
    for level in range(HEAT_LEVELS):
        fills = [blend(stops, level / (HEAT_LEVELS - 1)) for stops in _HEAT_STOPS]
        pair = (f"#00000{level}", f"#fffff{level}")
        inks = [max((contrast(ink, fill), ink) for ink in pair)[1] for fill in fills]
        tokens[f"heat-{level}"] = (fills[0], fills[1])
        tokens[f"heat-ink-{level}"] = (inks[0], inks[1])
    return tokens


def blend(stops: Sequence[str], position: float) -> str:
    """The colour at ``position`` (0 to 1) on the line through evenly spaced hex ``stops``."""
    place = min(max(position, 0.0), 1.0) * (len(stops) - 1)
    index = min(int(place), len(stops) - 2)
    share = place - index
    pairs = zip(_channels(stops[index]), _channels(stops[index + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def contrast(first: str, second: str) -> float:
    """The contrast of two hex colours, 1 to 21, as WCAG 2.2 defines it."""
    one, other = sorted((_luminance(first), _luminance(second)))
    return (other + 0.05) / (one + 0.05)


def css_variables(tokens: dict[str, tuple[str, str]], mode: int) -> str:
    """The declarations of all ``tokens``; ``mode`` 0 is light, 1 is dark."""
    return "".join(f"--{name}:{values[mode]};" for name, values in tokens.items())


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
