"""An index, and its place among others."""

from collections.abc import Mapping

from workbench.interpretation import numbers
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted, ordinal


def why_no_interval(units: int, error: float) -> str:
    """Why an index has no interval (:func:`workbench.measurement.indices`)."""
    if units == 1:
        return say("index.one unit")
    if numbers.is_missing(error):
        return say("index.no differences")
    return say("index.few units", units=counted(units, "unit"))


def index_in_words(row: Mapping[str, float], decimals: int, missing: str | None = None) -> str:
    """An index with its interval, or why it has none; ``row`` is one of ``indices``."""
    value = row["index"]
    if numbers.is_missing(value) or not numbers.is_missing(row["lower"]):
        return numbers.estimate(
            value,
            row["lower"],
            row["upper"],
            decimals,
            missing=say("index.not shown") if missing is None else missing,
        )
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
    key = "range"
    if round(lower) == round(upper):
        key = "one"
    elif round(lower) == 1 and round(upper) == ranked:
        key = "any"
    return say(f"place.{key}", lower=ordinal(lower), upper=ordinal(upper), ranked=ranked)
