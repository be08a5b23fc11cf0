"""study.check(): every problem, with its place and what to do about it."""

import re
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from workbench.interpretation.languages import find_language
from workbench.interpretation.messages import MESSAGES
from workbench.study import Problem, Problems, Severity, checks, open_study

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
        """All problems but that the staff's rows do not say how many people they summarise."""
        every = open_study(self.folder).check()
        return Problems([one for one in every if "how many people each" not in one.cause])

    def only(self) -> Problem:
        problems = self.check()
        assert len(problems) == 1, str(problems)
        return problems[0]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def place(problem: Problem) -> tuple:
    return problem.severity, problem.file, problem.column, problem.rows, problem.examples


def test_a_sound_study_has_no_problems(files: Files) -> None:
    problems = files.check()
    assert not problems
    assert str(problems) == "No problems found."
    assert problems.frame.empty
    assert "No problems" in problems._repr_html_()


@pytest.mark.parametrize(
    ("name", "old", "new", "expected", "cause"),
    [
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,1,7,9",
            ("warning", "clients.csv", "q1", "4", ("7",)),
            "1 cell holds 7, off the scale of 1 to 5 (row 4).",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,1,good,9",
            ("warning", "clients.csv", "q1", "4", ("good",)), "1 cell holds text (row 4): 'good'.",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", ",1,1,c,1,3,9",
            ("warning", "clients.csv", "org", "4", ()), "1 row without an organisation (row 4).",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,,1,c,1,3,9",
            ("warning", "clients.csv", "office", "4", ()), "1 row without a unit",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,,c,1,3,9",
            ("warning", "clients.csv", "wave", "4", ()), "1 row without a wave",
        ),
        (
            "clients.csv", "North,2,1,b,1,2,4", "North,2,1,a,1,2,4",
            ("warning", "clients.csv", "id", "3", ("a",)),
            "1 row repeats an id of the same organisation and wave (row 3): 'a'.",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,0,3,9",
            ("warning", "clients.csv", "w", "4", ("0",)), "a weight of zero or less",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,-1,3,9",
            ("warning", "clients.csv", "w", "4", ("-1",)), "a weight of zero or less",
        ),
        (
            "clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,,3,9",
            ("warning", "clients.csv", "w", "4", ()), "1 cell without a weight (row 4)",
        ),
        (
            "staff.csv", "North,2,1,60", "North,1,1,60",
            ("warning", "staff.csv", "office", "3", ("1",)), "repeats a unit of the same wave",
        ),
        (
            "staff.csv", "North,2,1,60", "North,2,1,160",
            ("warning", "staff.csv", "rate", "3", ("160",)), "outside 0 to 100",
        ),
        (
            "staff.csv", "North,2,1,60", "North,2,1,0",
            ("warning", "staff.csv", "rate", "3", ("0",)), "a rate of zero",
        ),
        (
            "staff.csv", "60,20", "60,-20",
            ("warning", "staff.csv", "asked", "3", ("-20",)), "a negative number of people",
        ),
        (
            "clients.csv", "w,q1,q2", "w,q1,q3",
            ("error", "clients.csv", "q2", "", ()), "an item that is not in the file",
        ),
        (
            "clients.csv", "wave,id", "wave,idd",
            ("error", "clients.csv", "id", "", ()), "names a column that is not in the file",
        ),
    ],
)  # fmt: skip
def test_each_fault_has_its_place(
    files: Files, name: str, old: str, new: str, expected: tuple, cause: str
) -> None:
    files.replace(name, old, new)
    problem = next(iter(files.check()))
    assert place(problem) == expected
    assert cause in problem.cause
    assert problem.advice.endswith((".", "?"))


def test_columns_that_look_like_items(files: Files) -> None:
    files.replace("clients.csv", "w,q1,q2", "w,q1,q2,q17,q18,note")
    problem = files.only()
    assert place(problem) == ("warning", "clients.csv", "", "", ("q17", "q18"))
    assert problem.count == 2
    assert "Not used" in problem.advice


