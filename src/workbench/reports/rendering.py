"""From an executed notebook to one self-contained page."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets.config import Config

from workbench.figures.markup import linked
from workbench.figures.sliders import script_source
from workbench.figures.theme import CSS
from workbench.interpretation import numbers as fmt
from workbench.interpretation.languages import spoken
from workbench.interpretation.messages import MESSAGES, say
from workbench.reports.keynumbers import MIME_TYPE
from workbench.reports.pieces import LOOK
from workbench.text import slug

TEMPLATE = Path(__file__).parent / "template"

_HEADING = re.compile(r"<h([1-6])\b([^>]*)>(.*?)</h\1\s*>", re.DOTALL | re.IGNORECASE)
_ID = re.compile(r"""\bid\s*=\s*["']([^"']*)["']""", re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")
_CAPTION = re.compile(r"<caption\b[^>]*>(.*?)</caption\s*>", re.DOTALL | re.IGNORECASE)

# What a page shows of an output, best first; the key numbers are for the batch, not the page.
_SHOWN = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/plain")


_HIDDEN = frozenset({"hide-cell", "remove-cell"})
_SILENT = frozenset({"hide-output", "remove-output"})
"""Tags of cells that a page leaves out, whole or their outputs; code it leaves out anyhow."""


@dataclass(frozen=True)
class Heading:
    """A heading of the page: its level (1 to 6), its anchor and its words."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Outline:
    """The body of a page whose headings all have an anchor, and the list of them."""

    html: str
    headings: tuple[Heading, ...]

    @property
    def title(self) -> str | None:
        return next((heading.text for heading in self.headings if heading.level == 1), None)

    @property
    def opening(self) -> str:
        """What stands before the first section."""
        return self.html[: self._first_section]

    @property
    def rest(self) -> str:
        """The sections."""
        return self.html[self._first_section :]

    @property
    def _first_section(self) -> int:
        found = re.search(r"<h2\b", self.html)
        return found.start() if found else len(self.html)

    @property
    def sections(self) -> list[Heading]:
        return [heading for heading in self.headings if heading.level == 2]


def words(markup: str) -> str:
    """Return the text of a piece of HTML on one line."""
    return " ".join(html.unescape(_TAG.sub("", markup)).split())


def outline(body: str) -> Outline:
    """Give every heading of ``body`` a unique ``id`` and list them.

    Only the first ``h1`` stays one: a page has one title, further ones become ``h2``.
    """
    headings: list[Heading] = []
    taken = set(_ID.findall(_HEADING.sub("", body)))

    def anchored(match: re.Match[str]) -> str:
        level, attributes, content = int(match[1]), match[2], match[3]
        if level == 1 and any(heading.level == 1 for heading in headings):
            level = 2
        text = words(content)
        given = _ID.search(attributes)
        base = candidate = given[1] if given else slug(text)
        number = 1
        while candidate in taken:
            number += 1
            candidate = f"{base}-{number}"
        taken.add(candidate)
        headings.append(Heading(level, candidate, text))
        rest = _ID.sub("", attributes).strip()
        opening = " ".join(part for part in (f"h{level}", f'id="{html.escape(candidate)}"', rest))
        return f"<{opening.strip()}>{content}</h{level}>"

    return Outline(_HEADING.sub(anchored, body), tuple(headings))


def symbols(body: str) -> list[str]:
    """Return what the symbols mean that stand on a page in place of numbers."""
    names = ("confidential", "unreliable", "not available", "not applicable")
    return [
        say("symbols explained", symbol=symbol, meaning=say(f"symbol.{name}.meaning"))
        for name in names
        if (symbol := say(f"symbol.{name}")) in body
    ]


def shown_type(data: Mapping[str, Any]) -> str | None:
    """Return the MIME type in which a page shows an output, ``None`` if it shows nothing."""
    if MIME_TYPE in data:
        return None
    return next((kind for kind in _SHOWN if kind in data), None)


def unstyled(fragment: str) -> str:
    """Return what an output shows without the look of a page that it brings to a notebook."""
    return fragment.replace(LOOK, "")


