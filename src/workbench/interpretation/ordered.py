"""What is said of answers as ordered categories and as numbers: which of them a page's numbers are
of, and what the other one would change."""

from collections.abc import Mapping, Sequence

from workbench.interpretation import numbers
from workbench.interpretation.cutoffs import FEW_CATEGORIES
from workbench.interpretation.links import LinkEstimate
from workbench.interpretation.messages import say
from workbench.interpretation.reliability import use_of
from workbench.interpretation.words import listed

BesideLink = tuple[str, LinkEstimate, LinkEstimate]
"""A link's name, its estimate as the page has it, and by the other estimator."""


def counted_as_in_words(few: int, ordered: bool) -> str:
    """Say whether answers count as ordered categories, and why; ``few`` is the number of questions
    with fewer than five categories."""
    if not few:
        return say("answers.as numbers", limit=numbers.count(FEW_CATEGORIES))
    key = "ordered" if ordered else "numbers after all"
    return say(f"answers.as {key}", count=few, limit=numbers.count(FEW_CATEGORIES))


def other_links_in_words(links: Sequence[BesideLink], ordered: bool) -> str:
    """Say what links would be by the other estimator; ``ordered`` are those that the page has."""
    known = [one for one in links if not numbers.is_missing(one[1].strength - one[2].strength)]
    how = say(f"answers.other.{'numbers' if ordered else 'ordered'}")
    if not known:
        return ""
    name, own, other = max(known, key=lambda one: abs(one[1].strength - one[2].strength))
    told = numbers.number(own.strength), numbers.number(other.strength)
    changed = [link for link, mine, theirs in known if mine.direction != theirs.direction]
    conclusion = (
        say("answers.conclusion.changed", count=len(changed), links=listed(changed))
        if changed
        else say("answers.conclusion.same")
    )
    if told[0] == told[1]:
        return say("answers.links alike", how=how, conclusion=conclusion)
    return say(
        "answers.links changed",
        how=how,
        link=name,
        own=told[0],
        other=told[1],
        conclusion=conclusion,
    )


def other_omegas_in_words(omegas: Mapping[str, tuple[float, float]]) -> str:
    """Say what reliabilities would be with answers as ordered categories.

    ``omegas`` has for every construct that omega, and the one of answers as numbers.
    """
    known = {name: pair for name, pair in omegas.items() if not any(map(numbers.is_missing, pair))}
    if not known:
        return say("answers.no omega")
    changed = [name for name, pair in known.items() if use_of(pair[0]) != use_of(pair[1])]
    conclusion = (
        say("answers.uses.changed", count=len(changed), constructs=listed(changed))
        if changed
        else say("answers.uses.same")
    )
    name = max(known, key=lambda one: abs(known[one][0] - known[one][1]))
    other, own = map(numbers.number, known[name])
    key = "alike" if own == other else "changed"
    return say(f"answers.omegas {key}", construct=name, own=own, other=other, conclusion=conclusion)
