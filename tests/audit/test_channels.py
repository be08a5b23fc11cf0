"""Hidden channels that the index of all channels gives away."""

from typing import Any

import pandas as pd
import pytest

from workbench.figures import Card, Cards, Question, Table, response_shares


def page(index: str, n: int, *channels: tuple[str, str, str]) -> str:
    """The page of an organisation whose index of service ``n`` people have."""
    cards = Cards([Card("Service", index, [f"95% interval 50 to 60; {n} answers from clients"])])
    heads = {"construct": "Construct", "channel": "Channel"}
    heads |= {"index": "Index, 0–100 (95% interval)", "n": "Respondents"}
    rows = [("Service", *channel) for channel in channels]
    table = Table(pd.DataFrame(rows, columns=list(heads)), "Indices by channel", labels=heads)
    shares = {1: 0.2, 2: 0.3, 3: 0.5}
    question = Question("q1", "Was it quick?", shares, n, 2.3)
    drawn = response_shares([question], alt="Service", caption="Service (answers 1 to 3)")
    return f"<h1>Transit, 2024</h1>{cards.html}{table.html}{drawn.html}"


def told(found: list[Any]) -> list[str]:
    return [one.what for one in found if one.row.startswith("Service")]


WEB, PHONE = ("web", "60 (55 to 65)", "120"), ("phone", "50 (45 to 55)", "150")
FAX, MAIL = ("fax", "[c]", "[c]"), ("mail", "[c]", "[c]")


def test_two_hidden_channels_of_many_people_tell_nothing(audit: Any) -> None:
    assert told(audit(page=page("55", 300, WEB, PHONE, FAX, MAIL))) == []


def test_channels_shown_must_not_leave_a_few_people(audit: Any) -> None:
    (what,) = told(audit(page=page("55", 274, WEB, PHONE, FAX, MAIL)))
    assert what == "The channels shown leave 4 to 4 people who came by fax and mail."


def test_the_index_of_all_tells_that_of_a_single_hidden_channel(audit: Any) -> None:
    """Of 400 people with 60.0, 120 have 60 and 150 have 50: 130 have 71.5, within 3.6."""
    (what,) = told(audit(page=page("60", 400, WEB, PHONE, FAX)))
    assert what == "The index of all channels tells that of fax: 69 to 74."


def test_ranges_of_people_leave_it_open(audit: Any) -> None:
    phone = ("phone", "50 (45 to 55)", "60 to 69")
    assert told(audit(page=page("60", 400, WEB, phone, FAX))) == []


@pytest.mark.parametrize(("index", "number"), [("99", 1), ("90", 0)])
def test_an_index_at_an_end_tells_what_almost_all_answered(
    audit: Any, index: str, number: int
) -> None:
    mail = ("mail", index, "120")
    assert len(told(audit(page=page("60", 390, WEB, PHONE, mail)))) == number


def own(name: str, *channels: tuple[str, str, str]) -> str:
    return page("60", 900, *channels).replace("Transit, 2024", f"{name}, 2024")


def of_all(*channels: tuple[str, str, str]) -> str:
    """The page about drivers, with service in every channel of all organisations."""
    heads = {"channel": "Channel", "driver": "Driver", "index": "Performance", "n": "Respondents"}
    rows = [(channel, "Service", index, n) for channel, index, n in channels]
    table = Table(pd.DataFrame(rows, columns=list(heads)), "Trust by channel", labels=heads)
    return f"<h1>Drivers of Trust, 2024</h1>{table.html}"


@pytest.mark.parametrize(
    ("people", "what"),
    [
        ("124", "The channels shown leave 4 to 4 people who came by web in Water."),
        ("200", "The index of web tells that of Water: 58 to 62."),
        ("120 to 210", ""),
    ],
)
def test_a_channel_over_all_organisations_may_give_one_of_them_away(
    audit: Any, people: str, what: str
) -> None:
    pages = {
        "transit": own("Transit", WEB, PHONE),
        "water": own("Water", ("web", "[c]", "[c]"), PHONE),
        "drivers": of_all(("web", "60 (55 to 65)", people)),
    }
    found = [one.what for one in audit(**pages) if one.page == "drivers.html"]
    assert found == ([what] if what else [])
