"""What goes from wave to wave in a panel of units, and how units change."""

from collections.abc import Sequence
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.links import Direction, LinkEstimate
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed


class PanelKind(StrEnum):
    """Models of units over waves."""

    CROSS_LAGGED = "cross-lagged"
    RANDOM_INTERCEPT = "random-intercept"
    GROWTH = "growth"


class PanelEffect(StrEnum):
    """What a row of a panel's effects is."""

    CARRY_OVER = "carry-over"
    """Of a construct on itself at the next wave."""
    CROSS_LAGGED = "cross-lagged"
    """Of a construct on another at the next wave."""
    CHANGE = "change per wave"
    DIFFERENCES = "differences in change"
    """The variance of the change over units."""


class Doubt(StrEnum):
    """Why a path has no strength, or one not to go by."""

    NONE = "none"
    BEFORE = "before"
    """What goes before differs by measurement error alone."""
    AFTER = "after"
    BOTH = "both"
    NOT_STANDARDISED = "not standardised"
    BEYOND_ONE = "beyond one"


class Growth(StrEnum):
    """Which way units change on the whole."""

    RISES = "rises"
    FALLS = "falls"
    STEADY = "steady"
    """No change is shown."""


def panel_title(kind: PanelKind, source: str, target: str) -> str:
    """What the effects of two constructs on each other over waves are called."""
    return say(f"panel.title.{kind}", source=source, target=target)


def growth_of(estimate: float, lower: float, upper: float) -> Growth:
    """Which way units change, as far as the interval tells."""
    if numbers.is_missing(lower) or lower <= 0 <= upper:
        return Growth.STEADY
    return Growth.RISES if estimate > 0 else Growth.FALLS


def lag_in_words(
    source: tuple[str, str],
    target: tuple[str, str],
    found: LinkEstimate,
    *,
    carried: bool,
) -> str:
    """What goes with a construct at the next wave: label and wave of both, points per point.

    ``carried``: the construct on itself, so that nothing else is given.
    """
    clear = found.direction in (Direction.POSITIVE, Direction.NEGATIVE)
    return say(
        f"lag.{found.direction}{'.given' if clear and not carried else ''}",
        source=source[0],
        earlier=source[1],
        target=target[0],
        later=target[1],
        span=found.span,
    )


def growth_in_words(construct: str, found: tuple[float, float, float]) -> str:
    """How a construct changes a wave on the whole; ``found`` is the estimate with its limits."""
    estimate, lower, upper = found
    return say(
        f"growth.{growth_of(*found)}",
        construct=construct,
        points=numbers.points(estimate),
        size=numbers.points(estimate).lstrip("+" + numbers.MINUS),
        span=numbers.interval(lower, upper, 1),
    )


def differences_in_growth_in_words(construct: str, lower: float) -> str:
    """Whether units differ in their change, by the lower limit of its variance."""
    clear = not numbers.is_missing(lower) and lower > 0
    return say(f"growth.differences.{'clear' if clear else 'unclear'}", construct=construct)


def bent_in_words(constructs: Sequence[str], cfi: float, rmsea: float) -> str:
    """That a straight line does not fit the waves."""
    named = listed(constructs)
    return say(
        "growth bent", constructs=named, cfi=numbers.number(cfi), rmsea=numbers.number(rmsea)
    )


def doubt_of(strength: float, *, before: bool, after: bool) -> Doubt:
    """Judge a standardised path; ``before`` and ``after`` say which end has no variance."""
    if before or after:
        return Doubt.BOTH if before and after else Doubt.BEFORE if before else Doubt.AFTER
    if numbers.is_missing(strength):
        return Doubt.NOT_STANDARDISED
    return Doubt.BEYOND_ONE if abs(strength) > 1 else Doubt.NONE


def strength_in_words(strength: float, doubt: Doubt) -> str:
    """A standardised path, and what speaks against it."""
    value = numbers.number(strength, missing=say("strength.none"))
    if doubt is Doubt.NONE:
        return value
    beyond = numbers.beyond_one(strength) if doubt is Doubt.BEYOND_ONE else ""
    return say("strength.doubted", strength=value, doubt=say(f"doubt.{doubt}", beyond=beyond))