def test_items_that_are_all_absent_are_one_line(files: Files) -> None:
    files.replace("clients.csv", "w,q1,q2", "w,f1,f2")
    problem = next(p for p in files.check() if p.severity == Severity.ERROR)
    assert place(problem) == ("error", "clients.csv", "", "", ())
    assert problem.cause == (
        "None of the codebook's 2 items of this source is in the file, whose columns are 'org', "
        "'office', 'wave' and 4 more."
    )
    assert not [p for p in files.check() if p.column in ("q1", "q2")]


def test_an_item_in_the_wrong_source(files: Files) -> None:
    files.replace("staff.csv", "asked,s1", "asked,s1,q1")
    problem = files.only()
    assert place(problem)[:3] == ("warning", "staff.csv", "q1")
    assert "'clients'" in problem.cause


def test_a_column_that_stands_twice(files: Files) -> None:
    for other in ("q1", '" q1 "', "'q1'"):
        files.write("clients.csv", CLIENTS.replace("w,q1,q2", f"w,q1,{other}"))
        assert ("error", "clients.csv", "q1", "", ()) in [place(p) for p in files.check()]


def test_items_that_are_constant(files: Files) -> None:
    files.replace("clients.csv", "South,1,1,c,1,3,9", "South,1,1,c,1,4,9")
    problem = files.only()
    assert place(problem) == ("warning", "clients.csv", "q1", "", ("4",))
    assert problem.cause == "In 1 organisation all rows have the same answer: 4 in 'South'."
    for old, new in (("a,1,1,5", "a,1,4,5"), ("b,1,2,4", "b,1,4,4")):
        files.replace("clients.csv", old, new)
    problem = files.only()
    assert place(problem) == ("warning", "clients.csv", "q1", "", ("4",))
    assert "in all rows." in problem.cause


def test_an_item_that_is_constant_in_one_wave(files: Files) -> None:
    wave_2 = "South,1,2,c,1,3,1\nSouth,2,2,d,1,3,2\nNorth,1,2,a,1,1,1\nNorth,2,2,b,1,3,2\n"
    files.write("clients.csv", CLIENTS + wave_2)
    problem = files.only()
    assert (problem.column, problem.examples) == ("q1", ("3",))
    assert problem.cause.endswith("the same answer: 3 in 'South', wave '2'.")


def test_an_item_constant_in_many_organisations_is_one_line(files: Files) -> None:
    rows = "".join(f"Town {n},1,1,{n}-{i},1,3,{1 + i}\n" for n in range(300) for i in range(2))
    files.write("clients.csv", CLIENTS + rows)
    found = [problem for problem in files.check() if problem.column == "q1"]
    assert len(found) == 1
    assert found[0].count == 300
    assert "'Town 0', 'Town 1', 'Town 2'" in found[0].cause


def test_an_organisation_in_one_source_only(files: Files) -> None:
    files.write("staff.csv", STAFF.replace("South", "Suoth"))
    problems = files.check()
    assert [place(p) for p in problems] == [
        ("warning", "clients.csv", "org", "", ("Suoth",)),
        ("warning", "staff.csv", "org", "", ("South",)),
    ]
    assert "Did you mean 'South'?" in problems[0].advice


def test_organisations_that_are_not_listed_or_have_no_rows(files: Files) -> None:
    files.write("organisations.csv", "organisation,name,type\nNorth,N,board\nEast,E,board\n")
    assert [(p.file, p.examples) for p in files.check()] == [
        ("organisations.csv", ("East",)),
        ("organisations.csv", ("South",)),
    ]


def test_files_that_are_missing_empty_or_without_rows(files: Files) -> None:
    (files.folder / "staff.csv").unlink()
    assert place(files.only()) == ("error", "staff.csv", "", "", ())
    files.write("staff.csv", STAFF.splitlines()[0] + "\n")
    assert "no rows of answers" in files.only().cause
    files.write("staff.csv", "")
    assert "the file is empty" in files.only().advice


