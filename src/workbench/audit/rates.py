"""Numbers of people that response rates give away to whoever knows how many were invited."""

import re
from collections.abc import Iterator, Sequence

from workbench.audit.findings import Finding
from workbench.audit.questions import half_a_digit
from workbench.audit.reading import PEOPLE, Page, People, people

_NUMBER = r"(\d+(?:\.\d+)?)%"
_INVITED = re.compile(rf"({PEOPLE}) of ({PEOPLE}) people invited \({_NUMBER}(?: to {_NUMBER})?\)")


def response_rates(pages: Sequence[Page]) -> Iterator[Finding]:
    """Give the numbers of people that a page tells as a range and a response rate more exactly."""
    for page in pages:
        for said in _INVITED.finditer(page.text):
            answered, invited = people(said[1]), people(said[2])
            if answered is None or invited is None or answered.least == answered.most:
                continue
            told = _told(answered, invited, said[3], said[4] or said[3])
            if told:
                yield Finding(
                    page.name, row=said[0],
                    what="The rate tells whoever knows how many were invited that "
                    f"{min(told)} to {max(told)} people answered, where {answered} are told.",
                    remedy="Tell the rate as the range that goes with that of people.",
                )  # fmt: skip


def _told(answered: People, invited: People, low: str, high: str) -> set[int]:
    """Return the numbers of people that the rate leaves open, none if it leaves the whole range.

    It leaves the range if it does so for any number who may have been invited.
    """
    found: set[int] = set()
    for number in invited.every:
        first = number * (float(low) - half_a_digit(low)) / 100
        last = number * (float(high) + half_a_digit(high)) / 100
        before = {n for n in answered.every if n <= number}
        after = {n for n in before if first <= n <= last}
        if before and after == before:
            return set()
        found |= after
    return found
