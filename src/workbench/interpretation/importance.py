"""How important drivers are, and what to work on first."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import RELIABLE_FOR_GROUPS
from workbench.interpretation.messages import say

Interval = tuple[float, float]


def importance_in_words(
    outcome: str,
    rows: str,
    explained: tuple[float, float, float],
    driver: str,
    share: tuple[float, float, float],
    *,
    within: bool,
    alone: bool,
) -> str:
    """What all drivers account for, and the most important one of it.

    Parameters
    ----------
    rows
        What is compared, in the plural; ``within`` organisations or not.
    explained
        R² with the limits of its interval.
    driver, share
        The most important one and its share of what is explained, with its limits; ``alone`` where
        there is no other.
    """
    total, *limits = explained
    return say(
        f"importance.{'one' if alone else 'several'}",
        outcome=outcome,
        rows=say("within organisations", rows=rows) if within else rows,
        explained=numbers.percent(total),
        span=numbers.interval(100 * limits[0], 100 * limits[1], 0),
        driver=driver,
        share=numbers.percent(share[0]),
        lower=numbers.percent(share[1]),
        upper=numbers.percent(share[2]),
        part=numbers.percent(share[0] * total),
    )


def low_reliability_in_words(found: Iterable[tuple[str, float]]) -> str:
    """Name drivers (label, alpha) that are measured less reliably than comparisons need."""
    named = (
        say("importance.driver", driver=label, alpha=numbers.number(alpha))
        for label, alpha in found
    )
    least = numbers.number(RELIABLE_FOR_GROUPS)
    return say("importance.low reliability", least=least, drivers=say("list.comma").join(named))


class Comparison(StrEnum):
    """Where a performance lies beside the mean of the others."""

    ABOVE = "above"
    BELOW = "below"
    ALIKE = "alike"
    """It is not clearly different."""
    UNKNOWN = "unknown"
    """It cannot be compared."""


class Others(StrEnum):
    """What a performance is compared with."""

    DRIVERS = "drivers"
    ORGANISATIONS = "organisations"
    CHANNELS = "channels"
    UNITS = "units"
    GROUPS = "groups"
    """Groups by more than one of them."""


class Advice(StrEnum):
    """What to do about a driver, or why the data do not say."""

    IMPROVE = "improve"
    KEEP = "keep"
    WATCH = "watch"
    LEAVE = "leave"
    ONLY = "only"
    """It is the only one: its share is always all."""
    NEGATIVE = "negative"
    MAY_BE_ZERO = "may be zero"
    AVERAGE = "average"
    ALIKE = "alike"
    UNKNOWN = "unknown"

    @property
    def given(self) -> bool:
        """Whether the data say what to do."""
        return self in QUADRANTS


QUADRANTS = (Advice.IMPROVE, Advice.KEEP, Advice.WATCH, Advice.LEAVE)
"""The quarters of a priority map: high importance and low performance, both high, both low, low
importance and high performance."""


def advise(link: Interval, importance: Interval, mean: float, performance: Comparison) -> Advice:
    """Decide what to do about a driver.

    Parameters
    ----------
    link
        The interval of what goes with it, in whatever unit: its sign alone counts.
    importance, mean
        The interval of its share, and the mean share of all drivers.
    performance
        How well it goes beside the others.
    """
    more, less = importance[0] > mean, importance[1] < mean
    if link[1] < 0:
        return Advice.NEGATIVE
    if not less and not link[0] > 0:
        return Advice.MAY_BE_ZERO
    if not more and not less:
        return Advice.AVERAGE
    return {
        Comparison.ABOVE: Advice.KEEP if more else Advice.LEAVE,
        Comparison.BELOW: Advice.IMPROVE if more else Advice.WATCH,
        Comparison.ALIKE: Advice.ALIKE,
        Comparison.UNKNOWN: Advice.UNKNOWN,
    }[performance]


def advice_in_words(advice: Advice) -> str:
    """ "improve first", or "none" and why."""
    return say(f"advice.{advice}")


def others_in_words(others: Others) -> str:
    """ "the other organisations"."""
    return say(f"others.{others}")


def priorities_in_words(outcome: str, others: Others, drivers: Sequence[tuple[str, Advice]]) -> str:
    """What to improve first and what to keep up.

    ``drivers`` are labels with the advice, the most important first.
    """
    if len(drivers) == 1:
        return say("priorities.one", driver=drivers[0][0], outcome=outcome)
    named = {
        advice: say("list.comma").join(label for label, own in drivers if own is advice)
        for advice in (Advice.IMPROVE, Advice.KEEP)
    }
    parts = [
        say("priorities.part", advice=advice_in_words(advice), drivers=labels)
        for advice, labels in named.items()
        if labels
    ]
    if not parts:
        return say("priorities.none", outcome=outcome, others=others_in_words(others))
    return say("priorities.some", outcome=outcome, advice="; ".join(parts))
