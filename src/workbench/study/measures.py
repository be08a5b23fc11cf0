"""Numbers from records in units of their own: days, money, absence, complaints.

The codebook's columns ``unit``, ``target``, ``shape``, ``exposure`` and ``lag`` describe them.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

T = TypeVar("T", float, pd.Series, np.ndarray)

COLUMNS = ("unit", "target", "shape", "exposure", "lag")
SHAPES = ("", "log", "count")

_TARGET = re.compile(r"(<=|>=|≤|≥)\s*([+-]?\d+(?:[.,]\d+)?)")
_EXPOSURE = re.compile(r"(?:(\d+)\s+)?(\D.*)")


@dataclass(frozen=True)
class Measure:
    """What an item from records counts.

    Attributes
    ----------
    unit
        What its numbers are: "days".
    low, high
        The least and the most that a cell may hold.
    target, at_most
        The target in the unit, None without one; and whether it is the most there should be.
    shape
        "log" for a skewed amount above 0, whose clean answers are logarithms; "count" for whole
        numbers, with a Poisson model; "" for all others.
    exposure, per
        Of a count, the column that says how much could be counted (cases), "" for none; and for
        how many of them a rate is told.
    lag
        So many waves after what it goes with.
    """

    unit: str
    low: float
    high: float
    target: float | None = None
    at_most: bool = True
    shape: str = ""
    exposure: str = ""
    per: float = 1.0
    lag: int = 0

    def clean(self, value: T) -> T:
        """Numbers of the file as clean answers have them."""
        return np.log(value) if self.shape == "log" else value

    def natural(self, value: T) -> T:
        """Clean answers, not turned, as numbers in the unit.

        Examples
        --------
        >>> amount = read_measure({"unit": "days", "shape": "log"}, 1, 365)
        >>> round(float(amount.natural(amount.clean(30.0))), 6)
        30.0
        """
        return np.exp(value) if self.shape == "log" else value

    def met(self, value: T) -> T:
        """Whether numbers in the unit meet the target; all do without one."""
        if self.target is None:
            return value == value
        return value <= self.target if self.at_most else value >= self.target


def read_measure(written: Mapping[str, str], low: float, high: float) -> Measure | None:
    """Read the cells of an item's row; None where it has no unit of its own.

    Raises
    ------
    ValueError
        What a cell says cannot be; the message says how to write it.

    Examples
    --------
    >>> read_measure({"unit": "days", "target": "<= 20"}, 0, 365).target
    20.0
    >>> read_measure({"unit": "days", "target": "<= 400"}, 0, 365)
    Traceback (most recent call last):
    ...
    ValueError: target is '<= 400', off the scale of 0 to 365; write it in days, as the cells are.
    """
    stated = {name: written.get(name, "").strip() for name in COLUMNS}
    unit, shape = stated["unit"], stated["shape"].casefold()
    if not unit:
        given = [name for name in COLUMNS if stated[name]]
        if given:
            raise ValueError(
                f"{given[0]} is {stated[given[0]]!r} and unit is empty; write what the numbers "
                "are, such as days."
            )
        return None
    if shape not in SHAPES:
        raise ValueError(
            f"shape is {stated['shape']!r}; write log for a skewed amount, count for a number of "
            "events, or nothing."
        )
    if shape == "log" and low <= 0:
        raise ValueError(
            f"low is {low:g} and shape is log; amounts under log are above 0, so write the least "
            "that can be, or leave out shape."
        )
    if shape == "count" and low < 0:
        raise ValueError(f"low is {low:g} and shape is count; counts begin at 0, so write 0.")
    exposure, per = "", 1.0
    if stated["exposure"]:
        found = _EXPOSURE.fullmatch(stated["exposure"])
        if shape != "count" or found is None:
            raise ValueError(
                f"exposure is {stated['exposure']!r}; it is for shape count: write the column, "
                "and for how many of it rates are told, as in 1000 cases."
            )
        per, exposure = float(found[1] or 1), found[2].strip()
    target, at_most = None, True
    if stated["target"]:
        asked = _TARGET.fullmatch(stated["target"])
        if asked is None:
            raise ValueError(
                f"target is {stated['target']!r}; write <= 20 for at most 20 and >= 85 for at "
                "least 85."
            )
        at_most, target = asked[1] in "<=≤", float(asked[2].replace(",", "."))
        if (not exposure and not low <= target <= high) or (target < 0 and exposure):
            raise ValueError(
                f"target is {stated['target']!r}, off the scale of {low:g} to {high:g}; write it "
                f"in {unit}, as the cells are."
            )
    if stated["lag"] and not re.fullmatch(r"\d+", stated["lag"]):
        raise ValueError(f"lag is {stated['lag']!r}; write a whole number of waves, such as 1.")
    lag = int(stated["lag"] or 0)
    return Measure(unit, low, high, target, at_most, shape, exposure, per, lag)


def clean_ends(measure: Measure | None, low: float, high: float) -> tuple[float, float]:
    """The ends of the scale of clean answers.

    Examples
    --------
    >>> clean_ends(None, 1, 5)
    (1, 5)
    """
    if measure is None or measure.shape != "log":
        return low, high
    return math.log(low), math.log(high)
