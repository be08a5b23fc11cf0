"""Read a table of answers, whatever survey tool wrote it.

``read_table`` gives the same kind of data frame for every format: one column per column of the
file, codes instead of value labels, and as index the row number that a user sees in the file (the
first row is 1).
"""

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import StudyError
from workbench.files import sha256
from workbench.study.encodings import decode
from workbench.study.names import NO_NAME, tidy
from workbench.study.problems import Problem, Severity, row_ranges, short, where
from workbench.text import inflected, listed, nearest

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 50
_LONGEST = 100_000
"""Letters of a line by which the delimiter is told."""
_MOST_COLUMNS = 100_000
_HEAD = 30
"""Rows of a file or sheet among which its header is looked for."""
_FURTHER_HEADERS = 3
"""Rows below the header that may belong to it."""
Labels = dict[str, dict[Any, str]]
"""Words by code, by column."""
_DECLARED = re.compile(r'"?sep=(.)"?[^\S\n]*(?:\n|\Z)')
"""Excel's own first line."""
_MOST_KEPT = 2_000_000
"""Cells of a sheet that are kept for the next who reads it."""
_DECIMAL_COMMA = r"^\s*([+-]?\d+),(\d+)\s*$"


@dataclass(frozen=True)
class Request:
    """What is wanted of a file, and what study.toml says of it; None where it is to be found out.

    ``text`` names the columns that are kept as they are written, ``wanted`` all that will be used.
    """

    text: Collection[str] = ()
    wanted: Collection[str] = ()
    sheet: str | None = None
    header: int | None = None
    encoding: str | None = None
    separator: str | None = None

    @property
    def numbers(self) -> list[str]:
        """The wanted columns that hold numbers."""
        return [name for name in self.wanted if name not in self.text]


def read_table(
    path: str | Path,
    text: Collection[str] = (),
    wanted: Collection[str] = (),
    *,
    sheet: str | None = None,
    header: int | None = None,
    encoding: str | None = None,
    separator: str | None = None,
) -> pd.DataFrame:
    """Read CSV, TSV, Excel, Parquet, SPSS or Stata by the ending of the file's name.

    Parameters
    ----------
    path
        The file. ``.csv .tsv .tab .txt .dat`` are delimited text: the encoding (Unicode or a code
        page, see ``workbench.study.encodings``) and the delimiter (comma, semicolon, tab, bar) are
        found from the content; in a file delimited by semicolons or tabs, ``3,5`` is a number.
    text
        Columns of delimited text and Excel to be kept as they are written (``"01"`` stays ``"01"``,
        ``"NA"`` stays a name). In all others the words in ``NO_NAME`` mean that there is no answer.
    wanted
        The columns that will be used. By them the header is found under title lines, or in another
        sheet, where only one row of the file has them; and further header rows below it, as in a
        Qualtrics export.
    sheet
        The sheet of an Excel workbook.
    header
        The row, from 1, that names the columns.
    encoding
        Of a text, SPSS or Stata file.
    separator
        The delimiter of a text.

    Returns
    -------
    DataFrame
        Indexed by the row number in the file. Rows without any content are left out. Columns are
        called as ``tidy`` writes their names; duplicated ones stay duplicated. ``attrs["missing"]``
        holds what an SPSS or Stata file itself declares as missing: ``{column: [(lowest, highest),
        …]}``; those codes are kept as values, so that they can be counted. ``attrs["labels"]`` has
        what it calls its codes: ``{column: {code: words}}``. ``attrs["problems"]`` lists what was
        guessed or skipped on the way, and ``attrs["hint"]`` says where columns that are not there
        may be.

    Raises
    ------
    StudyError
        The file does not exist, is empty, is of an unknown kind, or does not parse, or has no such
        sheet or header row, or is in another encoding.

    Examples
    --------
    >>> from workbench.study import read_table
    >>> table = read_table("data/demo/employees.csv")
    >>> table.columns.tolist()[:4]
    ['id', 'organisation', 'office', 'year']
    """
    path = Path(path)
    if not path.is_file():
        siblings = path.parent.iterdir() if path.parent.is_dir() else ()
        files = sorted(sibling.name for sibling in siblings if sibling.is_file())
        raise StudyError(
            f"{path}: there is no such file; put it there or correct the name."
            + nearest(path.name, files)
        )
    if path.stat().st_size == 0:
        raise StudyError(f"{path}: the file is empty; export it again.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise StudyError(
            f"{path}: files ending in {path.suffix!r} cannot be read; save the table as one of "
            f"{', '.join(_READERS)}."
        )
    _refuse_other_kinds(path)
    request = Request(text, wanted, sheet, header, encoding, separator)
    try:
        table = reader(path, request)
    except (StudyError, MemoryError):
        raise
    except UnicodeDecodeError as error:
        raise StudyError(
            f"{path}: byte {error.start + 1} of the file means nothing in {error.encoding}; name "
            'its encoding as encoding = "…" in study.toml, or save it as UTF-8.'
        ) from error
    except Exception as error:  # each library has its own ways to say that a file is broken
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise StudyError(f"{path}: the file cannot be read: {reason}; export it again.") from error
    table.columns = pd.Index([tidy(name) for name in table.columns])
    blank = table.isna().all(axis=1)
    table = table.loc[~blank] if blank.any() else table
    return _without_further_headers(table, request, path.name)


