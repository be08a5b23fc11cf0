"""codebook.csv: what it says, and every fault with its row."""

from pathlib import Path

import pytest

from workbench.errors import StudyError, UnknownNameError
from workbench.study.codebook import Codebook, Scale, missing_codes, read_codebook

HEADER = "item,source,construct,wording,low,high,reversed,missing\n"
ROWS = (
    'q1,clients,service,"I was treated fairly, always",1,5,no,8 9\n'
    "q2,clients,service,They kept me waiting,1,5,yes,99\n"
    "s1,staff,people,I like it here,0,10,,DK -1\n"
    "q3,clients,trust,I trust them,1,7,No,\n"
)


def read(folder: Path, text: str, encoding: str = "utf-8") -> Codebook:
    file = folder / "codebook.csv"
    file.write_bytes(text.encode(encoding))
    return read_codebook(file, ["clients", "staff"])


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(StudyError) as caught:
        read(folder, text)
    return str(caught.value).splitlines()


def test_what_it_says(tmp_path: Path) -> None:
    codebook = read(tmp_path, HEADER + ROWS)
    assert codebook.constructs == ["service", "people", "trust"]
    assert codebook.items("service") == ["q1", "q2"]
    assert codebook.source_of("people") == "staff"
    assert codebook.items_of_source("clients") == ["q1", "q2", "q3"]
    assert codebook.wording("q1") == "I was treated fairly, always"
    assert codebook.scale("q1") == Scale(1, 5, False, (8.0, 9.0))
    assert codebook.scale("q2").reversed
    assert codebook.frame["missing"].tolist() == [(8.0, 9.0), (99.0,), ("DK", -1.0), ()]
    assert codebook.frame["reversed"].dtype == bool


def test_unknown_names_suggest_the_nearest(tmp_path: Path) -> None:
    codebook = read(tmp_path, HEADER + ROWS)
    with pytest.raises(UnknownNameError, match="Did you mean 'service'"):
        codebook.items("servise")
    with pytest.raises(UnknownNameError, match=r"no item 'q11'\. Did you mean 'q1'"):
        codebook.wording("q11")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_spreadsheet_may_have_written_it(tmp_path: Path, encoding: str) -> None:
    text = (HEADER + "q1,clients,trust,Très bien,1,5,no,8 9\n").replace(",", ";")
    assert read(tmp_path, text, encoding).wording("q1") == "Très bien"


def test_optional_columns_may_be_left_out(tmp_path: Path) -> None:
    codebook = read(tmp_path, "item,source,construct,low,high\nq1,clients,trust,1,5\n")
    assert codebook.scale("q1") == Scale(1, 5, False, ())
    assert codebook.wording("q1") == ""


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"codebook\.csv: there is no such file"):
        read_codebook(tmp_path / "codebook.csv", [])


def test_missing_column_and_no_rows(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, "item,source,konstruct,low,high\nq1,clients,trust,1,5\n")
    assert "column 'construct' is missing" in fault
    assert "Did you mean 'konstruct'?" in fault
    assert "no rows" in faults(tmp_path, HEADER)[0]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("q1,clients,trust,W,1,5,no,", "row 6, item 'q1': the item stands in row 2 already"),
        ("q9,clients,trust,W,5,1,no,", "row 6, item 'q9': low is 5 and high is 1"),
        ("q9,clients,trust,W,5,5,no,", "low must be below high"),
        ("q9,client,trust,W,1,5,no,", "source 'client' is not in study.toml"),
        ("q9,client,trust,W,1,5,no,", "Did you mean 'clients'?"),
        ("q9,clients,,W,1,5,no,", "the construct is empty"),
        (",clients,trust,W,1,5,no,", "row 6: the item is empty"),
        ("q9,clients,trust,W,one,5,no,", "low is 'one'; write the lowest code"),
        ("q9,clients,trust,W,1,,no,", "high is ''; write the highest code"),
        ("q9,clients,trust,W,1,5,perhaps,", "reversed is 'perhaps'; write yes or no"),
        ("q9,staff,trust,W,1,5,no,", "asked of 'staff' here and of 'clients' in row 5"),
        ("weight,clients,trust,W,1,5,no,", "the workbench uses this name itself"),
    ],
)
def test_every_fault_has_its_row(tmp_path: Path, row: str, expected: str) -> None:
    [fault] = faults(tmp_path, HEADER + ROWS + row + "\n")
    assert expected in fault
    assert fault.startswith(str(tmp_path / "codebook.csv"))


