"""Answers that almost everybody gave, and answers that one or two people gave."""

from collections.abc import Iterator, Sequence

from workbench.audit import vectors
from workbench.audit.findings import Finding
from workbench.audit.questions import Told, half_a_digit, told
from workbench.audit.reading import Page, Table, numbers, whole
from workbench.audit.rules import Rules
from workbench.text import listed

ALIKE = 0.95
"""A share above which an answer tells what almost each of those who answered said."""

EXTREMES = ("Lowest code", "Highest code")
"""Headings of columns with the shares of the ends of a scale."""

_ALIKE_REMEDY = "Name the answer, and say that more than 95% gave it."
_FEW_REMEDY = "Round the numbers of people before shares are computed, or leave the shares out."


def revealing_cells(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give answers of more than 95% of a group, and of one or two people of it."""
    for page in pages:
        for one in told(page, rules):
            yield from _alike(one)
            yield from _few(one, rules)
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
    if one.n is None or (question is not None and question.weighted):
        return
    bounds = (
        vectors.of_shares(one.codes, one.shares, one.tolerance, one.n, one.mean, one.mean_tolerance)
        if one.base == 1
        else vectors.of_rounded_shares(one.shares, one.tolerance, one.n, one.base)
    )
    if bounds is None:
        return
    found = [code for code, is_few in zip(one.codes, vectors.few(*bounds), strict=True) if is_few]
    if found:
        yield Finding(
            one.page.name, one.table, one.row, ", ".join(map(str, found)),
            f"Of {one.n} people one or two gave the answer {listed(found)}.",
            _FEW_REMEDY,
        )  # fmt: skip


def _of_statistics(page: Page, table: Table, rules: Rules) -> Iterator[Finding]:
    """A table with mean, standard deviation and the shares of the ends of the scale."""
    n_at, mean_at, sd_at = table.column("Answers", "n"), table.column("Mean"), table.column("SD")
    for row in table.rows:
        question = rules.question(row[0])
        n = whole(row[n_at]) if n_at is not None else None
        if question is None or n is None:
            continue
        for name in EXTREMES:
            at = table.column(name)
            cell = row[at] if at is not None else ""
            share = numbers(cell)
            if share and not cell.startswith(("under", "over")):
                yield from _end(page, table, row[0], name, share[0], n, question.weighted)
        if question.weighted or mean_at is None or sd_at is None:
            continue
        mean, sd = numbers(row[mean_at]), numbers(row[sd_at])
        if not (mean and sd):
            continue
        bounds = vectors.of_moments(
            question.codes, n,
            float(mean[0]), half_a_digit(mean[0]), float(sd[0]), half_a_digit(sd[0]),
        )  # fmt: skip
        if bounds is not None and vectors.few(*bounds).any():
            yield Finding(
                page.name, table.caption, row[0], "Mean, SD",
                f"Of {n} people's answers mean and standard deviation leave only numbers in which "
                "one or two people gave an answer.",
                "Leave the standard deviation out where so few answered.",
            )  # fmt: skip


def _end(
    page: Page, table: Table, row: str, column: str, share: str, n: int, weighted: bool
) -> Iterator[Finding]:
    told_share, tolerance = float(share) / 100, half_a_digit(share) / 100
    if told_share > ALIKE:
        yield Finding(
            page.name, table.caption, row, column,
            f"{share}% gave this answer, which tells what each of them said.",
            _ALIKE_REMEDY,
        )  # fmt: skip
    bounds = vectors.of_shares((0, 1), (told_share, 1 - told_share), tolerance, n)
    if not weighted and bounds is not None and vectors.few(*bounds)[0]:
        yield Finding(
            page.name, table.caption, row, column,
            f"{share}% of {n} people are one or two of them.",
            _FEW_REMEDY,
        )  # fmt: skip
