"""Shares of positive answers, and the questions that are named as the highest and the lowest.

Pages may make both of the shares of each answer that they show. Made of numbers of people that are
not shown, they tell more than these.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.audit import vectors
from workbench.audit.cells import ALIKE
from workbench.audit.findings import Finding
from workbench.audit.questions import Told, behind_of, half_a_digit, told
from workbench.audit.reading import PEOPLE, Page, People, people
from workbench.audit.rules import Question, Rules

TOLD = 0.5
"""What is known within this part of what its scale allows has been told."""

MIDDLE = 50.0
"""Points of 100 above which an answer is positive, unless the page says otherwise."""

_OF_QUESTION = re.compile(r"(under |over |)(\d+(?:\.\d+)?)% positive")
_OF_CARD = re.compile(r"(under |over |)(\d+(?:\.\d+)?)% of answers positive")
_FROM = re.compile(r"called positive from (\d+(?:\.\d+)?) of 100 points")
_NAMED = re.compile(r"highest is “(.+?)” and lowest “(.+?)”")
_N = re.compile(rf"n = ({PEOPLE})")

_REMEDY = "Make it of the shares that the page shows, or leave it out."

Range = tuple[float, float]


@dataclass(frozen=True)
class Asked:
    """A question about a construct as an organisation's page tells it.

    Attributes
    ----------
    row, question
        Its wording on the page, and what was asked.
    n
        How many people answered, None where not told.
    positive
        The least and the largest share of positive answers (0–1) that the page leaves open.
    told
        Whether the page tells that share as a number.
    shares
        The shares of each answer, None where not told.
    """

    row: str
    question: Question
    n: People | None
    positive: Range
    told: bool
    shares: Told | None

    @property
    def parts(self) -> NDArray[np.float64]:
        """The answers of the scale as parts of it, 0 to 1."""
        codes = np.asarray(self.question.codes, float)
        return np.asarray((codes - codes[0]) / (codes[-1] - codes[0]))

    @property
    def mean(self) -> Range:
        """The least and the largest mean, as a part of the scale, that the shares leave open."""
        if self.shares is None:
            return 0.0, 1.0
        mean = float(np.asarray(self.shares.shares) @ self.parts)
        room = self.shares.tolerance * float(self.parts.sum())
        return mean - room, mean + room


def positive_shares(pages: Sequence[Page], rules: Rules) -> Iterator[Finding]:
    """Give what shares of positive answers, and the names of questions, tell of hidden answers."""
    for page in pages:
        cards = _of_cards(page)
        for construct, asked in _asked(page, rules).items():
            for one in asked:
                yield from _of_one(page, one)
            if construct in cards:
                yield from _of_all(page, construct, cards[construct], asked)
            yield from _named(page, construct, asked)


# What pages tell


def _asked(page: Page, rules: Rules) -> dict[str, list[Asked]]:
    """Return the questions about every construct whose answers are those of whole people."""
    shares = {one.row: one for one in told(page)}
    found: dict[str, dict[str, Asked]] = {}
    for table in page.tables:
        construct, answers, more = table.caption.partition(" (answers ")
        if not answers or not more.endswith(")"):
            continue
        for wording, *cells in table.rows:
            question = rules.question(wording)
            if question is None or question.weighted:
                continue
            text = " ".join(cells)
            share, n = _OF_QUESTION.search(text), _N.search(text)
            found.setdefault(construct, {})[wording] = Asked(
                wording,
                question,
                people(n[1]) if n else None,
                _open(share) if share else (0.0, 1.0),
                share is not None and not share[1],
                shares.get(wording),
            )
    return {construct: list(asked.values()) for construct, asked in found.items()}


def _of_cards(page: Page) -> dict[str, Range]:
    """Return the mean share of positive answers about every construct, as far as it is open."""
    found = {}
    for card in page.root.select(".wb-cards dl"):
        title, share = card.find("dt"), _OF_CARD.search(card.get_text(" "))
        if title is not None and share:
            found[title.get_text().strip()] = _open(share)
    return found


def _open(written: re.Match[str]) -> Range:
    """The least and the largest share that "12%", "under 5%" or "over 95%" leaves open."""
    share, off = float(written[2]) / 100, half_a_digit(written[2]) / 100
    bound = {"under ": (0.0, share), "over ": (share, 1.0)}
    return bound.get(written[1], (max(share - off, 0.0), min(share + off, 1.0)))


def _is_positive(page: Page, one: Asked) -> NDArray[np.bool_]:
    """Which answers to a question the page calls positive."""
    stated = _FROM.search(page.text)
    points = 100 * one.parts
    return points >= float(stated[1]) if stated else points > MIDDLE


# What follows from it


def _of_one(page: Page, one: Asked) -> Iterator[Finding]:
    """The share of positive answers to one question."""
    if not one.told or one.n is None:
        return
    if _of_almost_all(one.positive):
        yield _found(page, one.row, f"It tells what almost each of {one.n} people answered.")
        return
    bounds = vectors.joined(
        [found for n in one.n.every if (found := _sides(page, one, n)) is not None]
    )
    if bounds is None:
        return
    for few, kind in zip(vectors.few(*bounds), ("a positive answer", "another one"), strict=True):
        if few:
            yield _found(page, one.row, f"Of {one.n} people one or two gave {kind}.")


def _of_almost_all(share: Range) -> bool:
    """Tell whether nearly all, or nearly none, of the answers are positive for certain."""
    return share[0] >= ALIKE or share[1] <= 1 - ALIKE


def _sides(page: Page, one: Asked, n: int) -> vectors.Bounds | None:
    """Return how many of ``n`` people can have given a positive answer, and how many another."""
    share, off = sum(one.positive) / 2, (one.positive[1] - one.positive[0]) / 2
    alone = vectors.of_shares((0, 1), (share, 1 - share), off, n)
    if one.shares is None:
        return alone
    every = vectors.every(behind_of(one.shares, n), n)
    if every is None:
        return None
    positive = _is_positive(page, one)
    shown = float(np.asarray(one.shares.shares)[positive].sum())
    if abs(shown - share) > off + positive.sum() * one.shares.tolerance:
        return alone  # it is no sum of the shares that are shown, but of people
    sides = np.column_stack([every @ positive, every @ ~positive])
    return sides.min(axis=0), sides.max(axis=0)


def _of_all(page: Page, construct: str, card: Range, asked: Sequence[Asked]) -> Iterator[Finding]:
    """The mean share of positive answers to several questions, less those that are told."""
    hidden = [one for one in asked if one.shares is None and not one.told]
    if not hidden:
        return
    known = [one.positive for one in asked if one not in hidden]
    low = max(len(asked) * card[0] - sum(most for _, most in known), 0.0)
    high = min(len(asked) * card[1] - sum(least for least, _ in known), float(len(hidden)))
    if low <= high and high - low < TOLD * len(hidden):
        ends = " to ".join(f"{100 * end / len(hidden):.0f}%" for end in (low, high))
        yield _found(
            page, construct,
            "The mean share of positive answers less those shown tells that of hidden questions "
            f"({'; '.join(one.row for one in hidden)}): {ends}.",
        )  # fmt: skip


def _named(page: Page, construct: str, asked: Sequence[Asked]) -> Iterator[Finding]:
    """The two questions that are named as those with the highest and the lowest mean."""
    by_row = {one.row: one for one in asked}
    for highest, lowest in sorted(_names(page)):
        if highest not in by_row or lowest not in by_row:
            continue
        shown = {row: one.mean for row, one in by_row.items() if one.shares is not None}
        if not shown:
            continue
        top, bottom = max(low for low, _ in shown.values()), min(high for _, high in shown.values())
        told_of = {highest: (top, 1.0), lowest: (0.0, bottom)}
        for row, (low, high) in told_of.items():
            if row not in shown and high - low < TOLD:
                yield _found(
                    page, row,
                    f"It is hidden, and named beside others about {construct}, so that its mean is "
                    f"{100 * low:.0f} to {100 * high:.0f} of 100 points.",
                )  # fmt: skip
        if _out_of_order(shown, highest, lowest):
            yield _found(
                page, construct,
                f"“{highest}” and “{lowest}” are not the highest and the lowest by the shares "
                "shown, so that their order tells of numbers that are not.",
            )  # fmt: skip


def _names(page: Page) -> set[tuple[str, str]]:
    """The questions that sentences of a page name, those of drawings among them."""
    labels = [str(one["aria-label"]) for one in page.root.select("[aria-label]")]
    return {found for text in (page.text, *labels) for found in _NAMED.findall(text)}


def _out_of_order(shown: Mapping[str, Range], highest: str, lowest: str) -> bool:
    """Tell whether a question that is shown cannot have the place by its mean that it is given."""
    top, bottom = shown.get(highest, (0.0, 1.0))[1], shown.get(lowest, (0.0, 1.0))[0]
    return any(low > top or high < bottom for low, high in shown.values())


def _found(page: Page, row: str, what: str) -> Finding:
    return Finding(page.name, row=row, what=what, remedy=_REMEDY)
