"""Colours: unique, readable in light and dark, in one order."""

import itertools

import numpy as np
import pytest

from reports.figures.theme import (
    HEAT_LEVELS,
    TOKENS,
    Palette,
    blend,
    contrast,
    css_variables,
    heat_ink,
    heat_tokens,
)

SIZES = (16, 32, 64, 128, 256, 512)


def test_contrast_of_known_pairs() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("name", ["ink", "muted", "accent", "good", "bad", "unsure"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_text_is_readable(name: str, ground: str, mode: int) -> None:
    assert contrast(TOKENS[name][mode], TOKENS[ground][mode]) >= 4.5


@pytest.mark.parametrize("mode", [0, 1])
def test_lines_of_batch_sizes_stand_out(mode: int) -> None:
    tokens = Palette.of(SIZES).tokens()
    for size in SIZES:
        assert contrast(tokens[f"batch-{size}"][mode], TOKENS["paper"][mode]) >= 3


@pytest.mark.parametrize("mode", [0, 1])
def test_text_on_shades_is_readable(mode: int) -> None:
    tokens = heat_tokens()
    for level in range(HEAT_LEVELS):
        assert contrast(tokens[f"heat-ink-{level}"][mode], tokens[f"heat-{level}"][mode]) >= 4.5


def test_a_light_colour_names_one_token() -> None:
    lights = [pair[0] for pair in Palette.of(SIZES).tokens().values()]
    assert len(set(lights)) == len(lights)
    assert heat_ink(3) in lights


def test_palette_orders_and_knows_its_sizes() -> None:
    palette = Palette.of([256, 32, 32, 64])
    assert palette.batch_sizes == (32, 64, 256)
    assert len({palette.colour(size) for size in palette.batch_sizes}) == 3
    assert palette.colour(7) == TOKENS["muted"][0]
    assert Palette.of([8]).colour(8).startswith("#")


MANY = tuple(2**power for power in range(2, 14))


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("count", range(1, len(MANY) + 1))
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_words_on_batch_sizes_are_readable(count: int, ground: str, mode: int) -> None:
    palette = Palette.of(MANY[:count])
    tokens = palette.tokens()
    modes = {pair[0]: pair for pair in tokens.values()}
    for size in palette.batch_sizes:
        assert contrast(modes[palette.text(size)][mode], TOKENS[ground][mode]) >= 4.5
    assert len(modes) == len(tokens)


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("name", ["violet", "teal", "rose", "olive", "umber"])
@pytest.mark.parametrize("ground", ["paper", "panel"])
def test_words_on_conditions_are_readable(name: str, ground: str, mode: int) -> None:
    assert contrast(TOKENS[name][mode], TOKENS[ground][mode]) >= 4.5


def test_only_words_that_could_not_be_read_are_darker_than_their_lines() -> None:
    palette = Palette.of([32, 64, 128, 256])
    assert [palette.colour(size) == palette.text(size) for size in palette.batch_sizes] == [
        False,
        True,
        True,
        True,
    ]
    assert palette.tokens()["batch-32-text"][1] == palette.tokens()["batch-32"][1]
    assert palette.text(7) == TOKENS["muted"][0]


def test_the_articles_batch_sizes_keep_their_colours() -> None:
    palette = Palette.of([32, 64, 128, 256])
    colours = [palette.colour(size) for size in palette.batch_sizes]
    assert colours == ["#d4690a", "#c43a59", "#8a3096", "#2e3d9e"]


@pytest.mark.parametrize("mode", [0, 1])
@pytest.mark.parametrize("count", range(2, 10))
def test_batch_sizes_are_told_apart(count: int, mode: int) -> None:
    tokens = Palette.of(MANY[:count]).tokens()
    places = [oklab(tokens[f"batch-{size}"][mode]) for size in MANY[:count]]
    for first, second in itertools.combinations(places, 2):
        # neighbours of nine on one ramp from orange to blue differed by 4 to 7
        assert np.linalg.norm(first - second) > 8.5


def oklab(colour: str) -> np.ndarray:
    """Lightness, green to red and blue to yellow (Ottosson 2020), in hundredths."""
    shares = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    axes = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return 100 * np.array(axes) @ np.cbrt(np.array(cones) @ linear)


def test_blend() -> None:
    stops = ("#000000", "#808080", "#ffffff")
    assert blend(stops, 0) == "#000000"
    assert blend(stops, 0.5) == "#808080"
    assert blend(stops, 1) == "#ffffff"
    assert blend(stops, 0.25) == "#404040"
    assert blend(stops, 9) == "#ffffff"


def test_css_variables() -> None:
    assert css_variables({"a": ("#111111", "#222222")}, 1) == "--a:#222222;"
