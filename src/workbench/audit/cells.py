"""Answers that almost everybody gave, and answers that one or two people gave."""

from collections.abc import Iterator, Sequence

import numpy as np

from workbench.audit import vectors
from workbench.audit.findings import Finding
from workbench.audit.questions import (
    Index,
    Told,
    behind,
    behind_of,
    half_a_digit,
    indices,
    stated_base,
    told,
)
from workbench.audit.reading import Page, People, Table, numbers, people
from workbench.audit.rules import Rules
from workbench.text import listed

ALIKE = 0.95
"""A share above which an answer tells what almost each of those who answered said."""

SINGLE = 3
"""Steps from the end of a scale that no fewer than three people need make."""

WITHOUT_ANSWER = "Without an answer, %"
"""Heading of the column with the share of people who gave no answer to a question."""

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

    It is told as if all who have an index had answered every question, and again as if any might
    have left some out.
    """
    shown = list(told(page))
    for construct, index in indices(page).items():
        tables = [one for one in page.tables if one.caption.startswith(f"{construct} (answers ")]
        asked = dict.fromkeys(row[0] for table in tables for row in table.rows)
        known = [rules.question(row) for row in asked]
        if not asked or any(question is None or question.weighted for question in known):
            continue
        scales = [question.codes for question in known if question is not None]
        yield from at_an_end(page, construct, index, scales)
        own = {one.row: one for one in shown if one.row in asked and one.n is not None}
        if own.keys() == asked.keys():
            yield from _left_by_an_index(construct, index, list(own.values()))


def at_an_end(
    page: Page, construct: str, index: Index, scales: Sequence[Sequence[int]]
) -> Iterator[Finding]:
    """An index so near an end of its scale that almost all answers are known."""
    answers = index.n.most * len(scales)
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
    possible = [answers for one in own if (answers := _answers(one)) is not None]
    if len(possible) < len(own):
        return
    ways = [
        vectors.with_index(possible, index.n.every, index.part, index.tolerance, all_answered=each)
        for each in (True, False)
    ]
    for at, one in enumerate(own):
        before = behind(one)
        if before is None or vectors.few(*before).any():
            continue  # it is told without the index
        single = {
            code
            for way in ways
            if way is not None
            for code, few in zip(one.codes, vectors.few(*way[at]), strict=True)
            if few
        }
        found = sorted(single)
        if found:
            yield Finding(
                one.page.name, one.table, one.row, ", ".join(map(str, found)),
                f"With the index of {construct}, one or two of {index.n} people gave the answer "
                f"{listed(found)}.",
                "Leave the shares out.",
            )  # fmt: skip


def _answers(one: Told) -> vectors.Answers | None:
    """Return all numbers that the shares of a question leave; None if there are too many."""
    codes = np.asarray(one.codes)
    return vectors.answers(
        (codes - codes[0]) / (codes[-1] - codes[0]),
        {n: behind_of(one, n) for n in (one.n.every if one.n else ())},
    )


def _of_statistics(page: Page, table: Table, rules: Rules) -> Iterator[Finding]:
    """A table with mean, standard deviation and the shares of the ends of the scale."""
    n_at = table.column("Answers", "n")
    for row in table.rows:
        question = rules.question(row[0])
        n = people(row[n_at]) if n_at is not None else None
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
    people: People,
    mean: tuple[float, float],
    sd: tuple[float, float] | None,
) -> bool:
    """Tell whether moments leave an answer only one or two people, unless they are those of
    numbers that were rounded, as the page says."""
    base = stated_base(page, people.least)
    if base > 1 and any(vectors.of_moments(codes, n, mean, sd, base) for n in people.every):
        return False
    found = [one for n in people.every if (one := vectors.of_moments(codes, n, mean, sd))]
    bounds = vectors.joined(found)
    return bounds is not None and bool(vectors.few(*bounds).any())


def _end(
    page: Page, table: Table, row: Sequence[str], column: str, people: People
) -> Iterator[Finding]:
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
    shares = (share, 1 - share)
    bounds = vectors.joined(
        [one for n in people.every if (one := vectors.of_shares((0, 1), shares, tolerance, n))]
    )
    if bounds is not None and vectors.few(*bounds)[0]:
        yield Finding(
            page.name, table.caption, row[0], column,
            f"{found[0]:g}% of {people} people are one or two of them.",
            _FEW_REMEDY,
        )  # fmt: skip
