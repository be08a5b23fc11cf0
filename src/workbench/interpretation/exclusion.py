"""How far an indirect link rests on nothing else moving mediator and outcome."""

from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed

Interval = tuple[float, float]


class Side(StrEnum):
    """On which side of zero a link clearly is."""

    ABOVE = "above"
    BELOW = "below"
    UNCLEAR = "unclear"


def exclusion_in_words(
    source: str,
    target: str,
    side: Side,
    ends: tuple[float | None, float | None],
    correlations: Interval,
    strengths: Interval,
) -> str:
    """Up to which correlation of disturbances an indirect link is what it is without one.

    Parameters
    ----------
    side
        Where it is without a correlation.
    ends
        The correlations, below and above 0, at which it is not clearly there any more; None where
        there is no such one.
    correlations, strengths
        The least and largest correlation supposed, and the least and largest link found.
    """
    parts = {
        "source": source,
        "target": target,
        "span": numbers.interval(*correlations, 1),
        "low": numbers.number(strengths[0]),
        "high": numbers.number(strengths[1]),
    }
    if side is Side.UNCLEAR:
        return say("exclusion.unclear", **parts)
    told = [
        say(f"exclusion.{'lower' if place == 0 else 'upper'}", end=numbers.number(end))
        for place, end in enumerate(ends)
        if end is not None
    ]
    if not told:
        return say(f"exclusion.{side}.always", **parts)
    return say(f"exclusion.{side}.within", ends=listed(told), **parts)
