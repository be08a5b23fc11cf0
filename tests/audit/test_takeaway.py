"""Files of numbers beside pages: no cell, no digit and no file more than pages show."""

from pathlib import Path

import pytest

from workbench.audit import Finding, Rules, audited

RULES = Rules(10)
PAGE = """<h1>Service</h1><table><caption>Index</caption>
<thead><tr><th>Organisation</th><th>Index</th><th>n</th></tr></thead>
<tr><th>Parks; Roads</th><td>−0.31 (−0.40 to 1,024.5) down</td><td>112</td></tr>
<tr><th>=Water</th><td>too few</td><td>12</td></tr></table><a href="numbers/a%20b.csv">CSV</a>"""
OWN = "Organisation,Index,lower,upper,note,n\n"
TIDY = "page,table,row,measure,value,n,note\n"


def found(folder: Path, name: str, content: str, page: str = PAGE) -> list[Finding]:
    (folder / "numbers").mkdir()
    (folder / "index.html").write_text(page, encoding="utf-8")
    (folder / name).write_text(content, encoding="utf-8-sig")
    return audited(folder, RULES)


@pytest.mark.parametrize(
    "row", ['"Parks; Roads",-0.31,-0.40,1024.5,down,112', "'=Water,,,,too few,12"]
)
def test_a_file_may_tell_what_its_page_shows(tmp_path: Path, row: str) -> None:
    assert found(tmp_path, "numbers/a b.csv", OWN + row) == []


def test_numbers_of_other_languages_are_the_same(tmp_path: Path) -> None:
    page = PAGE.replace("1,024.5", "1\u202f024,5").replace("0.31", "0,31")
    row = '"Parks; Roads",-0.31,,1024.5,down,112'
    assert found(tmp_path, "numbers/a b.csv", OWN + row, page) == []


def test_headings_of_other_languages_are_the_same(tmp_path: Path) -> None:
    page = PAGE.replace("Parks; Roads", "0,25 de 1\u202f024,5")
    page = f'<html lang="fr">{page.replace("1,024.5", "1,5").replace("0.31", "0,31")}</html>'
    assert found(tmp_path, "numbers/a b.csv", f'{OWN}"0,25 de 1 024,5",-0.31,,,,112', page) == []


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ('"Parks; Roads",-0.312,,,,', "Index"),
        ('"Parks; Roads",-0.31,,,up,', "note"),
        ("'=Water,61,,,too few,12", "Index"),
        ("Zoo,,,,,112", "Organisation"),
    ],
)
def test_a_file_may_not_tell_more(tmp_path: Path, row: str, column: str) -> None:
    first, *_ = found(tmp_path, "numbers/a b.csv", OWN + row)
    assert (first.page, first.column) == ("numbers/a b.csv", column)


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ('index.html,Index,"Parks; Roads; direct",Index,-0.31,,down', None),
        ("index.html,Index,'=Water,Index,,12,too few", None),
        ("index.html,Index,'=Water,Index,112,,", "value"),
        ("other.html,Index,'=Water,Index,,12,", "n"),
    ],
)
@pytest.mark.parametrize("linked", [False, True])
def test_the_file_of_all_pages_is_held_against_each(
    tmp_path: Path, row: str, wrong: str | None, linked: bool
) -> None:
    page = PAGE.replace("numbers/a%20b.csv", "numbers.csv") if linked else PAGE
    findings = found(tmp_path, "numbers.csv", TIDY + row, page)
    assert [one.column for one in findings] == ([wrong] if wrong else [])


def test_a_file_that_no_page_links_to_belongs_to_none(tmp_path: Path) -> None:
    (first,) = found(tmp_path, "numbers/other.csv", OWN + "'=Water,,,,too few,12")
    assert first.what == "No page shows the numbers of this file."
