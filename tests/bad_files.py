"""Malformed and odd files, each with what the workbench says of it.

Every one breaks a file of one small, sound study. ``python tests/bad_files.py FOLDER`` writes them
all.
"""

import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

STUDY = """title = "A study"
chain = "citizens-first"
[columns]
organisation = "org"
unit = "office"
wave = "year"
[sources.clients]
file = "answers.csv"
rows = "respondents"
"""
CODEBOOK = """item,source,construct,wording,low,high,reversed,missing
q1,clients,access,Was it good?,1,5,no,9
q2,clients,service,Was it fast?,1,5,no,9
q3,clients,trust,Do you trust us?,1,5,no,9
"""
ROWS = [
    (organisation, f"{organisation}{unit}", year, 1 + (unit + year) % 5, 1 + unit % 4, 2 + unit % 3)
    for organisation in ("North", "South", "Łódź")
    for year in (2023, 2024)
    for unit in range(8)
]
TABLE = pd.DataFrame(ROWS, columns=["org", "office", "year", "q1", "q2", "q3"])
CSV = TABLE.to_csv(index=False)


class Bad(NamedTuple):
    """What is broken, how bad that is, and words of the sentence that says so."""

    write: Callable[[Path], None]
    severity: str
    says: str


BAD: dict[str, Bad] = {}


