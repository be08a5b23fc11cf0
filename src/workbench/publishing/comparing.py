"""The first difference of two files of a site: in a table, a text, a drawing, or elsewhere."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import zip_longest
from typing import Any

from workbench.publishing.page_tables import Shown, shown_tables

NOTHING = ""
_LONGEST = 60
_NUMBER = re.compile(r"[−+-]?\d[\d.,\u00a0\u202f]*\d|[−+-]?\.?\d+")
_BLOCKS = frozenset(
    [
        "p",
        "li",
        "dt",
        "dd",
        "h1",
        "h2",
        "h3",
        "h4",
        "td",
        "th",
        "caption",
        "figcaption",
        "summary",
        "title",
        "legend",
        "div",
        "section",
        "aside",
        "pre",
        "text",
        "desc",
    ]
)
"""Elements whose text is read by itself."""

_DRAWN = re.compile(
    r"[cr]?[xy][12]?|r|width|height|d|points|transform|data-.*|aria-label|alt|value"
)
"""Attributes that tell or draw a number."""


@dataclass(frozen=True)
class Difference:
    """The first thing in a file of a site that the study does not make so.

    ``table``, ``row`` and ``column`` say where, as far as it stands in a table; ``site`` and
    ``study`` are what is there and what should be, "" where there is nothing.
    """

    file: str
    site: str = ""
    study: str = ""
    table: str = ""
    row: str = ""
    column: str = ""

    def __str__(self) -> str:
        """Return where it is and what differs, in words.

        >>> print(Difference("a.html", "0.41", "0.31", "Links", "People → Service", "Strength"))
        a.html, table “Links”, row “People → Service”, column “Strength”: site 0.41, study 0.31.
        """
        parts = (("table", self.table), ("row", self.row), ("column", self.column))
        place = ", ".join([self.file, *(f"{kind} “{name}”" for kind, name in parts if name)])
        return f"{place}: site {self.site or 'nothing'}, study {self.study or 'nothing'}."


def first_difference(
    name: str, site: bytes | None, study: bytes | None, *, whole: bool = True
) -> Difference | None:
    """Return the first difference of a file, None if it is the same.

    Parameters
    ----------
    name
        The file; its ending says how it is read.
    site, study
        Its content there and as it should be; None where there is no such file.
    whole
        Whether everything has to be the same, or what tells something alone.
    """
    if site == study:
        return None
    if site is None or study is None:
        there = ("the file", NOTHING) if study is None else (NOTHING, "the file")
        return Difference(name, *there)
    texts = [content.decode("utf-8", "replace") for content in (site, study)]
    kind = name.rpartition(".")[2]
    readers = {"html": _of_pages, "csv": _of_csv, "json": _of_json}
    found = readers[kind](name, *texts) if kind in readers else None
    if found is None and whole:
        found = _elsewhere(name, *texts)
    return found


def _of_pages(name: str, site: str, study: str) -> Difference | None:
    ours, theirs = shown_tables(site), shown_tables(study)
    for one, other in zip_longest(ours, theirs):
        found = _of_tables(name, one, other)
        if found is not None:
            return found
    readings = [_Reading(page) for page in (site, study)]
    for listed in ("texts", "drawn"):
        sides = (getattr(reading, listed) for reading in readings)
        for one, other in zip_longest(*sides, fillvalue=NOTHING):
            if one != other:
                return Difference(name, *_parted(one, other))
    return None


def _of_tables(name: str, site: Shown | None, study: Shown | None) -> Difference | None:
    if site is None or study is None or site.title != study.title:
        titles = (one.title if one else NOTHING for one in (site, study))
        return Difference(name, *titles)
    for one, other in zip_longest(site.tables, study.tables):
        sides = [
            [list(table.columns), *map(list, table.rows)] if table else [] for table in (one, other)
        ]
        found = _of_rows(name, site.title, *sides)
        if found is not None:
            return found
    return None


def _of_rows(
    name: str, title: str, site: Sequence[Sequence[str]], study: Sequence[Sequence[str]]
) -> Difference | None:
    """Compare the cells of two tables whose first rows are headings."""
    heads = (site or study or [()])[0]
    for row, (one, other) in enumerate(zip_longest(site, study, fillvalue=())):
        for at, (cell, should) in enumerate(zip_longest(one, other, fillvalue=NOTHING)):
            if cell != should:
                heading = (other or one)[0] if row and at else NOTHING
                column = heads[at] if row and at < len(heads) else NOTHING
                return Difference(name, *_parted(cell, should), title, heading, column)
    return None


def _of_csv(name: str, site: str, study: str) -> Difference | None:
    sides = [list(csv.reader(io.StringIO(text, newline=""))) for text in (site, study)]
    return _of_rows(name, NOTHING, *sides)


def _of_json(name: str, site: str, study: str) -> Difference | None:
    try:
        sides = [dict(_leaves(json.loads(text))) for text in (site, study)]
    except ValueError:
        return Difference(name, "what is no JSON", NOTHING)
    for place in dict.fromkeys([*sides[0], *sides[1]]):
        one, other = (side.get(place, NOTHING) for side in sides)
        if one != other:
            return Difference(name, one, other, row=place)
    return None


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Give what a JSON value holds, and where."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in items:
            yield from _leaves(part, f"{place}, {key}" if place else str(key))
    else:
        yield place, json.dumps(value, ensure_ascii=False)


def _parted(one: str, other: str) -> tuple[str, str]:
    """Return where two texts part: their first numbers that differ, if all else is the same."""
    if _NUMBER.sub("", one) == _NUMBER.sub("", other):
        for number, should in zip(_NUMBER.findall(one), _NUMBER.findall(other), strict=True):
            if number != should:
                return number, should
    start = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    start = start if start > _LONGEST // 2 else 0
    return _cut(one, start), _cut(other, start)


def _cut(text: str, start: int) -> str:
    shown = text[start : start + _LONGEST]
    before, after = "…" * (start > 0), "…" * (start + _LONGEST < len(text))
    return f"“{before}{shown}{after}”" if text else NOTHING


def _elsewhere(name: str, site: str, study: str) -> Difference:
    """Return where two texts part in what tells no number."""
    for one, other in zip_longest(site.splitlines(), study.splitlines(), fillvalue=NOTHING):
        if one != other:
            return Difference(name, *_parted(one.strip(), other.strip()))
    return Difference(name, "other ends of lines", NOTHING)


class _Reading(HTMLParser):
    """The texts of a page, block by block, and the attributes that tell or draw something."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.drawn: list[str] = []
        self._parts: list[str] = []
        self._silent = 0
        self.feed(page)
        self.close()
        self._end()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._silent += 1
        if tag in _BLOCKS:
            self._end()
        self.drawn += [f"{name} {value}" for name, value in attrs if _DRAWN.fullmatch(name)]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._silent -= 1
        if tag in _BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(data)

    def _end(self) -> None:
        text = " ".join("".join(self._parts).split())
        if text:
            self.texts.append(text)
        self._parts = []
