"""Feedback loops: by what they are identified, how strongly, and whether they converge."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import STRONG_INSTRUMENT
from workbench.interpretation.messages import say


class Instruments(StrEnum):
    """How much the instruments of a construct say about it."""

    STRONG = "strong"
    WEAK = "weak"
    UNKNOWN = "unknown"
    """There are too few clusters for a test."""


def instruments(f: float) -> Instruments:
    """Judge the F of the first stage."""
    if numbers.is_missing(f):
        return Instruments.UNKNOWN
    return Instruments.STRONG if f > STRONG_INSTRUMENT else Instruments.WEAK


def instruments_in_words(construct: str, own: Sequence[str], f: float) -> str:
    """How much the instruments of a construct say about it; all by their labels."""
    return say(
        f"instruments.{instruments(f)}",
        construct=construct,
        instruments=say("list.comma").join(own),
        f=numbers.number(f, 1),
        mark=numbers.number(STRONG_INSTRUMENT, 0),
    )


def identification_in_words(found: Mapping[str, Sequence[str]]) -> str:
    """By which instruments each construct of a loop is identified; all by their labels."""
    by = "; ".join(
        say("identified.by", construct=construct, instruments=say("list.comma").join(own))
        for construct, own in found.items()
    )
    return say("identified", by=by)


def convergence_in_words(index: float) -> str:
    """Whether a loop converges: its largest eigenvalue, to be below 1."""
    key = "converges" if index < 1 else "diverges"
    return say(f"loop.{key}", index=numbers.number(index))
