"""Whether links differ between groups."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import CFI_DROP, SIGNIFICANCE
from workbench.interpretation.fit import Tested, statistic_in_words
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed


class Yardstick(StrEnum):
    """Whether a point of a construct means the same in every group."""

    ALIKE = "alike"
    DIFFERENT = "different"
    UNTESTED = "untested"


class Moderated(StrEnum):
    """Whether any link differs between groups."""

    DIFFERENT = "different"
    NOT_SHOWN = "not shown"


def by_in_words(by: str) -> str:
    """What groups differ by: type, channel, or what is known of respondents, by its column."""
    return say(f"by.{by}") if by in ("type", "channel", "group") else by.replace("_", " ")


def yardstick(cfi_fall: float) -> Yardstick:
    """Judge by how much CFI falls with equal loadings."""
    return Yardstick.ALIKE if cfi_fall <= CFI_DROP else Yardstick.DIFFERENT


def moderated(test: Tested) -> Moderated:
    """Judge the test that all links are equal in all groups."""
    return Moderated.DIFFERENT if test.pvalue < SIGNIFICANCE else Moderated.NOT_SHOWN


def yardstick_of_all_in_words(by: str, cfi_fall: float) -> str:
    """Whether questions work in the same way in every group, by the model of all of them."""
    return say(
        f"yardstick of all.{yardstick(cfi_fall)}",
        by=by_in_words(by),
        fall=numbers.number(max(cfi_fall, 0), 3),
    )


def yardsticks_in_words(by: str, found: Mapping[Yardstick, Sequence[str]]) -> str:
    """Whether questions work in the same way in every group, constructs by their labels."""
    return " ".join(
        say(f"yardstick.{verdict}", by=by_in_words(by), constructs=listed(found[verdict]))
        for verdict in Yardstick
        if found.get(verdict)
    )


def moderated_in_words(by: str, test: Tested) -> str:
    """Whether links differ between groups."""
    return say(f"moderated.{moderated(test)}", by=by_in_words(by), test=statistic_in_words(test))


def differing_link_in_words(
    link: tuple[str, str], tests: int, least: tuple[float, str], most: tuple[float, str]
) -> str:
    """Between which groups a link differs: the least and most points per point, and where."""
    return say(
        "moderated link.differs",
        source=link[0],
        target=link[1],
        tests=tests,
        least=numbers.number(least[0]),
        most=numbers.number(most[0]),
        least_group=least[1],
        most_group=most[1],
    )
