"""Numbers of people below the minimum."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.audit import Question, Rules, audited
from workbench.figures import Card, Cards, Prose, Table


@pytest.mark.parametrize(
    "text",
    [
        "4 answers from clients in 1 unit",
        "Of 9 respondents",
        "n = 9",
        "all 2.44, n = 5, over 95% positive",
        "1 person",
        "9 clients",
    ],
)
def test_a_sentence_that_counts_few_people_is_found(audit: Any, text: str) -> None:
    (found,) = audit(page=Prose(text).html)
    assert found.row == text
    assert "fewer than the minimum of 10" in found.what


@pytest.mark.parametrize(
    "text",
    [
        "Groups of fewer than 9 people are not shown.",
        "10 answers from clients",
        "0 answers",
        "Were 2 people there?",
        "1,004 respondents",
        "n = 1,004",
        "n = 1 to 9",
        "2 units",
        "at least 3 people",
    ],
)
def test_other_numbers_are_not(audit: Any, text: str) -> None:
    assert audit(page=Prose(text).html) == []


def test_a_card_and_a_table_are_read_by_their_places(audit: Any) -> None:
    card = Cards([Card("Service", "64", ["3 answers from clients in 1 unit"])]).html
    rows = pd.DataFrame({"channel": ["web", "fax"], "n": [120, 4], "units": [3, 2]})
    found = audit(page=card + Table(rows, "Channels", labels={"n": "n"}).html)
    assert [(one.table, one.row, one.column) for one in found] == [
        ("", "3 answers from clients in 1 unit", ""),
        ("Channels", "fax", "n"),
    ]


def test_numbers_of_units_are_not_those_of_people(tmp_path: Path) -> None:
    """The records of a study are rows of units, of which n is the number."""
    driver = pd.DataFrame({"Driver": ["Timeliness"], "n": [4]})
    item = pd.DataFrame({"Question": ["On time", "Was it quick?"], "Answers": [4, 4]})
    page = Table(driver, "Drivers").html + Table(item, "Results: its questions").html
    (tmp_path / "a.html").write_text(page)
    quick = Question("clients", 1, 3)
    of_people = Rules(10, sources=("clients",), questions={"Was it quick?": quick})
    found = audited(tmp_path, of_people)
    assert [(one.table, one.row) for one in found] == [
        ("Drivers", "Timeliness"),
        ("Results: its questions", "Was it quick?"),
    ]
    mixed = replace(of_people, silent=("records",))
    assert [one.row for one in audited(tmp_path, mixed)] == ["Was it quick?"]


def test_a_number_in_the_heading_of_a_group_is_read(audit: Any) -> None:
    rows = pd.DataFrame({"link": ["a → b"], "fax": ["0.1"], "web": ["0.2"]})
    heads = {"fax": "fax (4)", "web": "web (120)"}
    note = "The headings give the number of {}."
    of_people = Table(rows, "Links", labels=heads, notes=[note.format("respondents")])
    assert ("Links", "fax (4)") in {(one.table, one.column) for one in audit(page=of_people.html)}
    of_units = Table(rows, "Links", labels=heads, notes=[note.format("units")])
    assert audit(page=of_units.html) == []


@pytest.mark.parametrize("shown", ["table", "text"])
@pytest.mark.parametrize(("rows", "found"), [(4, [4]), (12, [])])
def test_a_summary_in_a_cell_of_ones_own_is_read(
    audit: Any, shown: str, rows: int, found: list[int]
) -> None:
    summary = pd.DataFrame({"trust": np.linspace(1.0, 5.0, rows)}).describe()
    page = summary.to_html() if shown == "table" else f"<pre>{summary.to_string()}</pre>"
    told = [f"{number} people are fewer than the minimum of 10." for number in found]
    assert [one.what for one in audit(page=page) if "fewer" in one.what] == told
