"""The way of figures into HTML."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from reports.figures.panel import panel
from reports.figures.svg import CLASS, to_svg
from reports.figures.theme import drawing, light

TOKENS = {"ink": (light("ink"), "#ffffff")}


def drawn(name: str = "one", label: str = "a label") -> str:
    with drawing():
        figure, ax = panel()
        ax.plot([0, 1, 2], [0.123456789, 1, 3], marker="o", color=light("ink"))
        ax.bar([0], [1], hatch="//")
        ax.text(1, 1, "50 % & <b> #1d2129 $x^2$").set_gid(f"{CLASS}halo")
        return to_svg(figure, name, label, TOKENS)


def test_it_is_one_labelled_element() -> None:
    root = ElementTree.fromstring(drawn(label='<"quoted">'))
    assert root.tag == "svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == '<"quoted">'
    assert root.get("viewBox") == "0 0 400 270"
    assert "width" not in root.attrib


def test_ids_are_few_prefixed_and_resolved() -> None:
    root = ElementTree.fromstring(drawn("fig-1"))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    text = ElementTree.tostring(root, encoding="unicode")
    targets = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    assert set(ids) == targets
    assert all(name.startswith("fig-1-") for name in ids)


def test_two_figures_share_no_id() -> None:
    first, second = (set(re.findall(r' id="([^"]+)"', drawn(name))) for name in ("a", "b"))
    assert first
    assert not first & second


def test_colours_become_variables_but_text_stays() -> None:
    svg = drawn()
    assert "stroke: var(--ink)" in svg
    assert f"stroke: {light('ink')}" not in svg
    assert "50 % &amp; &lt;b&gt; #1d2129 $x^2$" in svg


def test_nothing_of_the_outside_world_stays() -> None:
    svg = drawn()
    assert "http" not in svg
    assert "DejaVu" not in svg
    assert "<metadata" not in svg
    assert "<style" not in svg


def test_class_is_taken_from_the_gid() -> None:
    assert '<g class="halo"><text' in drawn()


def test_numbers_are_short() -> None:
    paths = re.findall(r' d="([^"]*)"', drawn())
    assert paths
    assert not [number for path in paths for number in re.findall(r"\d+\.\d{3,}", path)]


def test_same_figure_same_bytes() -> None:
    assert drawn() == drawn()


@pytest.mark.parametrize("key", ["svg.fonttype", "text.parse_math", "axes.spines.top"])
def test_global_settings_are_left_alone(key: str) -> None:
    import matplotlib as mpl

    before = mpl.rcParams[key]
    drawn()
    assert mpl.rcParams[key] == before
