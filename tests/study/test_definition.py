"""study.toml: what it says, and one clear sentence for every fault."""

import dataclasses
from datetime import date
from pathlib import Path

import pytest

from workbench.errors import StudyError
from workbench.study.definition import Columns, Cuts, Source, read_definition

COMPLETE = """
title = "A study"
simulated = true
chain = "some-chain"
minimum_count = 5

[columns]
organisation = "org"
unit = "office"
wave = "year"

[sources.clients]
file = "clients.csv"
rows = "respondents"
weight = "w"
channel = "touchpoint"
id = "respondent"

[sources.staff]
file = "staff.sav"
rows = "units"
response_rate = "rate"
invited = "asked"
"""


def write(folder: Path, text: str) -> Path:
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return folder


def message(folder: Path, text: str) -> str:
    with pytest.raises(StudyError) as caught:
        read_definition(write(folder, text))
    return str(caught.value)


def test_everything_is_read(tmp_path: Path) -> None:
    definition = read_definition(write(tmp_path, COMPLETE))
    assert (definition.title, definition.chain) == ("A study", "some-chain")
    assert definition.simulated is True
    assert definition.minimum_count == 5
    assert definition.name == tmp_path.name
    assert definition.columns == Columns("org", "office", "year", everybody="A study")
    assert list(definition.sources) == ["clients", "staff"]
    assert definition.sources["clients"] == Source(
        "clients", tmp_path / "clients.csv", "respondents", "w", "touchpoint", id="respondent"
    )
    assert definition.sources["staff"].response_rate == "rate"


def test_defaults_and_byte_order_mark(tmp_path: Path) -> None:
    text = COMPLETE.replace("simulated = true\n", "").replace("minimum_count = 5\n", "")
    definition = read_definition(write(tmp_path, "\ufeff" + text.replace('wave = "year"\n', "")))
    assert definition.simulated is False
    assert definition.minimum_count == 10
    assert definition.columns.wave is None


def test_the_file_itself_may_be_given(tmp_path: Path) -> None:
    write(tmp_path, COMPLETE)
    assert read_definition(tmp_path / "study.toml").path == tmp_path


def test_the_definition_cannot_be_changed(tmp_path: Path) -> None:
    definition = read_definition(write(tmp_path, COMPLETE))
    with pytest.raises(dataclasses.FrozenInstanceError):
        definition.title = "Another"  # type: ignore[misc]


def test_missing_folder_suggests_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "schools").mkdir()
    write(tmp_path / "schools", COMPLETE)
    with pytest.raises(StudyError, match=r"no study folder .*Did you mean 'schools'\?"):
        read_definition(tmp_path / "scools")


def test_folder_without_definition(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"holds no study\.toml"):
        read_definition(tmp_path)


