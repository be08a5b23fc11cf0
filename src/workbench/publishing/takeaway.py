"""Numbers to take away: a CSV file behind every table and figure of a site, and one of all.

The files are made of the finished pages, so they tell what these show, digit by digit, after the
rules for small groups: no more digits and no hidden cells. A cell such as "0.31 (0.24 to 0.38)"
becomes three numbers. One tidy file has every number of the site, one a row, and beside it what its
columns mean, as the W3C's metadata for CSV on the web [1]_.

Whoever opens a CSV file in a spreadsheet runs what looks like a formula in it [2]_. A text that
begins so gets an apostrophe in front, which says that it is text; a negative number is none.

References
----------
.. [1] W3C (2015). Metadata vocabulary for tabular data. https://www.w3.org/TR/tabular-metadata/
.. [2] OWASP. CSV injection. https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from urllib.parse import quote

from workbench.batch.manifest import Entry
from workbench.figures.markup import element
from workbench.interpretation.languages import spoken
from workbench.interpretation.messages import say
from workbench.publishing.page_tables import PageTable, shown_tables
from workbench.text import slug

FOLDER = "numbers"
"""The folder of a site with a folder for each page, in which each table has a file."""

TIDY = "numbers.csv"
DICTIONARY = f"{TIDY}-metadata.json"

NAME_LENGTH = 60
"""Characters of a table's title in the name of its file."""

_PLAIN = re.compile(r"-?\d+(?:\.\d+)?")
_FORMULA = re.compile(r"^(?=[\t\r\n])|(?:^|(?<=[;\t\r\n]))(?=\s*[=+\-@＝＋－＠])")


def harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; a number stays one.

    >>> harmless("=1+1"), harmless("-0.31"), harmless("a;@b")
    ("'=1+1", '-0.31', "a;'@b")
    """
    return text if _PLAIN.fullmatch(text) else _FORMULA.sub("'", text)


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV, as RFC 4180 has it, with a mark by which spreadsheets know UTF-8."""
    written = io.StringIO()
    csv.writer(written).writerows([harmless(cell) for cell in row] for row in rows)
    return f"\ufeff{written.getvalue()}"


@dataclass(frozen=True)
class Cell:
    """What a cell of a page says: a number, its interval, unit and n, and the words beside it.

    Numbers are written with a point and a hyphen, with the digits that the page shows.
    """

    value: str = ""
    lower: str = ""
    upper: str = ""
    unit: str = ""
    n: str = ""
    note: str = ""


def read_cell(text: str) -> Cell:
    """Return what a cell says, its numbers written as the language that is spoken does.

    A range, such as one of numbers of people, is an interval without a value.

    >>> read_cell("−0.31 (−0.40 to 1,024.5) down")
    Cell(value='-0.31', lower='-0.40', upper='1024.5', unit='', n='', note='down')
    >>> read_cell("3.16 all 3.60, n = 347").n, read_cell("57%").unit, read_cell("p < .001").note
    ('347', '%', 'p < .001')
    >>> read_cell("60 to 69").upper
    '69'
    """
    mark = spoken().number(".")
    found = _pattern(mark, _between()).fullmatch(text)
    if found is None:
        return Cell(note=text)
    told = {name: part or "" for name, part in found.groupdict().items()}
    numbers = {name: _plain(told[name], mark) for name in ("value", "n")}
    for end in ("lower", "upper"):
        numbers[end] = _plain(told[end] or told[f"{end}_alone"], mark)
    before = told["before"].removesuffix(f"n = {told['n']}") if told["n"] else told["before"]
    note = " ".join((before, told["after"])).strip(" ,;")
    return Cell(**numbers, unit=told["unit"], note=note)


def _between() -> str:
    """Return what the language writes between the ends of an interval."""
    return say("number.interval", lower="", upper="").strip()


@cache
def _pattern(mark: str, to: str) -> re.Pattern[str]:
    apart = "," if mark == "." else r".\s"
    whole = rf"(?:\d{{1,3}}(?:[{apart}]\d{{3}})+|\d+)"
    number = rf"[−+-]?(?:{whole}(?:[{mark}]\d+)?|[{mark}]\d+)(?![\w{mark}])"

    def span(suffix: str = "") -> str:
        ends = (rf"(?P<{end}{suffix}>{number})\s?%?" for end in ("lower", "upper"))
        return rf"\s+{re.escape(to)}\s+".join(ends)

    interval = rf"\s*\(?{span()}\)?(?P<after>(?:\s.*)?)"
    people = rf"\s+(?P<before>[^()]*?\bn = (?:(?P<n>{number})|{number}\s+{re.escape(to)}\s.*))"
    return re.compile(
        rf"(?:p = )?(?P<value>{number})\s?(?P<unit>%)?(?:{interval}|{people})?|{span('_alone')}"
    )


def _plain(number: str, mark: str) -> str:
    """Return a number as programs write it."""
    digits = "".join(sign for sign in number if sign.isdigit() or sign in "−-" or sign == mark)
    plain = digits.replace("−", "-").replace(mark, ".")
    return re.sub(r"^(-?)\.", r"\g<1>0.", plain)


