"""What holds for every page: well-formed, linked, accessible, nothing loaded from elsewhere."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"meta", "img", "br", "hr", "input", "link", "col"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parents: list[str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """Elements of a page; complains about tags that are not closed in order."""

    elements: list[Element] = field(default_factory=list)
    stack: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice: {names}"
        element = Element(
            tag, {name: value or "" for name, value in attrs}, [open.tag for open in self.stack]
        )
        self.elements.append(element)
        if tag not in VOID:
            self.stack.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack[-1].tag == tag, f"</{tag}> closes <{self.stack[-1].tag}>"
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        for element in self.stack:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert not page.stack, f"not closed: {[element.tag for element in page.stack]}"
    return page


def check_html(html: str) -> Page:
    page = parsed(html)
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(set(ids)) == len(ids), sorted(name for name in ids if ids.count(name) > 1)
    check_links(page, set(ids))
    check_names(page)
    check_tables(page)
    levels = [int(element.tag[1]) for element in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    return page


def check_links(page: Page, ids: set[str]) -> None:
    for element in page.elements:
        for key, value in element.attributes.items():
            assert not key.startswith("on"), f"<{element.tag} {key}> runs a script"
            if key in ("href", "src") and not value.startswith("data:"):
                assert value.startswith("#"), f"{value} is loaded from elsewhere"
                assert value[1:] in ids, f"{value} leads nowhere"
            for target in re.findall(r"url\(([^)]*)\)", value):
                assert target.startswith("#"), target
                assert target[1:] in ids, target
            if key in ("aria-labelledby", "aria-describedby"):
                assert set(value.split()) <= ids
    assert not page.all("script", "link", "iframe", "object", "embed", "base", "form")
    for style in page.all("style"):
        assert "url(" not in style.text
        assert "@import" not in style.text


def check_names(page: Page) -> None:
    for image in page.all("img"):
        assert image.attributes["alt"]
    for drawing in page.all("svg"):
        labelled = drawing.attributes.get("role") == "img" and drawing.attributes["aria-label"]
        assert labelled or drawing.attributes.get("aria-hidden") == "true"
    for link in page.all("a"):
        assert link.text.strip()


def check_tables(page: Page) -> None:
    for table in page.all("table"):
        assert table.text.strip()
    assert len(page.all("caption")) == len(page.all("table"))
    for head in page.all("th"):
        assert head.attributes["scope"] in ("col", "row", "colgroup", "rowgroup")
