"""Channels of an organisation that are hidden, and what totals leave of those shown.

The totals are the organisation's index over all channels and, on pages about drivers, what all
organisations together answered in a channel.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.audit.cells import at_an_end
from workbench.audit.findings import Finding
from workbench.audit.questions import Index, half_a_digit, indices
from workbench.audit.reading import Page, numbers, people
from workbench.audit.rules import Question, Rules

_INDEX = "Index, 0–100 (95% interval)"
_OF_ORGANISATION = ("Construct", "Channel", _INDEX, "Respondents")
_OF_ALL = ("Driver", "Channel", "Performance", "Respondents")
TOLD = 0.5
"""An index known within this part of its scale has been told."""

_REMEDY = "Hide a second channel with it."


def channels(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give the channels whose index tells what almost all answered, and those that are hidden and
    that the index of all channels, or the channel over all organisations, gives away."""
    by_organisation: dict[str, dict[str, dict[str, Index | None]]] = {}
    for page in pages:
        of_all = indices(page)
        own = _told(page, _OF_ORGANISATION)
        if page.organisation:
            by_organisation[page.organisation] = own
        for construct, parts in own.items():
            scales = _scales(page, construct, rules)
            for name, part in parts.items():
                if part is not None and scales:
                    yield from at_an_end(page, f"{construct}, {name}", part, scales)
            if construct in of_all and any(part is None for part in parts.values()):
                shown = [part for part in parts.values() if part is not None]
                hidden = [name for name, part in parts.items() if part is None]
                left = _Left(page, construct, f"came by {' and '.join(hidden)}", hidden)
                yield from left.of(of_all[construct], shown, "The index of all channels", rules)
    for page in pages:
        for construct, totals in _told(page, _OF_ALL).items():
            yield from _of_organisations(page, construct, totals, by_organisation, rules)


def _of_organisations(
    page: Page,
    construct: str,
    totals: Mapping[str, Index | None],
    by_organisation: Mapping[str, Mapping[str, Mapping[str, Index | None]]],
    rules: Rules,
) -> Iterator[Finding]:
    """What every channel over all organisations leaves of the organisations that show it."""
    for channel, whole in totals.items():
        parts = {
            name: constructs[construct][channel]
            for name, constructs in by_organisation.items()
            if channel in constructs.get(construct, {})
        }
        hidden = [name for name, part in parts.items() if part is None]
        shown = [part for part in parts.values() if part is not None]
        if whole is not None and hidden and shown:
            who = f"came by {channel} in {' and '.join(hidden)}"
            left = _Left(page, f"{construct}, {channel}", who, hidden)
            yield from left.of(whole, shown, f"The index of {channel}", rules)


def _told(page: Page, heads: Sequence[str]) -> dict[str, dict[str, Index | None]]:
    """Return the index of every channel by construct, None where it is hidden.

    ``heads`` are those of the construct, the channel, the index and the number of people.
    """
    found: dict[str, dict[str, Index | None]] = {}
    for table in page.tables:
        places = [table.column(name) for name in heads]
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


@dataclass(frozen=True)
class _Left:
    """What a total leaves of its parts: where it stands, ``who`` is meant, and the hidden parts."""

    page: Page
    row: str
    who: str
    hidden: Sequence[str]

    def of(
        self, whole: Index, shown: Sequence[Index], what: str, rules: Rules
    ) -> Iterator[Finding]:
        """Give the people whom ``whole`` leaves of those shown, if they are few, and their index,
        if one part alone is hidden and it is told."""
        least = max(whole.n.least - sum(part.n.most for part in shown), 0)
        most = whole.n.most - sum(part.n.least for part in shown)
        if least > 0 and most < rules.minimum_count:
            yield self._finding(
                f"The channels shown leave {least} to {most} people who {self.who}."
            )
        if least < 1 or least < most:  # numbers of people that are told as ranges leave it open
            return
        low, high = (
            whole.n.least * (whole.part - sign * whole.tolerance)
            - sum(part.n.least * (part.part + sign * part.tolerance) for part in shown)
            for sign in (1, -1)
        )
        ends = low / least, high / least
        if len(self.hidden) == 1 and ends[1] - ends[0] < TOLD:
            told = f"{100 * ends[0]:.0f} to {100 * ends[1]:.0f}"
            yield self._finding(f"{what} tells that of {self.hidden[0]}: {told}.")

    def _finding(self, what: str) -> Finding:
        named = " and ".join(self.hidden)
        return Finding(self.page.name, row=self.row, column=named, what=what, remedy=_REMEDY)
