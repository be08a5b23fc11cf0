"""Numbers to take away: what cells say, files that no spreadsheet runs, and their dictionary."""

import csv
import io
import json
import re

import pandas as pd
import pytest

from workbench.batch.manifest import Entry
from workbench.interpretation.languages import using_language
from workbench.publishing.takeaway import (
    DICTIONARY,
    TIDY,
    Cell,
    csv_text,
    dictionary,
    harmless,
    read_cell,
    taken,
    tidy,
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("61", Cell("61")),
        ("−0.08", Cell("-0.08")),
        ("+2.3", Cell("2.3")),
        ("1,241,339", Cell("1241339")),
        (".31", Cell("0.31")),
        ("57%", Cell("57", unit="%")),
        ("57 (52 to 61)", Cell("57", "52", "61")),
        ("61 59 to 63", Cell("61", "59", "63")),
        ("−4.5 (−6.0 to −3.0) down", Cell("-4.5", "-6.0", "-3.0", note="down")),
        ("p = .003", Cell("0.003")),
        ("p < .001", Cell(note="p < .001")),
        ("3.16 all 3.60, n = 1,347", Cell("3.16", n="1347", note="all 3.60")),
        ("60 to 69", Cell(lower="60", upper="69")),
        ("3.16 all 3.60, n = 60 to 69", Cell("3.16", note="all 3.60, n = 60 to 69")),
        ("3.16 n = 60 to 69", Cell("3.16", note="n = 60 to 69")),
        ("3.16 n = 112", Cell("3.16", n="112")),
        ("7 of 9", Cell(note="7 of 9")),
        ("2 questions to clients", Cell(note="2 questions to clients")),
        ("1.2.3", Cell(note="1.2.3")),
        ("61.", Cell(note="61.")),
        ("1,2", Cell(note="1,2")),
        ("", Cell()),
    ],
)
def test_what_a_cell_says(text: str, said: Cell) -> None:
    assert read_cell(text) == said


def test_numbers_of_a_language_with_decimal_commas() -> None:
    with using_language("fr"):
        assert read_cell("−0,31 (−0,40 à 1\u202f024,5)") == Cell("-0.31", "-0.40", "1024.5")
        assert read_cell("57\u00a0%") == Cell("57", unit="%")
        assert read_cell("60 à 69") == Cell(lower="60", upper="69")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x",
        " =1", "a;=1+1", "a\t@x", "-", "--1", "-1-1", "-.5", "1e5;-2",
    ],
)  # fmt: skip
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_no_spreadsheet_takes_a_text_for_a_formula(text: str, separator: str) -> None:
    written = csv_text([["a", text]]).removeprefix("\ufeff")
    for row in csv.reader(io.StringIO(written, newline=""), delimiter=separator):
        for cell in row:
            first = cell.strip(' "')[:1]
            assert first not in set("=+-@\t\r\n＝＋－＠"), (cell, separator)


@pytest.mark.parametrize("number", ["-0.31", "-4", "0", "61.25"])
def test_a_negative_number_stays_a_number(number: str) -> None:
    assert harmless(number) == number


PAGE = """<h1>Parks</h1>
<table><caption>Links of the chain</caption>
<thead><tr><th>Link</th><th>Effect</th><th>Strength</th><th>Test</th><th>Share</th></tr></thead>
<tr><th>People → Service</th><td>direct</td><td>−0.31 (−0.40 to −0.22)</td><td>p &lt; .001</td>
<td>31%</td></tr>
<tr><th>=Service → Trust</th><td>direct</td><td>not estimated</td><td>p = .004</td><td></td></tr>
</table>
<table><caption>Roles</caption><tr><th>Driver</th><td>Manager</td></tr></table>"""

ABOUT = Entry("organisation", "Parks, 2024", organisation="P", wave="2024", chain="")


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_a_table_becomes_a_file_beside_it() -> None:
    found = taken("parks.html", PAGE, ABOUT)
    assert list(found.files) == [
        "numbers/parks/01-links-of-the-chain.csv",
        "numbers/parks/02-roles.csv",
    ]
    links = re.findall(r'</table><p class="wb-csv"><a href="([^"]+)" download', found.page)
    assert links == list(found.files)
    assert re.sub(r'<p class="wb-csv">.*?</p>', "", found.page) == PAGE
    first, second = map(rows, found.files.values())
    assert first == [
        [
            "Link", "Effect", "Strength", "Strength, lower", "Strength, upper", "Strength, note",
            "Test", "Test, note", "Share, %",
        ],
        ["People → Service", "direct", "-0.31", "-0.40", "-0.22", "", "", "p < .001", "31"],
        ["'=Service → Trust", "direct", "", "", "", "not estimated", "0.004", "", ""],
    ]  # fmt: skip
    assert second == [["", " (2)"], ["Driver", "Manager"]]


def test_all_numbers_are_in_one_tidy_file_with_a_dictionary() -> None:
    found = taken("parks.html", PAGE, ABOUT)
    table = pd.read_csv(io.StringIO(tidy(found.numbers)), keep_default_na=False, dtype=str)
    about = json.loads(dictionary("Towns", "2026-03-01T10:00:00+00:00"))
    assert about["url"] == TIDY
    assert f"{TIDY}-metadata.json" == DICTIONARY
    columns = about["tableSchema"]["columns"]
    assert [column["name"] for column in columns] == list(table.columns)
    assert all(column["dc:description"] for column in columns)
    row = table[table["measure"] == "Strength"].iloc[0]
    assert row[["page", "report", "organisation", "wave"]].tolist() == [
        "parks.html", "organisation", "Parks", "2024",
    ]  # fmt: skip
    assert row[["table", "row"]].tolist() == ["Links of the chain", "People → Service; direct"]
    assert row[["value", "lower", "upper"]].tolist() == ["-0.31", "-0.40", "-0.22"]
    assert set(table["row"]) >= {"'=Service → Trust; direct", "Driver"}
    share = table[table["measure"] == "Share"]
    assert share[["value", "unit"]].to_numpy().tolist() == [["31", "%"]]


def test_files_of_a_page_in_french_have_numbers_that_programs_read() -> None:
    page = PAGE.replace("−0.31 (−0.40 to −0.22)", "−0,31 (−0,40 à −0,22)")
    with using_language("fr"):
        found = taken("parks.html", page, ABOUT)
    assert rows(next(iter(found.files.values())))[1][2:5] == ["-0.31", "-0.40", "-0.22"]
