"""Questions of which an index gives away what the guard has blurred.

An index adds up the answers to its questions, and their shares leave some numbers of people open.
What both leave together is found as the audit of finished pages finds it, from the digits that are
published: for a reader who takes it that whoever has an index answered all of its questions, and
for one who does not. The first may be wrong about most people and still right about one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from workbench.audit import vectors
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.reports.disclosure import BASE, ROUNDED_BELOW, Array, Spread

DECIMALS = (0, 1)
"""Cards tell an index in whole points, drawings in tenths of these."""

_HALF = 0.5 * (1 + 1e-9)
"""How far a published number may be from the true one, in units of its last digit."""


@dataclass(frozen=True)
class ShownIndex:
    """An index (0–100) of so many ``people`` that is shown beside its questions, the ``items``."""

    items: Sequence[str]
    value: float
    people: float


def hidden_beside(
    told: Mapping[str, Array | str],
    spreads: Mapping[str, Spread],
    indices: Sequence[ShownIndex],
) -> dict[str, Array | str]:
    """Return what may be shown of questions whose indices are shown too.

    Nothing is shown of a question where an index and the shares of all its questions leave, of some
    answer, one or two people who gave it.

    Parameters
    ----------
    told
        By question, its blurred shares, or why they may not be shown: see
        :func:`workbench.reports.disclosure.blurred_together`.
    spreads
        How the questions were answered, unweighted.
    indices
        Those of these people.

    Examples
    --------
    >>> import numpy as np
    >>> from workbench.reports.beside_indices import ShownIndex, hidden_beside
    >>> from workbench.reports.disclosure import Spread, blurred
    >>> counts = np.array([30.0, 30.0, 61.0])
    >>> spreads = {"q": Spread(np.array([1.0, 2.0, 3.0]), counts / 121, counts)}
    >>> told = {"q": blurred(spreads["q"])}
    >>> found = hidden_beside(told, spreads, [ShownIndex(["q"], 62.8, 121)])
    >>> found["q"].round(2)
    array([0.25, 0.25, 0.5 ])
    """
    left = dict(told)
    for index in indices:
        shown = [one for item in index.items if not isinstance(one := left.get(item, ""), str)]
        if len(shown) < len(index.items):
            continue  # of one of them a reader knows nothing
        for item in list(_singled_out(index, shown, [spreads[item] for item in index.items])):
            left[item] = say("hidden.spread")
    return left


def _singled_out(
    index: ShownIndex, shares: Sequence[Array], spreads: Sequence[Spread]
) -> Iterator[str]:
    """Give the questions with an answer that, for some reader, one or two people gave."""
    possible = []
    for own, spread in zip(shares, spreads, strict=True):
        found = _possible(own, spread)
        if found is None:
            return  # too many numbers for anything to follow
        possible.append(found)
    people = _band(index.people)
    ways = [
        vectors.few_with_index(
            possible,
            people,
            round(index.value, decimals) / 100,
            _HALF / 10**decimals / 100,
            all_answered=all_answered,
        )
        for decimals in DECIMALS
        for all_answered in (True, False)
    ]
    for at, item in enumerate(index.items):
        if any(way[at] for way in ways):
            yield item


def _possible(shares: Array, spread: Spread) -> vectors.Answers | None:
    """Return all numbers of people that the shares in whole percent leave open."""
    percent = (np.round(100 * shares) / 100).tolist()
    people = _band(float(spread.counts.sum()))
    base = BASE if people[0] < ROUNDED_BELOW else 1
    codes = range(len(percent))
    return vectors.answers(
        spread.points,
        {n: vectors.of_published(codes, percent, _HALF / 100, n, base) for n in people},
    )


def _band(people: float) -> range:
    least, most = fmt.told_people(people)
    return range(least, most + 1)
