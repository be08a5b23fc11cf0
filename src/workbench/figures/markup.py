"""HTML and SVG by construction: no text becomes markup, whoever wrote it.

Every tag of the package is written here. What stands inside an element or in an attribute is
escaped unless :func:`element` made it, so that a name such as ``</style><script>`` shows exactly
so.
"""

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

_ALONE = frozenset(
    ("circle", "col", "ellipse", "input", "line", "meta", "path", "polygon", "rect", "use")
)
"""Elements that hold nothing, and so are closed where they open."""


NOTHING = Markup()
"""No markup, where a part may be left out."""


def element(name: str, /, *content: str, **attributes: object) -> Markup:
    """An element of HTML or SVG.

    Parameters
    ----------
    content : texts, which are escaped, and other elements, which stay as they are.
    attributes : in the order in which they are written. ``_`` stands for a hyphen and one at the
        end is left out (``class_``, ``stroke_width``). ``None`` leaves an attribute out, ``True``
        gives it no value.

    >>> element("td", "Parks & ", element("b", "Trees"), class_="wb-num", hidden=True, title=None)
    Markup('<td class="wb-num" hidden>Parks &amp; <b>Trees</b></td>')
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for key, value in attributes.items()
        if value is not None
    )
    if name in _ALONE:
        return Markup(f"<{name}{written}/>")  # noqa: S704 – the one place where markup is written
    return Markup(f"<{name}{written}>{together(*content)}</{name}>")  # noqa: S704 – as above


def start_of(name: str) -> str:
    """How the markup of an element without attributes starts.

    >>> start_of("p")
    '<p>'
    """
    return f"<{name}>"


def end_of(name: str) -> str:
    """How the markup of an element that holds something ends.

    >>> end_of("table")
    '</table>'
    """
    return f"</{name}>"


def together(*content: str) -> Markup:
    """Texts, which are escaped, and elements side by side."""
    return Markup().join(content)


def plain_table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """A table of texts; the first cell of a row heads it."""
    head = element("tr", *(element("th", text, scope="col") for text in heads))
    body = (
        element("tr", element("th", first, scope="row"), *(element("td", text) for text in rest))
        for first, *rest in rows
    )
    return element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
    )


_ADDRESS = re.compile(r"https://[^\s<>\"']+[^\s<>\"'.,;:)]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def linked(text: str) -> Markup:
    """A text whose web and e-mail addresses are links.

    >>> linked("See https://example.org/a.")
    Markup('See <a href="https://example.org/a">https://example.org/a</a>.')
    """
    parts: list[str] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = found[0] if found[0].startswith("https:") else f"mailto:{found[0]}"
        parts += [text[end : found.start()], element("a", found[0], href=address)]
        end = found.end()
    return together(*parts, text[end:])
