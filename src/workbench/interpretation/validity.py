"""How well questions measure a construct, how many things they measure, and which point away."""

from collections.abc import Sequence
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import (
    LEAST_AVE,
    LIBERAL_HTMT,
    MANY_AT_AN_END,
    ONE_COMPONENT,
    RELIABLE_FOR_GROUPS,
    STRICT_HTMT,
)
from workbench.interpretation.messages import say
from workbench.interpretation.reliability import reliability_in_words
from workbench.interpretation.words import counted, listed


class Convergent(StrEnum):
    """Whether a construct's questions measure one thing well."""

    WELL = "well"
    TOGETHER = "together"
    """Single questions do not, their index does."""
    BADLY = "badly"
    MISSING = "missing"


class Distinct(StrEnum):
    """Whether two constructs are different things."""

    CLEARLY = "clearly"
    LIBERALLY = "liberally"
    """By the liberal mark, not by the strict one."""
    PROBABLY = "probably"
    """The interval reaches the liberal mark."""
    UNTESTED = "untested"
    """There is no interval."""
    HARDLY = "hardly"
    MISSING = "missing"


class Dimensions(StrEnum):
    """How many things the questions about a construct measure."""

    NONE = "none"
    """They share no more than chance."""
    ONE = "one"
    SEVERAL = "several"
    UNCLEAR = "unclear"
    """Components and common factors contradict each other."""


def convergent(ave: float, reliability: float) -> Convergent:
    """Judge average variance extracted and composite reliability."""
    if numbers.is_missing(ave) or numbers.is_missing(reliability):
        return Convergent.MISSING
    if reliability < RELIABLE_FOR_GROUPS:
        return Convergent.BADLY
    return Convergent.WELL if ave >= LEAST_AVE else Convergent.TOGETHER


def convergent_in_words(ave: float, reliability: float, construct: str) -> str:
    """What AVE and composite reliability mean for the use of a construct's index."""
    return say(f"convergent.{convergent(ave, reliability)}", construct=construct)


def alpha_alone_in_words(label: str, items: int, alpha: float) -> str:
    """What can be said of an index where there is no measurement model."""
    if items == 1:
        return say("alpha.one question", construct=label)
    if numbers.is_missing(alpha):
        return say("alpha.missing", construct=label)
    return say("alpha.alone", construct=label, use=reliability_in_words(alpha))


def distinct(ratio: float, upper: float) -> Distinct:
    """Judge a heterotrait–monotrait ratio and the upper limit of its interval."""
    if numbers.is_missing(ratio):
        return Distinct.MISSING
    if ratio >= LIBERAL_HTMT:
        return Distinct.HARDLY
    if numbers.is_missing(upper):
        return Distinct.UNTESTED
    if upper < STRICT_HTMT:
        return Distinct.CLEARLY
    return Distinct.LIBERALLY if upper < LIBERAL_HTMT else Distinct.PROBABLY


def distinct_in_words(ratio: float, upper: float, one: str, other: str) -> str:
    """What HTMT means for the use of two constructs side by side."""
    mark = numbers.number(LIBERAL_HTMT)
    return say(f"distinct.{distinct(ratio, upper)}", one=one, other=other, mark=mark)


def dimensions(components: int, factors: int) -> Dimensions:
    """Judge the numbers of principal components and common factors above chance."""
    if components == 0 and factors == 0:
        return Dimensions.NONE
    if (components > 1) != (factors > 1):
        return Dimensions.UNCLEAR
    return Dimensions.ONE if components <= 1 else Dimensions.SEVERAL


def dimensions_in_words(
    components: int, factors: int, construct: str, against: Sequence[str] = ()
) -> str:
    """What the number of dimensions means for an index of ``construct``.

    ``against`` are the items that run against the others: the index is a mean in which they take
    off what the others put on, however few dimensions there are.
    """
    if against:
        return say("dimensions doubted", doubt=against_in_words(against, construct))
    return say(
        f"dimensions.{dimensions(components, factors)}",
        construct=construct,
        components=components,
        factors=factors,
    )


def against_in_words(against: Sequence[str], construct: str) -> str:
    """Say that items run against the others of ``construct``, "" where none does."""
    if not against:
        return ""
    key = "one" if len(against) == 1 else "several"
    return say(f"against.{key}", items=say("list.comma").join(against), construct=construct)


def single_factor_in_words(share: float) -> str:
    """What the share of all items' variance in one component means for links among them."""
    key = "large" if share > ONE_COMPONENT else "small"
    return say(f"one component.{key}", share=numbers.percent(share))


def extremes_in_words(lowest: Sequence[float], highest: Sequence[float]) -> str:
    """Name questions with many answers at an end of their scale, by the shares of answers there."""
    share = numbers.percent(MANY_AT_AN_END)
    told = [
        say(f"extremes.{end}", share=share, questions=counted(many, "question"))
        for end, many in (
            ("lowest", sum(one > MANY_AT_AN_END for one in lowest)),
            ("highest", sum(one > MANY_AT_AN_END for one in highest)),
        )
        if many
    ]
    return " ".join(told) or say("extremes.none")


def units_told_apart_in_words(
    reliable: Sequence[str], unreliable: Sequence[str], unequal: Sequence[str], missing: str
) -> str:
    """How well indices measure units, constructs sorted by what was found of them.

    ``unequal`` are those with different loadings between and within units; ``missing``, sentences
    on those that could not be estimated.
    """
    told = [
        say(f"units told apart.{key}", constructs=listed(names))
        for key, names in (("reliably", reliable), ("unreliably", unreliable))
        if names
    ]
    told += [missing] if missing else []
    told += [say("units told apart.unequal", constructs=listed(unequal))] if unequal else []
    return " ".join(told)


def own_variance_in_words(holds: bool) -> str:
    """Whether two constructs share more with their own questions than with each other."""
    return say(f"own variance.{'holds' if holds else 'fails'}")


class Loadings(StrEnum):
    """Whether questions have the same loadings between units as within them."""

    EQUAL = "equal"
    """There is no evidence against it."""
    UNEQUAL = "unequal"
    UNTESTED = "untested"


def unit_index_in_words(
    construct: str, share: float, sampling: float, own: float | None, *, reliable: bool
) -> str:
    """How well a construct's questions measure units.

    ``share`` of the differences between units are of the construct, ``sampling`` are sampling
    error, ``own`` specific to single questions; None of a single question.
    """
    lost = say(
        f"unit index.{'sampling' if own is None else 'sampling and own'}",
        sampling=numbers.percent(sampling),
        own=numbers.percent(own),
    )
    return say(
        f"unit index.{'reliable' if reliable else 'unreliable'}",
        construct=construct,
        share=numbers.percent(share),
        lost=lost,
    )


def loadings_in_words(construct: str, found: Loadings, reason: str = "") -> str:
    """Whether a construct is the same thing in units as in people, or the ``reason`` why not known.

    The reason is a part of a sentence.
    """
    return say(f"loadings.{found}", construct=construct, reason=reason.rstrip("."))


def loadings_in_a_word(found: Loadings, pvalue: float) -> str:
    """ "they differ (p = .012)"."""
    return say(f"loadings.{found}.word", p=numbers.p_value(pvalue))
