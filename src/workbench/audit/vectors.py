"""The numbers of people behind published shares, searched among whole numbers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Bounds = tuple[Counts, Counts]

SEARCHED = 300_000
"""Vectors of counts that are looked through one by one; where there are more, bounds are used."""


def of_shares(
    codes: Sequence[int],
    shares: Sequence[float],
    tolerance: float,
    n: int,
    mean: float | None = None,
    mean_tolerance: float = 0.0,
) -> Bounds | None:
    """Return the least and the largest number of people who can have given each answer.

    Parameters
    ----------
    codes, shares, tolerance
        The answers, their published shares (0–1), and how far these may be from the true ones.
    n
        The number of people who answered.
    mean, mean_tolerance
        The published mean of the codes, if there is one.

    Returns
    -------
    tuple of arrays of shape (codes,) or None
        None where no whole numbers have these shares, that is, where they come from other numbers.
    """
    part = np.asarray(shares, float)
    low = np.maximum(np.ceil(n * (part - tolerance) - 1e-9), 0).astype(np.int64)
    high = np.floor(n * (part + tolerance) + 1e-9).astype(np.int64)
    found = summing_to(low, high, n)
    if found is None or mean is None or prod((found[1] - found[0] + 1).tolist()) > SEARCHED:
        return found
    return with_mean(codes, found, n, mean, mean_tolerance)


def of_rounded_shares(
    shares: Sequence[float], tolerance: float, n: int, base: int
) -> Bounds | None:
    """Return the same where counts were rounded to a multiple of ``base`` before shares were made.

    What was rounded to a multiple lies within half of ``base`` of it, and all add up to ``n``.
    """
    part = np.asarray(shares, float)
    off = base // 2
    bounds = []
    for total in range(0, n + off * len(part) + 1):
        if total % base or total < n - off * len(part):
            continue
        multiples = base * np.round(part * total / base)
        if multiples.sum() != total or total == 0:
            continue
        if (np.abs(multiples / total - part) > tolerance).any():
            continue
        counts = multiples.astype(np.int64)
        found = summing_to(np.maximum(counts - off, 0), counts + off, n)
        if found is not None:
            bounds.append(found)
    return joined(bounds)


def of_published(
    codes: Sequence[int],
    shares: Sequence[float],
    tolerance: float,
    n: int,
    base: int,
    mean: float | None = None,
    mean_tolerance: float = 0.0,
) -> Bounds | None:
    """Return the same of shares of a page that says that it rounds numbers to ``base``; 1 if none.

    They are taken for those of numbers that were not rounded where no rounded ones have them.
    """
    if base > 1:
        rounded = of_rounded_shares(shares, tolerance, n, base)
        if rounded is not None:
            return rounded
    return of_shares(codes, shares, tolerance, n, mean, mean_tolerance)


def of_moments(
    codes: Sequence[int],
    n: int,
    mean: tuple[float, float],
    sd: tuple[float, float] | None = None,
    base: int = 1,
) -> Bounds | None:
    """Return the same where the mean, and perhaps the standard deviation, is all that is published.

    Parameters
    ----------
    codes
        The answers of the scale.
    n
        The number of people who answered.
    mean, sd
        Each as it is published, and how far it may be from the true one.
    base
        Looks for multiples of this that add up to about ``n``.

    Returns
    -------
    tuple of arrays of shape (codes,) or None
        None also where there are too many vectors to look through.
    """
    off = base // 2 * len(codes)
    found = []
    for total in range(max(n - off, 1), n + off + 1):
        parts = total // base
        if total % base or n < 2:
            continue
        if comb(parts + len(codes) - 1, len(codes) - 1) > SEARCHED:
            return None
        every = base * _compositions(parts, len(codes))
        values = np.asarray(codes, float)
        means = every @ values / total
        variances = (every @ values**2 / total - means**2) * n / (n - 1)
        fits = np.abs(means - mean[0]) <= mean[1]
        if sd is not None:
            fits &= np.abs(np.sqrt(np.maximum(variances, 0)) - sd[0]) <= sd[1]
        found.append(every[fits])
    every = np.concatenate(found) if found else np.zeros((0, len(codes)), np.int64)
    return (every.min(axis=0), every.max(axis=0)) if len(every) else None


def every(bounds: Bounds | None, n: int) -> Counts | None:
    """Return all vectors within bounds that add up to ``n``, one a row.

    None where there are none, or too many to look through.
    """
    if bounds is None:
        return None
    low, high = bounds
    if prod((high - low + 1).tolist()) > SEARCHED:
        return None
    found = np.zeros((1, 0), np.int64)
    left = np.array([[low[at:].sum(), high[at:].sum()] for at in range(1, len(low) + 1)])
    for least, most, (rest_least, rest_most) in zip(low, high, left, strict=True):
        own = np.arange(least, most + 1)
        found = np.column_stack([np.repeat(found, len(own), axis=0), np.tile(own, len(found))])
        sums = found.sum(axis=1)
        found = found[(sums + rest_least <= n) & (sums + rest_most >= n)]
    return found if len(found) else None


def with_mean(
    codes: Sequence[int], bounds: Bounds, n: int, mean: float, tolerance: float
) -> Bounds | None:
    """Narrow bounds to vectors that add up to ``n`` and have this mean, to within ``tolerance``.

    None where there are none, or too many to look through.
    """
    found = every(bounds, n)
    if found is None:
        return None
    found = found[np.abs(found @ np.asarray(codes, float) / n - mean) <= tolerance]
    return (found.min(axis=0), found.max(axis=0)) if len(found) else None


@dataclass(frozen=True)
class Answers:
    """How a question can have been answered.

    ``points`` (codes,) are parts of the scale, 0 to 1, and ``every`` the vectors (vectors × codes)
    by how many people gave an answer.
    """

    points: NDArray[np.float64]
    every: Mapping[int, Counts]

    @cached_property
    def sums(self) -> Mapping[int, tuple[NDArray[np.float64], NDArray[np.intp]]]:
        """By how many answered, the different sums of points, and each vector's among them."""
        return {
            people: np.unique((every @ self.points).round(9), return_inverse=True)
            for people, every in self.every.items()
        }


