"""Pages from templates: one file each, with the style and its colours inside."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reports.figures.theme import css_variables


def fill_page(template: str, tokens: dict[str, tuple[str, str]], **values: Any) -> str:
    """The page as HTML; the same values give the same bytes.

    Args:
        template: name of a file in ``reports/templates``.
        tokens: colours by name, light and dark.
        values: that the template names, escaped unless they are ``Markup``.
    """
    templates = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, _, _ = templates.loader.get_source(templates, "style.css")  # type: ignore[union-attr]
    return templates.get_template(template).render(
        **values,
        style=Markup(style),
        light=Markup(css_variables(tokens, 0)),
        dark=Markup(css_variables(tokens, 1)),
    )
