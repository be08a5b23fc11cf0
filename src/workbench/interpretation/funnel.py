"""Who lies further from the others than precision explains."""

from collections.abc import Sequence
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import SIGNIFICANCE
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed

_MOST = 30
"""Organisations that a sentence names; of more, how many they are."""


class Place(StrEnum):
    """Where an organisation lies in a funnel."""

    WITHIN = "within"
    ABOVE = "above"
    """Between the upper 95% and 99.8% limits."""
    BELOW = "below"
    FAR_ABOVE = "far above"
    """Beyond the upper 99.8% limit."""
    FAR_BELOW = "far below"
    MISSING = "missing"
    """It has no estimate with a standard error."""

    @property
    def far(self) -> bool:
        """Whether it is outside the 99.8% limits."""
        return self in (Place.FAR_ABOVE, Place.FAR_BELOW)

    @property
    def near(self) -> bool:
        """Whether it is between the 95% and the 99.8% limits."""
        return self in (Place.ABOVE, Place.BELOW)


def median_in_words(above: Sequence[str], below: Sequence[str]) -> str:
    """Which organisations are clearly above and below the median of all."""
    told = [
        say(
            f"median.{side}.{'one' if len(names) == 1 else 'some'}",
            organisations=listed(names, most=_MOST),
        )
        for side, names in (("above", above), ("below", below))
        if names
    ]
    return say("median.differ", organisations="; ".join(told)) if told else say("median.alike")


def only_far_in_words(names: Sequence[str]) -> str:
    """What it means that organisations lie outside the 99.8% limits and do not differ clearly from
    the median; "" where there is none."""
    if not names:
        return ""
    return say(
        f"funnel only.{'one' if len(names) == 1 else 'some'}",
        organisations=listed(names, most=_MOST),
    )


def place_in_words(place: Place) -> str:
    """ "above 95%": which limits an organisation is beyond, or that it is within them."""
    return say(f"funnel place.{place}")


def funnel_in_words(placed: int, far: int, near: int, *, sampling_only: bool) -> str:
    """How many organisations are beyond the limits, and how many chance would put there.

    ``sampling_only``: without the usual variation between organisations.
    """
    return say(
        "funnel",
        count=far,
        placed=numbers.count(placed),
        near=numbers.count(near),
        ground=say(f"funnel ground.{'sampling' if sampling_only else 'usual'}"),
        chance=numbers.number(SIGNIFICANCE * placed, 1),
    )
