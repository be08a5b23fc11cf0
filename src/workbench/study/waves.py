"""The order of survey waves, from what they are called.

A wave's name is read as a stretch of time (a date, month, quarter, half-year, season, school or
fiscal year, year), as a number, or as a numbered label ("wave 9", "Round 2", "Wave IV"). Where a
name can be read in two ways (3/4/2021; "2011-12", a month or a school year; "winter 2021", before
or after summer) every reading that fits all waves is tried, and the order is known if all of them
agree. Seasons are those of the northern hemisphere, school and fiscal years begin in July unless
single ones are named by their end (FY2022).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from itertools import pairwise, product
from typing import Any, NamedTuple, TypeVar

from workbench.study.names import without_accents

T = TypeVar("T")


def in_order(waves: Iterable[str]) -> list[str] | None:
    """The waves from the earliest to the latest; None where their names do not tell.

    >>> in_order(["March 2022", "September 2021"]), in_order(["wave 10", "wave 9"])
    (['September 2021', 'March 2022'], ['wave 9', 'wave 10'])
    >>> in_order(["before", "after"])
    """
    names = list(dict.fromkeys(waves))
    if len(names) < 2:
        return names
    texts = [_plain(name) for name in names]
    orders = []
    for reading in _READINGS:
        spans = _read_all(texts, partial(_span, reading=reading))
        if spans is not None:
            orders.append(_by_span(spans))
    numbers = _read_all(texts, _number)
    if numbers is not None:
        orders.append(_by_key(numbers))
    if not orders:
        orders = [_by_label(texts)]
    if orders[0] is None or any(order != orders[0] for order in orders):
        return None
    return [names[place] for place in orders[0]]


def _read_all(texts: Sequence[str], read: Callable[[str], T | None]) -> list[T] | None:
    """What each text stands for; None as soon as one stands for nothing."""
    found = []
    for text in texts:
        one = read(text)
        if one is None:
            return None
        found.append(one)
    return found


# -- orders of places ------------------------------------------------------------------------------


class _Span(NamedTuple):
    """A stretch of time, in months since the year 0; ``end`` is no longer part of it."""

    start: float
    end: float


def _by_key(keys: Sequence[Any]) -> list[int] | None:
    """Places sorted by key; None if two keys are the same."""
    order = sorted(range(len(keys)), key=lambda place: keys[place])
    return None if any(keys[a] == keys[b] for a, b in pairwise(order)) else order


def _by_span(spans: Sequence[Any]) -> list[int] | None:
    """Places in the order of time; None if two spans are the same or one lies inside another."""
    order = _by_key(spans)
    if order is None or any(
        spans[a].start == spans[b].start or spans[a].end >= spans[b].end for a, b in pairwise(order)
    ):
        return None
    return order


# -- stretches of time -----------------------------------------------------------------------------


class _Reading(NamedTuple):
    """How what is ambiguous is taken."""

    day_first: bool
    pair_is_years: bool
    winter_begins: bool


_READINGS = [_Reading(*choice) for choice in product((True, False), repeat=3)]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv januar", "february feb fevrier fevr fev februar",
            "march mar mars marz maerz mrz", "april apr avril avr", "may mai",
            "june jun juin juni", "july jul juillet juil juli", "august aug aout",
            "september sept sep septembre", "october oct octobre oktober okt",
            "november nov novembre", "december dec decembre dez dezember",
        )
    )
    for name in names.split()
}  # fmt: skip
_SEASONS = {
    name: start
    for start, names in (
        (2, "spring printemps fruhling fruhjahr"),
        (5, "summer ete sommer"),
        (8, "autumn fall automne herbst"),
        (11, "winter hiver"),
    )
    for name in names.split()
}
_ORDINALS = {
    name: str(number)
    for number, names in enumerate(
        (
            "first one premier premiere erste erstes un une", "second two deuxieme zweite zweites",
            "third three troisieme dritte drittes", "fourth four quatrieme vierte viertes",
            "fifth five cinquieme", "sixth six sixieme", "seventh seven septieme",
            "eighth eight huitieme", "ninth nine neuvieme", "tenth ten dixieme",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip

_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_SEASON = "(" + "|".join(_SEASONS) + ")"
_YEAR = r"'?(\d{4}|\d{2})"
_GAP = r"[\s,./'-]*(?:of |de |d')?\s*"
_TIME = (
    r"(?:[t,\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]m)?\s*(?:z|utc|[+-]\d\d:?\d\d)?)?"
)
_WEEK = "(?:w|kw|week|semaine|woche)"
_NTH = r"(?:st|nd|rd|th|er|re|eme|ere|e|\.)?"
_FISCAL = (
    r"(?:(?:fy|sy|ay|(?:school|fiscal|financial|academic) year|annee(?: scolaire| fiscale)?"
    r"|exercice|schuljahr)[\s'-]*)"
)
_PARTS = {
    3: r"(?:q|t|qtr|quarter|quartal|trimestre|trim\.?)",
    6: r"(?:h|s|half(?:[ -]?year)?|semestre|semester|halbjahr|hj)",
}


def _plain(name: str) -> str:
    """A wave's name in lower case, without accents, with plain dashes and digits for ordinals."""
    text = re.sub(r"[‐-―−]", "-", without_accents(name))
    text = " ".join(text.replace("’", "'").split())
    return re.sub(r"[a-z]+", lambda word: _ORDINALS.get(word[0], word[0]), text)


