"""An index, its change since an earlier wave, and its place among others."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.messages import say
from workbench.text import counted, ordinal


class Verdict(StrEnum):
    """What a change with its interval tells."""

    UP = "up"
    DOWN = "down"
    UNCLEAR = "unclear"
    UNTESTED = "untested"
    """It has no interval: one unit, or the same change in all."""


@dataclass(frozen=True)
class Change:
    """The difference between two waves with its 95 % interval.

    ``direction`` is ``"up"``, ``"down"`` or ``""``, as decided over all organisations
    (:func:`workbench.benchmark.index_changes`).
    """

    difference: float
    lower: float
    upper: float
    direction: str
    since: str

    @property
    def verdict(self) -> Verdict:
        """What may be said of it."""
        if numbers.is_missing(self.lower):
            return Verdict.UNTESTED
        return Verdict(self.direction) if self.direction else Verdict.UNCLEAR


def change_in_words(found: Change | None) -> str:
    """ "up 3.1 points since 2023 (0.4 to 5.8)", or that there is no clear change.

    A change without an interval is told and not judged.
    """
    return "" if found is None else say(f"change.{found.verdict}", **_parts(found))


def change_in_brief(found: Change) -> str:
    """ "up 3.1 points since 2023", or that there is no clear change."""
    return say(f"change.{found.verdict}.brief", **_parts(found))


def _parts(found: Change) -> dict[str, str]:
    return {
        "points": numbers.points(found.difference),
        "size": numbers.points(abs(found.difference)).lstrip("+"),
        "span": numbers.interval(found.lower, found.upper, 1),
        "since": found.since,
    }


def why_no_interval(units: int, error: float) -> str:
    """Why an index has no interval (:func:`workbench.measurement.indices`)."""
    if units == 1:
        return say("index.one unit")
    if numbers.is_missing(error):
        return say("index.no differences")
    return say("index.few units", units=counted(units, "unit"))


def index_in_words(row: Mapping[str, float], decimals: int, missing: str = "not shown") -> str:
    """An index with its interval, or why it has none; ``row`` is one of ``indices``."""
    value = row["index"]
    if numbers.is_missing(value) or not numbers.is_missing(row["lower"]):
        return numbers.estimate(value, row["lower"], row["upper"], decimals, missing=missing)
    return say(
        "index.no interval",
        value=numbers.number(value, decimals),
        why=why_no_interval(int(row["units"]), row["se"]),
    )


def position_in_words(lower: float, upper: float, ranked: int) -> str:
    """Where among the others, as a range: "probably between 3rd and 9th of 34".

    A range from the first to the last says nothing, so that is said.
    """
    if numbers.is_missing(lower) or numbers.is_missing(upper) or ranked < 2:
        return ""
    key = "place.range"
    if round(lower) == round(upper):
        key = "place.one"
    elif round(lower) == 1 and round(upper) == ranked:
        key = "place.any"
    return say(key, lower=ordinal(lower), upper=ordinal(upper), ranked=ranked)
