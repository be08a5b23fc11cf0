"""Answers that almost everybody gave, and answers that one or two people gave."""

from collections.abc import Iterator, Sequence

import numpy as np

from workbench.audit import vectors
from workbench.audit.findings import Finding
from workbench.audit.questions import (
    Index,
    Told,
    behind,
    half_a_digit,
    indices,
    stated_base,
    told,
)
from workbench.audit.reading import Page, Table, numbers, whole
from workbench.audit.rules import Rules
from workbench.text import listed

ALIKE = 0.95
"""A share above which an answer tells what almost each of those who answered said."""

SINGLE = 3
"""Steps from the end of a scale that no fewer than three people need make."""

EXTREMES = ("Lowest code", "Highest code")
"""Headings of columns with the shares of the ends of a scale."""

_ALIKE_REMEDY = "Name the answer, and say that more than 95% gave it."
_FEW_REMEDY = "Round the numbers of people before shares are computed, or leave the shares out."


def revealing_cells(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give answers of more than 95% of a group, and of one or two people of it."""
    for page in pages:
        for one in told(page):
            yield from _alike(one)
            yield from _few(one, rules)
        yield from _with_indices(page, rules)
        for table in page.tables:
            if any(name in table.columns for name in EXTREMES):
                yield from _of_statistics(page, table, rules)


def _alike(one: Told) -> Iterator[Finding]:
    most = max(one.shares)
    if most > ALIKE:
        code = one.codes[one.shares.index(most)]
        yield Finding(
            one.page.name, one.table, one.row, str(code),
            f"{100 * most:g}% gave the answer {code}, which tells what each of them said.",
            _ALIKE_REMEDY,
        )  # fmt: skip


def _few(one: Told, rules: Rules) -> Iterator[Finding]:
    question = rules.question(one.row)
    bounds = None if question is not None and question.weighted else behind(one)
    if bounds is None:
        return
    found = [code for code, is_few in zip(one.codes, vectors.few(*bounds), strict=True) if is_few]
    if found:
        yield Finding(
            one.page.name, one.table, one.row, ", ".join(map(str, found)),
            f"Of {one.n} people one or two gave the answer {listed(found)}.",
            _FEW_REMEDY,
        )  # fmt: skip


def _with_indices(page: Page, rules: Rules) -> Iterator[Finding]:
    """What an index tells of the answers to its questions, alone and with their shares.

    Of questions that all who have an index answered: it is the mean of their answers then.
    """
    shown = list(told(page))
    for construct, index in indices(page).items():
        tables = [one for one in page.tables if one.caption.startswith(f"{construct} (answers ")]
        asked = dict.fromkeys(row[0] for table in tables for row in table.rows)
        known = [rules.question(row) for row in asked]
        if not asked or any(question is None or question.weighted for question in known):
            continue
        scales = [question.codes for question in known if question is not None]
        yield from _at_an_end(page, construct, index, scales)
        own = {one.row: one for one in shown if one.row in asked and one.n == index.n}
        if own.keys() == asked.keys():
            yield from _left_by_an_index(construct, index, list(own.values()))


def _at_an_end(
    page: Page, construct: str, index: Index, scales: Sequence[Sequence[int]]
) -> Iterator[Finding]:
    """An index so near an end of its scale that almost all answers are known."""
    answers = index.n * len(scales)
    # The steps from the end that all answers make together are at most those on the longest scale.
    steps = max(len(codes) - 1 for codes in scales) * answers
    off = steps * (min(index.part, 1 - index.part) + index.tolerance)
    if off < SINGLE or off < (1 - ALIKE) * answers:
        end = "lowest" if index.part < 0.5 else "highest"
        yield Finding(
            page.name, row=construct,
            what=f"The index tells that almost all of {index.n} people gave the {end} answer.",
            remedy="Leave the index out.",
        )  # fmt: skip


def _left_by_an_index(construct: str, index: Index, own: Sequence[Told]) -> Iterator[Finding]:
    """Answers of one or two people that an index and the shares of its questions leave."""
    vectors_of = {one.row: vectors.every(behind(one), index.n) for one in own}
    parts = {}
    for one in own:
        possible = vectors_of[one.row]
        if possible is None:
            return
        codes = np.asarray(one.codes)
        parts[one.row] = possible @ ((codes - codes[0]) / (codes[-1] - codes[0]))
    total = index.n * len(own) * index.part
    room = index.n * len(own) * index.tolerance
    for one in own:
        possible, part = vectors_of[one.row], parts[one.row]
        rest = [parts[other.row] for other in own if other is not one]
        fits = part <= total + room - sum(other.min() for other in rest)
        fits &= part >= total - room - sum(other.max() for other in rest)
        if possible is None or not fits.any():  # they are those of other numbers
            continue
        low, high = possible[fits].min(axis=0), possible[fits].max(axis=0)
        single = vectors.few(low, high)
        found = [code for code, few in zip(one.codes, single, strict=True) if few]
        before = vectors.few(possible.min(axis=0), possible.max(axis=0))
        if found and not before.any():  # otherwise told without the index
            yield Finding(
                one.page.name, one.table, one.row, ", ".join(map(str, found)),
                f"With the index of {construct}, one or two of {index.n} people gave the answer "
                f"{listed(found)}.",
                "Leave the shares out.",
            )  # fmt: skip


def _of_statistics(page: Page, table: Table, rules: Rules) -> Iterator[Finding]:
    """A table with mean, standard deviation and the shares of the ends of the scale."""
    n_at = table.column("Answers", "n")
    for row in table.rows:
        question = rules.question(row[0])
        n = whole(row[n_at]) if n_at is not None else None
        if question is None or n is None:
            continue
        for name in EXTREMES:
            yield from _end(page, table, row, name, n)
        mean, sd = (_with_tolerance(table, row, name) for name in ("Mean", "SD"))
        if mean is not None and _told_by_moments(page, question.codes, n, mean, sd):
            yield Finding(
                page.name, table.caption, row[0], "Mean, SD",
                f"Of {n} people's answers mean and standard deviation leave only numbers in which "
                "one or two people gave an answer.",
                "Leave both out where so few answered, or compute them from rounded numbers.",
            )  # fmt: skip


def _with_tolerance(table: Table, row: Sequence[str], column: str) -> tuple[float, float] | None:
    """Return the number in a column and how far it may be from the true one."""
    at = table.column(column)
    written = numbers(row[at]) if at is not None else []
    return (float(written[0]), half_a_digit(written[0])) if written else None


def _told_by_moments(
    page: Page,
    codes: Sequence[int],
    n: int,
    mean: tuple[float, float],
    sd: tuple[float, float] | None,
) -> bool:
    """Tell whether moments leave an answer only one or two people, unless they are those of
    numbers that were rounded, as the page says."""
    base = stated_base(page, n)
    if base > 1 and vectors.of_moments(codes, n, mean, sd, base) is not None:
        return False
    bounds = vectors.of_moments(codes, n, mean, sd)
    return bounds is not None and bool(vectors.few(*bounds).any())


def _end(page: Page, table: Table, row: Sequence[str], column: str, n: int) -> Iterator[Finding]:
    """The share of people who gave the answer at an end of the scale."""
    found = _with_tolerance(table, row, column)
    if found is None:
        return
    share, tolerance = found[0] / 100, found[1] / 100
    if share > ALIKE:
        yield Finding(
            page.name, table.caption, row[0], column,
            f"{found[0]:g}% gave this answer, which tells what each of them said.",
            _ALIKE_REMEDY,
        )  # fmt: skip
    bounds = vectors.of_shares((0, 1), (share, 1 - share), tolerance, n)
    if bounds is not None and vectors.few(*bounds)[0]:
        yield Finding(
            page.name, table.caption, row[0], column,
            f"{found[0]:g}% of {n} people are one or two of them.",
            _FEW_REMEDY,
        )  # fmt: skip
