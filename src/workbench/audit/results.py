"""Results of questions in numbers: of this wave and the one before, and of other organisations.

They are told beside the shares of all answers. A share of positive answers that is not the sum of
shown shares tells more than these; one of a question that the page of its wave hides tells what is
hidden; and the lowest, average and highest of several organisations may be those of a hidden one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.audit import vectors
from workbench.audit.findings import Finding
from workbench.audit.questions import Told, half_a_digit, told
from workbench.audit.reading import Page, Table, numbers
from workbench.audit.rules import Rules

ALMOST = 0.95
"""A share above which it is told what almost each of those who answered said."""

_POSITIVE = re.compile(r"Positive(?: in (?P<wave>.+))?, %")
_RESULT = re.compile(r"(?:Positive|Mean)(?: in (?P<wave>.+))?, %")
_COMPARED, _AVERAGE = "Organisations compared", "Average"
_REMEDY = "Compute it from the shares that are shown, or leave it out."


@dataclass(frozen=True)
class Positive:
    """A share of positive answers (0–1) as a page tells it, and how far it may be from the true
    one."""

    page: Page
    table: str
    column: str
    wave: str
    row: str
    share: float
    tolerance: float

    @property
    def key(self) -> tuple[str, str, str]:
        """Whose answers to what these are, on whichever page."""
        return (self.page.organisation or self.page.name, self.wave, self.row)

    def finding(self, what: str) -> Finding:
        return Finding(self.page.name, self.table, self.row, self.column, what, _REMEDY)


def results_of_questions(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give the shares of positive answers that tell more than the shares that are shown."""
    every = [one for page in pages for one in _positive(page)]
    shares = {one.key: one for page in pages for one in told(page)}
    asked = {
        (page.organisation or page.name, page.wave, row[0]): page
        for page in pages
        for table in page.tables
        if table.columns[:1] == ("Question",)
        for row in table.rows
    }
    for one in every:
        if one.share > ALMOST or one.share < 1 - ALMOST:
            yield one.finding(
                f"{100 * one.share:g}% gave a positive answer, which tells what almost each said."
            )
        question = rules.question(one.row)
        if question is None or question.weighted:
            continue
        if one.key in shares:
            yield from _beyond_shares(one, shares[one.key])
        elif one.key in asked:
            yield one.finding(f"The shares of this question are hidden on {asked[one.key].name}.")
    yield from _of_others(pages, every, rules)


def _positive(page: Page) -> Iterator[Positive]:
    for table in page.tables:
        for at, column in enumerate(table.columns):
            heading = _POSITIVE.fullmatch(column)
            if heading is None or table.columns[0] != "Question":
                continue
            wave = heading["wave"] or page.wave
            for row in table.rows:
                found = _number(row[at])
                if found is not None:
                    yield Positive(page, table.caption, column, wave, row[0], *found)


def _number(cell: str) -> tuple[float, float] | None:
    """Return a share in percent that is told as a number, and its tolerance; 0–1."""
    if not re.fullmatch(r"\d+(?:\.\d+)?\s?%", cell):
        return None
    (written,) = numbers(cell)
    return float(written) / 100, half_a_digit(written) / 100


def _beyond_shares(one: Positive, beside: Told) -> Iterator[Finding]:
    """A share that is no sum of shown shares, so that it was computed of other numbers; or one of
    numbers that were not rounded, of one or two people."""
    sums = np.cumsum(beside.shares[::-1])
    room = one.tolerance + beside.tolerance * len(beside.shares)
    if not (np.abs(sums - one.share) <= room).any() and one.share > room:
        yield one.finding("It is not the sum of shown shares, so that it tells more than these.")
    if beside.base > 1 or beside.n is None:
        return
    both = (one.share, 1 - one.share)
    every = (vectors.of_shares((0, 1), both, one.tolerance, n) for n in beside.n.every)
    bounds = vectors.joined([found for found in every if found is not None])
    if bounds is not None and vectors.few(*bounds).any():
        yield one.finding(f"Of {beside.n} people one or two gave a positive answer, or no such.")


def _of_others(pages: Sequence[Page], every: Sequence[Positive], rules: Rules) -> Iterator[Finding]:
    """A lowest, average or highest in which an organisation has a part that does not show its own.

    Where pages of organisations are missing, it may be one of theirs that was not hidden.
    """
    for wave in dict.fromkeys(page.wave for page in pages if page.organisation):
        here = {
            page.organisation: page for page in pages if page.organisation and page.wave == wave
        }
        if set(rules.organisations) - here.keys():
            continue
        compared = [row for page in here.values() for row in _compared(page)]
        for page, table, row in compared:
            yield from _hidden_among(page, table, row, compared)


Row = tuple[Page, Table, tuple[str, ...]]


def _compared(page: Page) -> Iterator[Row]:
    """Give the rows of a page that tell of other organisations."""
    for table in page.tables:
        if _COMPARED in table.columns:
            yield from ((page, table, row) for row in table.rows)


def _hidden_among(
    page: Page, table: Table, row: Sequence[str], compared: Sequence[Row]
) -> Iterator[Finding]:
    group = row[table.columns.index(_COMPARED)]
    shown = {
        other.organisation
        for other, beside, cells in compared
        if cells[0] == row[0]
        and _tells_its_own(other, beside, cells)
        and (group.startswith("all") or cells[beside.columns.index(_COMPARED)] == group)
    }
    count = int(next(iter(numbers(group)), "0"))
    if count > max(len(shown), 1):
        yield Finding(
            page.name, table.caption, row[0], _AVERAGE,
            f"Of {count} organisations {len(shown)} show their own result, so that lowest, average "
            "and highest tell of others.",
            "Compare organisations that are shown alone.",
        )  # fmt: skip


def _tells_its_own(page: Page, table: Table, row: Sequence[str]) -> bool:
    """Whether the row tells the organisation's own result, be it as "over 95%"."""
    return any(
        (heading := _RESULT.fullmatch(column)) is not None
        and heading["wave"] in (None, page.wave)
        and "%" in cell
        for column, cell in zip(table.columns, row, strict=True)
    )
