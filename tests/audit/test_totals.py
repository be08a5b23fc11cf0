"""Hidden groups that totals give away."""

from typing import Any

import pandas as pd
import pytest
from builders import asked

from workbench.figures import Card, Cards, Question, Table, response_shares


def who(n: object) -> str:
    """Who answered, as an organisation's page tells it."""
    row = {"Source": "clients", "Units": "2", "Respondents": n}
    return Table(pd.DataFrame([row]), "Who answered").html


def pages(total: str, **parts: str) -> dict[str, str]:
    """A page about all organisations, and one of each."""
    own = {name: f"<h1>{name}, 2024</h1>{part}" for name, part in parts.items()}
    return {"all": f"<h1>Benchmark, 2024</h1>{total}"} | own


def test_a_total_less_its_parts_is_a_hidden_group(audit: Any) -> None:
    (found,) = audit(**pages(who("106"), Transit=who("60"), Water=who("40"), Parks=who("under 10")))
    assert (found.page, found.row, found.column) == ("all.html", "clients", "Respondents")
    assert "people of Parks (clients): 6." in found.what


def test_a_total_that_leaves_hidden_groups_out_tells_nothing(audit: Any) -> None:
    assert not audit(**pages(who("100"), Transit=who("60"), Water=who("40"), Parks=who("under 10")))


def test_two_hidden_groups_are_told_apart_by_how_large_they_can_be(audit: Any) -> None:
    """Two groups of fewer than ten people that have 16 together have 7 to 9 each."""
    two = {"Water": who("under 10"), "Parks": who("under 10")}
    found = audit(**pages(who("76"), Transit=who("60"), **two))
    assert [one.what.rpartition(": ")[2] for one in found] == ["7 to 9.", "7 to 9."]
    assert audit(**pages(who("69"), Transit=who("60"), **two)) == []


def test_what_an_organisation_without_a_page_leaves_is_nobody_s_secret(audit: Any) -> None:
    """Water has a page in the batch that is not published: 46 people, or Parks's few among them."""
    own = {"Transit": who("60"), "Parks": who("under 10")}
    assert not audit(**pages(who("106"), **own))
    # So few are left that both are small.
    found = audit(**pages(who("64"), **own))
    assert {one.what.rpartition("people of ")[2] for one in found} == {
        "Parks (clients): 0 to 4.",
        "Water (clients): 0 to 4.",
    }


def measured(n: int, mean: str) -> str:
    row = {"Question": "Was it quick?", "Answers": f"{n}", "Mean": mean}
    return Table(pd.DataFrame([row]), "Service: its questions").html


def test_a_hidden_question_and_its_mean_come_back(audit: Any) -> None:
    """Of 34 people 30 are shown, with a mean of 2.00; the others' is 1.00."""
    parts = {"Transit": asked(10, 10, 10), "Water": "<p>Not shown.</p>"}
    found = audit(**pages(measured(34, "1.88"), **parts))
    assert [one.column for one in found] == ["Answers", "Answers", "Mean"]
    assert "Water (Was it quick?): 0 to 4." in found[1].what
    assert "mean of 4 hidden people (Water, Parks): 1.00 to" in found[2].what
    assert audit(**pages(measured(30, "2.00"), **parts)) == []


def test_the_answers_of_a_scale_are_no_numbers_of_people(audit: Any) -> None:
    """A table of what was asked tells from where to where answers go."""
    asked_of_all = Table(
        pd.DataFrame([{"Question": "Was it quick?", "Answers": "1 to 3"}]), "What was asked"
    )
    parts = {"Transit": "<p>Not asked.</p>", "Water": "<p>Not asked.</p>"}
    assert audit(**pages(asked_of_all.html, **parts)) == []


@pytest.mark.parametrize(("total", "told"), [("106", False), ("120", True)])
def test_ranges_of_numbers_leave_more_open(audit: Any, total: str, told: bool) -> None:
    """60 to 69 and 40 to 49 people leave up to 6 of 106, if any, and at least 2 of 120."""
    parts = {"Transit": who("60 to 69"), "Water": who("40 to 49"), "Parks": who("under 10")}
    found = audit(**pages(who(total), **parts))
    assert ["Parks (clients): 2 to 9" in one.what for one in found] == [True] * told


def test_ranges_of_people_in_channels_are_read(audit: Any) -> None:
    drivers = pd.DataFrame({"Driver": ["Access"], "Respondents": ["104"]})
    channels = {"Channel": ["web", "post"], "Driver": "Access", "Respondents": ["100", "90 to 99"]}
    page = Table(drivers, "Drivers").html + Table(pd.DataFrame(channels), "By channel").html
    assert audit(page=page) == []
    channels["Respondents"] = ["100", "under 10"]
    page = Table(drivers, "Drivers").html + Table(pd.DataFrame(channels), "By channel").html
    (found,) = audit(page=page)
    assert "a hidden group has 4" in found.what


def test_a_channel_that_is_left_out_is_found(audit: Any) -> None:
    drivers = pd.DataFrame({"Driver": ["Access"], "n": ["104"]})
    channels = pd.DataFrame({"Channel": ["web", "post"], "Driver": "Access", "n": ["60", "40"]})
    page = Table(drivers, "Drivers").html + Table(channels, "By channel").html
    (found,) = audit(page=page)
    assert (found.table, found.row) == ("By channel", "Access")
    assert "a hidden group has 4" in found.what


def test_groups_of_one_kind_that_lack_a_few_of_another_are_found(audit: Any) -> None:
    note = ["The headings give the number of respondents."]
    of_type = Table(pd.DataFrame(columns=["Link", "city (60)", "state (44)"]), "Types", notes=note)
    by = Table(pd.DataFrame(columns=["Link", "web (60)", "post (40)"]), "Channels", notes=note)
    (found,) = audit(page=of_type.html + by.html)
    assert found.table == "Channels"


def test_a_question_that_is_shown_without_numbers_hides_no_small_group(audit: Any) -> None:
    """Water's twelve people all gave the same answer; that they are twelve is no secret."""
    question = Question("q1", "Was it quick?", reason="Not shown in detail.")
    alike = response_shares([question], alt="Service", caption="Service").html
    own = {"Transit": asked(10, 10, 10), "Water": alike}
    assert audit(**pages(measured(42, "2.29"), **own)) == []


def test_the_answers_behind_an_index_are_parts_too(audit: Any) -> None:
    rows = pd.DataFrame([{"Construct": "Service", "Rows": "66"}])
    own = Cards([Card("Service", "64", ["60 answers from clients in 3 units"])]).html
    few = Cards([Card("Service", reason="Not shown: fewer than 10 people answered.")]).html
    nobody = "<p>Nobody answered.</p>"
    parts = {"Transit": own, "Water": few, "Parks": nobody}
    (found,) = audit(**pages(Table(rows, "Reliability").html, **parts))
    assert (found.table, found.row, found.column) == ("Reliability", "Service", "Rows")
    assert "people of Water (Service): 6." in found.what