_KINDS = (
    (b"PK\x03\x04", ".xlsx", "a zip archive; unpack it"),
    (b"\xd0\xcf\x11\xe0", "", "a file of an old Office program; save the table as .xlsx or .csv"),
    (b"PAR1", ".parquet", "a Parquet file; call it .parquet"),
    (b"$FL", ".sav", "an SPSS file; call it .sav"),
    (b"<stata_dta>", ".dta", "a Stata file; call it .dta"),
    (b"%PDF", "", "a PDF; export the table behind it"),
    (b"\x89PNG", "", "a picture; export the table behind it"),
    (b"\x1f\x8b", "", "a compressed file; unpack it"),
)  # fmt: skip
"""How files of a kind begin, how their names end, and what is said where a name ends otherwise."""


def other_kind(path: Path) -> tuple[bytes, str] | None:
    """How a file begins, and of what kind it is, if not of the one that its name says."""
    with path.open("rb") as file:
        start = file.read(16)
    kinds = ((mark, what) for mark, own, what in _KINDS
             if start.startswith(mark) and path.suffix.lower() != own)  # fmt: skip
    return next(kinds, None)


def _refuse_other_kinds(path: Path) -> None:
    """Raise StudyError where a file's first bytes are not those of what its name says."""
    if (found := other_kind(path)) is not None:
        mark, what = found
        content = path.read_bytes()
        if mark == b"PK\x03\x04" and b"xl/workbook.xml" in content:
            what = "an Excel workbook; call it .xlsx"
        if "EncryptedPackage".encode("utf-16-le") in content:
            what = "protected by a password; save it without one"
        raise StudyError(f"{path}: the file is {what}.")
    with path.open("rb") as file:
        start = file.read(2)
    if path.suffix.lower() == ".xlsx" and start != b"PK":
        raise StudyError(
            f"{path}: the file is not an Excel workbook; if it holds text, call it .csv."
        )


# -- where the table stands ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """The sheet and row (from 0) of a header, what was decided for the user, and what was not."""

    sheet: str
    row: int
    problems: tuple[Problem, ...] = ()
    hint: str = ""


def _find_header(sheets: Mapping[str, Sequence[Sequence[str]]], wanted: Collection[str]) -> _Place:
    """Find the row that names the wanted columns among the first rows of each sheet.

    That is the first row of the first sheet, unless just one other row has all of them, or has
    most while the first row has none. ``sheets`` holds tidy texts.
    """
    first = next(iter(sheets))
    names = set(wanted)
    found = {
        (sheet, row): len(names.intersection(cells))
        for sheet, rows in sheets.items()
        for row, cells in enumerate(rows)
    }
    here, most = found.get((first, 0), 0), max(found.values(), default=0)
    best = [place for place, count in found.items() if count == most]
    several = len(sheets) > 1
    if here == most or not most:
        others = [sheet for sheet, _ in best if sheet != first] if most == len(names) else []
        more = _also_there(first, others) if others and names else ()
        return _Place(first, 0, more)
    sheet, row = best[0]
    says = _says(sheet, row, several, sheet != first)
    if len(best) == 1 and (most == len(names) or (not here and 2 * most >= len(names))):
        above = f"row {row + 1}" + (" of " if several else "") if row or sheet == first else ""
        cause = f"The columns are named in {above}{f'the sheet {sheet!r}' if several else ''}."
        advice = f"They are read from there; write {says} in study.toml to make sure."
        return _Place(sheet, row, (Problem(Severity.NOTE, "", "", cause, advice),))
    places = [
        f"row {row + 1}" + (f" of the sheet {sheet!r}" if several else "")
        for sheet, row in best[:3]
    ]
    verb = inflected(len(places), "has", "have")
    which = "these columns" if most == len(names) else f"{most} of the {len(names)} columns wanted"
    told = listed(places)
    hint = f"{told[0].upper()}{told[1:]} {verb} {which}: write {says} in study.toml."
    return _Place(first, 0, hint=hint)


