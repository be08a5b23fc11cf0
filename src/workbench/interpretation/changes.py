"""What changed between two waves: an index, a chain's links, a latent mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import SIGNIFICANCE
from workbench.interpretation.fit import Tested, statistic_in_words
from workbench.interpretation.links import LinkEstimate
from workbench.interpretation.messages import say
from workbench.interpretation.words import counted, listed

_MOST = 30
"""Organisations that a sentence names; of more, how many they are."""


class Movement(StrEnum):
    """Which way an index moved, as far as the data tell."""

    UP = "up"
    DOWN = "down"
    UNCLEAR = "unclear"
    UNTESTED = "untested"
    """It has no interval: one unit, or the same change in all."""
    MISSING = "missing"
    """There is no number for one of the waves."""

    @property
    def clear(self) -> bool:
        """Whether it is called an increase or a decrease."""
        return self in (Movement.UP, Movement.DOWN)


@dataclass(frozen=True)
class Change:
    """The difference between an index in two waves, with its 95 % interval.

    Attributes
    ----------
    difference, lower, upper
        In points; NaN where there is none.
    direction
        As decided over all organisations (:func:`workbench.benchmark.index_changes`).
    before, now
        The waves.
    """

    difference: float
    lower: float
    upper: float
    direction: Movement
    before: str
    now: str

    @classmethod
    def of(cls, row: Mapping[Any, Any], before: str, now: str) -> "Change":
        """The change in a row with ``change``, ``lower``, ``upper`` and ``direction``."""
        change, lower, upper = (float(row[name]) for name in ("change", "lower", "upper"))
        return cls(change, lower, upper, Movement(row["direction"]), before, now)


def change_in_words(found: Change | None) -> str:
    """ "up 3.1 points since 2023 (0.4 to 5.8)", or that there is no clear change.

    A change without an interval is told and not judged.
    """
    return "" if found is None else say(f"change.{found.direction}", **_parts(found))


def change_in_brief(found: Change) -> str:
    """ "up 3.1 points since 2023", or that there is no clear change."""
    return say(f"change.{found.direction}.brief", **_parts(found))


def change_sentence(label: str, found: Change, reason: str = "", *, strong: bool = False) -> str:
    """What changed of ``label``, or the ``reason`` why there is no number.

    ``strong`` puts what went up or down between the marks of strong text.
    """
    return say(
        f"change.{found.direction}.sentence",
        label=label,
        reason=reason,
        strong="**" if strong else "",
        **_parts(found),
    )


def change_in_a_word(direction: Movement) -> str:
    """ "up", "down", "no clear change", or that it was not tested."""
    return say(f"change.{direction}.word")


def change_in_numbers(found: Change) -> str:
    """ "+3.1 (0.4 to 5.8)", for a cell of a table."""
    if found.direction is Movement.MISSING:
        return say("change.missing.word")
    change = numbers.number(found.difference, 1, signed=True)
    span = numbers.interval(found.lower, found.upper, 1, missing=say("interval.none"))
    return say("number.estimate", value=change, interval=span)


def change_in_a_cell(found: Change) -> str:
    """ "+3.1 (0.4 to 5.8) up": the numbers, and the direction where it is clear."""
    told = change_in_numbers(found)
    return f"{told} {change_in_a_word(found.direction)}" if found.direction.clear else told


def _parts(found: Change) -> dict[str, str]:
    return {
        "points": numbers.points(found.difference),
        "size": numbers.points(abs(found.difference)).lstrip("+"),
        "span": numbers.interval(found.lower, found.upper, 1),
        "before": found.before,
        "now": found.now,
    }


def changed_in_words(
    before: str, now: str, found: Sequence[tuple[str, Movement, Sequence[str]]]
) -> str:
    """Which organisations went up or down: ``found`` has label, direction and organisations."""
    told = "; ".join(
        say(
            f"changed.part.{direction}",
            label=label,
            organisations=listed(organisations, most=_MOST),
        )
        for label, direction, organisations in found
    )
    return say(f"changed.{'some' if told else 'none'}", before=before, now=now, changes=told)


def change_with_change_in_words(source: str, target: str, found: LinkEstimate) -> str:
    """Whether units whose source rose have a target that rose, points per point."""
    return say(
        f"change with change.{found.direction}", source=source, target=target, span=found.span
    )


class LinkMovement(StrEnum):
    """Whether a link's strength changed between two waves."""

    STRONGER = "stronger"
    WEAKER = "weaker"
    UNCLEAR = "unclear"
    UNTESTED = "untested"


