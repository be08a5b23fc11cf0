"""Response rates that tell numbers of people more exactly than these are told."""

from typing import Any

import pytest

from workbench.figures import Prose
from workbench.interpretation import numbers as fmt
from workbench.interpretation.messages import say
from workbench.reports.disclosure import rate_in_words


def asked(answered: str, invited: str, rate: str) -> str:
    parts = {"source": "Clients", "questions": "3 questions", "constructs": "service"}
    return Prose(
        say(
            "asked.people.of invited",
            answered=answered,
            invited=invited,
            rate=rate,
            place=", in 3 units",
            **parts,
        )
    ).html


def test_a_rate_of_few_people_tells_how_many_they_are(audit: Any) -> None:
    """34% of 200 are 67 to 69."""
    (found,) = audit(page=asked("60 to 69", "200", "34%"))
    assert "that 67 to 69 people answered, where 60 to 69 are told" in found.what
    assert audit(page=asked("60 to 69", "200", "30% to 34%")) == []
    assert audit(page=asked("112", "200", "56%")) == []


@pytest.mark.parametrize("people", [10, 13, 37, 64, 65, 69, 94, 99])
def test_a_rate_as_pages_tell_it_leaves_every_number_of_its_range(
    audit: Any, monkeypatch: pytest.MonkeyPatch, people: int
) -> None:
    """For every number that may have been invited."""
    monkeypatch.setattr(fmt, "EXACT_FROM", 100)
    invited = [people, people + 1, 2 * people, 173, 2001]
    pages = {
        f"of{number}": asked(
            fmt.people(people), fmt.people(number), rate_in_words(people / number, people)
        )
        for number in invited
    }
    assert audit(**pages) == []
    exact = asked(fmt.people(people), "2,001", fmt.percent(people / 2001, 1))
    assert len(audit(exact=exact)) == 1