def _year(digits: str) -> int:
    """A year of four digits, or the one of 1950–2049 that two digits stand for."""
    return int(digits) if len(digits) == 4 else (1900 if int(digits) >= 50 else 2000) + int(digits)


def _months(year: int, month: float, count: float) -> _Span:
    return _Span(12 * year + month, 12 * year + month + count)


def _day(year: int, month: int, day: int, time: Sequence[str | None] = ()) -> _Span | None:
    try:
        date(year, month, day)
    except ValueError:
        return None
    start = 12 * year + month - 1 + (day - 1) / 31
    if not time or time[0] is None:
        return _Span(start, start + 1 / 31)
    hour, minute, second = (int(part or 0) for part in time[:3])
    half = time[3]
    hour = hour % 12 + 12 * (half == "pm") if half else hour
    at = start + (hour * 3600 + minute * 60 + second) / (86400 * 31)
    return _Span(at, at + 1 / (86400 * 31))


def _year_first(found: re.Match[str], reading: _Reading) -> _Span | None:
    year, month, day, *time = found.groups()
    return _day(int(year), int(month), int(day), time)


def _year_last(found: re.Match[str], reading: _Reading) -> _Span | None:
    first, second, year, *time = found.groups()
    day, month = (first, second) if reading.day_first else (second, first)
    return _day(_year(year), int(month), int(day), time)


def _year_month(found: re.Match[str], reading: _Reading) -> _Span | None:
    year, month = int(found[1]), int(found[2])
    pair = len(found[2]) == 2 and "m" not in found[0]
    if not 1 <= month <= 12 or (pair and reading.pair_is_years):
        return None
    return _months(year, month - 1, 1)


def _month_year(found: re.Match[str], reading: _Reading) -> _Span | None:
    month = int(found[1])
    return _months(_year(found[2]), month - 1, 1) if 1 <= month <= 12 else None


def _named_day(found: re.Match[str], reading: _Reading) -> _Span | None:
    before, name, after, year, *time = found.groups()
    if before and after:
        return None
    day = before or after
    if day is None:
        return _months(_year(year), _MONTHS[name], 1)
    return _day(_year(year), _MONTHS[name] + 1, int(day), time)


def _named_months(found: re.Match[str], reading: _Reading) -> _Span:
    first, last, year = _MONTHS[found[1]], _MONTHS[found[2]], _year(found[3])
    return _Span(12 * (year - (last < first)) + first, 12 * year + last + 1)


