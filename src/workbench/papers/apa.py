"""Numbers as the APA's manual prints them (7th edition, sections 6.36 and 6.44).

A number that cannot exceed 1 has no zero before its point; a minus is a minus sign; a number that
is not there is a dash.
"""

from workbench.interpretation.numbers import is_missing

MISSING = "–"
_MINUS = "−"


def number(value: float | None, decimals: int = 2, bounded: bool = False) -> str:
    """Return a number; ``bounded`` is one that cannot exceed 1 in size.

    Examples
    --------
    >>> number(-0.417), number(0.417, bounded=True), number(1.0, bounded=True), number(None)
    ('−0.42', '.42', '1.00', '–')
    """
    if value is None or is_missing(value):
        return MISSING
    text = f"{abs(value):.{decimals}f}"
    sign = _MINUS if value < 0 and float(text) else ""
    return sign + (text.removeprefix("0") if bounded else text)


def p_value(value: float | None) -> str:
    """Return a p-value: three decimals, or that it is below .001.

    Examples
    --------
    >>> p_value(0.0312), p_value(0.0002), p_value(None)
    ('.031', '< .001', '–')
    """
    if value is None or is_missing(value):
        return MISSING
    return "< .001" if value < 0.001 else number(value, 3, bounded=True)


def interval(lower: float, upper: float, decimals: int = 2, bounded: bool = False) -> str:
    """Return an interval in brackets.

    Examples
    --------
    >>> interval(-0.1, 0.44, bounded=True)
    '[−.10, .44]'
    """
    if is_missing(lower) or is_missing(upper):
        return MISSING
    return f"[{number(lower, decimals, bounded)}, {number(upper, decimals, bounded)}]"


def whole(value: float | None) -> str:
    """Return a number of things.

    Examples
    --------
    >>> whole(12345.0)
    '12,345'
    """
    return MISSING if value is None or is_missing(value) else f"{value:,.0f}"
