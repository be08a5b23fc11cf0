"""The tables of a finished page as a reader sees them, and where each ends.

Read from the page itself: what is not shown there cannot get into a file made of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from workbench.figures.markup import end_of


@dataclass(frozen=True)
class PageTable:
    """A table as texts: the headings of its columns, and rows with as many cells.

    Columns that hold drawings are left out. The first ``heads`` cells of a row head it.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def beside(self, other: "PageTable") -> "PageTable | None":
        """Return both side by side, None if their rows are about different things."""
        if [row[:1] for row in self.rows] != [row[:1] for row in other.rows]:
            return None
        rows = (one + two[1:] for one, two in zip(self.rows, other.rows, strict=True))
        return PageTable(self.columns + other.columns[1:], tuple(rows))


@dataclass(frozen=True)
class Shown:
    """What a page shows together: a table, or a figure with the tables in it.

    ``end`` is where it ends in the page: between it and what follows.
    """

    title: str
    tables: tuple[PageTable, ...]
    end: int

    @property
    def table(self) -> PageTable:
        """Its numbers as one table: tables with the same rows side by side, else the last one,
        which has the most digits."""
        found = self.tables[0]
        for other in self.tables[1:]:
            found = found.beside(other) or other
        return found


def shown_tables(page: str) -> list[Shown]:
    """Return the figures and the tables of a page that have numbers or words in rows.

    >>> html = "<table><caption>Index</caption><tr><th>Parks</th><td>61</td></tr></table>"
    >>> shown_tables(html)[0].table.rows
    (('Parks', '61'),)
    """
    return _Reader(page).found


@dataclass
class _Cell:
    text: list[str]
    spans: int
    drawn: bool


@dataclass
class _Table:
    caption: list[str] = field(default_factory=list)
    head: list[_Cell] = field(default_factory=list)
    body: list[list[_Cell]] = field(default_factory=list)

    def read(self) -> PageTable:
        heads, rows = _texts(self.head), [_texts(row) for row in self.body]
        width = max(map(len, [heads, *rows]), default=0)
        drawn = {
            at
            for row in [self.head, *self.body]
            for at, cell in enumerate(_spread(row))
            if cell.drawn
        }
        kept = [at for at in range(width) if at not in drawn]

        def chosen(texts: Sequence[str]) -> tuple[str, ...]:
            return tuple(texts[at] if at < len(texts) else "" for at in kept)

        return PageTable(chosen(heads), tuple(map(chosen, rows)))


MOST_SPANNED = 1000
"""Columns that a cell may span in HTML."""


def _spans(given: str | None) -> int:
    """Return how many columns a cell takes."""
    number = int(given) if given and given.isascii() and given.isdigit() else 1
    return min(max(number, 1), MOST_SPANNED)


def _spread(cells: Sequence[_Cell]) -> Iterator[_Cell]:
    for cell in cells:
        yield from [cell] * cell.spans


def _texts(cells: Sequence[_Cell]) -> list[str]:
    return [_words(cell.text) for cell in _spread(cells)]


def _words(parts: Sequence[str]) -> str:
    return " ".join(" ".join(parts).split())


TRACK = "wb-track"
"""The class of cells with a drawing to scale."""


class _Reader(HTMLParser):
    """Walks through a page once and gathers its tables by figure."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Shown] = []
        self._page = page
        self._lines = [0]
        for line in page.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._figure: list[_Table] | None = None
        self._title: list[str] = []
        self._table: _Table | None = None
        self._into: list[str] | None = None
        self._in_head = False
        self._drawings = 0
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "svg":
            self._drawings += 1
        elif self._drawings:
            return
        elif tag == "figure":
            self._figure, self._title = [], []
        elif tag == "figcaption":
            self._into = self._title
        elif tag == "table":
            self._table, self._in_head = _Table(), False
        elif self._table is not None:
            self._in_table(tag, given)

    def _in_table(self, tag: str, given: dict[str, str | None]) -> None:
        assert self._table is not None
        if tag == "caption":
            self._into = self._table.caption
        elif tag in ("thead", "tbody"):
            self._in_head = tag == "thead"
        elif tag == "tr":
            if self._in_head:
                self._table.head = []
            else:
                self._table.body.append([])
        elif tag in ("td", "th"):
            rows = [self._table.head] if self._in_head else self._table.body
            if not rows:  # a cell outside any row
                rows.append([])
            row = rows[-1]
            drawn = TRACK in (given.get("class") or "").split()
            row.append(_Cell([], _spans(given.get("colspan")), drawn))
            self._into = row[-1].text

    def handle_endtag(self, tag: str) -> None:
        if tag == "svg":
            self._drawings -= 1
        elif self._drawings:
            return
        elif tag in ("td", "th", "caption", "figcaption"):
            self._into = None
        elif tag == "thead":
            self._in_head = False
        elif tag == "table" and self._table is not None:
            if self._figure is None:
                self._keep(_words(self._table.caption), [self._table], len(end_of("table")))
            else:
                self._figure.append(self._table)
            self._table = None
        elif tag == "figure" and self._figure is not None:
            if self._figure:
                title = _words(self._title) or _words(self._figure[0].caption)
                self._keep(title, self._figure, 0)
            self._figure = None

    def handle_data(self, data: str) -> None:
        if self._into is not None and not self._drawings:
            self._into.append(data)

    def _keep(self, title: str, tables: Sequence[_Table], further: int) -> None:
        line, column = self.getpos()
        read = tuple(table.read() for table in tables if table.body)
        if read:
            self.found.append(Shown(title, read, self._lines[line - 1] + column + further))
