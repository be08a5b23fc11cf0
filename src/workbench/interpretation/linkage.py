"""How far units differ, how well their members agree, and where sources meet."""

import math
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import (
    AGREE,
    AGREE_STRONGLY,
    AGREE_VERY_STRONGLY,
    AGREE_WEAKLY,
    LARGE_ICC,
    MEDIUM_ICC,
    RELIABLE_FOR_GROUPS,
)
from workbench.interpretation.messages import say


class Between(StrEnum):
    """How large a part of the variance lies between units."""

    NONE = "none"
    """Units do not differ by more than chance."""
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    MISSING = "missing"


class Agreeing(StrEnum):
    """How strongly the members of a unit agree."""

    NOT = "not"
    WEAKLY = "weakly"
    MODERATELY = "moderately"
    STRONGLY = "strongly"
    VERY_STRONGLY = "very strongly"


def between(icc1: float) -> Between:
    """Judge ICC(1)."""
    if numbers.is_missing(icc1):
        return Between.MISSING
    if icc1 <= 0:
        return Between.NONE
    if icc1 < MEDIUM_ICC:
        return Between.SMALL
    return Between.MEDIUM if icc1 < LARGE_ICC else Between.LARGE


def agreeing(rwg: float) -> Agreeing:
    """Judge mean r_wg(j)."""
    if rwg < AGREE_WEAKLY:
        return Agreeing.NOT
    if rwg < AGREE:
        return Agreeing.WEAKLY
    if rwg < AGREE_STRONGLY:
        return Agreeing.MODERATELY
    return Agreeing.STRONGLY if rwg < AGREE_VERY_STRONGLY else Agreeing.VERY_STRONGLY


def agreement_in_words(construct: str, icc1: float, icc2: float, rwg: float) -> str:
    """How much of a construct lies between units, how reliable unit means are, and who agrees."""
    part = between(icc1)
    told = [say(f"between.{part}", construct=construct, share=numbers.percent(icc1))]
    if part is Between.MISSING:
        return told[0]
    if part is not Between.NONE:
        trust = "reliable" if icc2 >= RELIABLE_FOR_GROUPS else "doubtful"
        told.append(say(f"unit means.{trust}", icc2=numbers.number(icc2)))
    if not numbers.is_missing(rwg):
        told.append(say(f"agreeing.{agreeing(rwg)}", rwg=numbers.number(rwg)))
    return " ".join(told)


class Needed(StrEnum):
    """For what a number of respondents per unit is needed."""

    RELIABLE = "reliable"
    """For reliable unit means, as far as units differ."""
    AT_MOST = "at most"
    """The same if they differed as much as the data allow."""
    A_LITTLE = "a little"
    """The same if they differed a little."""


def respondents_needed_in_words(found: Needed, icc: float, needed: float, size: float) -> str:
    """How many respondents per unit reliable unit means take, beside the ``size`` that there is.

    ``icc`` is the ICC(2) of reliable means, or the ICC(1) that units are supposed to have.
    """
    decimals = 3 if found is Needed.AT_MOST else 2
    return say(
        f"needed respondents.{found}",
        icc=numbers.number(icc, decimals),
        needed=numbers.count(math.ceil(needed)),
        size=numbers.number(size, 1),
    )