def answers(points: NDArray[np.float64], bounds: Mapping[int, Bounds | None]) -> Answers | None:
    """Return all numbers within ``bounds``, by how many people gave an answer.

    None where there are too many to look through for any of these.
    """
    found = {n: every(one, n) for n, one in bounds.items() if one is not None}
    known = {n: one for n, one in found.items() if one is not None}
    return Answers(points, known) if len(known) == len(found) else None


def with_index(
    questions: Sequence[Answers],
    people: Sequence[int],
    index: float,
    tolerance: float,
    *,
    all_answered: bool,
) -> list[Bounds] | None:
    """Return the bounds of every question's numbers, given the index that the questions make.

    The index (0–1) is the mean over ``people`` (any of these numbers of them) of what each answered
    on average. So ``people`` times as many as there are questions times the index is at least the
    sum of all answers, in parts of their scales, and at most as much more as answers are missing.
    ``all_answered``: none are.

    Returns
    -------
    list of bounds or None
        None where no numbers have this index.
    """
    together = None
    for found in _by_people(questions, people, index, tolerance, all_answered):
        together = found if together is None else _both(together, found)
    return together


def few_with_index(
    questions: Sequence[Answers],
    people: Sequence[int],
    index: float,
    tolerance: float,
    *,
    all_answered: bool,
) -> list[bool]:
    """Tell of which questions, given the index as in :func:`with_index`, some answer is one that
    one or two people must have given.

    Each further number of people that may have the index leaves more open, so the search ends
    where nothing is told any more.
    """
    together = None
    for found in _by_people(questions, people, index, tolerance, all_answered):
        together = found if together is None else _both(together, found)
        if not any(few(*bounds).any() for bounds in together):
            break
    return [bool(few(*bounds).any()) for bounds in together or ()] or [False] * len(questions)


def _by_people(
    questions: Sequence[Answers],
    people: Sequence[int],
    index: float,
    tolerance: float,
    all_answered: bool,
) -> Iterator[list[Bounds]]:
    """Give the bounds of every question's numbers, for each number of people who can have this
    index."""
    for n in people:
        total, room = (n * len(questions) * number for number in (index, tolerance))
        found = _with_sum(questions, n, (total - room, total + room), all_answered)
        if found is not None:
            yield found