def test_broken_toml_gives_line_and_column(tmp_path: Path) -> None:
    text = message(tmp_path, 'title = "A"\nchain = oops\n')
    assert "study.toml" in text
    assert "line 2, column 9" in text


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "study.toml").write_bytes('title = "Montréal"'.encode("cp1252"))
    with pytest.raises(StudyError, match="not UTF-8"):
        read_definition(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('title = "A study"\n', "", "key 'title' is missing; add title = …."),
        ('title = "A study"', 'title = " "', "key 'title' is empty"),
        ('chain = "some-chain"', "chain = 3", "key 'chain' is 3; write a text in quotation marks"),
        ("simulated = true", 'simulated = "yes"', "write true or false"),
        ("minimum_count = 5", "minimum_count = 0", "write a whole number of 1 or more"),
        ("minimum_count = 5", "minimum_count = true", "write a whole number"),
        ('rows = "units"', 'rows = "unit"', "key 'sources.staff.rows' is 'unit'; write"),
        ('file = "staff.sav"\n', "", "key 'sources.staff.file' is missing"),
        ('invited = "asked"', 'invted = "asked"', "Did you mean 'invited'?"),
        ('organisation = "org"', 'organization = "org"', "Did you mean 'organisation'?"),
    ],
)
def test_every_fault_is_a_sentence(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in COMPLETE
    text = message(tmp_path, COMPLETE.replace(old, new))
    assert expected in text
    assert text.startswith(str(tmp_path / "study.toml"))
    assert not text.endswith("?.")


def test_missing_tables_and_all_faults_together(tmp_path: Path) -> None:
    lines = message(tmp_path, 'chain = "a-chain"\n').splitlines()
    assert [line.split("key ")[1].split(" ")[0] for line in lines] == [
        "'title'",
        "'sources'",
    ]


def test_units_and_organisations_may_be_left_out(tmp_path: Path) -> None:
    columns = read_definition(write(tmp_path, COMPLETE.replace('unit = "office"\n', ""))).columns
    assert (columns.unit, columns.rows_apart) == (None, False)  # sources meet in organisations
    one = COMPLETE.split("[sources.employees]")[0].replace('unit = "office"\n', "")
    whole = read_definition(write(tmp_path, one.replace('organisation = "org"\n', "")))
    assert (whole.columns.organisation, whole.columns.everybody) == (None, "A study")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"clients.csv"', "[]", "write the name of a file, a list of them"),
        ('"clients.csv"', '["a.csv", "a.csv"]', "names 'a.csv' twice"),
        ('"clients.csv"', "{ 2023 = 7 }", "one for each wave"),
        ('"clients.csv"', '"clients.csv"\nmissing = "8, refused"', "semicolons between the codes"),
        ('"clients.csv"', '"clients.csv"\nmissing = [[8]]', 'missing = "8; 9; Not applicable"'),
    ],
)
def test_files_and_missing_codes_of_a_source(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert expected in message(tmp_path, COMPLETE.replace(old, new))


def test_a_study_without_sources(tmp_path: Path) -> None:
    text = message(tmp_path, COMPLETE.split("[sources")[0] + "[sources]\n")
    assert "[sources] is empty" in text


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('file = "clients.csv"', 'file = "clients.csv"\nencoding = "cp9999"', "is no encoding"),
        ('file = "clients.csv"', 'file = "clients.csv"\nencoding = "rot13"', "is no encoding"),
        ('file = "clients.csv"', 'file = "clients.csv"\nsheet = "A"', "for files ending in .xlsx"),
        ('file = "clients.csv"', 'file = "clients.csv"\nheader = 0', "first row of a file is 1"),
        ('file = "clients.csv"', 'file = "clients.csv"\nheader = "2"', "write a whole number"),
        ('file = "clients.csv"', 'file = "clients.csv"\nseparator = ";;"', "write one character"),
        ('file = "staff.sav"', 'file = "staff.sav"\nheader = 2', "for files ending in .csv"),
        ('file = "staff.sav"', 'file = "staff.parquet"\nencoding = "utf-8"', "for files ending"),
        ('id = "respondent"', 'respondents = "n"', 'is for rows = "units"'),
        ("minimum_count = 5", 'waves = "2021"', "write the waves as a list"),
        ("minimum_count = 5", "waves = []", "write the waves as a list"),
        ("minimum_count = 5", 'waves = ["a", "b", "a"]', "names 'a' twice"),
        ('wave = "year"', "\n[unused]", "key 'unused' is not known"),
    ],
)
def test_every_fault_of_the_layout_is_a_sentence(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in COMPLETE
    assert expected in message(tmp_path, COMPLETE.replace(old, new))


def test_the_layout_of_a_file_and_the_order_of_waves(tmp_path: Path) -> None:
    text = COMPLETE.replace("minimum_count = 5", 'waves = ["before", 2021, 2022-03-01]')
    text = text.replace(
        'file = "clients.csv"',
        'file = "clients.csv"\nheader = 3\nencoding = "cp1251"\nseparator = "\\t"',
    ).replace('invited = "asked"', 'respondents = " n "')
    definition = read_definition(write(tmp_path, text))
    assert definition.waves == ("before", "2021", "2022-03-01")
    clients, staff = definition.sources.values()
    assert clients.layout == {
        "sheet": None, "header": 3, "encoding": "cp1251", "separator": "\t",
    }  # fmt: skip
    assert staff.respondents == "n"
    assert staff.counts_people


def test_waves_need_a_column_of_waves(tmp_path: Path) -> None:
    text = COMPLETE.replace("minimum_count = 5", 'waves = ["a", "b"]')
    assert "'waves' is there without 'columns.wave'" in message(
        tmp_path, text.replace('wave = "year"\n', "")
    )


def test_a_study_names_its_language(tmp_path: Path) -> None:
    written = read_definition(write(tmp_path, f'language = "fr"\n{COMPLETE}'))
    assert (written.language, written.page_language) == ("fr", "fr")
    assert read_definition(write(tmp_path, COMPLETE)).language == "en"
    told = message(tmp_path, f'language = "fe"\n{COMPLETE}')
    assert "key 'language': There is no language 'fe': choose from en or fr" in told


def test_days_of_the_survey(tmp_path: Path) -> None:
    days = "fieldwork = { 2021 = [2021-05-06, 2021-05-31] }"
    text = COMPLETE.replace('file = "clients.csv"', f'file = "clients.csv"\n{days}')
    clients, staff = read_definition(write(tmp_path, text)).sources.values()
    assert clients.fieldwork == {"2021": (date(2021, 5, 6), date(2021, 5, 31))}
    assert staff.fieldwork == {}
    told = message(tmp_path, text.replace("2021-05-31", "2021-05-01"))
    assert "key 'sources.clients.fieldwork.2021' is" in told
    assert "write the first and the last day" in told
    alone = text.replace(days, "fieldwork = [2021-05-06, 2021-05-31]")
    assert list(next(iter(read_definition(write(tmp_path, alone)).sources.values())).fieldwork) == [
        ""
    ]


@pytest.mark.parametrize(("written", "read"), [("70", 70.0), ("62.5", 62.5)])
def test_from_where_an_answer_is_positive(tmp_path: Path, written: str, read: float) -> None:
    found = read_definition(write(tmp_path, f"positive_from = {written}\n{COMPLETE}"))
    assert found.positive_from == read
    assert read_definition(write(tmp_path, COMPLETE)).positive_from is None
    told = message(tmp_path, f"positive_from = 120\n{COMPLETE}")
    assert "key 'positive_from' is 120; write from how many points" in told


def test_cuts_of_necessity_are_points_of_the_index(tmp_path):
    stated = read_definition(write(tmp_path, f"{COMPLETE}\n[necessity]\nhigh = 75\nlow = 50.5\n"))
    assert stated.necessity == Cuts(75.0, 50.5)
    assert read_definition(write(tmp_path, COMPLETE)).necessity is None


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "high = 7500\nlow = 50",
            "key 'necessity.high' is 7500; write points of the index",
        ),
        ('high = 75\nlow = "50"', "key 'necessity.low' is '50'; write points of the index"),
        ("high = 75", "key 'necessity.low' is None; write points of the index"),
        ("high = 75\nlow = 50\nmiddle = 60", "key 'necessity.middle' is not known"),
    ],
)
def test_wrong_cuts_of_necessity_are_refused(tmp_path, lines, told):
    assert told in message(tmp_path, f"{COMPLETE}\n[necessity]\n{lines}\n")
