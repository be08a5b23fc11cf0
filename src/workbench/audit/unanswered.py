"""Why people gave no answer to a question: reasons that one or two of them had.

The shares of the reasons, with the numbers of people who were asked and who answered, leave whole
numbers of people for each. What the reasons told leave is a further one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.audit import vectors
from workbench.audit.cells import WITHOUT_ANSWER
from workbench.audit.findings import Finding
from workbench.audit.questions import half_a_digit, told
from workbench.audit.reading import Page, People, numbers, people
from workbench.audit.rules import Rules

_REASON = re.compile(r"Of these: (.+), %")
_RULE = re.compile(r"people without an answer are rounded to the nearest (\d+)")


@dataclass(frozen=True)
class Reasons:
    """The shares (0–1) of people without an answer, by reason and of all others, and how far each
    may be from the true one; ``base``: numbers of people were rounded to a multiple of it."""

    names: tuple[str, ...]
    shares: tuple[float, ...]
    tolerances: tuple[float, ...]
    base: int


def reasons(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give the reasons for no answer that one or two people had."""
    for page in pages:
        asked = _asked(page)
        answered = {one.row: one.n for one in told(page)}
        stated = _RULE.search(page.text)
        base = int(stated[1]) if stated else 1
        for table in page.tables:
            if WITHOUT_ANSWER not in table.columns:
                continue
            for row in table.rows:
                question, n = rules.question(row[0]), answered.get(row[0])
                everybody = asked.get(question.source) if question is not None else None
                if question is None or question.weighted or n is None or everybody is None:
                    continue
                found = _reasons(table.columns, row, base)
                if found is None:
                    continue
                bounds = _behind(found, everybody, n)
                if bounds is None:
                    continue
                few = zip(found.names, vectors.few(*bounds), strict=True)
                for name in (name for name, single in few if single):
                    yield Finding(
                        page.name, table.caption, row[0], name,
                        f"Of {everybody} people one or two gave no answer for this reason.",
                        "Round numbers of people before shares are computed, or tell all reasons "
                        "together.",
                    )  # fmt: skip


def _asked(page: Page) -> dict[str, People]:
    """Return how many people of every source answered any question."""
    found: dict[str, People] = {}
    for table in page.tables:
        at = table.column("Respondents")
        if at is not None and table.columns[0] == "Source":
            counts = ((row[0], people(row[at])) for row in table.rows)
            found |= {source: n for source, n in counts if n is not None}
    return found


def _reasons(columns: Sequence[str], row: Sequence[str], base: int) -> Reasons | None:
    """Return the reasons that a row tells; None where it tells none of them by itself."""
    cells = dict(zip(columns, row, strict=True))
    named = {name[1]: cells[name[0]] for column in columns if (name := _REASON.fullmatch(column))}
    written = [numbers(text) for text in (cells[WITHOUT_ANSWER], *named.values())]
    if not named or not all(len(one) == 1 for one in written):
        return None
    every, *each = (float(one[0]) / 100 for one in written)
    room = [half_a_digit(one[0]) / 100 for one in written]
    return Reasons(
        (*named, "other"), (*each, max(every - sum(each), 0.0)), (*room[1:], sum(room)), base
    )


def _behind(found: Reasons, asked: People, answered: People) -> vectors.Bounds | None:
    """Return the least and largest number of people that each reason can have had."""
    pairs = [(n, n - own) for n in asked.every for own in answered.every if n >= own]
    for base in dict.fromkeys((found.base, 1)):
        bounds = (_of_numbers(found, *pair, base) for pair in pairs)
        together = vectors.joined([one for one in bounds if one is not None])
        if together is not None:
            return together
    return None


def _of_numbers(found: Reasons, asked: int, left: int, base: int) -> vectors.Bounds | None:
    """Return the same if so many were ``asked`` and ``left`` of them gave no answer."""
    share, off = np.asarray(found.shares), np.asarray(found.tolerances)
    low = np.ceil(asked * (share - off) / base - 1e-9).clip(0).astype(np.int64) * base
    high = np.floor(asked * (share + off) / base + 1e-9).astype(np.int64) * base
    if (low > high).any():
        return None
    return vectors.summing_to((low - base // 2).clip(0), high + base // 2, left)