def test_all_faults_are_listed(tmp_path: Path) -> None:
    assert len(faults(tmp_path, HEADER + "q1,x,trust,W,1,5,no,\nq1,clients,,W,9,5,no,\n")) == 4


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("", ()),
        ("99", (99,)),
        ("8 9", (8, 9)),
        ("8;9", (8, 9)),
        ("8,9", (8, 9)),
        ("8, 9", (8, 9)),
        ("-8, -9", (-8, -9)),
        ("8.5", (8.5,)),
        ("Not applicable", ("Not applicable",)),
        ('"Not applicable"', ("Not applicable",)),
        ("Not applicable; Refused", ("Not applicable", "Refused")),
        ("Not applicable 9", ("Not applicable", 9)),
        ("DK -1", ("DK", -1)),
        ('"DK" "REF" 9', ("DK", "REF", 9)),
        ('"No, never"; 9', ("No, never", 9)),
        ("-9 to -1", ((-9, -1),)),
        ("-9 to -1 99", ((-9, -1), 99)),
        ("-9..-1; Refused", ((-9, -1), "Refused")),
    ],
)
def test_missing_codes_are_what_they_mean(written: str, codes: tuple) -> None:
    assert missing_codes(written) == codes


@pytest.mark.parametrize(
    "written",
    ["Don't know, refused", "8-9", "8|9", "8,9;10", "one 2 three", "-1 to -9"],
)
def test_what_is_ambiguous_is_said_with_its_row(tmp_path: Path, written: str) -> None:
    quoted = '"' + written.replace('"', '""') + '"'
    [fault] = faults(tmp_path, HEADER + f"q1,clients,trust,W,1,5,no,{quoted}\n")
    assert f"row 2, item 'q1': missing is {written!r}: " in fault
    assert "write" in fault


def test_a_codebook_in_a_code_page_says_so(tmp_path: Path) -> None:
    text = HEADER + "q1,clients,trust,Я доверяю городской администрации,1,5,no,\n"
    codebook = read(tmp_path, text, "cp1251")
    assert codebook.wording("q1") == "Я доверяю городской администрации"
    [problem] = codebook.problems
    assert "taken for cp1251" in problem.cause


def test_items_are_called_as_the_columns_are(tmp_path: Path) -> None:
    text = HEADER + '"How easy\nwas  it?",clients,trust,W,1,5,no,\n'
    assert read(tmp_path, text).items("trust") == ["How easy was it?"]


def test_words_of_answers(tmp_path: Path) -> None:
    header = HEADER.replace("missing", "missing,labels")
    text = header + "q1,clients,trust,W,1,5,no,9,1=Never|5=Always|9=Don't know\n"
    codebook = read(tmp_path, text)
    assert codebook.labels("q1") == {1.0: "Never", 5.0: "Always"}
    assert codebook.frame["labels"].tolist() == [{1.0: "Never", 5.0: "Always", 9.0: "Don't know"}]
    assert "1 = Never; 5 = Always" in codebook._repr_html_()
    assert read(tmp_path, HEADER + ROWS).labels("q1") == {}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("Never|Always", "row 2, item 'q1': labels is 'Never|Always': 'Never' names no code"),
        ("1=Never|1=Always", "'1' is no single code or stands twice"),
        ("1=Never|7=Always", "labels has the code '7', which is neither on the scale from 1 to 5"),
    ],
)
def test_words_of_answers_that_cannot_be(tmp_path: Path, labels: str, expected: str) -> None:
    header = HEADER.replace("missing", "missing,labels")
    [fault] = faults(tmp_path, f"{header}q1,clients,trust,W,1,5,no,9,{labels}\n")
    assert expected in fault
