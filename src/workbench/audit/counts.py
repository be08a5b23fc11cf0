"""Numbers of people below the minimum, in texts and in tables."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from workbench.audit.findings import Finding
from workbench.audit.reading import Page, Table, whole
from workbench.audit.rules import Rules

PEOPLE = ("respondent", "respondents", "answer", "answers", "person", "people", "interviews")
"""What a sentence that counts people says after the number."""

HEADINGS = ("n", "N", "Respondents", "Answers", "How many")
"""Headings of columns with numbers of people."""

_BOUND = r"(?:fewer|less|more|under|over|above|below|least|most|than|nearest|to|minimum of)"
_FIGURE = re.compile("[1-9]")
_SUMMARY = re.compile(r"\bcount\s+((?:\d+(?:\.0+)?\s+)+)mean\s")
_REMEDY = "Hide the group, and leave it out of every total."


def small_counts(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give every number of people from 1 to below the minimum."""
    for page in pages:
        yield from _in_texts(page, rules)
        for table in page.tables:
            yield from _in_columns(page, table, rules)
            yield from _in_headings(page, table, rules)
        yield from _in_summaries(page, rules)


def _found(page: Page, number: int, rules: Rules, **place: str) -> Finding:
    return Finding(
        page=page.name,
        **place,
        what=f"{number} people are fewer than the minimum of {rules.minimum_count}.",
        remedy=_REMEDY,
    )


def _in_texts(page: Page, rules: Rules) -> Iterator[Finding]:
    for text in dict.fromkeys(page.texts):
        for number in _told(text, rules):
            yield _found(page, number, rules, row=_short(text))
    for table in page.tables:
        for row in table.rows:
            for heading, cell in zip(table.columns, row, strict=True):
                for number in _told(cell, rules):
                    place = {"table": table.caption, "row": row[0], "column": heading}
                    yield _found(page, number, rules, **place)


def _told(text: str, rules: Rules) -> list[int]:
    """Return the numbers of people below the minimum that a text tells."""
    if _FIGURE.search(text) is None:
        return []
    plain = rules.without_names(text)
    found = []
    for one in _said(rules.sources).finditer(plain):
        number = int(one.group(1) or one.group(2))
        before = plain[: one.start()].rstrip().rpartition(" ")[2].lower()
        if 0 < number < rules.minimum_count and not re.fullmatch(_BOUND, before):
            found.append(number)
    return found


@cache
def _said(sources: tuple[str, ...]) -> re.Pattern[str]:
    """A number of people in a sentence, such as "4 answers" or "n = 4"."""
    nouns = "|".join(map(re.escape, (*PEOPLE, *sources)))
    return re.compile(
        rf"(?<![\w.,])(\d{{1,4}}) (?:{nouns})(?!\w)|(?<!\w)n = (\d{{1,4}})(?!\w|[,.]\d| to \d)"
    )


def _in_columns(page: Page, table: Table, rules: Rules) -> Iterator[Finding]:
    if not _counts_people(table, rules):
        return
    of_questions = table.columns[:1] == ("Question",)
    for at, heading in enumerate(table.columns):
        if heading not in HEADINGS:
            continue
        for row in table.rows:
            number = whole(row[at])
            if of_questions and rules.question(row[0]) is None:
                continue  # asked of a source whose rows are units
            if number is not None and 0 < number < rules.minimum_count:
                place = {"table": table.caption, "row": row[0], "column": heading}
                yield _found(page, number, rules, **place)


def _counts_people(table: Table, rules: Rules) -> bool:
    """Tell whether numbers in a table are surely of people and not of units.

    Drivers may be those of a source whose rows are units; channels are those of people.
    """
    if "Driver" in table.columns and "Channel" not in table.columns:
        return not rules.silent
    return bool(rules.sources)


def _in_headings(page: Page, table: Table, rules: Rules) -> Iterator[Finding]:
    """Groups such as "fax (4)" whose number stands in the heading of their column."""
    if "number of respondents" not in table.notes:
        return
    for heading in table.columns:
        counted = re.fullmatch(r".*\(([\d,]+)\)", heading)
        number = whole(counted.group(1)) if counted else None
        if number is not None and 0 < number < rules.minimum_count:
            yield _found(page, number, rules, table=table.caption, column=heading)


def _in_summaries(page: Page, rules: Rules) -> Iterator[Finding]:
    """Numbers of values in a summary such as pandas' ``describe()`` in a cell of one's own.

    In a table, or in a text as it is printed.
    """
    for table in page.tables:
        if not {"mean", "std"} <= {row[0] for row in table.rows}:
            continue
        for row in table.rows:
            for heading, cell in zip(table.columns[1:], row[1:], strict=True):
                number = _whole_of_float(cell) if row[0] == "count" else 0
                if 0 < number < rules.minimum_count:
                    place = {"table": table.caption, "row": row[0], "column": heading}
                    yield _found(page, number, rules, **place)
    for text in dict.fromkeys(page.texts):
        for summary in _SUMMARY.finditer(text):
            for number in map(_whole_of_float, summary.group(1).split()):
                if 0 < number < rules.minimum_count:
                    yield _found(page, number, rules, row=_short(text))


def _whole_of_float(text: str) -> int:
    """Return a number such as 4.000000, 0 where it is not whole."""
    found = re.fullmatch(r"(\d+)(?:\.0+)?", text)
    return int(found.group(1)) if found else 0


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
