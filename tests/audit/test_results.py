"""Shares of positive answers, and those of other organisations, beside shares that are shown."""

from collections.abc import Mapping

import pytest

from workbench.figures import Question, response_shares

NAMES = ("Transit", "Water", "Parks")


def page(name: str, wave: str, facts: Mapping[str, str], *counts: int, hidden: bool = False) -> str:
    """The page of an organisation with one question that so many people answered 1, 2 and 3."""
    shares = {code: count / sum(counts) for code, count in enumerate(counts, start=1)}
    question = Question("q1", "Was it quick?", shares, sum(counts), 2.0, facts=facts)
    if hidden:
        question = Question("q1", "Was it quick?", reason="[c]")
    figure = response_shares([question], alt="Service", caption="Service").html
    return f"<h1>{name}, {wave}</h1>{figure}"


def test_a_share_that_is_the_sum_of_shown_shares_tells_nothing_more(audit):
    facts = {"Positive in 2024, %": "50%"}
    assert audit(transit=page("Transit", "2024", facts, 20, 40, 60)) == []


def test_a_share_that_is_no_such_sum_was_computed_of_other_numbers(audit):
    (found,) = audit(transit=page("Transit", "2024", {"Positive in 2024, %": "45%"}, 20, 40, 60))
    assert found.column == "Positive in 2024, %"
    assert "not the sum of shown shares" in found.what


@pytest.mark.parametrize(("told", "number"), [("97%", 1), ("over 95%", 0), ("2%", 1)])
def test_a_share_of_almost_all_tells_what_almost_each_said(audit, told, number):
    found = audit(transit=page("Transit", "2024", {"Positive in 2023, %": told}, 20, 40, 60))
    assert len(found) == number


def test_what_the_page_of_a_wave_hides_a_later_page_must_not_tell(audit):
    now = page("Transit", "2024", {"Positive in 2023, %": "40%"}, 20, 40, 60)
    before = {"Positive in 2023, %": "40%"}
    shown = page("Transit", "2023", before, 20, 24, 29)
    assert audit(now=now, before_=shown) == []
    (found,) = audit(now=now, before_=page("Transit", "2023", before, 20, 24, 29, hidden=True))
    assert found.what == "The shares of this question are hidden on before_.html."


def test_the_lowest_of_organisations_must_be_of_one_that_shows_its_own(audit):
    facts = {"Positive in 2024, %": "50%", "Lowest": "50%", "Average": "50%", "Highest": "50%"}
    of_three = facts | {"Organisations compared": "all 3"}
    pages = {name.lower(): page(name, "2024", of_three, 20, 40, 60) for name in NAMES}
    assert audit(**pages) == []
    pages["parks"] = page("Parks", "2024", of_three, 20, 40, 60, hidden=True)
    found = audit(**pages)
    assert [one.page for one in found] == ["transit.html", "water.html"]
    assert "Of 3 organisations 2 show their own result" in found[0].what
    of_two = facts | {"Organisations compared": "all 2"}
    pages |= {name.lower(): page(name, "2024", of_two, 20, 40, 60) for name in NAMES[:2]}
    assert audit(**pages) == []


def test_organisations_of_one_type_are_held_against_those_of_the_same(audit):
    own = {"Positive in 2024, %": "50%", "Average": "50%"}
    national = own | {"Organisations compared": "3 of type national"}
    pages = {name.lower(): page(name, "2024", national, 20, 40, 60) for name in NAMES[:2]}
    alone = own | {"Organisations compared": "all 3"}
    pages["parks"] = page("Parks", "2024", alone, 20, 40, 60)
    assert [one.page for one in audit(**pages)] == ["transit.html", "water.html"]
