"""Whether questions work in the same way in all groups, and what may be compared."""

from collections.abc import Sequence
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import (
    CFI_DROP,
    CHEN_FEW_ROWS,
    CHEN_MANY_ROWS,
    CHEN_SMALL_SAMPLE,
)
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed


class InvarianceLevel(StrEnum):
    """What is equal in all groups, each level with all of those before it."""

    CONFIGURAL = "configural"
    METRIC = "metric"
    SCALAR = "scalar"
    STRICT = "strict"


class Rule(StrEnum):
    """Rules on the change of fit measures by which a level holds or not."""

    CHEUNG_RENSVOLD = "cheung_rensvold"
    CHEN = "chen"


class Comparable(StrEnum):
    """What of a construct can be compared across groups."""

    INDICES = "indices"
    WITH_CAUTION = "with caution"
    """Indices, but some questions work differently."""
    LINKS = "links"
    NOTHING = "nothing"
    UNKNOWN = "unknown"
    """It could not be modelled."""


_MEANS = (InvarianceLevel.SCALAR, InvarianceLevel.STRICT)


def comparable(full: InvarianceLevel | None, partial: InvarianceLevel | None) -> Comparable:
    """Judge the level that holds in full, and the one that holds with some questions freed."""
    if full in _MEANS:
        return Comparable.INDICES
    if full is None:
        return Comparable.UNKNOWN
    if partial in _MEANS:
        return Comparable.WITH_CAUTION
    return Comparable.LINKS if full is InvarianceLevel.METRIC else Comparable.NOTHING


def comparable_in_words(
    label: str,
    by: str,
    compared: int,
    left_out: int,
    verdict: Comparable,
    freed: Sequence[str] = (),
) -> str:
    """What may be compared of a construct.

    Parameters
    ----------
    by
        What a group is, in the singular; so many are ``compared`` and ``left_out``.
    freed
        The questions that work differently, where the verdict is to compare with caution.
    """
    where = say(
        f"compared.{'some' if left_out else 'all'}",
        groups=say(f"groups.{by}"),
        compared=compared,
        every=compared + left_out,
    )
    parts = {
        "construct": label,
        "groups": say(f"groups.{by}"),
        "where": where,
        "items": say("list.comma").join(freed),
    }
    if verdict is Comparable.WITH_CAUTION:
        return say(f"comparable.with caution.{'one' if len(freed) == 1 else 'several'}", **parts)
    return say(f"comparable.{verdict}", **parts)


def level_holds(
    rows: int, level: InvarianceLevel, cfi: float, rmsea: float, srmr: float
) -> dict[Rule, bool | None]:
    """Whether a level holds by each rule, from the changes of fit measures; None where unknown.

    Cheung & Rensvold: CFI falls by no more than .01. Chen: it is rejected where CFI falls *and*
    RMSEA or SRMR rises by as much as her marks or more.
    """
    if any(map(numbers.is_missing, (cfi, rmsea, srmr))):
        return dict.fromkeys(Rule)
    marks = CHEN_FEW_ROWS if rows <= CHEN_SMALL_SAMPLE else CHEN_MANY_ROWS
    most = marks.srmr_loadings if level == InvarianceLevel.METRIC else marks.srmr_others
    rejected = cfi <= -marks.cfi and (rmsea >= marks.rmsea or srmr >= most)
    return {Rule.CHEUNG_RENSVOLD: bool(cfi >= -CFI_DROP), Rule.CHEN: not rejected}


def invariance_in_words(reached: InvarianceLevel | None, cfi: float, rmsea: float) -> str:
    """Up to which level measurement is equal; measures of fit are those of the first."""
    if reached is None:
        return say("invariance.unknown")
    fit = say("invariance fit", cfi=numbers.number(cfi, 3), rmsea=numbers.number(rmsea, 3))
    return f"{fit} {say(f'invariance.{reached}')}"


def untestable_level_in_words(level: InvarianceLevel, reason: str) -> str:
    """Why a level cannot be tested, or, without a reason, that it could not be estimated."""
    return say(
        f"level.{'untestable' if reason else 'not estimated'}",
        level=say(f"invariance level.{level}"),
        reason=reason,
    )


def worse_level_in_words(
    level: InvarianceLevel, changes: tuple[float, float, float], rules: Sequence[Rule]
) -> str:
    """By how much a level fits worse (CFI, RMSEA, SRMR), and by which rules it does not hold."""
    cfi, rmsea, srmr = (numbers.number(change, 3, signed=True) for change in changes)
    named = listed([say(f"rule.{rule}") for rule in rules], "and of")
    return say(
        "level.worse",
        level=say(f"invariance level.{level}"),
        cfi=cfi,
        rmsea=rmsea,
        srmr=srmr,
        rules=named,
    )
