"""What a score's reliability allows."""

from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import RELIABLE_FOR_GROUPS, RELIABLE_FOR_PERSONS
from workbench.interpretation.messages import say


class Use(StrEnum):
    """What a score may be used for."""

    FOR_PERSONS = "for persons"
    FOR_GROUPS = "for groups"
    TOO_LOW = "too low"
    MISSING = "missing"
    """There is no estimate."""


def use_of(reliability: float) -> Use:
    """Judge a reliability (alpha or omega) by the marks of Nunnally & Bernstein (1994)."""
    if numbers.is_missing(reliability):
        return Use.MISSING
    if reliability >= RELIABLE_FOR_PERSONS:
        return Use.FOR_PERSONS
    return Use.FOR_GROUPS if reliability >= RELIABLE_FOR_GROUPS else Use.TOO_LOW


def reliability_in_words(reliability: float) -> str:
    """Say what a reliability allows."""
    return say(f"reliability.{use_of(reliability)}")


def reliability_sentence(label: str, measure: str, value: float, reason: str) -> str:
    """Say what the reliability of a construct's score allows, or why it has none.

    ``measure`` is the name of ``value``: alpha or omega.
    """
    if reason:
        return say("reliability told.none", construct=label, reason=reason)
    told = numbers.number(value)
    use = reliability_in_words(value)
    return say("reliability told.use", construct=label, use=use, measure=measure, value=told)


def alpha_in_words(alpha: float, lower: float, upper: float, reason: str) -> str:
    """An alpha with its interval, or why there is none."""
    return numbers.estimate(alpha, lower, upper, missing=say("estimate.missing", reason=reason))
