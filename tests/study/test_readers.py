"""read_table: one data frame, whatever tool wrote the file."""

import warnings
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from workbench.errors import StudyError
from workbench.study import readers
from workbench.study.problems import Severity
from workbench.study.readers import read_table, sniff_delimiter

FRENCH = "organisation,q1\nVille de Montréal,4\nHôpital « Sacré-Cœur »,5\nForêt d’été,3\n"
GERMAN = "organisation,q1\nBürgerbüro Köln – Süd,4\nStraßenverkehrsamt Übersee,5\nÄmter,1\n"
ENGLISH = "organisation,q1\nPeople’s “Office” — North,4\nThe clerk’s café,5\n"


def save(folder: Path, content: bytes | str, name: str = "a.csv") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


@pytest.mark.parametrize("text", [FRENCH, GERMAN, ENGLISH])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"]
)
def test_encoding_is_found(tmp_path: Path, text: str, encoding: str) -> None:
    table = read_table(save(tmp_path, text.encode(encoding)), text=["organisation"])
    assert table.columns.tolist() == ["organisation", "q1"]
    assert table["organisation"].tolist() == [line[:-2] for line in text.splitlines()[1:]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    rows = [["org", "note", "q1"], ["North", "x y", "1"], ["East", "z", "2"]]
    content = "\n".join(delimiter.join(row) for row in rows)
    table = read_table(save(tmp_path, content), text=["org"])
    assert table["q1"].tolist() == [1, 2]
    assert table["note"].tolist() == ["x y", "z"]


def test_delimiters_inside_quotes_do_not_count() -> None:
    assert sniff_delimiter(['org,"a; b; c; d",q1\n', '"North; South; East; West",x,1\n']) == ","


def test_excels_declared_delimiter_and_decimal_comma(tmp_path: Path) -> None:
    table = read_table(save(tmp_path, "sep=;\r\norg;w\r\nA;0,5\r\nB;1,25\r\n"))
    assert table["w"].tolist() == [0.5, 1.25]
    assert table.index.tolist() == [3, 4]


def test_decimal_comma_beside_a_word(tmp_path: Path) -> None:
    table = read_table(save(tmp_path, "org;note;w\nA;1,5;0,5\nB;x;much\n"), text=["org", "note"])
    assert table["w"].tolist() == ["0.5", "much"]
    assert table["note"].tolist() == ["1,5", "x"]


def test_names_stay_as_they_are_written(tmp_path: Path) -> None:
    content = 'org,unit,q1\n01,NA,1\n02,"<b>&""x""/y",NA\n,,N/A\n'
    table = read_table(save(tmp_path, content), text=["org", "unit"])
    assert table["org"].tolist() == ["01", "02"]
    assert table["unit"].tolist() == ["NA", '<b>&"x"/y']
    assert table["q1"].tolist()[0] == 1
    assert np.isnan(table["q1"].iloc[1])


def test_rows_keep_their_numbers_past_blank_lines_and_line_breaks(tmp_path: Path) -> None:
    table = read_table(save(tmp_path, 'org,q1\nA,1\n\n,\n"B\nC",2\nD,3\n'), text=["org"])
    assert table.index.tolist() == [2, 5, 6]
    assert table["org"].tolist() == ["A", "B\nC", "D"]


def test_a_column_named_twice_stays_twice(tmp_path: Path) -> None:
    assert read_table(save(tmp_path, "q1,q1\n1,2\n")).columns.tolist() == ["q1", "q1"]


def test_one_column_and_header_only(tmp_path: Path) -> None:
    assert read_table(save(tmp_path, "q1\n1\n2\n"))["q1"].tolist() == [1, 2]
    table = read_table(save(tmp_path, "q1,q2\n"))
    assert table.empty
    assert table.columns.tolist() == ["q1", "q2"]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "", "the file is empty"),
        ("a.csv", "\n\n1,2\n", "should name the columns"),
        ("a.csv", "a,b\n1,2\n1,2,3\n", "line 3 has 3 cells"),
        ("a.csv", 'a,b\n1,"2\n', "cannot be read"),
        ("a.xlsx", "not a workbook", "is not an Excel workbook"),
        ("a.parquet", "not parquet", "cannot be read"),
        ("a.sav", "not SPSS", "cannot be read"),
        ("a.dta", "not Stata", "cannot be read"),
        ("a.xls", "old", "files ending in '.xls' cannot be read; save the table as one of .csv"),
    ],
)
def test_broken_files_are_one_sentence(
    tmp_path: Path, name: str, content: str, expected: str
) -> None:
    file = save(tmp_path, content, name)
    with pytest.raises(StudyError) as caught:
        read_table(file)
    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_a_row_longer_than_the_header_is_not_cut(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="line 2 has 3 cells, and the header names 2"):
        read_table(save(tmp_path, "a,b\n1,2,3\n4,5,6\n"))


