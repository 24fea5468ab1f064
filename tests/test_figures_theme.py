"""Colours: unique, readable in light and dark, in one order."""

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


def test_blend() -> None:
    stops = ("#000000", "#808080", "#ffffff")
    assert blend(stops, 0) == "#000000"
    assert blend(stops, 0.5) == "#808080"
    assert blend(stops, 1) == "#ffffff"
    assert blend(stops, 0.25) == "#404040"
    assert blend(stops, 9) == "#ffffff"


def test_css_variables() -> None:
    assert css_variables({"a": ("#111111", "#222222")}, 1) == "--a:#222222;"