def test_all_problems_at_once_errors_first(files: Files) -> None:
    files.write("clients.csv", CLIENTS.replace("a,1,1,5", "a,0,7,x"))
    files.replace("staff.csv", "rate,asked", "rat,asked")
    problems = files.check()
    assert [place(p) for p in problems] == [
        ("error", "staff.csv", "rate", "", ()),
        ("warning", "clients.csv", "w", "2", ("0",)),
        ("warning", "clients.csv", "q1", "2", ("7",)),
        ("warning", "clients.csv", "q2", "2", ("x",)),
    ]
    assert [p.severity for p in problems.errors] == ["error"]
    assert problems.frame["rows"].tolist() == ["", "2", "2", "2"]
    assert problems.frame["count"].tolist() == [pd.NA, 1, 1, 1]
    assert "4 problems: 1 error, 3 warnings" in str(problems)
    assert "warning: clients.csv, column 'q2': 1 cell holds text (row 2): 'x'." in str(problems)


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
    assert "&lt;script&gt;&amp;&#34;x&#34;" in html
    assert "<caption>1 problem: 0 errors, 1 warning</caption>" in html
    assert html.count('<th scope="col">') == 8


def test_many_problems_are_shown_in_part_and_kept_in_full() -> None:
    one = Problem(Severity.WARNING, "a.csv", "q1", "Cause.", "Advice.", 1, "2", ("7",))
    problems = Problems([one] * 150)
    assert len(problems.frame) == 150
    assert len(str(problems).splitlines()) == 102
    assert len(re.findall("<tr>", problems._repr_html_())) == 101
    assert "and 50 more" in problems._repr_html_()


# -- kinds of files that cannot be read as they are ------------------------------------------------


def clients(**columns: list) -> str:
    """A clients.csv whose columns are given; 40 rows in two organisations and ten offices."""
    rows = 40
    table = pd.DataFrame(
        {
            "org": ["North", "South"] * 20,
            "office": [str(n % 10) for n in range(rows)],
            "wave": 1,
            "id": [f"p{n}" for n in range(rows)],
            "w": 1,
            "q1": [1 + n % 5 for n in range(rows)],
            "q2": [1 + n % 4 for n in range(rows)],
        }
    )
    for name, values in columns.items():
        table[name] = (values * rows)[:rows]
    return table.to_csv(index=False)


def of_column(files: Files, column: str) -> list[Problem]:
    return [problem for problem in files.check() if problem.column == column]


@pytest.mark.parametrize(
    ("values", "cause", "remedy"),
    [
        (
            ["Strongly agree", "Agree", "Disagree"],
            "Answers are text labels in 40 cells (rows 2–41): 'Strongly agree' (14), 'Agree'",
            "Export codes, not labels",
        ),
        (["50%", "75%"], "The column holds percent signs in 40 cells", "correct low and high"),
        (["1 - never", "5 - always"], "Cells hold a code and its label", "the codes alone"),
        (["1,500", "2,250"], "commas, decimal ones or between thousands", "with a point"),
        (["2024-05-01", "2024-03-01"], "The column holds dates", "format the column as text"),
        (["Oui", "Oui", "3"], "Answers are text labels", "codes, not labels"),
    ],
)
def test_an_item_that_cannot_be_read_is_one_error(
    files: Files, values: list, cause: str, remedy: str
) -> None:
    low_and_high = "q1,clients,service,W,1,2000" if values[0] == "1,500" else None
    if low_and_high:
        files.replace("codebook.csv", "q1,clients,service,W,1,5", low_and_high)
        values = ["1,500", "1,250", "2,000"]
    files.write("clients.csv", clients(q1=values))
    [problem] = [one for one in of_column(files, "q1") if one.severity == Severity.ERROR]
    assert cause in problem.cause
    assert remedy in problem.advice
    assert problem.count >= 26
    assert len(problem.examples) == min(3, len({v for v in values if not v.isdigit()}))


