"""What goes with adoption: an effect beside others, what was there before, whether it lasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workbench.interpretation import numbers
from workbench.interpretation.links import Direction, LinkEstimate
from workbench.interpretation.messages import say


class Before(StrEnum):
    """How adopters and others changed before adoption."""

    NONE = "none"
    """No adopter has two waves before."""
    ALIKE = "alike"
    """No difference is clear."""
    APART = "apart"


class Equal(StrEnum):
    """Whether two changes are equal within a margin."""

    EQUAL = "equal"
    """The 90 % interval of their difference lies within it."""
    NOT_SHOWN = "not shown"
    NO_MARGIN = "no margin"
    """Nobody has stated one, or there is no estimate."""


@dataclass(frozen=True)
class AdoptionEffect:
    """The difference in change between adopters and others, in points; any number may be NaN.

    Attributes
    ----------
    estimate
        With its 95 % interval.
    equal
        Its 90 % interval.
    lasting
        The change of the effect from the first wave after adoption to the last, with its 90 %
        interval.
    before
        How both changed before.
    margin
        Within how many points changes count as equal, or None.
    """

    estimate: tuple[float, float, float]
    equal: tuple[float, float]
    lasting: tuple[float, float, float]
    before: Before
    margin: float | None

    @classmethod
    def of(cls, row: Mapping[Any, Any], margin: float | None) -> "AdoptionEffect":
        """The effect in a row of :attr:`workbench.benchmark.Adopters.effects`."""
        estimate, lower, upper = (float(row[name]) for name in ("estimate", "lower", "upper"))
        ends = float(row["equal_lower"]), float(row["equal_upper"])
        lasting, low, high = (
            float(row[name]) for name in ("lasting", "lasting_lower", "lasting_upper")
        )
        return cls(
            (estimate, lower, upper), ends, (lasting, low, high), Before(row["before"]), margin
        )

    @property
    def direction(self) -> Direction:
        """Whether the changes clearly differ, and which is higher."""
        return LinkEstimate(*self.estimate).direction

    @property
    def maintained(self) -> Equal:
        """Whether adopters changed as the others did, within the margin."""
        return _equal(self.equal, self.margin)

    @property
    def lasts(self) -> Equal:
        """Whether the effect stayed as it was in the first wave after adoption."""
        return _equal(self.lasting[1:], self.margin)


def _equal(ends: tuple[float, ...], margin: float | None) -> Equal:
    if margin is None or any(map(numbers.is_missing, ends)):
        return Equal.NO_MARGIN
    return Equal.EQUAL if -margin < min(ends) and max(ends) < margin else Equal.NOT_SHOWN


def adoption_in_words(label: str, found: AdoptionEffect, *, strong: bool = False) -> str:
    """What goes with adoption in one construct, in a few sentences.

    ``strong`` puts the construct between the marks of strong text.
    """
    marks = "**" if strong else ""
    value, lower, upper = found.estimate
    clear = found.direction in (Direction.POSITIVE, Direction.NEGATIVE)
    equal = found.maintained is Equal.EQUAL
    told = []
    if clear or not equal:
        told.append(
            say(
                f"adoption.change.{found.direction}",
                construct=label,
                strong=marks,
                size=numbers.points(abs(value)).lstrip("+"),
                points=numbers.points(value),
                span=numbers.interval(lower, upper, 1),
            )
        )
    if equal:
        key = "within" if clear else "maintained"
        ends = _within(found.equal, found)
        told.append(say(f"adoption.{key}", construct=label, strong=marks, **ends))
    if clear and found.lasts is not Equal.NO_MARGIN:
        told.append(say(f"adoption.lasts.{found.lasts}", **_within(found.lasting[1:], found)))
    if clear or found.before is Before.APART:
        told.append(say(f"adoption.before.{found.before}"))
    return " ".join(told)


def _within(ends: tuple[float, ...], found: AdoptionEffect) -> dict[str, str]:
    assert found.margin is not None
    return {
        "margin": numbers.general(found.margin),
        "span": numbers.interval(min(ends), max(ends), 1),
    }


def maintained_in_a_cell(found: AdoptionEffect) -> str:
    """ "yes (−0.4 to 1.1)", or "not shown", with the 90 % interval."""
    return say(
        f"adoption.cell.{found.maintained}", span=numbers.interval(*found.equal, 1, missing="")
    )


def before_in_a_word(before: Before) -> str:
    """ "no clear difference", "different", or that it cannot be checked."""
    return say(f"adoption.before.{before}.word")
