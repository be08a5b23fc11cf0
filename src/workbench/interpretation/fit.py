"""How well a model fits, and what a test says."""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import (
    ACCEPTABLE_CFI,
    ACCEPTABLE_RMSEA,
    ACCEPTABLE_SRMR,
    WELL_CFI,
    WELL_RMSEA,
    WELL_SRMR,
)
from workbench.interpretation.messages import say

_TOLD = ("cfi", "rmsea", "srmr")


class ModelFit(StrEnum):
    """How well a model reproduces the data."""

    WELL = "well"
    ACCEPTABLY = "acceptably"
    POORLY = "poorly"
    NOTHING_TO_TEST = "nothing to test"
    """It has no degrees of freedom."""
    NOT_KNOWN = "not known"
    """A measure could not be computed."""


class Tested(Protocol):
    """A test of a model or of a difference between two."""

    @property
    def statistic(self) -> float:
        """Chi-square, or F times its degrees of freedom where ``error_df`` is finite."""

    @property
    def df(self) -> int:
        """Degrees of freedom."""

    @property
    def error_df(self) -> float:
        """Those of the denominator of F, infinite for chi-square."""

    @property
    def pvalue(self) -> float:
        """The p-value."""


def model_fit(measures: Mapping[str, float]) -> ModelFit:
    """Judge a model's fit by the marks of :mod:`workbench.interpretation.cutoffs`.

    ``measures`` has ``cfi``, ``rmsea``, ``srmr`` and ``df``, as
    :attr:`workbench.sem.Fit.reported` gives them.
    """
    if measures["df"] == 0:
        return ModelFit.NOTHING_TO_TEST
    cfi, rmsea, srmr = (measures[name] for name in _TOLD)
    if any(map(numbers.is_missing, (cfi, rmsea, srmr))):
        return ModelFit.NOT_KNOWN
    if cfi >= WELL_CFI and rmsea <= WELL_RMSEA and srmr <= WELL_SRMR:
        return ModelFit.WELL
    if cfi >= ACCEPTABLE_CFI and rmsea <= ACCEPTABLE_RMSEA and srmr <= ACCEPTABLE_SRMR:
        return ModelFit.ACCEPTABLY
    return ModelFit.POORLY


def fit_in_words(measures: Mapping[str, float]) -> str:
    """Say how well a model fits the data, with the measures that :func:`model_fit` goes by."""
    told = (f"{name.upper()} {numbers.number(measures[name], 3)}" for name in _TOLD)
    return say(f"fit.{model_fit(measures)}", numbers=say("list.comma").join(told))


def model_in_words(measures: Mapping[str, float], test: Tested) -> str:
    """Say how well a model fits the data, and what its test says."""
    fits = fit_in_words(measures)
    if model_fit(measures) is ModelFit.NOTHING_TO_TEST:
        return fits
    return f"{fits} {say('test.robust', test=statistic_in_words(test))}"


def crosscheck_in_words(
    agree: bool | None, difference: float, parameter: str, tolerance: float, reason: str
) -> str:
    """Whether a second program gives the same estimates, and where it does not the most.

    Where it does, the difference is told as a power of ten: the rest is rounding, and other on
    every machine. Without a comparison ``agree`` is None, and ``reason`` says why.
    """
    if agree is None:
        return say("crosscheck.none", reason=reason)
    allowed = numbers.general(tolerance)
    if agree:
        digits = int(min(-math.ceil(math.log10(difference)), 6)) if difference > 0 else 6
        return say(
            "crosscheck.agrees", difference=numbers.number(10**-digits, digits), tolerance=allowed
        )
    return say(
        "crosscheck.differs",
        difference=numbers.scientific(difference),
        parameter=parameter,
        tolerance=allowed,
    )


def statistic_in_words(found: Tested) -> str:
    """The statistic of a test with its degrees of freedom and p-value."""
    if numbers.is_missing(found.error_df):  # infinite
        size = say("test.chi-square", statistic=numbers.number(found.statistic, 1), df=found.df)
    else:
        size = say(
            "test.f",
            statistic=numbers.number(found.statistic / found.df, 1),
            df=found.df,
            error_df=numbers.number(found.error_df, 1),
        )
    return f"{size}, {numbers.p_value(found.pvalue)}"