def _school_year(found: re.Match[str], reading: _Reading) -> _Span | None:
    """2014-15 and 2014/2015; two whole years further apart are all the years between them."""
    first, last, marked = _year(found["first"]), found["last"], found["fiscal"]
    if not (marked or reading.pair_is_years or len(found["first"]) == 2):
        return None
    if len(last) == 4 and int(last) > first + 1:
        return _Span(12 * first, 12 * int(last) + 12)
    follows = int(last) == (first + 1 if len(last) == 4 else (first + 1) % 100)
    return _months(first, 6, 12) if follows else None


def _fiscal_year(found: re.Match[str], reading: _Reading) -> _Span:
    return _months(_year(found[1]) - 1, 6, 12)


def _calendar_year(found: re.Match[str], reading: _Reading) -> _Span | None:
    year = int(found[1])
    return _months(year, 0, 12) if 1900 <= year <= 2100 else None


def _season(name: str, years: str, reading: _Reading) -> _Span | None:
    whole = re.fullmatch(r"(\d{4}|\d{2})(?:[-/](\d{2}|\d{4}))?", years)
    if whole is None:
        return None
    year, start = _year(whole[1]), _SEASONS[name]
    if whole[2]:
        follows = int(whole[2]) % 100 == (year + 1) % 100
        if start != 11 or not follows:
            return None
    elif start == 11 and reading.winter_begins:
        year -= 1
    return _months(year, start, 3)


def _week(year: str, week: str) -> _Span | None:
    try:
        monday = date.fromisocalendar(int(year), int(week), 1)
    except ValueError:
        return None
    start = 12 * monday.year + monday.month - 1 + (monday.day - 1) / 31
    return _Span(start, start + 7 / 31)


def _part(length: int) -> Callable[[re.Match[str], _Reading], _Span | None]:
    """Quarters (3 months) and half-years (6), of calendar, school or fiscal years."""

    def read(found: re.Match[str], reading: _Reading) -> _Span | None:
        number = int(found["after"] or found["before"])
        if not 1 <= number <= 12 // length:
            return None
        text, years = found["year"], _SCHOOL.fullmatch(found["year"])
        fiscal = re.fullmatch(_FISCAL + _YEAR, text)
        whole: _Span | None
        if years is not None:
            whole = _school_year(years, reading._replace(pair_is_years=True))
        elif fiscal is not None:
            whole = _fiscal_year(fiscal, reading)
        else:
            whole = _months(_year(text), 0, 12)
        if whole is None:
            return None
        start = whole.start + length * (number - 1)
        return _Span(start, start + length)

    return read


_SCHOOL = re.compile(
    rf"(?P<fiscal>{_FISCAL})?'?(?P<first>\d{{4}}|\d{{2}}) ?[-/] ?(?P<last>\d{{4}}|\d{{2}})"
)
_ANY_YEAR = rf"{_FISCAL}?(?:\d{{4}}|\d{{2}})(?:[-/](?:\d{{4}}|\d{{2}}))?"


def _part_patterns(word: str) -> list[str]:
    part = rf"(?:{word}\s*(?P<after>\d)|(?P<before>\d){_NTH}\s*{word})"
    return [
        rf"{part}{_GAP}(?P<year>{_ANY_YEAR})",
        rf"(?P<year>{_FISCAL}?\d{{4}}(?:[-/](?:\d{{4}}|\d{{2}}))?){_GAP}{part}",
    ]


