"""Pass-through to and from numbers of records, in the records' own units.

A chain is fitted to indices on 0–100. The index of one number from records is its place on its
scale, so that a point is so many days, or under a logarithm so many percent of them.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from workbench.interpretation import numbers
from workbench.interpretation.messages import say

POINTS = 10
"""Points of an index that pass-through to numbers of records is told for."""

PERCENT = 10
"""Percent of a skewed amount that pass-through from it is told for."""


@dataclass(frozen=True)
class Amount:
    """What an index of records counts.

    Attributes
    ----------
    unit
        What its numbers are: "days".
    start, width
        The number at an index of 0, and what a point adds to it; both of its logarithm where
        ``relative``. ``width`` is below 0 where high numbers are bad and were turned.
    relative
        Whether differences are told in percent.

    Examples
    --------
    >>> days = Amount("days", 0, 3.65)
    >>> days.number(10), days.difference(2)
    (36.5, 7.3)
    >>> skewed = Amount("days", math.log(1), math.log(100) / 100, relative=True)
    >>> round(skewed.number(50), 6), round(skewed.difference(10), 1)
    (10.0, 58.5)
    """

    unit: str
    start: float
    width: float
    relative: bool = False

    def number(self, index: float) -> float:
        """The number, in the unit, of an index."""
        there = self.start + self.width * index
        return math.exp(there) if self.relative else there

    def difference(self, points: float) -> float:
        """What a difference in points is: in the unit, or in percent."""
        moved = self.width * points
        return 100 * math.expm1(moved) if self.relative else moved

    @property
    def kind(self) -> str:
        """How its differences are told."""
        return "percent" if self.relative else "amount"

    def in_words(self, index: float, lower: float, upper: float) -> str:
        """ "17.2 days (16.1 to 18.4)", of an index with its interval."""
        value = self.number(index)
        digits = 0 if abs(value) >= 100 else 1
        span = say("interval.none")
        if not (numbers.is_missing(lower) or numbers.is_missing(upper)):
            ends = sorted((self.number(lower), self.number(upper)))
            span = numbers.interval(ends[0], ends[1], digits)
        told = numbers.number(value, digits)
        return say("difference.amount", value=told, span=span, unit=self.unit)

    @property
    def step(self) -> tuple[float, float]:
        """A round difference of the number, in the unit or in percent, and its points."""
        if self.relative:
            return PERCENT, math.log1p(PERCENT / 100) / self.width
        size = POINTS * abs(self.width)
        tens = 10.0 ** math.floor(math.log10(size))
        whole = round(size / tens) * tens
        return whole, whole / self.width


Amounts = Mapping[str, Amount]
"""By construct, for those that are one number from records."""


@dataclass(frozen=True)
class Told:
    """A difference as it is told.

    Attributes
    ----------
    value, lower, upper
        In points, in the unit, or in percent.
    kind
        "points", "amount" or "percent".
    unit
        That of an amount.
    """

    value: float
    lower: float = math.nan
    upper: float = math.nan
    kind: str = "points"
    unit: str = ""

    @property
    def decimals(self) -> int:
        """As many as the value needs: two below 1, none from 100 on."""
        return 2 if abs(self.value) < 1 else 1 if abs(self.value) < 100 else 0

    @property
    def clear(self) -> bool:
        """Whether its interval does not hold 0."""
        return self.lower > 0 or self.upper < 0

    @property
    def alone(self) -> str:
        """ "−3.4 days", "+3.2%": the difference without its interval."""
        size = self.number(self.value)
        if self.kind == "percent":
            return size
        return say("amount.of unit", size=size, unit=self.unit)

    @property
    def in_numbers(self) -> str:
        """ "−0.40 days (−0.90 to +0.10)", for a cell of a table."""
        if numbers.is_missing(self.value):
            return say("link.not estimated")
        value, lower, upper = map(self.number, (self.value, self.lower, self.upper))
        span = say("number.interval", lower=lower, upper=upper)
        if numbers.is_missing(self.lower) or numbers.is_missing(self.upper):
            span = say("interval.none")
        return say(f"difference.{self.kind}", value=value, span=span, unit=self.unit)

    def number(self, value: float) -> str:
        """A number with its sign, and the sign of percent."""
        text = numbers.number(value, self.decimals, signed=True)
        return say("number.percent", number=text) if self.kind == "percent" else text


def difference_of(points: float, lower: float, upper: float, amount: Amount | None) -> Told:
    """A difference in points with its interval as it is told of records, or as it is.

    Examples
    --------
    >>> difference_of(2, 1, 3, Amount("days", 365, -3.65)).in_numbers
    '−7.3 days (−10.9 to −3.6)'
    """
    if amount is None:
        return Told(points, lower, upper)
    value, one, other = (amount.difference(each) for each in (points, lower, upper))
    ends = (one, other) if amount.width > 0 else (other, one)
    return Told(value, *ends, amount.kind, amount.unit)


def step_of(amount: Amount | None) -> tuple[str, float]:
    """The difference that pass-through from a construct is told for: in words, and in points.

    Examples
    --------
    >>> step_of(None), step_of(Amount("days", 0, 3.65))[0]
    (('10 points', 10), '40 days')
    """
    if amount is None:
        return say("amount.points", count=POINTS), POINTS
    size, points = amount.step
    if amount.relative:
        return say("amount.percent", count=numbers.general(size)), points
    return say("amount.of unit", size=numbers.general(size), unit=amount.unit), points


def pass_through_of(
    rate: tuple[float, float, float], source: Amount | None, target: Amount | None
) -> tuple[str, Told]:
    """Pass-through (points per point, with its interval) where an end is a number from records.

    Returns
    -------
    str, Told
        The difference of the source, in words, and what goes with it.
    """
    words, points = step_of(source)
    lower, upper = rate[1:] if points > 0 else rate[:0:-1]
    return words, difference_of(points * rate[0], points * lower, points * upper, target)


def pass_through_in_words(
    source: str,
    target: str,
    rate: tuple[float, float, float],
    amounts: tuple[Amount | None, Amount | None],
    index: float | None = None,
) -> str:
    """What goes with a difference of the source, as a sentence; "" where it is not clear.

    ``index`` is the target's: with it the sentence tells what the number is, and what instead.

    Examples
    --------
    >>> days = Amount("days", 0, 4)
    >>> pass_through_in_words("Service", "Waiting", (-0.1, -0.2, -0.05), (None, days), 5)
    'Where Service is 10 points higher, Waiting is 4.0 days lower (−8.0 to −2.0): 16.0 instead of
    20.0 days.'
    """
    step, told = pass_through_of(rate, *amounts)
    if not told.clear:
        return ""
    way = "higher" if told.value > 0 else "lower"
    size = numbers.number(abs(told.value), told.decimals)
    if told.kind == "percent":
        size = say("number.percent", number=size)
    ends = [told.number(end) for end in (told.lower, told.upper)]
    span = say("number.interval", lower=ends[0], upper=ends[1])
    said = {"source": source, "target": target, "step": step, "size": size, "span": span}
    amount = amounts[1]
    if amount is None or index is None or numbers.is_missing(index):
        return say(f"passes.{told.kind}.{way}", unit=told.unit, **said)
    now = amount.number(index)
    after = now * (1 + told.value / 100) if amount.relative else now + told.value
    digits = 0 if abs(now) >= 100 else 1
    instead, typical = (numbers.number(value, digits) for value in (after, now))
    return say(
        f"passes.{told.kind}.{way}.instead",
        unit=told.unit,
        instead=instead,
        typical=typical,
        **said,
    )