def _says(sheet: str, row: int, several: bool, other: bool) -> str:
    """The keys of study.toml that name a place."""
    keys = [f'sheet = "{sheet}"'] if several and other else []
    return " and ".join(keys + ([f"header = {row + 1}"] if row or not keys else []))


def _also_there(first: str, others: Sequence[str]) -> tuple[Problem, ...]:
    sheets = " and ".join(repr(name) for name in dict.fromkeys(others))
    cause = f"The file has these columns in the sheet {first!r} and also in {sheets}."
    advice = f"Only {first!r} is read; put all rows into one sheet, or name it by sheet."
    return (Problem(Severity.WARNING, "", "", cause, advice),)


def _asked_row(header: int, rows: int, path: Path, sheet: str = "") -> int:
    """The place (from 0) of the header row that study.toml names."""
    if header > rows:
        place = f"the sheet {sheet!r}" if sheet else "the file"
        raise StudyError(
            f"{path}: header is {header} in study.toml, and {place} has {rows} rows; correct it."
        )
    return header - 1


def _without_further_headers(table: pd.DataFrame, request: Request, file: str) -> pd.DataFrame:
    """Leave out rows below the header that belong to it: question texts, a Qualtrics ImportId.

    A row is one if it holds ``{"ImportId": …}`` or stands above such a row; or if it and the rows
    above hold text in every column of numbers in which they hold anything, in two at least, while
    most cells below are numbers and its names occur nowhere else.
    """
    unique = table
    if table.columns.has_duplicates:
        unique = table.loc[:, ~table.columns.duplicated()]
    numbers = [name for name in request.numbers if name in unique.columns]
    head = unique[numbers].iloc[:_FURTHER_HEADERS]
    if len(table) <= len(head) or all(map(pd.api.types.is_numeric_dtype, head.dtypes)):
        return table
    imported = _imported(head)
    names = [name for name in request.text if name in unique.columns]
    count = imported or _rows_of_text(unique, numbers, names)
    kind = " (Qualtrics export)" if imported else ""
    if not count:
        return table
    rows = table.index[:count]
    value = next(text for text in head.astype("string").fillna("").to_numpy()[count - 1] if text)
    which = where(rows)
    verb = inflected(count, "looks like a further header row", "look like further header rows")
    problem = Problem(
        Severity.NOTE, file, "", f"{which.capitalize()} {verb}{kind}, as {short(value)!r}.",
        "Left out." if count == 1 else "They are left out.", count, row_ranges(rows), (value,),
    )  # fmt: skip
    kept = table.iloc[count:]
    kept.attrs["problems"] = [*table.attrs.get("problems", ()), problem]
    return kept


def header_rows_below(head: pd.DataFrame) -> bool:
    """Whether the first rows of the columns of numbers may belong to the header."""
    return bool(_imported(head.iloc[:_FURTHER_HEADERS]) or _top_rows_of_text(head))


def _imported(head: pd.DataFrame) -> int:
    """How many rows there are down to the last that holds ``{"ImportId": …}``."""
    texts = head.astype("string").fillna("")
    imported = texts.apply(lambda cells: cells.str.contains('"ImportId"', regex=False)).any(axis=1)
    return int(np.flatnonzero(imported)[-1]) + 1 if imported.any() else 0


def _top_rows_of_text(head: pd.DataFrame) -> int:
    """How many rows at the top hold nothing but text; none if all of these rows do."""
    cells = head.iloc[: _FURTHER_HEADERS + 1]
    filled = cells.notna().to_numpy()
    text = filled & ~cells.apply(_is_number).to_numpy()
    of_text = (text.sum(axis=1) >= 2) & (text == filled).all(axis=1)
    return int(np.argmin(of_text)) if not of_text.all() else 0