@dataclass(frozen=True)
class _Column:
    """A column of a page's table: its heading and what its cells say."""

    heading: str
    texts: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def numeric(self) -> bool:
        return any(cell.value or cell.lower for cell in self.cells)

    def parts(self) -> list[tuple[str, Sequence[str]]]:
        """The columns of a file: the numbers, the ends of intervals, n, and words."""
        if not self.numeric:
            return [(self.heading, self.texts)]
        found: list[tuple[str, Sequence[str]]] = []
        for name in ("value", "lower", "upper", "n", "note"):
            values = [getattr(cell, name) for cell in self.cells]
            if any(values):
                found.append((self._titled(name), values))
        return found

    def _titled(self, part: str) -> str:
        if part != "value":
            return say("csv heading.part", column=self.heading, part=say(f"csv.{part}"))
        percent = any(cell.unit for cell in self.cells) and "%" not in self.heading
        return say("csv heading.percent", column=self.heading) if percent else self.heading


def _columns(table: PageTable) -> list[_Column]:
    """The columns of a table, the first of which heads its rows and is text."""
    found = []
    for at, heading in enumerate(table.columns or [""] * len(table.rows[0])):
        texts = tuple(row[at] for row in table.rows)
        cells = tuple(read_cell(text) if at else Cell(note=text) for text in texts)
        found.append(_Column(heading, texts, cells))
    return found


def _sheet(columns: Sequence[_Column]) -> list[list[str]]:
    """A table as the rows of a file, the first one of headings, no two of them alike."""
    parts = [part for column in columns for part in column.parts()]
    taken: dict[str, int] = {}
    heads = []
    for heading, _ in parts:
        taken[heading] = taken.get(heading, 0) + 1
        heads.append(heading if taken[heading] == 1 else f"{heading} ({taken[heading]})")
    return [heads, *map(list, zip(*(values for _, values in parts), strict=True))]


@dataclass(frozen=True)
class Number:
    """One row of the tidy file; the names of the fields are those of its columns."""

    page: str
    report: str
    organisation: str
    wave: str
    chain: str
    table: str
    row: str
    measure: str
    value: str
    lower: str
    upper: str
    unit: str
    n: str
    note: str


def _numbers(about: Mapping[str, str], title: str, columns: Sequence[_Column]) -> list[Number]:
    """Every cell of a table as a row; what heads it are the texts before the first number."""
    first = next((at for at, column in enumerate(columns) if column.numeric), 1)
    found = []
    for at in range(len(columns[0].texts)):
        row = "; ".join(filter(None, (column.texts[at] for column in columns[:first])))
        for column in columns[first:]:
            cell = column.cells[at] if column.numeric else Cell(note=column.texts[at])
            if cell != Cell():
                parts = {part.name: getattr(cell, part.name) for part in fields(Cell)}
                found.append(Number(**about, table=title, row=row, measure=column.heading, **parts))
    return found


@dataclass(frozen=True)
class Taken:
    """A page with links to its numbers, its files by name, and its rows of the tidy file."""

    page: str
    files: dict[str, str]
    numbers: list[Number]


def taken(name: str, page: str, entry: Entry | None = None) -> Taken:
    """Return a page beside whose tables and figures stand links to CSV files, and these.

    Numbers are read as the language that is spoken writes them.

    Parameters
    ----------
    name
        The file of the page.
    page
        Its HTML.
    entry
        What the record says it is about; None for the index.
    """
    about = {
        "page": name,
        "report": entry.name if entry else "",
        "organisation": entry.title.removesuffix(f", {entry.wave}")
        if entry and entry.organisation
        else "",
        "wave": entry.wave if entry else "",
        "chain": entry.chain if entry else "",
    }
    files, numbers, parts, end = {}, [], [], 0
    for place, shown in enumerate(shown_tables(page), start=1):
        columns = _columns(shown.table)
        file = f"{FOLDER}/{name.removesuffix('.html')}/{_file_name(place, shown.title)}"
        files[file] = csv_text(_sheet(columns))
        numbers += _numbers(about, shown.title, columns)
        parts += [page[end : shown.end], _link(file, shown.title)]
        end = shown.end
    return Taken("".join([*parts, page[end:]]), files, numbers)


def _file_name(place: int, title: str) -> str:
    return f"{place:02}-{slug(title)[:NAME_LENGTH].strip('-')}.csv"


def _link(file: str, title: str) -> str:
    text = say("csv.link")
    return element(
        "p",
        element("a", text, href=quote(file), download=True, aria_label=f"{text}: {title}"),
        class_="wb-csv",
    )


def tidy(numbers: Iterable[Number]) -> str:
    """Return the tidy file of a site."""
    names = [column.name for column in fields(Number)]
    rows = ([getattr(number, name) for name in names] for number in numbers)
    return csv_text([names, *rows])


_DATATYPES = {"value": "number", "lower": "number", "upper": "number", "n": "integer"}


def dictionary(title: str, as_of: str) -> str:
    """Return what the columns of the tidy file mean, as metadata for CSV on the web.

    Parameters
    ----------
    title
        That of the study.
    as_of
        The time of its data, ISO 8601.
    """
    about = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": spoken().code}],
        "url": TIDY,
        "dc:title": title,
        "dc:description": say("csv.about"),
        "dc:modified": {"@value": as_of[:10], "@type": "xsd:date"},
        "dialect": {"encoding": "utf-8", "header": True},
        "tableSchema": {
            "columns": [
                {
                    "name": column.name,
                    "titles": column.name,
                    "datatype": _DATATYPES.get(column.name, "string"),
                    "dc:description": say(f"csv.column {column.name}"),
                }
                for column in fields(Number)
            ]
        },
    }
    return json.dumps(about, ensure_ascii=False, indent=1) + "\n"
