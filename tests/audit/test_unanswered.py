"""Reasons for no answer that one or two people had, beside the numbers of those who answered."""

from typing import Any

import pytest

from workbench.figures import Question, response_shares

ROUNDED = "<p>Numbers of people without an answer are rounded to the nearest 3 before all.</p>"


def page(asked: int, answered: int, every: str, known: str, other: str = "0%") -> str:
    facts = {"Without an answer, %": every, "Of these: Don't know, %": known}
    facts["Of these: Refused, %"] = other
    shares = {1: 0.2, 2: 0.3, 3: 0.5}
    question = Question("q1", "Was it quick?", shares, answered, 2.3, facts=facts)
    figure = response_shares([question], alt="Service", caption="Service").html
    who = (
        "<table><caption>Who answered</caption><thead><tr><th>Source</th><th>Respondents</th></tr>"
        f"</thead><tr><th>clients</th><td>{asked}</td></tr></table>"
    )
    return f"<h1>Transit, 2024</h1>{figure}{who}"


def named(found: list[Any]) -> list[str]:
    return [one.column for one in found if "for this reason" in one.what]


@pytest.mark.parametrize(
    ("every", "known", "single"),
    [
        ("10%", "2%", ["Don't know"]),  # two of a hundred, and eight of no reason
        ("10%", "9%", ["other"]),  # one of a hundred
        ("10%", "5%", []),
        ("10%", "[c]", []),
    ],
)
def test_shares_of_a_hundred_are_numbers_of_people(
    audit: Any, every: str, known: str, single: list[str]
) -> None:
    assert named(audit(page=page(100, 90, every, known))) == single


def test_rounded_numbers_leave_open_how_many_they_are(audit: Any) -> None:
    """Three of a hundred may be two, three or four of the seven without an answer."""
    assert named(audit(page=page(100, 93, "6%", "3%") + ROUNDED)) == []


def test_the_number_of_all_tells_what_rounding_left_open(audit: Any) -> None:
    """Two without an answer, of whom three are told, are two who did not know."""
    assert named(audit(page=page(100, 98, "3%", "3%") + ROUNDED)) == ["Don't know"]


def test_numbers_that_are_not_rounded_as_the_page_says_are_found(audit: Any) -> None:
    assert named(audit(page=page(100, 90, "10%", "2%") + ROUNDED)) == ["Don't know"]


def test_in_a_large_group_a_share_is_no_number(audit: Any) -> None:
    assert named(audit(page=page(1000, 900, "10%", "0%"))) == []