_PATTERNS: list[tuple[re.Pattern[str], Callable[[re.Match[str], _Reading], _Span | None]]] = [
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_TIME}", _year_first),
        (r"(\d{4})(\d{2})(\d{2})", _year_first),
        (rf"(\d{{1,2}})[-/. ](\d{{1,2}})[-/. ](\d{{4}}|\d{{2}}){_TIME}", _year_last),
        (r"(\d{2})(\d{2})(\d{4})", _year_last),
        (r"(\d{4})[-/.](\d{1,2})", _year_month),
        (r"(\d{4}) ?m(\d{1,2})", _year_month),
        (r"(\d{1,2})[-/.](\d{4})", _month_year),
        (
            rf"(?:(\d{{1,2}}){_NTH}[\s./-]*(?:of |de )?)?{_MONTH}[\s,./-]*"
            rf"(?:(\d{{1,2}})(?:st|nd|rd|th)?,? )?{_YEAR}{_TIME}",
            _named_day,
        ),
        (rf"{_MONTH}{_GAP}(?:-|to|a|/|&|and|et|bis)?\s*{_MONTH}{_GAP}{_YEAR}", _named_months),
        (_SCHOOL.pattern, _school_year),
        (rf"{_FISCAL}{_YEAR}", _fiscal_year),
        (r"(?:year |annee |jahr )?(\d{4})", _calendar_year),
        (rf"{_SEASON}{_GAP}([\d/-]+)", lambda m, r: _season(m[1], m[2], r)),
        (rf"([\d/-]+?){_GAP}{_SEASON}", lambda m, r: _season(m[2], m[1], r)),
        (rf"(\d{{4}})[\s/-]*{_WEEK}[\s-]*(\d{{1,2}})", lambda m, r: _week(m[1], m[2])),
        (rf"{_WEEK}\s*(\d{{1,2}})[\s,/-]+(\d{{4}})", lambda m, r: _week(m[2], m[1])),
        (rf"(\d{{4}}){_GAP}{_MONTH}", lambda m, r: _months(int(m[1]), _MONTHS[m[2]], 1)),
        *((p, _part(length)) for length, word in _PARTS.items() for p in _part_patterns(word)),
    )
]  # fmt: skip


def _span(text: str, reading: _Reading) -> _Span | None:
    """The stretch of time that a wave's name stands for under this reading."""
    for pattern, read in _PATTERNS:
        found = pattern.fullmatch(text)
        span = read(found, reading) if found else None
        if span is not None:
            return span
    return None


# -- numbers and numbered labels -------------------------------------------------------------------

_NUMBERED = {
    *("wave", "round", "time", "phase", "survey", "sweep", "cycle", "period", "measurement"),
    *("edition", "panel", "pulse", "w", "r", "t", "s", "p", "vague", "tour", "enquete", "mesure"),
    *("welle", "runde", "messung", "erhebung"),
}
_ROMAN = re.compile(r"(?=[ivxl])(?:xl|l?x{0,3})(?:ix|iv|v?i{0,3})")


def _number(text: str) -> float | None:
    found = re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?", text)
    return float(text.replace(",", ".")) if found else None


def _by_label(texts: Sequence[str]) -> list[int] | None:
    """Order of names that differ in a number, a Roman number or a letter, or None."""
    for write in (lambda text: text, _roman_as_digits, _letter_as_digits):
        written = [write(text) for text in texts]
        parts = [
            re.split(r"(\d+)", re.sub(rf"(\d){_NTH}(?![a-z])", r"\1", text)) for text in written
        ]
        if any(len(part) < 3 for part in parts):
            continue
        if len({_words(part[0::2]) for part in parts}) == 1:
            numbers = [[int(number) for number in part[1::2]] for part in parts]
            return _by_key(_years_first(numbers))
        before = {_words(part[:1]) for part in parts}
        if len(before) == 1 and set(next(iter(before))) & _NUMBERED:
            return _by_key([int(part[1]) for part in parts])
    return None


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", " # ".join(texts)))


def _years_first(rows: list[list[int]]) -> list[list[int]]:
    """Put the numbers that are years in every row before the others."""
    columns = list(zip(*rows, strict=True))
    columns.sort(key=lambda column: not all(1900 <= number <= 2100 for number in column))
    return [list(row) for row in zip(*columns, strict=True)]


def _roman_as_digits(text: str) -> str:
    values = {"i": 1, "v": 5, "x": 10, "l": 50}

    def digits(word: re.Match[str]) -> str:
        if not _ROMAN.fullmatch(word[0]):
            return word[0]
        numbers = [values[letter] for letter in word[0]]
        return str(sum(-a if a < b else a for a, b in pairwise([*numbers, 0])))

    return re.sub(r"(?<![a-z])[ivxl]+(?![a-z])", digits, text)


def _letter_as_digits(text: str) -> str:
    """Write a letter that stands by itself at the end as its place in the alphabet."""
    return re.sub(r"(?<![a-z])[a-z]$", lambda letter: str(ord(letter[0]) - 96), text)
