"""Figures as SVG that can stand inside an HTML page beside others."""

import io
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping

import matplotlib as mpl
from matplotlib.figure import Figure

_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_HEX = re.compile(r"#[0-9a-f]{6}\b")
_NUMBER = re.compile(r"-?\d+\.\d+")
_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
_REFERENCE = re.compile(r"#([\w.-]+)")
_DROPPED = ("metadata", "style")
_LONG = 600  # characters; shorter paths are markers and bars, where a tenth of a point shows
CLASS = "class-"
"""An artist whose gid starts so gets the rest as its CSS class."""


def to_svg(
    figure: Figure, name: str, label: str, tokens: Mapping[str, tuple[str, str]] | None = None
) -> str:
    """Draws ``figure`` as an ``<svg>`` element.

    Ids start with ``name``, text stays text in the page's font, known colours become CSS
    variables and coordinates are rounded. The same figure gives the same bytes.

    Args:
        name: unique on the page; letters, digits and hyphens.
        label: the alternative text.
        tokens: name -> (light, dark), see :mod:`reports.figures.theme`.
    """
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    root = ElementTree.fromstring(buffer.getvalue())
    variables = {values[0]: key for key, values in (tokens or {}).items()}
    _drop(root)
    _rename(root, name)
    for element in root.iter():
        _simplify(element, variables)
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-label", label)
    return ElementTree.tostring(root, encoding="unicode")


def _drop(root: ElementTree.Element) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            tag = child.tag.rsplit("}", 1)[-1]
            background = child.get("id") in ("patch_1",) and parent.get("id") == "figure_1"
            if tag in _DROPPED or background or (tag == "defs" and not _kept(child)):
                parent.remove(child)


def _kept(defs: ElementTree.Element) -> bool:
    return any(child.tag.rsplit("}", 1)[-1] not in _DROPPED for child in defs)


def _rename(root: ElementTree.Element, name: str) -> None:
    """Takes namespaces off, keeps only ids that something refers to, and prefixes those."""
    used = {
        match
        for element in root.iter()
        for key, value in element.attrib.items()
        if key.endswith("href") or "url(" in value
        for match in _REFERENCE.findall(value)
    }
    for element in root.iter():
        element.tag = element.tag.rsplit("}", 1)[-1]
        identifier = element.attrib.pop("id", None)
        if identifier in used:
            element.set("id", f"{name}-{identifier}")
        elif identifier is not None and identifier.startswith(CLASS):
            element.set("class", identifier.removeprefix(CLASS))
        for key, value in list(element.attrib.items()):
            if key.endswith("href"):
                del element.attrib[key]
                element.set("href", value.replace("#", f"#{name}-", 1))
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{name}-"))


def _simplify(element: ElementTree.Element, variables: Mapping[str, str]) -> None:
    style = element.get("style")
    if style is not None:
        style = _FAMILY.sub("", style)
        element.set("style", _HEX.sub(lambda match: _variable(match[0], variables), style))
    for key in ("d", "transform", "x", "y"):
        value = element.get(key)
        if value is not None:
            digits = 1 if len(value) > _LONG else 2
            element.set(key, " ".join(_rounded(value, digits).split()))
    for part in ("text", "tail"):
        if not (getattr(element, part) or "").strip():
            setattr(element, part, None)


def _rounded(text: str, digits: int) -> str:
    return _NUMBER.sub(lambda match: f"{float(match[0]):.{digits}f}".rstrip("0").rstrip("."), text)


def _variable(colour: str, variables: Mapping[str, str]) -> str:
    return f"var(--{variables[colour]})" if colour in variables else colour
