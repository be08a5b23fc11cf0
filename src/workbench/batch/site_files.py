"""All files of a site: the same bytes from the pages of the same batch."""

import posixpath
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from workbench.batch import site, site_record, takeaway
from workbench.batch.editions import Edition
from workbench.batch.manifest import Manifest
from workbench.batch.takeaway import Taken, taken
from workbench.study import Study


@dataclass(frozen=True)
class SiteFiles:
    """What a site is made of.

    ``record`` is that of the batch, of the published pages alone; ``pages`` are these, by file, and
    ``about`` is how their numbers were made (see :mod:`workbench.batch.site_record`).
    """

    record: Manifest
    pages: dict[str, Taken]
    about: dict[str, object]

    @classmethod
    def of(cls, study: Study, output: Path, record: Manifest, key: bytes) -> "SiteFiles":
        """Read the pages of a record from the output folder of its batch."""
        entries = {str(entry.html): entry for entry in record.reports.values()}
        pages = {}
        for name in sorted(entries):
            page = (output / name).read_text(encoding="utf-8")
            page = without_links(page, entries.keys() | {site.FILE})
            pages[name] = taken(name, page, entries[name])
        texts = {name: one.page for name, one in pages.items()}
        return cls(record, pages, site_record.about(study, record, texts, key))

    def files(self, published: Sequence[Edition]) -> dict[str, bytes]:
        """Return all files of the site whose index lists these editions, by name."""
        index = taken(site.FILE, site.render(self.record, published))
        every = {**self.pages, site.FILE: index}
        texts = {name: one.page for name, one in every.items()}
        for one in every.values():
            texts |= one.files
        texts[takeaway.TIDY] = takeaway.tidy(row for one in every.values() for row in one.numbers)
        texts[takeaway.DICTIONARY] = takeaway.dictionary(self.record.title, self.as_of)
        texts[site_record.FILE] = site_record.text(self.about, len(published))
        return {name: text.encode() for name, text in texts.items()}

    @property
    def as_of(self) -> str:
        """The time of the data, ISO 8601."""
        return str(self.record.provenance["as_of"])

    @property
    def titles(self) -> dict[str, str]:
        """What readers know the pages by, by file."""
        return {str(entry.html): entry.title for entry in self.record.reports.values()}


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
