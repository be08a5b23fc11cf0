"""Hidden groups that totals less their parts give away.

Every published total is an equation of its parts, those that are hidden among them. Linear
programming finds the least and the largest value that each hidden part can have [1]_. A total that
equals the sum of its shown parts leaves the hidden ones out and tells nothing of them.

References
----------
.. [1] Fischetti, M. & Salazar, J. J. (2001). Solving the cell suppression problem on tabular data
   with linear constraints. Management Science, 47(7), 1008–1027.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from workbench.audit.findings import Finding
from workbench.audit.linear import between, bounds_of
from workbench.audit.questions import half_a_digit, told
from workbench.audit.reading import PEOPLE, Page, People, Table, numbers, people
from workbench.audit.rules import Rules

TOLD = 0.5
"""A sum of hidden answers known within this part of what its scale allows has been told."""

HIDDEN = ("[c]",)
"""What stands where a number of people is hidden, besides "under 10"."""

_REMEDY = "Leave hidden groups out of the total, or hide a second group with them."

Part = tuple[str, str]
"""A part of a total: the organisation, and the source or question."""


@dataclass(frozen=True)
class Amount:
    """A number of people and, where told, their mean with how far it may be from the true one."""

    n: People
    mean: float | None = None
    tolerance: float = 0.0

    @property
    def sums(self) -> tuple[float, float]:
        """The least and the largest sum of their answers."""
        assert self.mean is not None
        ends = [
            n * (self.mean + off)
            for n in (self.n.least, self.n.most)
            for off in (-self.tolerance, self.tolerance)
        ]
        return min(ends), max(ends)


@dataclass(frozen=True)
class Total:
    """A published total of one wave and its parts.

    Nobody may know how many people ``hidden`` parts have, which are fewer than the minimum. Those
    of an ``unpublished`` organisation, which has no page here, may be any number. Where
    ``withheld``, the number of a part that is large enough to be shown is not told either; what
    the shown parts leave can be this part's alone, so nothing follows from it.
    """

    page: str
    table: str
    row: str
    column: str
    all: Amount
    shown: Mapping[Part, Amount] = field(default_factory=dict)
    hidden: tuple[Part, ...] = ()
    unpublished: tuple[Part, ...] = ()
    withheld: bool = False

    @property
    def left(self) -> People:
        """The number of people that the shown parts leave."""
        return _less(self.all.n, [part.n for part in self.shown.values()])

    @property
    def tells(self) -> bool:
        """Whether it has hidden parts in it for certain."""
        return self.left.least > 0 and not self.withheld


def _less(total: People, parts: Sequence[People]) -> People:
    """Return what parts leave of a total."""
    return People(
        total.least - sum(part.most for part in parts),
        total.most - sum(part.least for part in parts),
    )


def hidden_parts(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give every hidden group that totals and their shown parts tell or narrow down."""
    for wave in dict.fromkeys(page.wave for page in pages):
        here = [page for page in pages if page.wave == wave]
        of_all = [page for page in here if not page.organisation]
        own = [page for page in here if page.organisation]
        without = set(rules.organisations) - {page.organisation for page in own}
        respondents = list(_of_respondents(of_all, own, without))
        constructs = list(_of_constructs(of_all, own, without))
        questions = list(_of_questions(of_all, own, without, rules))
        for totals in (respondents, constructs, questions):
            for row in dict.fromkeys(total.row for total in totals):
                yield from _told_numbers([total for total in totals if total.row == row], rules)
        yield from _told_answers(questions, rules)
    for page in pages:
        yield from _left_over(page, rules)


# What pages tell


def _of_respondents(
    of_all: Sequence[Page], own: Sequence[Page], without: Collection[str]
) -> Iterator[Total]:
    """Respondents of a source: all, and those of every organisation."""
    parts: dict[str, dict[Part, People | None]] = {}
    for page, row, n in _counts(own, "Source", "Respondents"):
        parts.setdefault(row, {})[page.organisation, row] = n
    yield from _summed(of_all, "Source", "Respondents", parts, without)


def _summed(
    of_all: Sequence[Page],
    head: str,
    column: str,
    parts: Mapping[str, Mapping[Part, People | None]],
    without: Collection[str],
) -> Iterator[Total]:
    """Give the totals in a column with the parts of each row; a part without a number is hidden."""
    for page, table, row, n in _totals(of_all, head, column):
        if n is None or row not in parts:
            continue
        shown = {part: Amount(one) for part, one in parts[row].items() if one is not None}
        hidden = tuple(part for part, one in parts[row].items() if one is None)
        missing = tuple((name, row) for name in sorted(without))
        yield Total(page.name, table.caption, row, column, Amount(n), shown, hidden, missing)


