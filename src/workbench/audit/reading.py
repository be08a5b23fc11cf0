"""Published pages, as anybody can read them: tables, texts, attributes, scripts, drawings.

A page is read as it stands, whoever made it. Nothing here knows how the workbench computes.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from bs4.element import CData, NavigableString

from workbench.audit.english import is_foreign, put_back
from workbench.audit.rules import Rules

INLINE = frozenset(
    ("a", "abbr", "b", "code", "em", "i", "output", "small", "span", "strong", "tspan")
)
"""Elements whose text is read with that around them."""

UNREAD = frozenset(("script", "style", "template"))
"""Elements whose text is not shown."""

NUMBER = re.compile(r"(?<![\w.,#])[−+-]?(\d[\d,]*(?:\.\d+)?|\.\d+)(?![\w]|[.,]\d)")
"""A number in a text, with thousands set apart; not a part of a name, a code or a version."""


def numbers(text: str) -> list[str]:
    """Return the numbers in a text without sign and commas.

    >>> numbers("n = 1,861 of 0.1.0, −0.25 (3 to .5)")
    ['1861', '0.25', '3', '.5']
    """
    return [found.group(1).replace(",", "") for found in NUMBER.finditer(text)]


def decimals(number: str) -> int:
    """Return how many decimals a number is written with.

    >>> decimals("12"), decimals("0.250")
    (0, 3)
    """
    return len(number.partition(".")[2])


def whole(text: str) -> int | None:
    """Return the whole number that a text is, None if it is anything else.

    >>> whole("1,861"), whole("12%"), whole("under 10")
    (1861, None, None)
    """
    plain = text.strip().replace(",", "")
    return int(plain) if re.fullmatch(r"\d{1,15}", plain) else None


PEOPLE = r"\d[\d,]*(?: to \d[\d,]*)?"
"""A number of people in a text, or the ten in which it lies, such as "60 to 69"."""


@dataclass(frozen=True)
class People:
    """The least and the largest number of people that a page leaves open."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"{self.least:,}" if self.least == self.most else f"{self.least:,} to {self.most:,}"

    @property
    def every(self) -> range:
        """All numbers from the least to the largest."""
        return range(self.least, self.most + 1)


def people(text: str) -> People | None:
    """Return the number of people that a text is, None if it is anything else.

    A range of people is a whole ten; others, such as "1 to 5", are those of a scale.

    >>> str(people("1,861")), str(people("60 to 69")), people("under 10"), people("1 to 5")
    ('1,861', '60 to 69', None, None)
    """
    ends = [whole(end) for end in text.strip().split(" to ")]
    if len(ends) > 2 or ends[0] is None or ends[-1] is None:
        return None
    if len(ends) == 2 and (ends[0] % 10 or ends[1] != ends[0] + 9):
        return None
    return People(ends[0], ends[-1])


@dataclass(frozen=True)
class Table:
    """A table: its caption, the headings of its columns, its rows, and the small print below it.

    Every row has as many cells as there are columns; the text of a drawing in a cell is left out.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: str = ""

    def column(self, *names: str) -> int | None:
        """Return the place of the first column with one of these headings."""
        return next((at for at, name in enumerate(self.columns) if name in names), None)


@dataclass(frozen=True)
class Page:
    """A page, or a table in a file.

    ``name`` is the file in the folder; ``organisation`` and ``wave`` are those that its heading
    names, ``""`` where it names none. ``texts`` are those outside tables, block by block. They and
    the ``tables`` are put into English; ``written`` are the tables as they stand there.
    """

    name: str
    organisation: str
    wave: str
    tables: tuple[Table, ...]
    texts: tuple[str, ...]
    root: BeautifulSoup
    written: tuple[Table, ...] = ()

    @property
    def is_file(self) -> bool:
        """Whether it is a table in a file and no page."""
        return self.name.endswith(".csv")

    @cached_property
    def text(self) -> str:
        """The text of the page outside its tables."""
        return "\n".join(self.texts)


def read_pages(folder: Path, rules: Rules) -> list[Page]:
    """Read the pages and the CSV files of a folder, in the order of their names."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".html" and path.is_file():
            found.append(read_page(path.read_text(encoding="utf-8", errors="replace"), name, rules))
        elif path.suffix == ".csv" and path.is_file():
            found.append(_read_csv(path, name))
    return found


def read_page(html: str, name: str, rules: Rules) -> Page:
    """Read one page."""
    root = BeautifulSoup(html, "html.parser")
    foreign = is_foreign(root, rules.catalogues)
    written = _tables(root) if foreign else ()
    put_back(root, rules.catalogues)
    heading = root.find("h1")
    organisation, wave = _about(heading.get_text().strip() if heading else "", rules)
    tables = _tables(root)
    return Page(name, organisation, wave, tables, tuple(_texts(root)), root, written or tables)


def _read_csv(path: Path, name: str) -> Page:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        rows = list(csv.reader(file))
    width = max(map(len, rows), default=0)
    head, *body = [_filled(row, width) for row in rows] or [()]
    table = Table(path.stem, head, tuple(body))
    return Page(name, "", "", (table,), head, BeautifulSoup("", "html.parser"))


def _about(heading: str, rules: Rules) -> tuple[str, str]:
    """Return the organisation and the wave that a heading such as "Transit, 2024" names."""
    wave = next((wave for wave in rules.waves if wave and heading.endswith(f", {wave}")), "")
    name = heading.removesuffix(f", {wave}") if wave else heading
    return (name if name in rules.organisations else ""), wave


def _tables(root: BeautifulSoup) -> tuple[Table, ...]:
    return tuple(_table(found) for found in root.find_all("table"))


def _table(found: Tag) -> Table:
    caption = found.find("caption")
    rows = [(row, row.find_all(["td", "th"], recursive=False)) for row in found.find_all("tr")]
    heads = [cells for row, cells in rows if row.parent is not None and row.parent.name == "thead"]
    columns = tuple(_cell(cell) for cell in heads[-1]) if heads else ()
    width = max([len(columns), *(len(cells) for _, cells in rows)])
    body = tuple(
        _filled([_cell(cell) for cell in cells], width)
        for row, cells in rows
        if not (row.parent is not None and row.parent.name == "thead")
    )
    around = found.find_parent(class_="wb-table") or found.find_parent("figure")
    notes = around.find_all(class_="wb-notes") if around else []
    return Table(
        _words(caption) if caption else "",
        _filled(columns, width),
        body,
        " ".join(_words(note) for note in notes),
    )


def _filled(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return (*cells, *[""] * (width - len(cells)))


def _cell(cell: Tag) -> str:
    """Return the text of a cell without that of a drawing in it."""
    parts = (part for part in cell.find_all(string=True) if part.find_parent("svg") is None)
    return " ".join(" ".join(parts).split())


def _words(element: Tag) -> str:
    return " ".join(element.get_text(" ").split())


def _texts(root: BeautifulSoup) -> Iterator[str]:
    """Give the texts that are shown outside tables, block by block."""
    block: Tag | None = None
    parts: list[str] = []
    for text in root.find_all(string=True):
        if type(text) not in (NavigableString, CData) or not text.strip():
            continue
        around = next((one for one in text.parents if one.name not in INLINE), root)
        if any(one.name in UNREAD or one.name == "table" for one in text.parents):
            continue
        if around is not block and parts:
            yield " ".join(" ".join(parts).split())
            parts = []
        block = around
        parts.append(str(text))
    if parts:
        yield " ".join(" ".join(parts).split())