def alternative(output: Mapping[str, Any], kind: str | None, cell: Mapping[str, Any]) -> str:
    """Return what an output's picture shows in words, "" if its author has not said it.

    It is taken from where authors write it: ``alt`` in the output's metadata, for this kind of
    picture (where ``IPython.display.Image(alt=…)`` puts it) or for all, or in the cell's.
    """
    metadata = output["metadata"]
    own = metadata.get(kind)
    places = (own if isinstance(own, Mapping) else {}, metadata, cell["metadata"])
    return str(next((place["alt"] for place in places if place.get("alt")), ""))


def hidden(cell: Mapping[str, Any]) -> bool:
    """Tell whether a page leaves a cell out."""
    return bool(_tags(cell) & _HIDDEN)


def silent(cell: Mapping[str, Any]) -> bool:
    """Tell whether a page leaves the outputs of a cell out."""
    return bool(_tags(cell) & _SILENT)


def _tags(cell: Mapping[str, Any]) -> set[str]:
    """Return the tags of a cell, with hyphens, as some write them with underscores."""
    return {str(tag).replace("_", "-") for tag in cell["metadata"].get("tags", ())}


def scroll_label(fragment: str) -> str | None:
    """Return a name for the scrolling region around a table that may be too wide for a phone.

    ``None`` if ``fragment`` holds no table, or brings a region of its own.
    """
    if "<table" not in fragment or 'tabindex="0"' in fragment:
        return None
    caption = _CAPTION.search(fragment)
    return words(caption[1]) if caption else say("page.table")


@cache
def _headings() -> dict[str, str]:
    """The keys of the headings that the package's notebooks have, by their words."""
    return {str(text): key for key, text in MESSAGES.items() if key.startswith("heading.")}


def told(markdown: str) -> str:
    """Return a cell of Markdown in the language that is spoken, if it is one of our headings.

    >>> told("## The chain")
    '## The chain'
    """
    marks, _, words = markdown.strip().partition(" ")
    key = _headings().get(words)
    return markdown if key is None else f"{marks} {spoken().message(key, words)}"


class ReportExporter(HTMLExporter):
    """nbconvert's HTML exporter with the workbench's template and nobody's settings.

    The page is made as the template writes it. Left out are nbconvert's passes over the notebook
    (they remove tagged cells, as the template does, and colour code, of which the page shows none)
    and over the finished page (for missing alt texts and its notebook widgets; outputs bring alt
    texts): they cost more than the rest of the rendering.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            config=Config(),
            template_paths=[str(TEMPLATE)],
            template_file="report.html.j2",
            exclude_anchor_links=True,
            filters={
                "outline": outline,
                "symbols": symbols,
                "day": fmt.day,
                "linked": linked,
                "alternative": alternative,
                "unstyled": unstyled,
                "markdown": self._markdown,
                "shown_type": shown_type,
                "scroll_label": scroll_label,
            },
            **options,
        )

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        return TemplateExporter.from_notebook_node(self, nb, resources, **options)

    def _markdown(self, source: str, cell: Mapping[str, Any]) -> str:
        """Return Markdown as HTML, with the pictures that are attached to its cell."""
        return self.markdown2html({"cell": cell}, told(source))

    def _preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        return nb, resources


@cache
def _exporter() -> ReportExporter:
    exporter = ReportExporter()
    exporter.environment.autoescape = True
    exporter.environment.tests |= {"hidden": hidden, "silent": silent}
    exporter.environment.globals["say"] = say
    exporter.environment.globals["spoken"] = spoken
    exporter.environment.globals["figure_css"] = CSS
    exporter.environment.globals["script_source"] = script_source()
    return exporter


def render(notebook: NotebookNode) -> str:
    """Return the page of an executed notebook: one HTML file that asks no other host for anything.

    Code is hidden; Markdown and outputs are shown as they come, HTML first. Messages on standard
    error stay in the notebook, and so do cells tagged ``hide-cell`` or ``remove-cell`` and the
    outputs of cells tagged ``hide-output`` or ``remove-output``. From
    ``notebook.metadata["workbench"]`` the template takes, where given, ``title`` (if no heading of
    level 1 says it), ``study``, ``simulated``, ``made`` (ISO time), ``version``, ``commit``,
    ``index`` (where the list of reports is) and ``related`` (other pages: ``href``, ``title`` and
    ``about``).
    """
    page, _ = _exporter().from_notebook_node(notebook)
    return page