def _rows_of_text(table: pd.DataFrame, numbers: list[str], names: list[str]) -> int:
    """How many rows at the top hold text where nearly all rows below hold numbers."""
    count = _top_rows_of_text(table[numbers])
    if not count:
        return 0
    below = table.iloc[count:]
    given = sum(int(below[name].notna().sum()) for name in numbers)
    read = sum(int(_is_number(below[name]).sum()) for name in numbers)
    ghosts = all(
        not below[name].isin(table[name].iloc[:count].dropna()).any() for name in names
    )  # fmt: skip
    return count if ghosts and 2 * read > given else 0


def _is_number(cells: pd.Series) -> np.ndarray:
    """Where a cell holds a number, decimal commas and percent signs allowed."""
    if pd.api.types.is_numeric_dtype(cells):
        return cells.notna().to_numpy()
    plain = cells.astype("string").str.strip().str.removesuffix("%").str.replace(",", ".")
    return pd.to_numeric(plain, errors="coerce").notna().to_numpy()


# -- delimited text --------------------------------------------------------------------------------


def sniff_delimiter(lines: list[str], wanted: Collection[str] = ()) -> str:
    """Return the delimiter by which a row names most wanted columns, then cuts most lines alike."""

    def agreement(delimiter: str) -> tuple[int, float, int]:
        rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
        named = max((len({*map(tidy, row)} & {*wanted}) for row in rows[:_HEAD]), default=0)
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, count = max(widths.items(), key=lambda pair: pair[::-1], default=(0, 0))
        return named, count / max(len(rows), 1), width

    lines = [line[:_LONGEST] for line in lines]
    best = max(DELIMITERS, key=agreement)
    return best if agreement(best)[2] else ","


@dataclass(frozen=True)
class Layout:
    """How a delimited text is laid out, as its first lines tell.

    Attributes
    ----------
    delimiter, names
        What parts the columns, and what they are called.
    skipped
        Lines above the content that are not of it: Excel's own first line.
    above
        Lines of the content that stand above the header.
    header
        Lines of the header itself.
    row
        The row of the header among the content's records, from 0.
    problems, hint
        What was decided for the user, and where the columns may be otherwise.
    """

    delimiter: str
    names: list[str]
    skipped: int
    above: int
    header: int
    row: int
    problems: tuple[Problem, ...]
    hint: str

    @property
    def first(self) -> int:
        """The number of the first row below the header."""
        return 2 + self.skipped + self.row

    @property
    def decimal_comma(self) -> bool:
        """Whether ``3,5`` is a number."""
        return self.delimiter in ";\t"


def layout(path: Path, content: str, request: Request) -> Layout:
    """Find out how a text is laid out, by its first lines.

    Raises
    ------
    StudyError
        There is no such header row as study.toml names, or no row that names the columns.
    """
    declared = _DECLARED.match(content)
    skipped = 1 if declared else 0
    content = content[declared.end() :] if declared else content
    header = (request.header or 1) - skipped
    sample = islice(re.finditer(r"[^\n]*\n|[^\n]+", content), max(_SAMPLE_LINES, header))
    lines = [line[0] for line in sample]
    delimiter = request.separator or (
        declared.group(1) if declared else sniff_delimiter(lines, request.wanted)
    )
    records, ends = _records(lines, delimiter)
    if request.header is not None:
        place = _Place("", _asked_row(header, len(records), path))
    else:
        head = [[tidy(cell) for cell in record] for record in records[:_HEAD]]
        place = _find_header({"": head}, request.wanted)
    names = records[place.row] if records else []
    if len(names) > _MOST_COLUMNS:
        raise StudyError(
            f"{path}: row {1 + skipped + place.row} has {len(names):,} columns, more than "
            f"{_MOST_COLUMNS:,}; the rows may not be parted by line ends. Export the file again."
        )
    if not any(name.strip() for name in names):
        raise StudyError(
            f"{path}: row {1 + skipped + place.row} should name the columns but is blank."
        )
    above = ends[place.row - 1] if place.row else 0
    return Layout(
        delimiter, [tidy(name) for name in names], skipped, above, ends[place.row] - above,
        place.row, place.problems, place.hint,
    )  # fmt: skip