def test_a_few_stray_cells_are_a_warning(files: Files) -> None:
    files.write("clients.csv", clients(q1=["often", *range(1, 6), *range(1, 6)]))
    [problem] = of_column(files, "q1")
    assert problem.severity == Severity.WARNING
    assert problem.cause == "4 cells hold text (rows 2, 13, 24 and others): 'often'."
    assert problem.rows == "2, 13, 24, 35"


def test_a_forgotten_missing_code_is_one_line(files: Files) -> None:
    files.write("clients.csv", clients(q1=[1, 2, 0, 4, 5]))
    [problem] = of_column(files, "q1")
    assert problem.cause == "8 cells hold 0, off the scale of 1 to 5 (rows 4, 9, 14 and others)."
    assert "A missing code? Declare it in the codebook's column missing" in problem.advice
    files.write("clients.csv", clients(q1=[1, 2, 0, 4, 77, 0, 3]))
    [problem] = of_column(files, "q1")
    assert "hold 0 (11) and 77 (6), off the scale" in problem.cause


@pytest.mark.parametrize("values", [["", "NA"], ["9"], ["77", "88"]])
def test_an_item_without_a_usable_answer_is_an_error(files: Files, values: list) -> None:
    files.write("clients.csv", clients(q1=values))
    assert [problem.severity for problem in of_column(files, "q1")] == ["error"]


@pytest.mark.parametrize(
    ("column", "values"), [("org", [""]), ("office", ["NA"]), ("w", [0]), ("w", ["x"])]
)
def test_a_source_all_of_whose_rows_are_set_aside_is_an_error(
    files: Files, column: str, values: list
) -> None:
    files.write("clients.csv", clients(**{column: values}))
    assert any("No row can be used: all 40" in problem.cause for problem in files.check().errors)


@pytest.mark.parametrize(
    ("low", "high", "values", "expected"),
    [
        (0, 100, ["58.0%", "7 %", "63"], [58, 7, 63]),
        (0, 1, ["58.0%", "7%", "1"], [0.58, 0.07, 1]),
        (1, 5, ["3,5", "2,25", "4"], [3.5, 2.25, 4]),
        (1, 5, ["3,125", "2,250", "4"], [3.125, 2.25, 4]),
        (0, 100, ["58,3%", "7,5%", "63"], [58.3, 7.5, 63]),
    ],
)
def test_what_can_be_put_right_is_put_right_and_said(
    files: Files, low: int, high: int, values: list, expected: list
) -> None:
    files.replace("codebook.csv", "q1,clients,service,W,1,5", f"q1,clients,service,W,{low},{high}")
    files.write("clients.csv", clients(q1=values))
    problems = of_column(files, "q1")
    assert [problem.severity for problem in problems] == ["note"]
    assert problems[0].count == 27
    answers = open_study(files.folder).answers("clients")
    assert answers["q1"].tolist()[:3] == pytest.approx(expected)


def test_lines_do_not_grow_with_the_rows(files: Files) -> None:
    files.write("clients.csv", clients(q1=["x", 0, 1, 2, 3], w=["", 1, 1], org=["NA", "North"]))
    few = len(files.check())
    text = files.folder / "clients.csv"
    lines = text.read_text(encoding="utf-8").splitlines()
    more = [line.replace(",p", f",{n}p") for n in range(20) for line in lines[1:]]
    files.write("clients.csv", "\n".join([lines[0], *more]))
    assert len(files.check()) == few


