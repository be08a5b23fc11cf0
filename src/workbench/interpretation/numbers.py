"""Numbers as a reader expects them: a true minus sign, no "−0.00", words for a missing number.

Every helper takes a number (or ``None``, NaN, ``pandas.NA``) and gives text without markup. A value
that is missing or not finite becomes the sentence given as ``missing``: a report never shows "nan".
Numbers are written as the language that is spoken does.
"""

import math
from datetime import date

from workbench.interpretation.languages import spoken
from workbench.interpretation.messages import say

MINUS = "\u2212"
EXACT_FROM = 100
BAND = 10
"""Numbers of people below ``EXACT_FROM`` are told as a range of so many."""


def is_missing(value: object) -> bool:
    """True for ``None``, NaN, infinities, ``pandas.NA`` and ``pandas.NaT``."""
    if value is None:
        return True
    try:
        return not math.isfinite(value)  # type: ignore[arg-type]
    except TypeError:
        return type(value).__name__ in {"NAType", "NaTType"}


def number(
    value: float | None, decimals: int = 2, *, signed: bool = False, missing: str | None = None
) -> str:
    """``number(-0.456)`` is "−0.46"; ``number(0.3, signed=True)`` is "+0.30"; zero has no sign."""
    if is_missing(value):
        return _or_not_available(missing)
    assert value is not None
    text = f"{abs(value):,.{decimals}f}"
    sign = ""
    if text.strip("0.,"):
        sign = MINUS if value < 0 else "+" if signed else ""
    return sign + spoken().number(text)


def _or_not_available(missing: str | None) -> str:
    return say("number.missing") if missing is None else missing


def interval(
    lower: float | None, upper: float | None, decimals: int = 2, *, missing: str | None = None
) -> str:
    """``interval(-0.1, 0.25)`` is "−0.10 to 0.25"; a dash would read as a minus sign."""
    if is_missing(lower) or is_missing(upper):
        return _or_not_available(missing)
    return say("number.interval", lower=number(lower, decimals), upper=number(upper, decimals))


def estimate(
    value: float | None,
    lower: float | None,
    upper: float | None,
    decimals: int = 2,
    *,
    missing: str | None = None,
) -> str:
    """An estimate with its interval in brackets, "0.30 (0.25 to 0.35)"."""
    if is_missing(value):
        return _or_not_available(missing)
    bounds = interval(lower, upper, decimals, missing=say("interval.none"))
    return say("number.estimate", value=number(value, decimals), interval=bounds)


def points(value: float | None, decimals: int = 1, *, missing: str | None = None) -> str:
    """A change on the 0–100 scale, always signed: "+2.3 points", "−1.0 point", "0.0 points"."""
    if is_missing(value):
        return _or_not_available(missing)
    assert value is not None
    shown = abs(round(value, decimals))
    return say("number.point", count=shown, points=number(value, decimals, signed=True))


def percent(share: float | None, decimals: int = 0, *, missing: str | None = None) -> str:
    """A share between 0 and 1 as a percentage: ``percent(0.345)`` is "34%"."""
    if is_missing(share):
        return _or_not_available(missing)
    assert share is not None
    return say("number.percent", number=number(100 * share, decimals))


def count(value: float | None, *, missing: str | None = None) -> str:
    """A whole number with thousands set apart: "1,861"."""
    return number(value, 0, missing=missing)


def people(value: float | None, *, missing: str | None = None) -> str:
    """A number of people: "1,861"; of fewer than 100 the ten in which it lies, "60 to 69".

    Exact numbers of few people tell by how many one group or edition has more than another.
    """
    if is_missing(value):
        return _or_not_available(missing)
    assert value is not None
    low, high = told_people(value)
    return (
        count(value) if low == high else say("number.interval", lower=count(low), upper=count(high))
    )


def told_people(value: float) -> tuple[int, int]:
    """The least and the largest number of people that :func:`people` leaves open.

    >>> told_people(1861), told_people(67), told_people(4)
    ((1861, 1861), (60, 69), (1, 9))
    """
    if value >= EXACT_FROM:
        return int(value), int(value)
    low = int(value) // BAND * BAND
    return max(low, 1), low + BAND - 1


def p_value(value: float | None, *, missing: str | None = None) -> str:
    """ "p < .001", "p = .034", "p > .999": three decimals and no leading zero."""
    if is_missing(value):
        return _or_not_available(missing)
    assert value is not None
    sign, shown = "=", value
    if value < 0.001:
        sign, shown = "<", 0.001
    elif value > 0.999:
        sign, shown = ">", 0.999
    return f"p {sign} {fraction(shown, 3)}"


def fraction(value: float, decimals: int = 2) -> str:
    """A number between 0 and 1 without the zero before a decimal point: ".70", "0,70"."""
    text = number(value, decimals)
    return text.replace("0.", ".", 1) if spoken().reads_decimals_by_a_point else text


def general(value: float) -> str:
    """A number with as many decimals as it has, at most six digits: "0.3", "100"."""
    return spoken().number(f"{value:g}")


def scientific(value: float) -> str:
    """A very small or large number as a power of ten: "1.2e-05"."""
    return spoken().number(f"{value:.1e}")


def day(moment: str) -> str:
    """The day of a moment in ISO 8601, as the language writes dates.

    Any other text stays as it is.

    >>> day("2026-03-31T12:00:00+00:00")
    '31 March 2026'
    """
    try:
        return spoken().day(date.fromisoformat(moment[:10]))
    except ValueError:
        return moment


def is_missing_text(value: object) -> bool:
    """True for an absent or empty sentence (``None``, NaN, ``pandas.NA``, blank)."""
    return not isinstance(value, str) or not value.strip()


def beyond_one(value: float) -> str:
    """On which side a correlation or strength is impossible: "above 1", "below −1"."""
    return say("number.above 1") if value > 0 else say("number.below minus 1")