def _read_delimited(path: Path, request: Request) -> pd.DataFrame:
    decoded = decode(path.read_bytes(), request.encoding)
    content = decoded.text.replace("\ufeff", "")  # some tools write one in the middle as well
    if "\r" in content and "\n" not in content:
        content = content.replace("\r", "\n")
    laid = layout(path, content, request)
    content = _below(content, laid.skipped)
    table_text = _below(content, laid.above)
    kept = [name in request.text for name in laid.names]
    try:
        table = parsed(table_text, laid.delimiter, kept, laid.decimal_comma)
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        if laid.hint:  # rows of the table may be longer than the line taken for its header
            raise StudyError(f"{path}: row 1 does not name the columns. {laid.hint}") from error
        _refuse_long_rows(path, table_text, laid.delimiter, len(laid.names), laid.above)
        raise
    table.columns = pd.Index(laid.names)
    table.index = pd.RangeIndex(laid.first, laid.first + len(table))
    guessed = guess_problems(decoded.encoding, decoded.example) if decoded.guessed else []
    table.attrs["problems"] = [at(problem, path) for problem in (*guessed, *laid.problems)]
    table.attrs["hint"] = laid.hint
    return table


def _below(content: str, lines: int) -> str:
    """What stands below the first lines of a text."""
    start = 0
    for _ in range(lines):
        start = content.find("\n", start) + 1 or len(content)
    return content[start:] if start else content


def _refuse_long_rows(path: Path, content: str, delimiter: str, columns: int, above: int) -> None:
    """Raise StudyError with the first row that has more cells than the header; its place as well.

    ``above`` lines stand before the content.
    """
    for record, end in zip(*_records(content.splitlines(keepends=True), delimiter), strict=True):
        if any(record[columns:]):
            raise StudyError(
                f"{path}: line {above + end} has {len(record)} cells, and the header names "
                f"{columns} columns; put a cell that holds the separator in quotes, or name all "
                "columns."
            )