def _both(first: Sequence[Bounds], second: Sequence[Bounds]) -> list[Bounds]:
    """Bounds of every question that hold whichever of the two do."""
    return [
        (np.minimum(low, other_low), np.maximum(high, other_high))
        for (low, high), (other_low, other_high) in zip(first, second, strict=True)
    ]


def _with_sum(
    questions: Sequence[Answers], n: int, ends: tuple[float, float], all_answered: bool
) -> list[Bounds] | None:
    """Return the same if ``n`` people have an index, whose sum is between these ends."""
    most_people = [max((own for own in one.every if own <= n), default=0) for one in questions]
    others = sum(most_people) - np.asarray(most_people)
    # Whoever has an index answered a question: those who left this one out answered another.
    possible = [
        [
            (every, *one.sums[own], n - own)
            for own, every in one.every.items()
            if own == n or (n - left <= own < n and not all_answered)
        ]
        for one, left in zip(questions, others.tolist(), strict=True)
    ]
    if not all(possible):
        return None
    parts = [
        _most_missing(
            np.concatenate([sums for _, sums, _, _ in own]),
            np.concatenate([np.full(len(sums), missing) for _, sums, _, missing in own]),
        )
        for own in possible
    ]
    bounds = []
    for at, own in enumerate(possible):
        rest = _added(parts[:at] + parts[at + 1 :])
        fitting = [
            every[_fits(sums, missing, rest, ends)[place]] for every, sums, place, missing in own
        ]
        together = joined([(one.min(axis=0), one.max(axis=0)) for one in fitting if len(one)])
        if together is None:
            return None
        bounds.append(together)
    return bounds


Sums = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Different sums of answers, and how many answers at most are missing beside each."""


def _most_missing(sums: NDArray[np.float64], missing: NDArray[np.float64]) -> Sums:
    different, place = np.unique(sums.round(9), return_inverse=True)
    most = np.zeros(len(different))
    np.maximum.at(most, place, missing)
    return different, most


def _added(parts: Sequence[Sums]) -> Sums:
    """Return the sums of one of each."""
    found: Sums = (np.zeros(1), np.zeros(1))
    for one in parts:
        sums, missing = (np.add.outer(*pair).ravel() for pair in zip(found, one, strict=True))
        found = _most_missing(sums, missing)
    return found


def _fits(
    sums: NDArray[np.float64], missing: float, rest: Sums, ends: tuple[float, float]
) -> NDArray[np.bool_]:
    """Tell which sums (n,) of a question, with some of the rest, lie between the ends."""
    least = np.add.outer(sums, rest[0])
    fits = (least <= ends[1] + 1e-6) & (least + missing + rest[1] >= ends[0] - 1e-6)
    return np.asarray(fits.any(axis=1))


def joined(bounds: Sequence[Bounds]) -> Bounds | None:
    """Return the bounds that hold whichever of these do; None of none."""
    if not bounds:
        return None
    lows, highs = zip(*bounds, strict=True)
    return np.min(lows, axis=0), np.max(highs, axis=0)


def few(low: Counts, high: Counts) -> NDArray[np.bool_]:
    """Return which of the answers one or two people must have given."""
    return (low >= 1) & (high <= 2)


def summing_to(low: Counts, high: Counts, n: int) -> Bounds | None:
    """Narrow bounds of counts to what adds up to ``n``; None where nothing does."""
    if (low > high).any() or low.sum() > n or high.sum() < n:
        return None
    return np.maximum(low, n - (high.sum() - high)), np.minimum(high, n - (low.sum() - low))


def _compositions(n: int, parts: int) -> Counts:
    """Return all vectors of ``parts`` whole numbers that add up to ``n``, one a row."""
    rows = np.zeros((1, 0), np.int64)
    for _ in range(parts - 1):
        left = n - rows.sum(axis=1)
        repeated = np.repeat(rows, left + 1, axis=0)
        added = np.concatenate([np.arange(one + 1) for one in left])
        rows = np.column_stack([repeated, added])
    return np.column_stack([rows, n - rows.sum(axis=1)])
