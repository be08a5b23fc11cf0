"""Files that cannot be a study: one sentence with the place and what to do, and nothing written."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from beginning import exports

import workbench as wb
from workbench.beginning.proposing import propose_study
from workbench.beginning.reading import read_export
from workbench.errors import StudyError


def table(**more: object) -> pd.DataFrame:
    found = exports.answers(["q1", "q2", "q4", "q5"], units=2).rename(
        columns={"q1": "satisfied with the service", "q2": "satisfied with the visit",
                 "q4": "trust in it", "q5": "confidence in it", "group": "agency",
                 "unit": "office"}
    )  # fmt: skip
    return found.assign(**more)


def workbook(path: Path, change: Callable[[openpyxl.Workbook], None]) -> Path:
    table().to_excel(path, index=False, sheet_name="Data")
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def truncated_sav(path: Path) -> Path:
    whole = exports.labelled_sav(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    return path


def cut_to_header(path: Path) -> Path:
    path.write_bytes(exports.labelled_sav(path).read_bytes()[:100])
    return path


def with_three_sheets(path: Path) -> Path:
    def change(book: openpyxl.Workbook) -> None:
        for title in ("Older", "Codes"):
            book.copy_worksheet(book["Data"]).title = title

    return workbook(path, change)


def with_merged_cells(path: Path) -> Path:
    return workbook(path, lambda book: book["Data"].merge_cells("A4:A8"))


def with_formulas(path: Path) -> Path:
    def change(book: openpyxl.Workbook) -> None:
        book["Data"]["D4"] = "=C4*2"

    return workbook(path, change)


def encrypted(path: Path) -> Path:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))
    return path


def text(content: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_text(content, encoding="utf-8")
        return path

    return write


def without_scales(path: Path) -> Path:
    frame = pd.DataFrame({"agency": list("ab") * 30, "remark": [f"text {n}" for n in range(60)]})
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("a.sav", truncated_sav, "the file cannot be read: .*; export it again"),
        ("a.sav", cut_to_header, "the file cannot be read: .*; export it again"),
        ("a.xlsx", with_three_sheets, "the sheets 'Data', 'Older' and 'Codes' hold tables; name "),
        ("a.xlsx", with_merged_cells, "sheet 'Data': the cells A4:A8 are merged, so .* unmerge"),
        ("a.xlsx", with_formulas, "the cells D4 hold formulas without results; open the workbook"),
        ("a.xlsx", encrypted, "the workbook is encrypted or of an old kind; open it in Excel"),
        ("a.xlsx", text("no workbook"), "the file cannot be read: .*; export it again"),
        ("a.csv", text(""), "the file is empty; export it again"),
        ("a.csv", text("\n\n \n"), "the first 30 rows are blank; put the table at the top"),
        ("a.csv", text("agency,q1\n"), "names of columns but no rows; export it again"),
        ("a.csv", text("1,2,3\n4,5,6\n"), r"row 1 holds answers \(1, 2, 3\) where names of"),
        ("a.csv", without_scales, "no column holds answers on a scale; export codes with"),
        ("a.parquet", text("PAR1"), "the file cannot be read: .*; export it again"),
        ("a.docx", text("x"), "files ending in '.docx' cannot be read; export the answers as"),
        ("a.xls", encrypted, "files ending in '.xls' cannot be read; export the answers as"),
    ],
)
def test_one_sentence_and_nothing_written(
    tmp_path: Path, name: str, make: Callable[[Path], Path], says: str
) -> None:
    file = make(tmp_path / name)
    with pytest.raises(StudyError) as raised:
        wb.new_study(tmp_path / "mine", file)
    message = str(raised.value)
    assert message.startswith(f"{file}")
    assert re.search(says, message)
    assert message.count("\n") == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == [name]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text("x")
    with pytest.raises(StudyError, match=r"there is no such file.*Did you mean 'clients.csv'"):
        wb.new_study(tmp_path / "mine", tmp_path / "client.csv")


def test_latin_1_under_a_header_that_says_utf_8(tmp_path: Path) -> None:
    whole = exports.labelled_sav(tmp_path / "a.sav").read_bytes()
    assert whole.count("Gabès".encode()) == 1
    (tmp_path / "a.sav").write_bytes(whole.replace("Gabès".encode(), "Gab\xe8s ".encode("latin-1")))
    export = read_export(tmp_path / "a.sav")
    assert export.column("gov").labels[4.0] == "Gabès"


def test_duplicate_and_empty_names(tmp_path: Path) -> None:
    frame = table()
    frame["again"] = frame["trust in it"]
    frame["nameless"] = 1
    frame.columns = [*frame.columns[:-2], "trust in it", ""]
    frame.to_csv(tmp_path / "a.csv", index=False)
    plan = propose_study("x", [tmp_path / "a.csv"])
    assert "Column 8 of a.csv has no name and is left out." in plan.said
    assert any("'trust in it' of a.csv stands there more than once" in one for one in plan.said)
    assert "trust in it_2" in [question.item for question in plan.sources[0].questions]
    wb.new_study(tmp_path / "mine", tmp_path / "a.csv")
    assert not wb.open_study(tmp_path / "mine").check().errors


def test_names_with_quotes(tmp_path: Path) -> None:
    frame = table().rename(columns={"trust in it": 'trust in "it", always'})
    frame.to_csv(tmp_path / "a.csv", index=False)
    wb.new_study(tmp_path / "mine", tmp_path / "a.csv")
    study = wb.open_study(tmp_path / "mine")
    assert 'trust in "it", always' in study.codebook.items("trust")
    assert not study.check().errors


def test_labels_without_values(tmp_path: Path) -> None:
    frame = table().rename(columns={"satisfied with the service": "q1", "trust in it": "q4"})
    frame = frame[["agency", "office", "q1", "q4"]].astype(float)
    labels = {"q1": {}, "q4": {float(n): "" for n in range(1, 6)}}
    pyreadstat.write_sav(
        frame,
        tmp_path / "a.sav",
        column_labels={"q1": "satisfied with the service", "q4": "I trust it"},
        variable_value_labels={"q4": labels["q4"]},
    )
    plan = propose_study("x", [tmp_path / "a.sav"])
    scales = [(one.scale.low, one.scale.high) for one in plan.sources[0].questions]
    assert scales == [(1, 5), (1, 5)]


def test_five_thousand_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    wide = pd.DataFrame(
        rng.integers(1, 6, (120, 5000)), columns=[f"item {number}" for number in range(5000)]
    )
    pd.concat([table().iloc[:120], wide], axis=1).to_csv(tmp_path / "a.csv", index=False)
    plan = propose_study("x", [tmp_path / "a.csv"])
    assert len(plan.sources[0].questions) == 5004
    assert plan.chain.name == "service-trust"


@pytest.mark.parametrize("encoding", ["cp1250", "cp1251", "shift_jis", "utf-16"])
def test_text_that_is_not_utf_8(tmp_path: Path, encoding: str) -> None:
    names = {
        "cp1250": ["Łódź", "Gdańsk", "Poznań", "Kraków"],
        "cp1251": ["Москва", "Казань", "Самара", "Томск"],
        "shift_jis": ["東京都", "大阪府", "京都府", "福岡県"],
        "utf-16": ["Genève", "東京都", "Москва", "Łódź"],
    }[encoding]
    frame = table()
    frame["agency"] = frame["agency"].map(dict(enumerate(names, 1)))
    (tmp_path / "a.csv").write_bytes(frame.to_csv(index=False).encode(encoding))
    wb.new_study(tmp_path / "mine", tmp_path / "a.csv")
    study = wb.open_study(tmp_path / "mine")
    assert set(study.organisations["name"]) == set(names)


def test_dates_as_text_and_a_table_below_titles(tmp_path: Path) -> None:
    frame = table(wave=["September 2021", "March 2022"] * 80)
    content = "Survey of clients\n\n" + frame.to_csv(index=False)
    (tmp_path / "a.csv").write_text(content)
    wb.new_study(tmp_path / "mine", tmp_path / "a.csv")
    study = wb.open_study(tmp_path / "mine")
    assert study.waves == ["September 2021", "March 2022"]
    assert study.sources["clients"].header == 3


def test_nothing_is_left_where_the_disk_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table().to_csv(tmp_path / "a.csv", index=False)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workbench.beginning.writing._codebook", full)
    with pytest.raises(OSError, match="No space"):
        wb.new_study(tmp_path / "mine", tmp_path / "a.csv")
    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]


def test_of_a_large_file_the_beginning_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.beginning.texts.LARGEST", 1000)
    monkeypatch.setattr("workbench.beginning.reading._MOST_ROWS", 50)
    table().to_csv(tmp_path / "a.csv", index=False)
    table().to_parquet(tmp_path / "a.parquet")
    for name in ("a.csv", "a.parquet"):
        wb.new_study(tmp_path / f"of {name}", tmp_path / name)
        assert len(wb.open_study(tmp_path / f"of {name}").answers("clients")) == len(table())
    (said,) = propose_study("x", [tmp_path / "a.csv"]).said
    assert re.search(r"; the first \d\d rows, 6 columns", said)
    (tmp_path / "b.csv").write_text("1,2,3," * 1000)
    with pytest.raises(StudyError, match="are one line; export the table again"):
        wb.new_study(tmp_path / "one line", tmp_path / "b.csv")
