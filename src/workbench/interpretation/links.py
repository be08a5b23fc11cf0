"""A link's direction and size as verdicts, and what is said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import MODERATE_LINK, STRONG_LINK, WEAK_LINK
from workbench.interpretation.messages import say
from workbench.interpretation.words import listed
from workbench.text import capitalised

FEW_LINKS = 4
"""So many links are told in sentences; more are sorted by size."""


class Direction(StrEnum):
    """What an estimate and its 95 % interval tell of a link's sign."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    UNCLEAR = "unclear"
    """The interval holds 0."""
    MISSING = "missing"
    """There is no estimate, or none with an interval."""


class Size(StrEnum):
    """How strong a link is, the strongest first."""

    STRONG = "strong"
    MODERATE = "moderate"
    WEAK = "weak"
    VERY_WEAK = "very weak"


class Published(StrEnum):
    """Where a published rate lies beside an interval."""

    INCLUDED = "includes"
    MORE = "more"
    LESS = "less"
    MISSING = "missing"
    NONE = "found"
    """No rate was published."""


@dataclass(frozen=True)
class LinkEstimate:
    """A standardised link with its 95 % interval; any of them may be NaN."""

    strength: float
    lower: float
    upper: float

    @classmethod
    def of(cls, row: Mapping[str, float]) -> "LinkEstimate":
        """The estimate in a row of :func:`workbench.chain.links`."""
        return cls(float(row["strength"]), float(row["lower"]), float(row["upper"]))

    @property
    def direction(self) -> Direction:
        """Whether the link is clearly different from 0, and on which side."""
        if any(map(numbers.is_missing, (self.strength, self.lower, self.upper))):
            return Direction.MISSING
        if self.lower <= 0 <= self.upper:
            return Direction.UNCLEAR
        return Direction.POSITIVE if self.strength > 0 else Direction.NEGATIVE

    @property
    def size(self) -> Size:
        """How strong the link is, by Cohen's marks."""
        if abs(self.strength) < WEAK_LINK:
            return Size.VERY_WEAK
        if abs(self.strength) < MODERATE_LINK:
            return Size.WEAK
        return Size.MODERATE if abs(self.strength) < STRONG_LINK else Size.STRONG

    @property
    def span(self) -> str:
        """The estimate with its interval, as text."""
        return numbers.estimate(self.strength, self.lower, self.upper)


def link_in_words(source: str, target: str, found: LinkEstimate) -> str:
    """One link as a sentence: whether higher goes with higher, how strongly, how surely."""
    return say(
        f"link.{found.direction}",
        source=source,
        target=target,
        size=say(f"size.{found.size}"),
        span=found.span,
    )


def links_in_words(found: Sequence[tuple[str, str, LinkEstimate]]) -> str:
    """Links (source, target, estimate): few as sentences, many sorted by strength."""
    if len(found) <= FEW_LINKS:
        return " ".join(link_in_words(*one) for one in found)
    by_size: dict[Size, list[str]] = {size: [] for size in Size}
    others: dict[Direction, list[str]] = {Direction.UNCLEAR: [], Direction.MISSING: []}
    for source, target, link in found:
        name = f"{source} → {target}"
        told = name if link.direction is Direction.MISSING else f"{name} {link.span}"
        group = others[link.direction] if link.direction in others else by_size[link.size]
        group.append(told)
    paragraphs = [say("links.lead")]
    paragraphs += [
        say("links.sized", size=capitalised(say(f"size.{size}")), links="; ".join(told))
        for size, told in by_size.items()
        if told
    ]
    paragraphs += [
        say(f"links other.{direction}", links="; ".join(told))
        for direction, told in others.items()
        if told
    ]
    return "\n\n".join(paragraphs)


class Sign(StrEnum):
    """Whether a link has the sign that is expected of it."""

    EXPECTED = "expected"
    AGAINST = "against"
    UNCLEAR = "unclear"
    OPEN = "open"
    """It is clearly different from 0, and either sign is expected."""
    MISSING = "missing"


def sign_of(found: LinkEstimate, expected: str) -> Sign:
    """Judge a link by the sign expected, "+", "-" or "either"."""
    if found.direction is Direction.MISSING:
        return Sign.MISSING
    if found.direction is Direction.UNCLEAR:
        return Sign.UNCLEAR
    if expected == "either":
        return Sign.OPEN
    positive = found.direction is Direction.POSITIVE
    return Sign.EXPECTED if positive == (expected == "+") else Sign.AGAINST


@dataclass(frozen=True)
class SignedLink:
    """A link and its sign, as sentences about signs need them.

    ``tests`` says of a link that the chain's authors do not state whether it goes beside a longer
    path of theirs, whose share it tests; it is None of a link that they state.
    """

    source: str
    target: str
    sign: Sign
    tests: bool | None = None

    @property
    def name(self) -> str:
        """Both ends with an arrow between."""
        return f"{self.source} → {self.target}"


def signs_in_words(found: Sequence[SignedLink]) -> str:
    """Which links do not have the sign that is expected of them, and which are not the authors'."""
    stated = {link.sign for link in found if link.tests is None}
    told = []
    if stated and stated <= {Sign.EXPECTED, Sign.OPEN} and Sign.EXPECTED in stated:
        told.append(say("sign.expected"))
    groups = {
        Sign.AGAINST: [link.name for link in found if link.sign is Sign.AGAINST],
        Sign.UNCLEAR: [link.name for link in found if link.sign is Sign.UNCLEAR],
        Sign.OPEN: [link.name for link in found if link.sign is Sign.OPEN],
        "tests": [link.name for link in found if link.tests],
        "added": [link.name for link in found if link.tests is False],
    }
    told += [say(f"sign.{kind}", links=listed(names)) for kind, names in groups.items() if names]
    return " ".join(told)


def link_over_organisations_in_words(row: Mapping[str, float]) -> str:
    """The mean link over organisations, how much it differs, and where another one's would be.

    ``row`` is one of ``between`` of :class:`workbench.chain.OrganisationLinks`.
    """
    return say(
        "link over organisations",
        organisations=int(row["organisations"]),
        estimate=numbers.number(row["estimate"]),
        span=numbers.interval(row["lower"], row["upper"]),
        tau=numbers.number(row["tau"]),
        tau_span=numbers.interval(row["tau_lower"], row["tau_upper"]),
        lower=numbers.number(row["prediction_lower"]),
        upper=numbers.number(row["prediction_upper"]),
    )


def rate_in_words(
    source: str,
    target: str,
    step: float,
    rate: tuple[float, float, float],
    published: float,
    verdict: Published,
) -> str:
    """Points of ``target`` that go with ``step`` points of ``source``, beside a published rate.

    ``rate`` is the estimate with its limits, ``published`` what the published rate would give.
    Association, not effect.
    """
    points, lower, upper = (numbers.number(value, 1) for value in rate)
    ends = {"source": source, "target": target}
    steps = numbers.general(step)
    found = say("rate.found", **ends, step=steps, points=points, lower=lower, upper=upper)
    if verdict is Published.NONE:
        return found
    return say(f"rate.{verdict}", **ends, found=found, published=numbers.number(published, 1))
