"""Numbers as a reader expects them: a true minus sign, no "−0.00", words for a missing number.

Every helper takes a number (or ``None``, NaN, ``pandas.NA``) and gives text without markup. A value
that is missing or not finite becomes the sentence given as ``missing``: a report never shows "nan".
"""

import math

MINUS = "\u2212"
NOT_AVAILABLE = "not available"


def is_missing(value: object) -> bool:
    """True for ``None``, NaN, infinities, ``pandas.NA`` and ``pandas.NaT``."""
    if value is None:
        return True
    try:
        return not math.isfinite(value)  # type: ignore[arg-type]
    except TypeError:
        return type(value).__name__ in {"NAType", "NaTType"}


def number(
    value: float | None, decimals: int = 2, *, signed: bool = False, missing: str = NOT_AVAILABLE
) -> str:
    """``number(-0.456)`` is "−0.46"; ``number(0.3, signed=True)`` is "+0.30"; zero has no sign."""
    if is_missing(value):
        return missing
    assert value is not None
    text = f"{abs(value):,.{decimals}f}"
    if not text.strip("0.,"):
        return text
    if value < 0:
        return MINUS + text
    return "+" + text if signed else text


def interval(
    lower: float | None, upper: float | None, decimals: int = 2, *, missing: str = NOT_AVAILABLE
) -> str:
    """``interval(-0.1, 0.25)`` is "−0.10 to 0.25"; a dash would read as a minus sign."""
    if is_missing(lower) or is_missing(upper):
        return missing
    return f"{number(lower, decimals)} to {number(upper, decimals)}"


def estimate(
    value: float | None,
    lower: float | None,
    upper: float | None,
    decimals: int = 2,
    *,
    missing: str = NOT_AVAILABLE,
) -> str:
    """An estimate with its interval in brackets, "0.30 (0.25 to 0.35)"."""
    if is_missing(value):
        return missing
    bounds = interval(lower, upper, decimals, missing="no interval")
    return f"{number(value, decimals)} ({bounds})"


def points(value: float | None, decimals: int = 1, *, missing: str = NOT_AVAILABLE) -> str:
    """A change on the 0–100 scale, always signed: "+2.3 points", "−1.0 point", "0.0 points"."""
    if is_missing(value):
        return missing
    text = number(value, decimals, signed=True)
    singular = float(text.lstrip("+" + MINUS).replace(",", "")) == 1
    return f"{text} {'point' if singular else 'points'}"


def percent(share: float | None, decimals: int = 0, *, missing: str = NOT_AVAILABLE) -> str:
    """A share between 0 and 1 as a percentage: ``percent(0.345)`` is "34%"."""
    if is_missing(share):
        return missing
    assert share is not None
    return f"{number(100 * share, decimals)}%"


def count(value: float | None, *, missing: str = NOT_AVAILABLE) -> str:
    """A whole number with thousands set apart: "1,861"."""
    return number(value, 0, missing=missing)


def p_value(value: float | None, *, missing: str = NOT_AVAILABLE) -> str:
    """ "p < .001", "p = .034", "p > .999": three decimals and no leading zero."""
    if is_missing(value):
        return missing
    assert value is not None
    if value < 0.001:
        return "p < .001"
    if value > 0.999:
        return "p > .999"
    return f"p = {value:.3f}".replace("0.", ".", 1)


def is_missing_text(value: object) -> bool:
    """True for an absent or empty sentence (``None``, NaN, ``pandas.NA``, blank)."""
    return not isinstance(value, str) or not value.strip()


def beyond_one(value: float) -> str:
    """On which side a correlation or strength is impossible: "above 1", "below −1"."""
    return "above 1" if value > 0 else f"below {MINUS}1"
