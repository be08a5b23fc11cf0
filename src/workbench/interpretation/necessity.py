"""Whether a condition is necessary for an outcome."""

from enum import StrEnum
from typing import Protocol

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import (
    LARGE_NECESSITY,
    MEDIUM_NECESSITY,
    SIGNIFICANCE,
    VERY_LARGE_NECESSITY,
)
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted


class Necessary(StrEnum):
    """What an effect size and its test tell of necessity."""

    NOT = "not"
    """The effect is too small to be one of any weight."""
    CHANCE = "chance"
    """It could be due to chance."""
    CONSISTENT = "consistent"
    """The data are consistent with a necessary condition."""


class NecessitySize(StrEnum):
    """How large the effect size of a necessary condition is."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    VERY_LARGE = "very large"


class ErrorTaken(StrEnum):
    """What was done about the measurement error of condition and outcome."""

    UNKNOWN = "unknown"
    TOO_LARGE = "too large"
    CORRECTED = "corrected"


def necessary(effect: float, pvalue: float) -> Necessary:
    """Judge an effect size d by Dul's marks and its permutation test."""
    if effect < MEDIUM_NECESSITY:
        return Necessary.NOT
    return Necessary.CHANCE if pvalue >= SIGNIFICANCE else Necessary.CONSISTENT


def necessity_size(effect: float) -> NecessitySize:
    """Judge the size of an effect d by Dul's marks."""
    if effect < MEDIUM_NECESSITY:
        return NecessitySize.SMALL
    if effect < LARGE_NECESSITY:
        return NecessitySize.MEDIUM
    return NecessitySize.LARGE if effect < VERY_LARGE_NECESSITY else NecessitySize.VERY_LARGE


def necessity_in_words(
    condition: str, outcome: str, effect: float, uncorrected: float, pvalue: float
) -> str:
    """Whether high outcomes are seen without high conditions.

    ``effect`` is d corrected for measurement error, the same as ``uncorrected`` where it cannot be.
    """
    found = say(
        f"necessity numbers.{'plain' if effect == uncorrected else 'corrected'}",
        effect=numbers.number(effect),
        uncorrected=numbers.number(uncorrected),
        p=numbers.p_value(pvalue),
    )
    return say(
        f"necessity.{necessary(effect, pvalue)}",
        condition=condition,
        outcome=outcome,
        size=say(f"necessity size.{necessity_size(effect)}"),
        numbers=found,
    )


class Counted(Protocol):
    """Exceptions that were counted: see :class:`workbench.drivers.Exceptions`."""

    @property
    def level(self) -> str: ...
    @property
    def stated(self) -> bool: ...
    @property
    def outcome_from(self) -> float: ...
    @property
    def condition_below(self) -> float: ...
    @property
    def high(self) -> int: ...
    @property
    def count(self) -> int: ...
    @property
    def share(self) -> float: ...
    @property
    def interval(self) -> tuple[float, float]: ...


def exceptions_in_words(condition: str, outcome: str, found: Counted) -> str:
    """How many cases contradict that there is no high outcome without the condition."""
    cuts = "stated" if found.stated else "quarters"
    ends = {
        "condition": condition,
        "outcome": outcome,
        "high": numbers.number(found.outcome_from, 0),
        "low": numbers.number(found.condition_below, 0),
    }
    if not found.high:
        return say(
            f"exceptions none high.{cuts}", cases=say(f"exceptions cases.{found.level}"), **ends
        )
    lower, upper = found.interval
    return say(
        f"exceptions.{cuts}",
        count=found.count,
        cases=counted(found.high, found.level),
        share=numbers.percent(found.share),
        lower=numbers.percent(lower),
        upper=numbers.percent(upper),
        **ends,
    )


def necessity_error_in_words(taken: ErrorTaken) -> str:
    """What was done about measurement error."""
    return say(f"necessity error.{taken}")


def necessity_marks_in_words(points: int) -> str:
    """From how many points an effect size is, and by which marks it is judged."""
    medium, large, very_large = (
        numbers.general(mark) for mark in (MEDIUM_NECESSITY, LARGE_NECESSITY, VERY_LARGE_NECESSITY)
    )
    return say(
        "necessity marks",
        points=numbers.count(points),
        medium=medium,
        large=large,
        very_large=very_large,
    )


def most_telling_in_words(effect: float | None, whose: str = "") -> str:
    """What the effect size would be without the unit that it depends on most.

    ``effect`` is None where no single unit changes it; ``whose`` names the unit's organisation.
    """
    if effect is None:
        return say("most telling.none")
    told = numbers.number(effect)
    return say(f"most telling.{'named' if whose else 'unnamed'}", effect=told, whose=whose)


def needed_in_words(needed: float) -> str:
    """The condition that a level of the outcome needs, in percent of its range."""
    if needed == 0:
        return say("needed.nothing")
    return numbers.number(needed, 1, missing=say("needed.not reached"))