def test_missing_file_suggests_the_nearest(tmp_path: Path) -> None:
    save(tmp_path, "a\n1\n", "clients.csv")
    with pytest.raises(StudyError, match=r"no such file.*Did you mean 'clients\.csv'\?"):
        read_table(tmp_path / "client.csv")


def test_excel(tmp_path: Path) -> None:
    frame = pd.DataFrame({"org": ["01", "NA", None], "q1": [1, 2, None], "q2": [5, "N/A", None]})
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    table = read_table(tmp_path / "a.xlsx", text=["org"])
    assert table.index.tolist() == [2, 3]
    assert table["org"].tolist() == ["01", "NA"]
    assert table["q1"].tolist() == [1, 2]
    assert table["q2"].isna().tolist() == [False, True]


def test_excel_with_a_column_named_twice(tmp_path: Path) -> None:
    frame = pd.DataFrame([["A", 1, "NA"]], columns=["org", "q1", "q1"])
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    assert read_table(tmp_path / "a.xlsx").columns.tolist() == ["org", "q1", "q1"]


def test_parquet(tmp_path: Path) -> None:
    pd.DataFrame({"org": ["é", "b"], "q1": [1, 2]}, index=[7, 9]).to_parquet(tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    assert table.index.tolist() == [2, 3]
    assert table["org"].tolist() == ["é", "b"]


def test_spss_gives_codes_and_declares_what_is_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({"org": ["Zürich", "Genf", ""], "q1": [1.0, 9.0, np.nan]})
    pyreadstat.write_sav(
        frame,
        tmp_path / "a.sav",
        variable_value_labels={"q1": {1: "never", 9: "don't know"}},
        missing_ranges={"q1": [{"lo": 8, "hi": 9}]},
    )
    table = read_table(tmp_path / "a.sav")
    assert table["org"].tolist() == ["Zürich", "Genf"]
    assert table["q1"].tolist() == [1, 9]
    assert table.attrs["missing"] == {"q1": [(8, 9)]}


def test_stata_gives_codes_and_declares_what_is_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame({"org": ["Zürich", "Genf", "Bern"], "q1": [1, "a", 3]})
    pyreadstat.write_dta(frame, tmp_path / "a.dta", missing_user_values={"q1": ["a"]})
    table = read_table(tmp_path / "a.dta")
    assert table["org"].tolist() == ["Zürich", "Genf", "Bern"]
    assert table["q1"].tolist() == [1, "a", 3]
    assert table.attrs["missing"] == {"q1": [("a", "a")]}


WANTED = ["town", "q1", "q2", "q3"]
ROWS = [["North", 1, 2, 3], ["South", 4, 5, 4], ["East", 2, 2, 1], ["West", 5, 4, 4]]


def workbook(folder: Path, **sheets: list[list]) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def told(table: pd.DataFrame) -> str:
    return " ".join(str(problem) for problem in table.attrs["problems"])


def test_the_sheet_that_has_the_columns_is_read(tmp_path: Path) -> None:
    file = workbook(tmp_path, About=[["this workbook"]], Data=[WANTED, *ROWS], Notes=[["none"]])
    table = read_table(file, text=["town"], wanted=WANTED)
    assert table["q1"].tolist() == [1, 4, 2, 5]
    assert "named in the sheet 'Data'" in told(table)
    assert 'sheet = "Data"' in told(table)


@pytest.mark.parametrize("above", [1, 3, 7])
def test_the_header_under_title_lines_is_found(tmp_path: Path, above: int) -> None:
    titles = [[f"Title {n}"] for n in range(above)]
    excel = workbook(tmp_path, Data=[*titles, WANTED, *ROWS])
    lines = [",".join(map(str, row)) for row in [*titles, WANTED, *ROWS]]
    for file in (excel, save(tmp_path, "\n".join(lines))):
        table = read_table(file, text=["town"], wanted=WANTED)
        assert table["q3"].tolist() == [3, 4, 1, 4]
        assert table.index[0] == above + 2
        assert f"named in row {above + 1}" in told(table)
    given = read_table(excel, text=["town"], header=above + 1)
    assert given["q3"].tolist() == [3, 4, 1, 4]


def test_where_two_sheets_have_the_columns_the_user_is_asked(tmp_path: Path) -> None:
    years = {"Y2022": [WANTED, *ROWS], "Y2023": [WANTED, *ROWS]}
    first = read_table(workbook(tmp_path, **years), wanted=WANTED)
    assert "also in 'Y2023'" in told(first)
    later = read_table(workbook(tmp_path, About=[["x"]], **years), wanted=WANTED)
    assert later.attrs["hint"] == (
        "Row 1 of the sheet 'Y2022' and row 1 of the sheet 'Y2023' have these columns: write "
        'sheet = "Y2022" in study.toml.'
    )
    named = read_table(tmp_path / "a.xlsx", text=["town"], wanted=WANTED, sheet="Y2023")
    assert named["town"].tolist() == ["North", "South", "East", "West"]


def test_sheets_and_rows_that_are_not_there(tmp_path: Path) -> None:
    file = workbook(tmp_path, Data=[WANTED, *ROWS], Notes=[["x"]])
    with pytest.raises(StudyError, match=r"no sheet 'Dta'; the sheets are 'Data', 'Notes'\. Did"):
        read_table(file, sheet="Dta")
    with pytest.raises(StudyError, match=r"header is 9 in study\.toml, and the sheet 'Data' has 5"):
        read_table(file, header=9)
    with pytest.raises(StudyError, match=r"header is 9 in study\.toml, and the file has 2 rows"):
        read_table(save(tmp_path, "a,b\n1,2\n"), header=9)


def test_percentages_of_a_workbook_are_read_as_they_are_shown(tmp_path: Path) -> None:
    import openpyxl

    file = workbook(tmp_path, Data=[["town", "q1"], ["North", 0.583], ["South", 0.07]])
    book = openpyxl.load_workbook(file)
    for cell in book["Data"]["B"][1:]:
        cell.number_format = "0.0%"
    book.save(file)
    assert read_table(file, text=["town"])["q1"].tolist() == ["58.3%", "7%"]


QUALTRICS = [
    ["In which town do you live?", "How satisfied …", "How easy …", "How fair …"],
    ['{"ImportId":"QID1"}', '{"ImportId":"QID2_1"}', '{"ImportId":"QID2_2"}', '{"ImportId":"Q"}'],
]


@pytest.mark.parametrize("rows", [QUALTRICS, QUALTRICS[:1], QUALTRICS[1:]])
def test_further_header_rows_are_left_out(tmp_path: Path, rows: list) -> None:
    excel = workbook(tmp_path, Data=[WANTED, *rows, *ROWS])
    text = pd.DataFrame([*rows, *ROWS], columns=WANTED).to_csv(index=False)
    for file in (excel, save(tmp_path, text)):
        table = read_table(file, text=["town"], wanted=WANTED)
        assert table["town"].tolist() == ["North", "South", "East", "West"]
        assert pd.to_numeric(table["q1"]).tolist() == [1, 4, 2, 5]
        assert "further header row" in told(table)
        assert ("Qualtrics" in told(table)) == (QUALTRICS[1] in rows)


def test_a_qualtrics_export_with_one_question(tmp_path: Path) -> None:
    text = pd.DataFrame([*QUALTRICS, *ROWS], columns=WANTED)[["town", "q1"]].to_csv(index=False)
    table = read_table(save(tmp_path, text), text=["town"], wanted=["town", "q1"])
    assert table["town"].tolist() == ["North", "South", "East", "West"]


def test_a_stray_text_or_a_file_of_labels_is_no_header(tmp_path: Path) -> None:
    stray = pd.DataFrame([["North", "often", 2, 3], *ROWS], columns=WANTED).to_csv(index=False)
    labels = pd.DataFrame([["North", "Agree", "Agree", "No"]] * 5, columns=WANTED)
    for text in (stray, labels.to_csv(index=False)):
        table = read_table(save(tmp_path, text), text=["town"], wanted=WANTED)
        assert len(table) == 5
        assert not table.attrs["problems"]


@pytest.mark.parametrize("encoding", ["cp1251", "cp1250", "shift_jis", "gb18030", "utf-16-le"])
def test_a_guessed_encoding_is_told_with_an_example(tmp_path: Path, encoding: str) -> None:
    names = {"cp1251": "Казань", "cp1250": "Częstochowa", "shift_jis": "北海道", "gb18030": "广州"}
    name = names.get(encoding, "Łódź")
    text = "town,q1\n" + f"{name},1\nPlain,2\n" * 20
    file = save(tmp_path, text.encode(encoding))
    table = read_table(file, text=["town"])
    assert set(table["town"]) == {name, "Plain"}
    [problem] = table.attrs["problems"]
    assert problem.severity == Severity.WARNING
    assert problem.examples == (name,)
    assert not read_table(file, text=["town"], encoding=encoding).attrs["problems"]
    with pytest.raises(StudyError, match=r"means nothing in ascii; name its encoding"):
        read_table(file, encoding="ascii") if encoding != "utf-16-le" else read_table(
            save(tmp_path, "Łódź".encode()), encoding="ascii"
        )


def test_the_separator_may_be_given(tmp_path: Path) -> None:
    text = "town;q1\nA, B;1,5\nC, D;2,5\n"
    assert read_table(save(tmp_path, text), separator=";")["q1"].tolist() == [1.5, 2.5]
    assert read_table(save(tmp_path, "town~q1\nA~1\n"), separator="~")["q1"].tolist() == [1]


@pytest.mark.parametrize(
    "header",
    ['"""town""",q1', '" town ",q1', '"\ntown",q1', "\u00a0town,q1", "'town',q1", "“town”,q1"],
)
def test_columns_are_called_without_what_cannot_be_seen(tmp_path: Path, header: str) -> None:
    table = read_table(save(tmp_path, header + "\nNorth,1\n"), text=["town"])
    assert table.columns.tolist() == ["town", "q1"]


def test_composed_letters_marks_in_the_middle_and_old_line_ends(tmp_path: Path) -> None:
    table = read_table(save(tmp_path, "Montre\u0301al,q1\n\ufeffA,1\n"), text=["Montréal"])
    assert table["Montréal"].tolist() == ["A"]
    assert read_table(save(tmp_path, "sep=,\n\ufefftown,q1\nA,1\n")).columns[0] == "town"
    assert read_table(save(tmp_path, "town,q1\rA,1\rB,2\r"))["q1"].tolist() == [1, 2]


def test_spss_texts_in_another_encoding_than_declared(tmp_path: Path) -> None:
    frame = pd.DataFrame({"org": ["Z#rich", "Gen#ve", "Bern"], "q1": [1.0, 9.0, 3.0]})
    pyreadstat.write_sav(frame, tmp_path / "a.sav", missing_ranges={"q1": [{"lo": 9, "hi": 9}]})
    content = (tmp_path / "a.sav").read_bytes()
    content = content.replace(b"Z#rich", b"Z\xfcrich").replace(b"Gen#ve", b"Gen\xe8ve")
    (tmp_path / "a.sav").write_bytes(content)
    table = read_table(tmp_path / "a.sav")
    assert table["org"].tolist() == ["Zürich", "Genève", "Bern"]
    assert table.attrs["missing"] == {"q1": [(9, 9)]}
    assert "but in cp1252, as in " in told(table)
    given = read_table(tmp_path / "a.sav", encoding="cp1250")
    assert given["org"].tolist() == ["Zürich", "Genčve", "Bern"]
    assert not given.attrs["problems"]


def test_a_copy_of_a_workbook_is_not_taken_apart_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, copy = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    pd.DataFrame({"q": [1, 2], "r": [3, 4]}).to_excel(path, index=False)
    copy.write_bytes(path.read_bytes())
    looked_at: list[object] = []
    value = readers._excel_value
    monkeypatch.setattr(readers, "_excel_value", lambda cell: looked_at.append(cell) or value(cell))
    first = read_table(path)
    assert len(looked_at) == 6
    pd.testing.assert_frame_equal(read_table(copy), first)
    assert len(looked_at) == 6
    pd.DataFrame({"q": [1, 2], "r": [3, 5]}).to_excel(path, index=False)
    assert read_table(path)["r"].tolist() == [3, 5]


def test_nothing_is_said_of_formats_in_a_workbook(tmp_path: Path) -> None:
    plain, path = tmp_path / "plain.xlsx", tmp_path / "bars.xlsx"
    pd.DataFrame({"q": [1, 2]}).to_excel(plain, index=False)
    with ZipFile(plain) as before, ZipFile(path, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name.endswith("sheet1.xml"):
                bars = b'<extLst><ext uri="{78C0D931-6437-407d-A8EE-F0AAD7539E65}"/></extLst>'
                content = content.replace(b"</worksheet>", bars + b"</worksheet>")
            after.writestr(name, content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_table(path)["q"].tolist() == [1, 2]