def _of_constructs(
    of_all: Sequence[Page], own: Sequence[Page], without: Collection[str]
) -> Iterator[Total]:
    """Answers behind an index: all, and those on the card of every organisation."""
    parts: dict[str, dict[Part, People | None]] = {}
    for page in own:
        for card in page.root.find_all("dl"):
            title, text = card.find("dt"), card.get_text(" ")
            counted = re.search(rf"({PEOPLE}) answers?(?: from|,)", text)
            n = people(counted.group(1)) if counted else None
            hidden = "fewer than" in text or any(symbol in text for symbol in HIDDEN)
            if title is not None and (n is not None or hidden):
                name = title.get_text().strip()
                parts.setdefault(name, {})[page.organisation, name] = n
    yield from _summed(of_all, "Construct", "Rows", parts, without)


def _of_questions(
    of_all: Sequence[Page], own: Sequence[Page], without: Collection[str], rules: Rules
) -> Iterator[Total]:
    """Answers to a question: of all, and of every organisation that has a page.

    A question with a row but no number is withheld; one without a row is hidden.
    """
    shown: dict[Part, Amount] = {}
    listed = set()
    for page in own:
        for table in page.tables:
            if table.columns[:1] == ("Question",):
                listed |= {(page.organisation, row[0]) for row in table.rows}
        for one in told(page):
            if one.n is not None:
                amount = Amount(one.n, one.mean, one.mean_tolerance)
                shown[page.organisation, one.row] = amount
    organisations = list(dict.fromkeys(page.organisation for page in own))
    for page, table, row, n in _totals(of_all, "Question", "Answers"):
        if n is None or rules.question(row) is None:
            continue
        parts = [(name, row) for name in organisations]
        yield Total(
            page.name,
            table.caption,
            row,
            "Answers",
            Amount(n, *_mean(table, row)),
            {part: shown[part] for part in parts if part in shown},
            tuple(part for part in parts if part not in shown and part not in listed),
            tuple((name, row) for name in sorted(without)),
            any(part not in shown and part in listed for part in parts),
        )


def _mean(table: Table, row: str) -> tuple[float, float] | tuple[()]:
    """Return the mean in a row of a table and how far it may be from the true one."""
    at = table.column("Mean")
    written = [numbers(cells[at]) for cells in table.rows if at is not None and cells[0] == row]
    return (float(written[0][0]), half_a_digit(written[0][0])) if any(written[:1]) else ()


def _totals(
    pages: Sequence[Page], head: str, column: str
) -> Iterator[tuple[Page, Table, str, People | None]]:
    """Give the numbers in the columns of this name of tables whose rows this heading heads."""
    for page in pages:
        for table in page.tables:
            at = table.column(column)
            if at is None or table.columns[0] != head:
                continue
            for row in table.rows:
                yield page, table, row[0], people(row[at])


def _counts(
    pages: Sequence[Page], head: str, column: str
) -> Iterator[tuple[Page, str, People | None]]:
    """Give the same where a number of people stands or is hidden; not where rows are units."""
    for page in pages:
        for table in page.tables:
            at = table.column(column)
            if at is None or table.columns[0] != head:
                continue
            for row in table.rows:
                n = people(row[at])
                if n is not None or row[at] in HIDDEN or row[at].startswith("under"):
                    yield page, row[0], n


# What follows from it


def _told_numbers(totals: Sequence[Total], rules: Rules) -> Iterator[Finding]:
    """Bound the number of people of every hidden part."""
    telling = [total for total in totals if total.tells]
    small = {part for total in telling for part in total.hidden}
    parts = list(
        dict.fromkeys(part for total in telling for part in (*total.hidden, *total.unpublished))
    )
    place = {part: at for at, part in enumerate(parts)}
    equations = np.zeros((len(telling), len(parts)))
    for row, total in enumerate(telling):
        equations[row, [place[part] for part in (*total.hidden, *total.unpublished)]] = 1
    system = between(
        equations, [total.left.least for total in telling], [total.left.most for total in telling]
    )
    limits = [(0.0, rules.minimum_count - 1.0 if part in small else np.inf) for part in parts]
    for at, part in enumerate(parts):
        bounds = bounds_of(at, limits, system)
        if bounds is None:  # more people than small groups have: others are hidden with them
            bounds = bounds_of(at, [(0.0, np.inf)] * len(parts), system)
        if bounds is None or bounds[1] - bounds[0] + 1 >= rules.minimum_count:
            continue
        if part not in small and bounds[1] >= rules.minimum_count:
            continue  # a large group's number is no secret
        total = next(one for one in telling if part in (*one.hidden, *one.unpublished))
        yield _recovered(total, part, bounds)