def sound(folder: Path) -> None:
    """Write the study with nothing wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("study.toml", STUDY), ("codebook.csv", CODEBOOK), ("answers.csv", CSV)):
        (folder / name).write_text(text, encoding="utf-8")


def bytes_of(
    name: str, severity: str, says: str, content: bytes, file: str = "answers.csv"
) -> None:
    """A file of these bytes; study.toml names it where it is not the usual one."""

    def write(folder: Path) -> None:
        (folder / file).write_bytes(content)
        if file.startswith("answers.") and file != "answers.csv":
            (folder / "answers.csv").unlink()
            stated = STUDY.replace("answers.csv", file)
            (folder / "study.toml").write_text(stated, encoding="utf-8")

    BAD[name] = Bad(write, severity, says)


def text_of(
    name: str, severity: str, says: str, *pairs: tuple[str, str], file: str = "answers.csv"
) -> None:
    """The usual file with some texts replaced by others, once each."""
    content = {"answers.csv": CSV, "codebook.csv": CODEBOOK, "study.toml": STUDY}[file]
    for old, new in pairs:
        assert old in content, (name, old)
        content = content.replace(old, new, 1)
    bytes_of(name, severity, says, content.encode(), file)


def excel(*sheets: tuple[str, pd.DataFrame], change: Callable[..., None] | None = None) -> bytes:
    """A workbook of these sheets, ``change(workbook)``d."""
    import openpyxl

    stream = io.BytesIO()
    with pd.ExcelWriter(stream) as writer:
        for title, table in sheets:
            table.to_excel(writer, sheet_name=title, index=False)
    if change is None:
        return stream.getvalue()
    workbook = openpyxl.load_workbook(stream)
    change(workbook)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def _column(name: str, values: Callable[[int], object]) -> bytes:
    return (
        TABLE.assign(**{name: [values(i) for i in range(len(TABLE))]}).to_csv(index=False).encode()
    )


# -- files that are no tables ----------------------------------------------------------------------

bytes_of("empty file", "error", "the file is empty", b"")
bytes_of("only a header", "error", "There are no rows", b"org,office,year,q1,q2,q3\n")
bytes_of("only line ends", "error", "is blank", b"\n\n\n\n")
bytes_of("only a byte order mark", "error", "is blank", b"\xef\xbb\xbf")
bytes_of("zero bytes", "error", "answers.csv", b"\0" * 500)
bytes_of("a picture", "error", "answers.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
bytes_of("a workbook called csv", "error", "is an Excel workbook", excel(("A", TABLE)))
bytes_of("a csv called xlsx", "error", "is not an Excel", CSV.encode(), "answers.xlsx")
bytes_of("a csv called sav", "error", "cannot be read", CSV.encode(), "answers.sav")
bytes_of("a csv called dta", "error", "cannot be read", CSV.encode(), "answers.dta")
bytes_of("a csv called parquet", "error", "cannot be read", CSV.encode(), "answers.parquet")
bytes_of(
    "a web page",
    "error",
    "None of the codebook's 3 items",
    b"<html><body>Sign in</body></html>\n" * 3,
)
bytes_of("an unknown ending", "error", "files ending in '.pdf'", CSV.encode(), "answers.pdf")
bytes_of(
    "an old workbook", "error", "files ending in '.xls'", b"\xd0\xcf\x11\xe0" * 99, "answers.xls"
)
bytes_of(
    "an encrypted workbook", "error", "password",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
    "answers.xlsx",
)  # fmt: skip
bytes_of(
    "a workbook cut short", "error", "cannot be read", excel(("A", TABLE))[:3000], "answers.xlsx"
)
bytes_of("an empty workbook", "error", "is empty", excel(("A", pd.DataFrame())), "answers.xlsx")


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("answers.csv", CSV)
    return stream.getvalue()


bytes_of("a zip called csv", "error", "is a zip archive", _zip())


def _saved(ending: str, keep: int | None = None, **options: object) -> bytes:
    import tempfile

    import pyreadstat

    table = TABLE.astype(dict.fromkeys(("q1", "q2", "q3"), float))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"x{ending}"
        write = {".sav": pyreadstat.write_sav, ".dta": pyreadstat.write_dta}[ending]
        write(table, path, **options)
        return path.read_bytes()[:keep]


bytes_of("a sav cut short", "error", "cannot be read", _saved(".sav", 900), "answers.sav")
bytes_of("a sav cut in its header", "error", "cannot be read", _saved(".sav", 100), "answers.sav")
bytes_of("a dta cut short", "error", "cannot be read", _saved(".dta", 700), "answers.dta")


def _other_labels(folder: Path) -> None:
    labels = {"q1": {1.0: "Bad", 5.0: "Good"}}
    BAD["a sav of 1 to 5"].write(folder)
    (folder / "answers.sav").write_bytes(_saved(".sav", variable_value_labels=labels))
    codebook = CODEBOOK.replace("missing\n", "missing,labels\n").replace(",9\n", ",9,1=Poor\n", 1)
    (folder / "codebook.csv").write_text(codebook, encoding="utf-8")


bytes_of("a sav of 1 to 5", "", "", _saved(".sav"), "answers.sav")
BAD["labels of codebook and file"] = Bad(
    _other_labels, "warning", "The file calls 1 'Bad', and the codebook 'Poor'"
)

# -- encodings -------------------------------------------------------------------------------------

bytes_of("cp1250", "warning", "taken for cp1250, as in 'Łódź'", CSV.encode("cp1250"))
bytes_of(
    "cp1251", "warning", "taken for cp1251, as in 'Москва'",
    CSV.replace("Łódź", "Москва").encode("cp1251"),
)  # fmt: skip
bytes_of(
    "shift-jis", "warning", "taken for cp932, as in '東京都'",
    CSV.replace("Łódź", "東京都").encode("shift_jis"),
)  # fmt: skip
bytes_of("utf-16 without a mark", "warning", "utf-16-le", CSV.encode("utf-16-le"))
bytes_of(
    "mixed encodings", "warning", "not UTF-8",
    CSV.replace("Łódź", "Besançon").encode() + "Besançon,x,2024,1,1,2\n".encode("cp1252"),
)  # fmt: skip
bytes_of(
    "latin-1 in a sav of utf-8", "warning", "Texts are not in the encoding",
    _saved(".sav").replace("Łódź".encode(), "Évry   ".encode("latin-1")), "answers.sav",
)  # fmt: skip
bytes_of(
    "latin-1 in study.toml",
    "error",
    "not UTF-8",
    STUDY.replace("A study", "Évry").encode("cp1252"),
    "study.toml",
)

# -- headers ---------------------------------------------------------------------------------------

text_of("a column named twice", "error", "more than once", ("q2,q3", "q2,q2"))
text_of("an empty column name", "error", "not in the file", ("q2,q3", "q2,"))
text_of(
    "an item that is not there", "error", "an item that is not in the file", ("q2,q3", "q2,other")
)
text_of(
    "a key column that is not there",
    "error",
    "names a column that is not in the file",
    ("org,", "town,"),
)
text_of("letters in another case", "error", "Did you mean 'Q3'", ("q2,q3", "q2,Q3"))
text_of(
    "a row too long",
    "error",
    "line 2 has 9 cells, and the header names 6",
    ("North0,2023,4", "North0,2023,4,4,4,4"),
)
text_of("a quote that never ends", "error", "answers.csv", ("North0,2023", '"North0,2023'))
text_of("no header", "error", "None of the codebook's 3 items", ("org,office,year,q1,q2,q3\n", ""))
text_of("title lines of another width", "note", "named in row 3", ("org,", "Survey 2024\n\norg,"))
bytes_of("5,000 columns", "", "", pd.concat(
    [TABLE, pd.DataFrame(0, TABLE.index, [f"x{i}_" for i in range(5000)])], axis=1
).to_csv(index=False).encode())  # fmt: skip
bytes_of("one line of a megabyte", "error", "not be parted by line ends", b"x,1," * 250_000)
bytes_of(
    "a cell of a megabyte", "warning", "hold", _column("q1", lambda i: "z" * 2**20 if i == 3 else 3)
)
bytes_of("old line ends", "", "", CSV.replace("\n", "\r").encode())
bytes_of(
    "a separator nobody uses",
    "error",
    "None of the codebook's 3 items",
    CSV.replace(",", "~").encode(),
)

# -- cells -----------------------------------------------------------------------------------------

bytes_of(
    "dates as answers",
    "error",
    "The column holds dates",
    _column("q1", lambda i: f"2024-0{1 + i % 5}-01"),
)
bytes_of(
    "labels without values",
    "error",
    "Answers are text labels",
    _column("q1", lambda i: ["Good", "Bad"][i % 2]),
)
bytes_of(
    "codes and labels",
    "error",
    "hold a code and its label",
    _column("q1", lambda i: f"{1 + i % 5} Good"),
)
bytes_of("thousands", "error", "has commas", _column("q1", lambda i: f"11,{100 + i}"))
bytes_of("percentages on 1 to 5", "error", "percent signs", _column("q1", lambda i: f"{20 + i}%"))
bytes_of(
    "a forgotten missing code",
    "warning",
    "off the scale of 1 to 5",
    _column("q1", lambda i: 99 if i % 9 == 0 else 3 + i % 2),
)
bytes_of(
    "all off the scale", "error", "off the scale of 1 to 5", _column("q1", lambda i: 10 + i % 5)
)
bytes_of("all blank", "error", "No answer can be used", _column("q1", lambda i: ""))
bytes_of("formulas as text", "error", "Answers are text", _column("q1", lambda i: f"=A{i}+1"))
bytes_of(
    "infinite answers", "warning", "inf", _column("q1", lambda i: "inf" if i == 4 else 1 + i % 5)
)
bytes_of(
    "a constant question", "warning", "The answer is '3' in all rows", _column("q1", lambda i: 3)
)
bytes_of(
    "no organisation in any row", "error", "No row can be used", _column("org", lambda i: "NA")
)
bytes_of(
    "organisations in two spellings",
    "warning",
    "differ only in capitals",
    _column("org", lambda i: ["North", "north ", "NORTH"][i % 3]),
)
bytes_of(
    "waves in no order",
    "error",
    "comes first is not clear",
    _column("year", lambda i: ["before", "after"][i % 2]),
)
bytes_of(
    "dates that may be two days",
    "error",
    "comes first is not clear",
    _column("year", lambda i: ["3/4/2021", "4/3/2021"][i % 2]),
)
bytes_of(
    "control characters",
    "warning",
    "hold",
    _column("q1", lambda i: "\x07" if i == 4 else 1 + i % 5),
)


def _merged(workbook: object) -> None:
    sheet = workbook["A"]  # type: ignore[index]
    sheet.insert_rows(1)
    sheet["A1"] = "Survey"
    sheet.merge_cells("A1:F1")
    sheet.merge_cells("A3:A6")


bytes_of(
    "three sheets and merged cells", "warning", "without an organisation",
    excel(("Notes", pd.DataFrame({"x": [1]})), ("A", TABLE), ("B", pd.DataFrame()), change=_merged),
    "answers.xlsx",
)  # fmt: skip


def _formulas(workbook: object) -> None:
    for row in range(2, 50):
        workbook["A"][f"D{row}"] = "=1+1"  # type: ignore[index]


bytes_of(
    "formulas that were never computed", "error", "No answer can be used",
    excel(("A", TABLE), change=_formulas), "answers.xlsx",
)  # fmt: skip

# -- codebook and study.toml -----------------------------------------------------------------------

text_of(
    "an item twice",
    "error",
    "stands in row 2 already",
    ("q2,clients", "q1,clients"),
    file="codebook.csv",
)
text_of(
    "a scale upside down",
    "error",
    "low must be below high",
    ("1,5,no", "5,1,no"),
    file="codebook.csv",
)
text_of(
    "a scale without numbers",
    "error",
    "write the lowest code",
    ("1,5,no", "bad,5,no"),
    file="codebook.csv",
)
text_of(
    "a code between commas",
    "error",
    "semicolons between the codes",
    ("no,9", 'no,"refused, 9"'),
    file="codebook.csv",
)
text_of(
    "an unknown source",
    "error",
    "is not in study.toml",
    ("q1,clients", "q1,client"),
    file="codebook.csv",
)
text_of(
    "a codebook without a scale",
    "error",
    "column 'low' is missing",
    ("low,high", "least,high"),
    file="codebook.csv",
)
text_of(
    "labels off the scale",
    "error",
    "neither on the scale",
    ("missing\n", "missing,labels\n"),
    (",9\n", ",9,7=Good\n"),
    file="codebook.csv",
)
bytes_of("no TOML", "error", "not valid TOML", b"title = A study\n", "study.toml")
text_of(
    "two weights",
    "error",
    "write a text in quotation marks",
    ('rows = "respondents"', 'rows = "respondents"\nweight = ["w1", "w2"]'),
    file="study.toml",
)
text_of(
    "a file that is not there",
    "error",
    "there is no such file",
    ("answers.csv", "answer.csv"),
    file="study.toml",
)
text_of(
    "a misspelled key",
    "error",
    "Did you mean 'columns'",
    ("[columns]", "[colums]"),
    file="study.toml",
)
text_of(
    "an unknown chain", "error", "no chain", ("citizens-first", "citizen-first"), file="study.toml"
)


def write_all(folder: Path) -> None:
    """Write every study into a folder of its own."""
    for name, bad in BAD.items():
        sound(folder / name)
        bad.write(folder / name)


if __name__ == "__main__":
    write_all(Path(sys.argv[1]))
