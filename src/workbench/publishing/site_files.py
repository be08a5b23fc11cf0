"""All files of a site: the same bytes from the pages of the same batch."""

import posixpath
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from workbench.batch import report_list
from workbench.batch.manifest import Manifest
from workbench.figures.markup import element, end_of
from workbench.interpretation.messages import say
from workbench.publishing import site_record, takeaway
from workbench.publishing.editions import Edition
from workbench.publishing.takeaway import Taken, taken
from workbench.study import Study

Printed = Callable[[Mapping[str, str], str], dict[str, bytes]]

FILES = {
    "numbers": takeaway.TIDY,
    "dictionary": takeaway.DICTIONARY,
    "provenance": site_record.FILE,
}
"""What the list of reports of a site links to beside pages."""


@dataclass(frozen=True)
class SiteFiles:
    """What a site is made of.

    ``record`` is that of the batch, of the published pages alone; ``pages`` are these, by file,
    ``about`` is how their numbers were made (see :mod:`workbench.publishing.site_record`), and
    ``prints`` are PDF files by name.
    """

    record: Manifest
    pages: dict[str, Taken]
    about: dict[str, object]
    prints: dict[str, bytes]

    @classmethod
    def of(
        cls,
        study: Study,
        output: Path,
        record: Manifest,
        key: bytes,
        printed: Printed = lambda pages, as_of: {},
    ) -> "SiteFiles":
        """Read the pages of a record from the output folder of its batch.

        ``printed`` makes PDF files of pages, by name, and of the time of the data: see
        :func:`workbench.publishing.printing.print_pages`.
        """
        entries = {str(entry.html): entry for entry in record.reports.values()}
        read = {name: (output / name).read_text(encoding="utf-8") for name in sorted(entries)}
        bare = {name: without_links(page, ()) for name, page in read.items()}
        prints = printed(bare, str(record.provenance["as_of"]))
        pages = {}
        for name, page in read.items():
            page = without_links(page, entries.keys() | {report_list.FILE})
            if print_of(name) in prints:
                page = _with_link(page, print_of(name))
            pages[name] = taken(name, page, entries[name])
        texts = {name: one.page for name, one in pages.items()}
        return cls(record, pages, site_record.about(study, record, texts, prints, key), prints)

    def files(self, published: Sequence[Edition]) -> dict[str, bytes]:
        """Return all files of the site whose index lists these editions, by name."""
        index = taken(report_list.FILE, report_list.render(self.record, published, FILES))
        every = {**self.pages, report_list.FILE: index}
        texts = {name: one.page for name, one in every.items()}
        for one in every.values():
            texts |= one.files
        texts[takeaway.TIDY] = takeaway.tidy(row for one in every.values() for row in one.numbers)
        texts[takeaway.DICTIONARY] = takeaway.dictionary(self.record.title, self.as_of)
        texts[site_record.FILE] = site_record.text(self.about, len(published))
        return {**{name: text.encode() for name, text in texts.items()}, **self.prints}

    @property
    def as_of(self) -> str:
        """The time of the data, ISO 8601."""
        return str(self.record.provenance["as_of"])

    @property
    def titles(self) -> dict[str, str]:
        """What readers know the pages by, by file."""
        return {str(entry.html): entry.title for entry in self.record.reports.values()}


def print_of(page: str) -> str:
    """Return the file with a page as PDF.

    >>> print_of("trends.html")
    'trends.pdf'
    """
    return f"{page.removesuffix('.html')}.pdf"


def _with_link(page: str, file: str) -> str:
    """Return a page that ends with a link to itself as PDF."""
    link = element("a", say("pdf.link"), href=quote(file), download=True)
    before, end, after = page.rpartition(end_of("main"))
    return f"{before}{element('p', link, class_='wb-csv')}{end}{after}"


def without_links(page: str, reachable: Collection[str]) -> str:
    """Return a page whose links to other files than ``reachable`` are plain text.

    Links to other hosts and to places of the page itself stay.

    >>> without_links('<a href="a.html">A</a> <a href="b.html">B</a>', {"a.html"})
    '<a href="a.html">A</a> <a>B</a>'
    """
    parts, end = [], 0
    for start, tag in _Links(page, reachable).found:
        parts += [page[end:start], _HREF.sub("", tag)]
        end = start + len(tag)
    return "".join([*parts, page[end:]])


_HREF = re.compile(r"""\s+(?:xlink:)?href\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+)""", re.IGNORECASE)


class _Links(HTMLParser):
    """Finds the tags that link to files out of reach: where each starts, and its text."""

    def __init__(self, page: str, reachable: Collection[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._reachable = reachable
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        links = [value or "" for name, value in attrs if name in ("href", "xlink:href")]
        if tag in ("a", "area") and any(self._out_of_reach(link) for link in links):
            line, column = self.getpos()
            self.found.append((self._lines[line - 1] + column, self.get_starttag_text() or ""))

    def _out_of_reach(self, link: str) -> bool:
        try:
            parts = urlsplit(link.strip())
        except ValueError:
            return True
        if parts.scheme not in ("", "file") or parts.netloc:
            return False
        path = unquote(parts.path)
        return bool(path) and posixpath.normpath(path) not in self._reachable