def test_columns_that_stand_elsewhere_are_one_error(files: Files) -> None:
    files.write("clients.csv", "x,y,,,,,\n" + CLIENTS + CLIENTS)
    problem = files.check().errors[0]
    assert problem.cause.startswith("7 columns are not there: 'org', 'office'")
    assert "Row 2 and row 7 have these columns" in problem.advice
    files.write("clients.csv", "x,y\n" + CLIENTS + CLIENTS)
    assert "Row 2 and row 7 have these columns" in files.check().errors[0].advice


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["NA", "N/A", "null", "nan", "None", "-", "."])
@pytest.mark.parametrize(("column", "role"), [("org", "organisation"), ("office", "unit")])
def test_a_word_for_none_is_no_name(files: Files, word: str, column: str, role: str) -> None:
    values = [word, "North", "South", "South"]
    files.write("clients.csv", clients(**{column: values}))
    [problem] = of_column(files, column)[:1]
    assert (problem.severity, problem.count, problem.examples) == ("warning", 10, (word,))
    assert f"10 rows with {word!r} for a" in problem.cause
    assert "Left out; if it is a name" in problem.advice
    assert len(open_study(files.folder).answers("clients")) == 30


def test_namibia_is_a_name_where_it_is_listed(files: Files) -> None:
    files.write("clients.csv", clients(org=["NA", "North"]))
    files.write("organisations.csv", "organisation,name,type\nNA,Namibia,\nNorth,,\nSouth,,\n")
    assert all("'NA' for" not in problem.cause for problem in of_column(files, "org"))
    study = open_study(files.folder)
    assert "Namibia" in study.organisations["name"].tolist()
    assert (study.answers("clients")["organisation"] == "NA").sum() == 20


@pytest.mark.parametrize("word", ["NA", "", "NULL", "-"])
def test_an_id_that_is_none_repeats_no_other(files: Files, word: str) -> None:
    files.write("clients.csv", clients(id=[word, *(f"p{n}" for n in range(39))]))
    frame = clients(id=[word, *(f"p{n}" for n in range(19))])
    table = pd.read_csv(StringIO(frame), keep_default_na=False)
    table.loc[table.index[::2], "id"] = word
    table.loc[table.index[1::2], "id"] = [f"p{n}" for n in range(20)]
    files.write("clients.csv", table.to_csv(index=False))
    assert len(open_study(files.folder).answers("clients")) == 40
    found = [problem.cause for problem in of_column(files, "id")]
    assert found == ([f"20 rows with {word!r} for an id (rows 2, 4, 6 and others)."] * bool(word))


@pytest.mark.parametrize(
    "other", ["north board", "North  Board", "North-Board", "Nörth Board", "NORTH BOARD."]
)
def test_organisations_that_differ_in_looks_only(files: Files, other: str) -> None:
    files.write("clients.csv", clients(org=["North Board", "North Board", other, "South"]))
    [problem] = [one for one in files.check() if "differ only in capitals" in one.cause]
    assert "'North Board' (20 rows)" in problem.cause
    assert f"{other!r} (10 rows)" in problem.cause
    assert {"North Board", other} <= set(
        open_study(files.folder).answers("clients")["organisation"]
    )


def test_and_is_and(files: Files) -> None:
    files.write("clients.csv", clients(org=["Parks & Roads", "Parks and Roads", "South"]))
    assert any("'Parks & Roads' (14 rows)" in problem.cause for problem in files.check())


# -- waves -----------------------------------------------------------------------------------------


def test_a_question_without_answers_in_a_wave(files: Files) -> None:
    table = pd.read_csv(StringIO(clients()))
    files.write(
        "clients.csv",
        pd.concat([table, table.assign(wave=2, q2="", id=table["id"])]).to_csv(index=False),
    )
    [problem] = of_column(files, "q2")
    assert (problem.severity, problem.examples) == ("warning", ("2",))
    assert problem.cause == "q2 has no answers in wave 2."


