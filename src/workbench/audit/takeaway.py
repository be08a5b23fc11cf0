"""Files of numbers, held against the pages that they belong to.

A file that tells what a page shows, cell by cell, and nothing else is attacked with that page. What
else it tells is found here: numbers of hidden groups, or more digits than the page has.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from workbench.audit.findings import Finding
from workbench.audit.reading import Page

PAGE, ROW = "page", "row"
"""Columns of a file about several pages that name the page and the row of its table."""

CELL = ("value", "lower", "upper", "n", "note")
"""Its columns that hold what the page shows there."""

_DIGITS = re.compile(r"\d(?:[\d.,]*\d)?")
_SET_APART = re.compile(r"\d{1,3}(?:\s\d{3})+(?:[.,]\d+)?")
"""Numbers, and numbers whose thousands a language sets apart by a space."""

_WITHIN = re.compile(r"(?<=\d)(?:[.,](?=\d)|\s(?=\d{3}(?!\d)))")


def compared(pages: Sequence[Page]) -> dict[str, list[Finding]]:
    """Return what each file tells that its page does not, by the name of the file."""
    shown = {page.name: _rows(page) for page in pages if not page.is_file}
    owners = {
        unquote(str(link["href"])): page.name
        for page in pages
        for link in page.root.find_all("a", href=True)
    }
    found = {}
    for file in pages:
        if file.is_file:
            claims = _claims(file, owners.get(file.name))
            found[file.name] = [_of_no_page(file)] if claims is None else _beyond(claims, shown)
    return found


@dataclass(frozen=True)
class _Told:
    """What the rows of a page with one heading tell: all their text, and its numbers' digits."""

    text: str
    digits: frozenset[str]

    @classmethod
    def of(cls, texts: Collection[str]) -> "_Told":
        text = " ".join(texts)
        return cls(_plain(text), frozenset(_digits(text)))

    def includes(self, cell: str) -> bool:
        is_number = re.fullmatch(r"-?[\d.]+", cell) is not None
        words = _plain(cell)
        return _digits(words) <= self.digits and (is_number or words in self.text)


def _digits(text: str) -> set[str]:
    """Return the numbers in a text by their digits, whatever a language writes between them."""
    found = [*_DIGITS.findall(text), *_SET_APART.findall(text)]
    return {re.sub(r"\D", "", number).lstrip("0") for number in found}


def _plain(text: str) -> str:
    """Return a text without the apostrophes by which files keep spreadsheets from computing, and
    without what a language writes within numbers."""
    return _WITHIN.sub("", " ".join(text.replace("'", "").split()))


def _rows(page: Page) -> dict[str, _Told]:
    """Return what the tables of a page tell in its language, by the heading of the row."""
    texts: dict[str, list[str]] = defaultdict(list)
    for table in page.written:
        for row in filter(None, table.rows):
            texts[_plain(row[0])] += row
    return {heading: _Told.of(found) for heading, found in texts.items()}


@dataclass(frozen=True)
class _Claim:
    """A cell of a file that says it is part of a row of a page."""

    file: str
    page: str
    heading: str
    column: str
    text: str


def _claims(file: Page, owner: str | None) -> list[_Claim] | None:
    """Return the cells of a file: of pages that its rows name, else of the one that links to it.

    None if it is a file of neither.
    """
    (table,) = file.tables
    page_at, row_at = table.column(PAGE), table.column(ROW)
    found = []
    for row in table.rows:
        for column, text in zip(table.columns, row, strict=True):
            if page_at is not None and row_at is not None:
                if column in CELL:
                    found.append(_Claim(file.name, row[page_at], row[row_at], column, text))
            elif owner is None:
                return None
            else:
                found.append(_Claim(file.name, owner, row[0], column, text))
    return found


def _beyond(claims: Sequence[_Claim], shown: Mapping[str, Mapping[str, _Told]]) -> list[Finding]:
    return [
        Finding(
            page=claim.file,
            row=claim.heading,
            column=claim.column,
            what=f"The file tells “{claim.text}”, which {claim.page} does not show there.",
            remedy="Publish no more in files than on pages.",
        )
        for claim in claims
        if claim.text and not _is_shown(claim, shown.get(claim.page, {}))
    ]


def _is_shown(claim: _Claim, rows: Mapping[str, _Told]) -> bool:
    """Tell whether a row shows a cell; its heading in the file may have words of further cells."""
    heading = _plain(claim.heading)
    while heading not in rows and "; " in heading:
        heading = heading.rpartition("; ")[0]
    return heading in rows and rows[heading].includes(claim.text)


def _of_no_page(file: Page) -> Finding:
    return Finding(
        page=file.name,
        what="No page shows the numbers of this file.",
        remedy="Leave it out of what is published.",
    )
