"""What goes with a difference in a construct, by the model of its chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.amounts import Amount, Told, difference_of
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed


class Caution(StrEnum):
    """What a reader of an effect must know before its size."""

    NONE = "none"
    NO_INTERVAL = "no interval"
    MAY_BE_NONE = "may be none"
    """Its interval holds 0."""
    NEGATIVE = "negative"


@dataclass(frozen=True)
class Effect:
    """A difference in points with its 95 % interval; the limits may be NaN.

    ``amount`` is what the index counts where it is one number from records.
    """

    points: float
    lower: float
    upper: float
    amount: Amount | None = None

    @property
    def told(self) -> Told:
        """The difference as it is told."""
        return difference_of(self.points, self.lower, self.upper, self.amount)

    @property
    def caution(self) -> Caution:
        """What must be known before its size."""
        if numbers.is_missing(self.lower) or numbers.is_missing(self.upper):
            return Caution.NO_INTERVAL
        if self.lower * self.upper <= 0:
            return Caution.MAY_BE_NONE
        return Caution.NEGATIVE if self.points < 0 else Caution.NONE


def effect_in_numbers(found: Effect) -> str:
    """ "+2.5 (+0.5 to +3.0)", or "−0.4 days (−0.9 to −0.1)", for a cell of a table."""
    if found.amount is not None:
        return found.told.in_numbers
    points = numbers.number(found.points, 1, signed=True)
    return say("number.estimate", value=points, interval=_span(found))


def with_caution(name: str, found: Effect) -> str:
    """The name of an effect, and what must be known before its size."""
    return say(f"effect caution.{found.caution}", name=name)


def what_if_in_words(
    label: str, change: float, effects: Sequence[tuple[str, Effect]], *, association: bool = True
) -> str:
    """What is higher or lower where ``label`` is, each effect by its label.

    Without any effect: that nothing comes after it. ``association`` adds that it is one.
    """
    if not effects:
        return say("what if.nothing", label=label)
    parts = [
        say(
            f"what if.effect.{_side(found.told.value)}",
            label=name,
            size=_size(found),
            span=_doubted(found, change),
        )
        for name, found in effects
    ]
    told = say(
        f"what if.source.{_side(change)}",
        label=label,
        size=_asked(abs(change)).lstrip("+"),
        effects=listed(parts),
    )
    return f"{told} {say('what if.association')}" if association else told


def limited_in_words(
    label: str, asked: float, change: float, seen: tuple[float, float, float]
) -> str:
    """That a change asked for is cut to the range seen: ``seen`` has start, low and high."""
    start, low, high = (numbers.number(value, 0) for value in seen)
    return say(
        "what if.limited",
        label=label,
        asked=_asked(asked),
        change=_asked(change),
        start=start,
        low=low,
        high=high,
    )


def _size(found: Effect) -> str:
    """How large a difference is: "2.5 points", "0.4 days", "3.2%"."""
    if found.amount is None:
        return numbers.points(abs(found.points)).lstrip("+")
    size = found.told.number(abs(found.told.value)).lstrip("+")
    if found.told.kind == "percent":
        return size
    return say("amount.of unit", size=size, unit=found.amount.unit)


def _side(points: float) -> str:
    return "lower" if points < 0 else "higher"


def _asked(change: float) -> str:
    """A change as it was asked for: whole points without decimals."""
    return numbers.points(change, 0 if change == round(change) else 1)


def _span(found: Effect) -> str:
    if found.caution is Caution.NO_INTERVAL:
        return say("interval.none")
    ends = found.told.lower, found.told.upper
    if found.amount is None:
        lower, upper = (numbers.number(end, 1, signed=True) for end in ends)
    else:
        lower, upper = map(found.told.number, ends)
    return say("number.interval", lower=lower, upper=upper)


def _doubted(found: Effect, change: float) -> str:
    """The interval, and that there may be no difference where it holds 0; no change has none."""
    doubtful = found.caution is Caution.MAY_BE_NONE and change != 0
    return say("what if.doubt", span=_span(found)) if doubtful else _span(found)
