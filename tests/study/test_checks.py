"""study.check(): every problem, with its place and what to do about it."""

import re
from pathlib import Path

import pandas as pd
import pytest

from workbench.study import Problem, Problems, open_study

DEFINITION = """
title = "A study"
chain = "c"
[columns]
organisation = "org"
unit = "office"
wave = "wave"
[sources.clients]
file = "clients.csv"
rows = "respondents"
id = "id"
weight = "w"
[sources.staff]
file = "staff.csv"
rows = "units"
response_rate = "rate"
invited = "asked"
"""
CODEBOOK = (
    "item,source,construct,wording,low,high,reversed,missing\n"
    "q1,clients,service,W,1,5,no,9\n"
    "q2,clients,service,W,1,5,no,9\n"
    "s1,staff,people,W,1,5,no,DK\n"
)
CLIENTS = """org,office,wave,id,w,q1,q2
North,1,1,a,1,1,5
North,2,1,b,1,2,4
South,1,1,c,1,3,9
South,2,1,d,1,4,2
"""
STAFF = """org,office,wave,rate,asked,s1
North,1,1,50,10,1
North,2,1,60,20,2
South,1,1,70,10,DK
South,2,1,80,10,4
South,3,1,80,10,5
"""


class Files:
    """The files of a sound study; a test breaks one of them and looks at the problems."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("study.toml", DEFINITION)
        self.write("codebook.csv", CODEBOOK)
        self.write("clients.csv", CLIENTS)
        self.write("staff.csv", STAFF)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def check(self) -> Problems:
        return open_study(self.folder).check()

    def only(self) -> Problem:
        problems = self.check()
        assert len(problems) == 1, str(problems)
        return problems[0]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def place(problem: Problem) -> tuple:
    return problem.severity, problem.file, problem.row, problem.column, problem.value


def test_a_sound_study_has_no_problems(files: Files) -> None:
    problems = files.check()
    assert not problems
    assert str(problems) == "No problems found."
    assert problems.frame.empty
    assert "No problems" in problems._repr_html_()


@pytest.mark.parametrize(
    ("name", "old", "new", "expected", "rule"),
    [
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,1,7,9",
            ("warning", "clients.csv", 4, "q1", "7"), "on its scale, 1 to 5",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,1,good,9",
            ("warning", "clients.csv", 4, "q1", "good"), "An answer must be a number",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", ",1,1,c,1,3,9",
            ("warning", "clients.csv", 4, "org", ""), "must have an organisation",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,,1,c,1,3,9",
            ("warning", "clients.csv", 4, "office", ""), "must have a unit",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,,c,1,3,9",
            ("warning", "clients.csv", 4, "wave", ""), "must have a wave",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,a,1,3,9",
            ("warning", "clients.csv", 4, "id", "a"), "An id must stand once",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,0,3,9",
            ("warning", "clients.csv", 4, "w", "0"), "above zero",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,-1,3,9",
            ("warning", "clients.csv", 4, "w", "-1"), "above zero",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,,3,9",
            ("warning", "clients.csv", 4, "w", ""), "A weight must be a number",
        ),
        (
            "staff.csv", "North,2,1,60", "North,1,1,60",
            ("warning", "staff.csv", 3, "office", "1"), "A unit must stand once",
        ),
        (
            "staff.csv", "North,2,1,60", "North,2,1,160",
            ("warning", "staff.csv", 3, "rate", "160"), "between 0 and 100",
        ),
        (
            "staff.csv", "North,2,1,60", "North,2,1,0",
            ("warning", "staff.csv", 3, "rate", "0"), "not be zero",
        ),
        (
            "staff.csv", "60,20", "60,-20",
            ("warning", "staff.csv", 3, "asked", "-20"), "must not be negative",
        ),
        (
            "clients.csv", "w,q1,q2", "w,q1,q3",
            ("error", "clients.csv", 1, "q2", ""), "item of the codebook must be in the file",
        ),
        (
            "clients.csv", "wave,id", "wave,idd",
            ("error", "clients.csv", 1, "id", ""), "column that study.toml names",
        ),
    ],
)  # fmt: skip
def test_each_fault_has_its_place(
    files: Files, name: str, old: str, new: str, expected: tuple, rule: str
) -> None:
    files.replace(name, old, new)
    problem = next(iter(files.check()))
    assert place(problem) == expected
    assert rule in problem.rule
    assert problem.advice.endswith((".", "?"))


def test_a_column_that_looks_like_an_item(files: Files) -> None:
    files.replace("clients.csv", "w,q1,q2", "w,q1,q2,q17,note")
    problem = files.only()
    assert place(problem) == ("warning", "clients.csv", 1, "q17", "")
    assert "not used" in problem.advice


def test_an_item_in_the_wrong_source(files: Files) -> None:
    files.replace("staff.csv", "asked,s1", "asked,s1,q1")
    problem = files.only()
    assert place(problem) == ("warning", "staff.csv", 1, "q1", "")
    assert "'clients'" in problem.advice


def test_a_column_that_stands_twice(files: Files) -> None:
    files.replace("clients.csv", "w,q1,q2", "w,q1,q1")
    assert ("error", "clients.csv", 1, "q1", "") in [place(p) for p in files.check()]


def test_items_that_are_constant(files: Files) -> None:
    files.replace("clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,1,4,9")
    problem = files.only()
    assert place(problem) == ("warning", "clients.csv", None, "q1", "4")
    assert "'South'" in problem.advice
    for old, new in (("a,1,1,5", "a,1,4,5"), ("b,1,2,4", "b,1,4,4")):
        files.replace("clients.csv", old, new)
    problem = files.only()
    assert place(problem) == ("warning", "clients.csv", None, "q1", "4")
    assert "all rows." in problem.rule


def test_an_item_that_is_constant_in_one_wave(files: Files) -> None:
    wave_2 = "South,1,2,c,1,3,1\nSouth,2,2,d,1,3,2\nNorth,1,2,a,1,1,1\nNorth,2,2,b,1,3,2\n"
    files.write("clients.csv", CLIENTS + wave_2)
    problem = files.only()
    assert (problem.column, problem.value) == ("q1", "3")
    assert "'South', wave '2'" in problem.advice


def test_an_organisation_in_one_source_only(files: Files) -> None:
    files.write("staff.csv", STAFF.replace("South", "Suoth"))
    problems = files.check()
    assert [place(p) for p in problems] == [
        ("warning", "clients.csv", None, "org", "Suoth"),
        ("warning", "staff.csv", None, "org", "South"),
    ]
    assert "Did you mean 'South'?" in problems[0].advice


def test_organisations_that_are_not_listed_or_have_no_rows(files: Files) -> None:
    files.write("organisations.csv", "organisation,name,type\nNorth,N,board\nEast,E,board\n")
    assert [place(p)[1:] for p in files.check()] == [
        ("organisations.csv", None, "organisation", "East"),
        ("organisations.csv", None, "organisation", "South"),
    ]


def test_files_that_are_missing_empty_or_without_rows(files: Files) -> None:
    (files.folder / "staff.csv").unlink()
    assert place(files.only()) == ("error", "staff.csv", None, "", "")
    files.write("staff.csv", STAFF.splitlines()[0] + "\n")
    assert "must have rows" in files.only().rule
    files.write("staff.csv", "")
    assert "the file is empty" in files.only().advice


def test_all_problems_at_once_errors_first(files: Files) -> None:
    files.write("clients.csv", CLIENTS.replace("a,1,1,5", "a,0,7,x"))
    files.replace("staff.csv", "rate,asked", "rat,asked")
    problems = files.check()
    assert [place(p) for p in problems] == [
        ("error", "staff.csv", 1, "rate", ""),
        ("warning", "clients.csv", 2, "w", "0"),
        ("warning", "clients.csv", 2, "q1", "7"),
        ("warning", "clients.csv", 2, "q2", "x"),
    ]
    assert [p.severity for p in problems.errors] == ["error"]
    assert problems.frame["row"].tolist() == [1, 2, 2, 2]
    assert "4 problems: 1 error, 3 warnings" in str(problems)
    assert "clients.csv, row 2, column 'q2', value 'x'" in str(problems)


def test_what_is_missing_by_declaration_is_no_problem(files: Files) -> None:
    frame = pd.read_csv(files.folder / "staff.csv").assign(s1=[1.0, 2.0, 7.0, 4.0, 5.0])
    import pyreadstat

    ranges = {"s1": [{"lo": 7, "hi": 7}]}
    pyreadstat.write_sav(frame, files.folder / "staff.sav", missing_ranges=ranges)
    files.replace("study.toml", "staff.csv", "staff.sav")
    assert not files.check()


def test_the_table_is_escaped_and_accessible(files: Files) -> None:
    files.replace("clients.csv", "a,1,1,5", 'a,1,"<script>&""x""",5')
    html = files.check()._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;&amp;&quot;x&quot;" in html
    assert "<caption>1 problem: 0 errors, 1 warning</caption>" in html
    assert html.count('<th scope="col">') == 7


def test_many_problems_are_shown_in_part_and_kept_in_full() -> None:
    one = Problem("warning", "a.csv", 2, "q1", "7", "Rule.", "Advice.")
    problems = Problems([one] * 150)
    assert len(problems.frame) == 150
    assert len(str(problems).splitlines()) == 102
    assert len(re.findall("<tr>", problems._repr_html_())) == 101
    assert "and 50 more" in problems._repr_html_()
