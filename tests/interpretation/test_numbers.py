import math

import pandas as pd
import pytest

from workbench.interpretation import numbers as fmt


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.4567, 2, "0.46"),
        (-0.4567, 2, "\u22120.46"),
        (-0.001, 2, "0.00"),
        (-0.4, 0, "0"),
        (1861, 0, "1,861"),
        (-12345.678, 1, "\u221212,345.7"),
    ],
)
def test_number(value, decimals, text):
    assert fmt.number(value, decimals) == text


def test_signed_zero_has_no_sign():
    assert fmt.number(0.001, 1, signed=True) == "0.0"
    assert fmt.number(2.31, 1, signed=True) == "+2.3"


@pytest.mark.parametrize("value", [None, math.nan, math.inf, pd.NA, pd.NaT])
def test_a_missing_number_is_the_sentence_given(value):
    assert fmt.number(value, missing="Too few units.") == "Too few units."
    assert fmt.points(value, missing="Too few units.") == "Too few units."
    assert fmt.p_value(value, missing="Too few units.") == "Too few units."
    assert fmt.interval(0.1, value, missing="Too few units.") == "Too few units."


def test_interval_and_estimate():
    assert fmt.interval(-0.104, 0.25) == "\u22120.10 to 0.25"
    assert fmt.estimate(0.3, 0.25, 0.35) == "0.30 (0.25 to 0.35)"
    assert fmt.estimate(0.3, None, None) == "0.30 (no interval)"


def test_points():
    assert fmt.points(2.34) == "+2.3 points"
    assert fmt.points(-1.02) == "\u22121.0 point"
    assert fmt.points(0.02) == "0.0 points"


def test_percent():
    assert fmt.percent(0.345) == "34%"
    assert fmt.percent(1) == "100%"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0004, "p < .001"),
        (0.001, "p = .001"),
        (0.0336, "p = .034"),
        (0.9996, "p > .999"),
        (0.5, "p = .500"),
    ],
)
def test_p_value(value, text):
    assert fmt.p_value(value) == text