def _records(lines: list[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The records of some lines, and after how many lines each ends."""
    records, ends = [], []
    usual = csv.field_size_limit(max(map(len, lines), default=0) + 1)  # a cell may be longer
    try:
        reader = csv.reader(lines, delimiter=delimiter)
        for record in reader:
            records.append(record)
            ends.append(reader.line_num)
    finally:
        csv.field_size_limit(usual)
    return records, ends


def parsed(content: str, delimiter: str, text: Sequence[bool], decimal_comma: bool) -> pd.DataFrame:
    """The table below a text's first record, by pandas; its columns are numbered.

    ``text`` says which columns are kept as they are written.
    """
    kept = [i for i, one in enumerate(text) if one]
    blanks: Any = {i: [""] if one else [*NO_NAME, " "] for i, one in enumerate(text)}
    with warnings.catch_warnings():  # a row longer than the header would be cut with a warning
        warnings.simplefilter("error", pd.errors.ParserWarning)
        table = pd.read_csv(
            io.BytesIO(content.encode()),  # a text in memory would take four bytes a letter
            sep=delimiter,
            header=0,
            names=range(len(text)),
            index_col=False,
            dtype=dict.fromkeys(kept, "str"),
            keep_default_na=False,
            na_values=blanks,
            decimal="," if decimal_comma else ".",
            skip_blank_lines=False,
            low_memory=False,
        )
    if decimal_comma:  # pandas leaves all of a column as it is when one cell is no number
        for i in table.columns.difference(kept):
            if pd.api.types.is_string_dtype(table[i]):
                table[i] = table[i].str.replace(_DECIMAL_COMMA, r"\1.\2", regex=True)
    return table


def guess_problems(encoding: str, example: str) -> list[Problem]:
    """What check says of a text whose encoding was guessed."""
    shown = f", as in {example!r}" if example else ""
    cause = f"The text is not UTF-8; it was taken for {encoding}{shown}."
    advice = 'If that is wrong, write encoding = "…" in study.toml or save the file as UTF-8.'
    return [
        Problem(Severity.WARNING, "", "", cause, advice, examples=(example,) if example else ())
    ]


def at(problem: Problem, path: Path) -> Problem:
    """The problem with its file's name."""
    return replace(problem, file=path.name)


# -- Excel -----------------------------------------------------------------------------------------


@contextmanager
def without_remarks() -> Iterator[None]:
    """Let openpyxl not warn of what is no cell, such as formats that depend on values."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="openpyxl")
        yield


@without_remarks()
def _read_excel(path: Path, request: Request) -> pd.DataFrame:
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        sheets = {sheet.title: sheet for sheet in workbook.worksheets}
        if request.sheet is not None and request.sheet not in sheets:
            raise StudyError(
                f"{path}: there is no sheet {request.sheet!r}; the sheets are "
                f"{', '.join(map(repr, sheets))}.{nearest(request.sheet, sheets)}"
            )
        if request.sheet is not None:
            sheets = {request.sheet: sheets[request.sheet]}
        for sheet in sheets.values():
            sheet.reset_dimensions()  # some programs write wrong ones
        if request.header is None:
            heads = {
                title: [[tidy(_shown(cell)) for cell in row] for row in islice(sheet.rows, _HEAD)]
                for title, sheet in sheets.items()
            }
            place = _find_header(heads, request.wanted)
        else:
            place = _Place(next(iter(sheets)), request.header - 1)
        cells = _excel_cells(path, sheets[place.sheet])
    finally:
        workbook.close()
    while cells and all(value is None for value in cells[-1]):
        cells.pop()
    if not cells:
        raise StudyError(f"{path}: the sheet {place.sheet!r} is empty; put the table there.")
    if request.header is not None:
        _asked_row(request.header, len(cells), path, place.sheet)
    width = max(map(len, cells))
    cells = [row + [None] * (width - len(row)) for row in cells]
    names = ["" if name is None else tidy(name) for name in cells[place.row]]
    table = pd.DataFrame(cells[place.row + 1 :], columns=range(width), dtype=object)
    answers = [name not in request.text for name in names]
    table = table.mask(table.isna() | (table.isin([*NO_NAME, " "]).to_numpy() & answers))
    table = table.mask(table.isin([""]))
    table.columns = pd.Index(names)
    table.index = pd.RangeIndex(place.row + 2, place.row + 2 + len(table))
    table = table.infer_objects()
    table.attrs["problems"] = [at(problem, path) for problem in place.problems]
    table.attrs["hint"] = place.hint
    return table


_kept_cells: dict[tuple[str, str], list[list[Any]]] = {}
"""The cells of the sheet that was read last, by the hash of its file: a new study is checked from a
copy of what it was proposed from."""


def _excel_cells(path: Path, sheet: Any) -> list[list[Any]]:
    """What the cells of a sheet show, row by row."""
    key = sha256(path), sheet.title
    if key not in _kept_cells:
        _kept_cells.clear()
        cells = [[_excel_value(cell) for cell in row] for row in sheet.rows]
        if sum(map(len, cells)) > _MOST_KEPT:
            return cells
        _kept_cells[key] = cells
    return list(_kept_cells[key])


def _shown(cell: Any) -> str:
    return "" if cell.value is None else str(cell.value)


def _excel_value(cell: Any) -> Any:
    """What a cell shows: no error values, and percentages with their sign as in "58%"."""
    value = cell.value
    if value is None or cell.data_type == "e":
        return None
    if isinstance(value, float | int) and not isinstance(value, bool):
        if "%" in (cell.number_format or ""):
            return f"{round(100 * value, 10):g}%"
        if isinstance(value, float) and value.is_integer():
            return int(value)
    return value


# -- the other formats -----------------------------------------------------------------------------


def _read_parquet(path: Path, request: Request) -> pd.DataFrame:
    table = pd.read_parquet(path)
    table.index = pd.RangeIndex(2, 2 + len(table))
    return table


def _read_spss(path: Path, request: Request) -> pd.DataFrame:
    import pyreadstat

    table, meta, problems = _read_declared(pyreadstat.read_sav, path, request.encoding)
    called = dict(zip(meta.column_names, table.columns, strict=True))
    ranges: dict[str, list[Any]] = meta.missing_ranges
    declared = {
        tidy(called[column]): [(span["lo"], span["hi"]) for span in spans]
        for column, spans in ranges.items()
    }
    return _labelled(table, declared, _file_words(table, meta)[0], problems)


def _read_stata(path: Path, request: Request) -> pd.DataFrame:
    import pyreadstat

    table, meta, problems = _read_declared(pyreadstat.read_dta, path, request.encoding)
    called = dict(zip(meta.column_names, table.columns, strict=True))
    declared = {
        tidy(called[column]): [(letter, letter) for letter in letters]  # .a to .z come as letters
        for column, letters in meta.missing_user_values.items()
    }
    return _labelled(table, declared, _file_words(table, meta)[0], problems)


def file_words(path: Path, encoding: str | None = None) -> tuple[Labels, dict[str, str]]:
    """Read what an SPSS or Stata file says of its columns: labels of codes, and the questions.

    Nothing of other files, and of one that cannot be read (which is told where it is read whole).
    """
    ending = path.suffix.lower()
    if ending not in (".sav", ".dta") or not path.is_file():
        return {}, {}
    import pyreadstat

    reader = pyreadstat.read_sav if ending == ".sav" else pyreadstat.read_dta
    try:
        table, meta, _ = _read_declared(partial(reader, metadataonly=True), path, encoding)
    except Exception:  # as in read_table
        return {}, {}
    return _file_words(table, meta)


def _file_words(table: pd.DataFrame, meta: Any) -> tuple[Labels, dict[str, str]]:
    called = {old: tidy(new) for old, new in zip(meta.column_names, table.columns, strict=True)}
    labels = {
        called[column]: {code: tidy(words) for code, words in own.items() if words}
        for column, own in meta.variable_value_labels.items()
        if own
    }
    words = zip(meta.column_names, meta.column_labels, strict=True)
    return labels, {called[column]: tidy(text) for column, text in words if text}


def _read_declared(
    read: Callable[..., tuple[pd.DataFrame, Any]], path: Path, encoding: str | None
) -> tuple[pd.DataFrame, Any, list[Problem]]:
    """Read a file that says itself in which encoding its texts are, which need not be true.

    Where the texts are not in it, or the user names another one, they are read byte for byte (as
    Latin-1 has a letter for each) and decoded here.
    """
    problems: list[Problem] = []
    if encoding is None:
        try:
            return *read(path, user_missing=True), problems
        except Exception as error:  # pyreadstat's own type is not public
            if "convert string" not in str(error):
                raise
    table, meta = read(path, user_missing=True, encoding="ISO-8859-1")
    columns = [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]
    texts = {
        text for name in columns for text in table[name].unique() if isinstance(text, str) and text
    }
    texts |= {text for words in meta.variable_value_labels.values() for text in words.values()}
    texts |= {text for text in meta.column_labels if text}
    content = "\n".join(sorted({*texts, *table.columns})).encode("latin-1")
    if encoding is None:
        decoded = decode(content)
        encoding = decoded.encoding
        shown = f", as in {decoded.example!r}" if decoded.example else ""
        cause = f"Texts are not in the encoding that the file names, but in {encoding}{shown}."
        advice = 'If that is wrong, write encoding = "…" in study.toml.'
        problems.append(Problem(Severity.WARNING, path.name, "", cause, advice))

    def meant(text: Any) -> Any:
        if not isinstance(text, str):
            return text
        return text.encode("latin-1").decode(encoding, errors="strict")

    for name in columns:
        distinct = {text: meant(text) for text in table[name].dropna().unique()}
        table[name] = table[name].map(distinct)
    table.columns = pd.Index([meant(name) for name in table.columns])
    meta.variable_value_labels = {
        name: {meant(code): meant(words) for code, words in labels.items()}
        for name, labels in meta.variable_value_labels.items()
    }
    meta.column_labels = [meant(words) for words in meta.column_labels]
    return table, meta, problems


def _labelled(
    table: pd.DataFrame,
    declared: dict[str, list[tuple[Any, ...]]],
    labels: Labels,
    problems: list[Problem],
) -> pd.DataFrame:
    table.index = pd.RangeIndex(2, 2 + len(table))
    table = table.mask(table.isin([""]))  # these formats have no other blank for texts
    table.attrs["missing"] = declared
    table.attrs["labels"] = labels
    table.attrs["problems"] = problems
    return table


_READERS: dict[str, Callable[[Path, Request], pd.DataFrame]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".dat"), _read_delimited),
    ".xlsx": _read_excel,
    ".parquet": _read_parquet,
    ".sav": _read_spss,
    ".dta": _read_stata,
}

TEXT_FILES = (".csv", ".tsv", ".tab", ".txt", ".dat")
ENCODED_FILES = (*TEXT_FILES, ".sav", ".dta")
EXCEL_FILES = (".xlsx",)