def _told_answers(totals: Sequence[Total], rules: Rules) -> Iterator[Finding]:
    """Bound the sum of the answers of a question's hidden parts, taken together."""
    for total in totals:
        question = rules.question(total.row)
        known = [part for part in (total.all, *total.shown.values()) if part.mean is not None]
        if question is None or question.weighted or len(known) <= len(total.shown):
            continue
        left_to = (*total.hidden, *total.unpublished)
        if not (total.tells and left_to) or total.left.most >= rules.minimum_count:
            continue
        parts = [part.sums for part in total.shown.values()]
        low, high = total.all.sums
        every = np.ones((1, len(parts) + 1))
        n = total.left
        ends = [
            float(n_ * code) for n_ in (n.least, n.most) for code in (question.low, question.high)
        ]
        found = bounds_of(
            len(parts), [*parts, (min(ends), max(ends))], between(every, [low], [high])
        )
        width = n.least * (question.high - question.low)
        if found is not None and found[1] - found[0] < TOLD * width:
            means = f"{found[0] / n.most:.2f} to {found[1] / n.least:.2f}"
            names = ", ".join(part[0] for part in left_to)
            yield Finding(
                total.page, total.table, total.row, "Mean",
                f"The total less its parts tells the mean of {n} hidden people ({names}): {means}.",
                _REMEDY,
            )  # fmt: skip


def _recovered(total: Total, part: Part, bounds: tuple[float, float]) -> Finding:
    low, high = (round(bound) for bound in bounds)
    told_n = f"{low}" if low == high else f"{low} to {high}"
    organisation, what = part
    return Finding(
        total.page, total.table, total.row, total.column,
        f"The total less its parts tells the hidden number of people of {organisation} ({what}): "
        f"{told_n}.",
        _REMEDY,
    )  # fmt: skip


def _left_over(page: Page, rules: Rules) -> Iterator[Finding]:
    """Groups of a page that add up to a few people less than all: channels of a driver, types."""
    totals = {
        (row[0], n)
        for table in page.tables
        if table.columns and table.columns[0] == "Driver"
        for row in table.rows
        if (n := _of_people(table, row)) is not None
    }
    for table in page.tables:
        driver = table.column("Driver")
        if table.column(*RESPONDENTS) is None or not driver or table.columns[0] == "Role":
            continue
        for name in dict.fromkeys(row[driver] for row in table.rows):
            told_of = [_of_people(table, row) for row in table.rows if row[driver] == name]
            known = [part for part in told_of if part is not None]
            for total in (n for one, n in totals if one == name):
                yield from _rest(page, table.caption, name, _less(total, known), rules)
    sums: dict[str, list[People]] = {}
    for table in page.tables:
        heads = [re.fullmatch(rf".*\(({PEOPLE})\)", head) for head in table.columns]
        parts = [n for head in heads if head and (n := people(head.group(1))) is not None]
        if "number of respondents" in table.notes and parts:
            sums[table.caption] = parts
    for caption, shown in sums.items():
        for other in sums.values():
            total = People(sum(one.least for one in other), sum(one.most for one in other))
            yield from _rest(page, caption, "", _less(total, shown), rules)


RESPONDENTS = ("n", "Respondents", "Based on")
"""Headings of the number of people of a driver."""


def _of_people(table: Table, row: Sequence[str]) -> People | None:
    at = table.column(*RESPONDENTS)
    return people(row[at].removesuffix(" respondents")) if at is not None else None


def _rest(page: Page, caption: str, row: str, rest: People, rules: Rules) -> Iterator[Finding]:
    """What the groups shown leave, if it is a small group for certain."""
    if rest.least > 0 and rest.most < rules.minimum_count:
        yield Finding(
            page.name, caption, row, "n",
            f"The groups shown add up to {rest} people less than all, so a hidden group has "
            f"{rest}.",
            _REMEDY,
        )  # fmt: skip