@dataclass(frozen=True)
class LinkChange:
    """A standardised link in two waves, and the change with its 95 % interval and p-value."""

    before: float
    now: float
    change: float
    lower: float
    upper: float
    pvalue: float

    @property
    def direction(self) -> LinkMovement:
        """What the test of the change tells."""
        if numbers.is_missing(self.pvalue):
            return LinkMovement.UNTESTED
        if self.pvalue >= SIGNIFICANCE:
            return LinkMovement.UNCLEAR
        return LinkMovement.STRONGER if abs(self.now) > abs(self.before) else LinkMovement.WEAKER


def link_change_in_words(
    effect: str, source: str, target: str, waves: tuple[str, str], found: LinkChange
) -> str:
    """How an effect ("direct", "indirect" or "total") of ``source`` on ``target`` changed."""
    return say(
        f"link change.{found.direction}",
        link=say(f"effect.{effect}", source=source, target=target),
        before=numbers.number(found.before),
        now=numbers.number(found.now),
        earlier=waves[0],
        later=waves[1],
        change=numbers.number(found.change, signed=True),
        span=numbers.interval(found.lower, found.upper),
    )


class LinksMovement(StrEnum):
    """Whether the links of a chain changed at all."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    UNTESTED = "untested"
    """There are fewer clusters than links."""


def links_movement(test: Tested) -> LinksMovement:
    """What the joint test of all links tells."""
    if numbers.is_missing(test.pvalue):
        return LinksMovement.UNTESTED
    return LinksMovement.CHANGED if test.pvalue < SIGNIFICANCE else LinksMovement.UNCHANGED


def links_change_in_words(before: str, now: str, test: Tested) -> str:
    """Whether the links of a chain changed from one wave to another."""
    verdict = links_movement(test)
    told = "" if verdict is LinksMovement.UNTESTED else statistic_in_words(test)
    return say(f"links change.{verdict}", before=before, now=now, test=told)


def latent_means_in_words(
    label: str, items: Sequence[str], freed: Sequence[str], left_out: Sequence[str]
) -> str:
    """How many of a construct's questions tie its latent means over the waves, and which do not.

    ``items`` are those asked in every wave, ``freed`` those of them with parameters of their own in
    each, ``left_out`` those not asked in every wave.
    """
    tied = len(items) - len(freed)
    key = "some" if freed else "all" if tied > 1 else "one"
    told = say(f"latent means.tied.{key}", label=label, tied=tied, items=len(items))
    if freed:
        told += say("latent means.freed", items=listed(freed))
    if left_out:
        key = "one" if len(left_out) == 1 else "some"
        told += say(f"latent means.left out.{key}", items=listed(left_out))
    return f"{told}."


def poor_latent_means_in_words(label: str, measures: Mapping[str, float]) -> str:
    """Warn that equal parameters fit badly, with the ``cfi`` and ``rmsea`` of the model."""
    cfi, rmsea = (numbers.number(measures[name]) for name in ("cfi", "rmsea"))
    return say("latent means.poor", label=label, cfi=cfi, rmsea=rmsea)


def repeated_in_words(respondents: int, source: str, correlation: float) -> str:
    """How many people answered again, and how their answers correlate."""
    return say(
        "again.known",
        respondents=counted(respondents, "respondent"),
        source=source,
        correlation=numbers.number(correlation),
    )
