"""Channels of an organisation that are hidden, and what its index leaves of those shown."""

from collections.abc import Iterator, Sequence

from workbench.audit.cells import at_an_end
from workbench.audit.findings import Finding
from workbench.audit.questions import Index, half_a_digit, indices
from workbench.audit.reading import Page, numbers, people
from workbench.audit.rules import Question, Rules

_INDEX = "Index, 0–100 (95% interval)"
TOLD = 0.5
"""An index known within this part of its scale has been told."""

_REMEDY = "Hide a second channel with it."


def channels(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give the channels whose index tells what almost all answered, and those that are hidden and
    that the index of all channels gives away."""
    for page in pages:
        of_all = indices(page)
        for construct, parts in _told(page).items():
            scales = _scales(page, construct, rules)
            for name, part in parts.items():
                if part is not None and scales:
                    yield from at_an_end(page, f"{construct}, {name}", part, scales)
            if construct in of_all and any(part is None for part in parts.values()):
                shown = [part for part in parts.values() if part is not None]
                hidden = [name for name, part in parts.items() if part is None]
                yield from _left(page, construct, of_all[construct], shown, hidden, rules)


def _told(page: Page) -> dict[str, dict[str, Index | None]]:
    """Return the index of every channel by construct, None where it is hidden."""
    found: dict[str, dict[str, Index | None]] = {}
    for table in page.tables:
        places = [table.column(name) for name in ("Construct", "Channel", _INDEX, "Respondents")]
        if None in places:
            continue
        for row in table.rows:
            construct, name, told, counted = (row[at] for at in places if at is not None)
            written, n = numbers(told), people(counted)
            found.setdefault(construct, {})[name] = (
                Index(n, float(written[0]) / 100, half_a_digit(written[0]) / 100)
                if written and n is not None
                else None
            )
    return found


def _scales(page: Page, construct: str, rules: Rules) -> list[Sequence[int]]:
    """Return the scales of the questions about a construct; none where answers are weighted."""
    asked = [
        rules.question(row[0])
        for table in page.tables
        if table.caption.startswith(f"{construct} (answers ") and table.columns[0] == "Question"
        for row in table.rows
    ]
    known: list[Question] = [question for question in asked if question is not None]
    if len(known) < len(asked) or any(question.weighted for question in known):
        return []
    return [question.codes for question in known]


def _left(
    page: Page,
    construct: str,
    whole: Index,
    shown: Sequence[Index],
    hidden: Sequence[str],
    rules: Rules,
) -> Iterator[Finding]:
    """What the index of all channels leaves of those shown."""
    least = max(whole.n.least - sum(part.n.most for part in shown), 0)
    most = whole.n.most - sum(part.n.least for part in shown)
    names = " and ".join(hidden)
    if least > 0 and most < rules.minimum_count:
        yield Finding(
            page.name, row=construct, column=names,
            what=f"The channels shown leave {least} to {most} people who came by {names}.",
            remedy=_REMEDY,
        )  # fmt: skip
    if least < 1 or least < most:  # numbers of people that are told as ranges leave it open
        return
    low, high = (
        whole.n.least * (whole.part - sign * whole.tolerance)
        - sum(part.n.least * (part.part + sign * part.tolerance) for part in shown)
        for sign in (1, -1)
    )
    ends = low / least, high / least
    if len(hidden) == 1 and ends[1] - ends[0] < TOLD:
        yield Finding(
            page.name, row=construct, column=names,
            what=f"The index of all channels tells that of {names}: "
            f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f}.",
            remedy=_REMEDY,
        )  # fmt: skip