def test_an_unknown_order_of_waves_is_an_error(files: Files) -> None:
    files.write("clients.csv", clients(wave=["before", "after"]))
    files.write("staff.csv", re.sub(r",1,(\d\d,)", r",before,\1", STAFF))
    [problem] = files.check().errors
    assert (problem.file, problem.column) == ("study.toml", "waves")
    assert 'waves = ["before", "after"]' in problem.cause
    files.replace("study.toml", 'chain = "c"', 'chain = "c"\nwaves = ["before", "after"]')
    assert not files.check().errors
    files.replace("study.toml", '["before", "after"]', '["before", "during"]')
    [one, two] = files.check().errors
    assert "'after', which waves in study.toml does not name" in one.cause
    assert "names 'during', and no row" in two.cause


def test_people_behind_a_unit_are_whole_numbers(files: Files) -> None:
    files.replace("study.toml", 'invited = "asked"', 'respondents = "asked"')
    files.write("staff.csv", STAFF.replace("50,10", "50,2.5").replace("60,20", "60,-1"))
    [problem] = of_column(files, "asked")
    assert problem.severity == Severity.WARNING
    assert "2 cells hold a value that is not a whole number of people (rows 2–3)" in problem.cause
    assert open_study(files.folder).answers("staff")["respondents"].isna().sum() == 2


def test_units_that_do_not_say_how_many_people_they_summarise_are_noted(files: Files) -> None:
    """The rule for small groups cannot hold there."""
    (note,) = (one for one in open_study(files.folder).check() if one.severity == Severity.NOTE)
    assert str(note).startswith(
        "note: study.toml: Rows of staff are units and do not say how many people each summarises"
    )
    assert 'in [sources.staff] respondents = "n"' in note.advice
    files.replace("study.toml", 'invited = "asked"', 'respondents = "asked"')
    assert not open_study(files.folder).check()


@pytest.mark.parametrize(("least", "warned"), [(1, True), (4, True), (5, False), (10, False)])
def test_a_minimum_that_shows_single_people_is_warned_about(
    files: Files, least: int, warned: bool
) -> None:
    files.replace("study.toml", 'chain = "c"', f'chain = "c"\nminimum_count = {least}')
    told = [str(one) for one in files.check() if one.file == "study.toml"]
    sentence = (
        f"warning: study.toml: minimum_count is {least}, so reports may show what single people "
        "answered. Write 10, as surveys of public bodies do, unless each answer is public."
    )
    assert told == ([sentence] if warned else [])


def test_messages_without_a_translation_are_counted(tmp_path: Path) -> None:
    (tmp_path / "eo.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n\n'
        'msgctxt "size.weak"\nmsgid "weak"\nmsgstr "malforta"\n',
        encoding="utf-8",
    )
    (problem,) = checks.language_problems(find_language("eo", tmp_path))
    assert problem.severity == "warning"
    assert problem.count == len(MESSAGES) - 1
    assert "`workbench messages eo STUDY`" in problem.advice
    assert checks.language_problems(find_language("fr")) == []
    assert checks.language_problems(find_language("en")) == []


def test_indices_of_few_answers_are_warned_about(files: Files) -> None:
    files.replace("codebook.csv", "q1,clients", "q3,clients,service,W,1,5,no,\nq1,clients")
    files.write(
        "clients.csv",
        "org,office,wave,id,w,q1,q2,q3\nNorth,1,1,a,1,1,5,2\nNorth,2,1,b,1,2,9,\n"
        "South,1,1,c,1,3,9,4\nSouth,2,1,d,1,4,,\n",
    )
    (found,) = [one for one in files.check() if "fewer than 2" in one.cause]
    assert found.cause.startswith("Of 4 who answered on service, 2 answered fewer than 2 of its 3")
    assert "minimum_answers = 2" in found.advice
    files.replace("study.toml", 'chain = "c"', 'chain = "c"\nminimum_answers = 2')
    assert not [one for one in files.check() if "fewer than 2" in one.cause]
    assert open_study(files.folder).answers("clients")["q1"].tolist()[::2] == [1, 3]
    assert open_study(files.folder).answers("clients")["q1"].isna().sum() == 2
