"""Hidden indices that means of a type, and the lowest and highest of all, give away.

The mean of the organisations of a type is an equation of their indices. Where hidden ones are in
it, linear programming finds the least and the largest value that each can have.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.audit.findings import Finding
from workbench.audit.linear import between, bounds_of
from workbench.audit.questions import half_a_digit
from workbench.audit.reading import Page, numbers
from workbench.audit.rules import Rules

TOLD = 50.0
"""An index known within so many of its 100 points has been told."""

_NUMBER = r"(\d+(?:\.\d+)?)"
_OF_ALL = re.compile(rf"lowest {_NUMBER}, the highest {_NUMBER}")
_REMEDY = "Leave hidden organisations out of what is told of all, or of their type."

Range = tuple[float, float]


@dataclass(frozen=True)
class OfType:
    """The mean index of ``count`` organisations of a type: the least and the largest it can be."""

    kind: str
    count: int
    mean: Range


@dataclass(frozen=True)
class Told:
    """What pages of a wave tell of the indices of a construct.

    Attributes
    ----------
    page
        One that tells it.
    shown
        The index of each organisation whose page shows one: the least and largest it can be.
    hidden
        The organisations whose page shows none.
    types
        The means of types.
    ends
        The lowest and the highest index of all organisations; None where not told.
    """

    page: str
    shown: Mapping[str, Range]
    hidden: Sequence[str]
    types: Sequence[OfType]
    ends: tuple[Range, Range] | None


def hidden_indices(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give the hidden indices that are told, or narrowed down, by what pages tell of others."""
    for wave in dict.fromkeys(page.wave for page in pages):
        own = [page for page in pages if page.wave == wave and page.organisation]
        unpublished = set(rules.organisations) - {page.organisation for page in own}
        for construct, found in _told(own, rules).items():
            yield from _in_types(construct, found, rules)
            if not unpublished:
                yield from _at_the_ends(construct, found)


# What pages tell


def _told(pages: Sequence[Page], rules: Rules) -> dict[str, Told]:
    shown: dict[str, dict[str, Range]] = {}
    hidden: dict[str, list[str]] = {}
    texts: dict[str, dict[str, str]] = {}
    for page in pages:
        for card in page.root.select(".wb-cards dl"):
            title, value = card.find("dt"), card.find("dd", class_="wb-value")
            if title is None:
                continue
            construct = title.get_text().strip()
            texts.setdefault(construct, {})[page.name] = " ".join(card.get_text(" ").split())
            written = numbers(value.get_text()) if value is not None else []
            if written:
                shown.setdefault(construct, {})[page.organisation] = _around(written[0])
            else:
                hidden.setdefault(construct, []).append(page.organisation)
    return {
        construct: Told(
            next(iter(of_pages)),
            shown.get(construct, {}),
            hidden.get(construct, []),
            _of_types(of_pages.values(), rules),
            _ends(of_pages.values()),
        )
        for construct, of_pages in texts.items()
    }


def _around(number: str) -> Range:
    """The least and the largest number that is written so."""
    value, off = float(number), half_a_digit(number)
    return value - off, value + off


def _of_types(texts: Iterable[str], rules: Rules) -> list[OfType]:
    found = {}
    for kind in set(rules.types.values()):
        pattern = re.compile(rf"ean of the (\d+) of type {re.escape(kind)}: {_NUMBER}")
        for text in texts:
            for count, mean in pattern.findall(text):
                found[kind, count, mean] = OfType(kind, int(count), _around(mean))
    return [found[key] for key in sorted(found)]


def _ends(texts: Iterable[str]) -> tuple[Range, Range] | None:
    found = next((ends for text in texts if (ends := _OF_ALL.search(text))), None)
    return (_around(found[1]), _around(found[2])) if found else None


# What follows from it


def _in_types(construct: str, found: Told, rules: Rules) -> Iterator[Finding]:
    """Bound every hidden index by the means of types that have hidden organisations in them."""
    unknown = [name for name in rules.organisations if name not in found.shown]
    sums, least, most = [], [], []
    for one in found.types:
        members = [name for name, kind in rules.types.items() if kind == one.kind]
        shown = [found.shown[name] for name in members if name in found.shown]
        left = [name for name in members if name in unknown]
        low, high = (sum(part[end] for part in shown) for end in (0, 1))
        of_shown = one.count == len(shown) and (
            low <= one.count * one.mean[1] and high >= one.count * one.mean[0]
        )
        if of_shown or not left or len(shown) < one.count < len(members):
            continue  # it leaves the hidden ones out, or nobody knows which of them are in it
        sums.append([float(name in left) for name in unknown])
        least.append(len(members) * one.mean[0] - high)
        most.append(len(members) * one.mean[1] - low)
    if not sums:
        return
    system = between(np.asarray(sums), least, most)
    for at, name in enumerate(unknown):
        bounds = bounds_of(at, [(0.0, 100.0)] * len(unknown), system)
        if name in found.hidden and bounds is not None and bounds[1] - bounds[0] < TOLD:
            yield Finding(
                found.page, row=construct,
                what=f"The mean of a type less the indices shown tells the hidden index of {name}: "
                f"{bounds[0]:.0f} to {bounds[1]:.0f}.",
                remedy=_REMEDY,
            )  # fmt: skip


def _at_the_ends(construct: str, found: Told) -> Iterator[Finding]:
    """The lowest and the highest of all, where no organisation that is shown has such an index."""
    if found.ends is None or not found.hidden or not found.shown:
        return
    lowest, highest = found.ends
    below = lowest[1] < min(low for low, _ in found.shown.values())
    above = highest[0] > max(high for _, high in found.shown.values())
    for told, side, index in ((below, "lowest", lowest), (above, "highest", highest)):
        if told:
            yield Finding(
                found.page, row=construct,
                what=f"The {side} index of all, {sum(index) / 2:g}, is that of a hidden "
                f"organisation ({', '.join(found.hidden)}).",
                remedy=_REMEDY,
            )  # fmt: skip
