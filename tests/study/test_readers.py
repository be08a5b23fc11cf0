"""read_table: one data frame, whatever tool wrote the file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from workbench.exceptions import StudyError
from workbench.study.readers import decode, read_table, sniff_delimiter

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


def test_bytes_without_meaning_in_cp1252_are_mac_roman() -> None:
    assert decode("Crème brûlée".encode("mac_roman")) == "Crème brûlée"


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
        ("a.csv", "a,b\n1,2\n1,2,3\n", "cannot be read"),
        ("a.csv", 'a,b\n1,"2\n', "cannot be read"),
        ("a.xlsx", "not a workbook", "cannot be read"),
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
    with pytest.raises(StudyError, match="cannot be read"):
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
