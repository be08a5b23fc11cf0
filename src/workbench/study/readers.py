"""Read a table of answers, whatever survey tool wrote it.

``read_table`` gives the same kind of data frame for every format: one column per column of the
file, codes instead of value labels, and as index the row number that a user sees in the file (the
header is row 1).
"""

import csv
import io
import re
import warnings
from collections.abc import Callable, Collection
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.exceptions import StudyError, nearest

# What stands for "no answer" in a column of numbers, in the words of common survey tools.
NO_ANSWER = ("", " ", "NA", "N/A", "n/a", "#N/A", "#NULL!", "NaN", "nan", "NULL", "null", ".")

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 50
_DECIMAL_COMMA = r"^\s*([+-]?\d+),(\d+)\s*$"


def read_table(path: str | Path, text: Collection[str] = ()) -> pd.DataFrame:
    """Read CSV, TSV, Excel, Parquet, SPSS or Stata by the ending of the file's name.

    Args:
        path: the file. ``.csv .tsv .tab .txt .dat`` are delimited text: the encoding (UTF-8,
            UTF-16, cp1252, mac_roman; with or without byte order mark) and the delimiter (comma,
            semicolon, tab, bar) are found from the content; in a file delimited by semicolons or
            tabs, ``3,5`` is a number.
        text: columns of delimited text to be kept as they are written (``"01"`` stays ``"01"``,
            ``"NA"`` stays a name). Elsewhere the words in ``NO_ANSWER`` mean that there is none.

    Returns:
        Data frame indexed by the row number in the file. Rows without any content are left out.
        Duplicated column names stay duplicated. ``attrs["missing"]`` holds what an SPSS or Stata
        file itself declares as missing: ``{column: [(lowest, highest), …]}``; those codes are kept
        as values, so that they can be counted.

    Raises:
        StudyError: the file does not exist, is empty, is of an unknown kind, or does not parse.
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
    try:
        table = reader(path, text)
    except (StudyError, MemoryError):
        raise
    except Exception as error:  # each library has its own ways to say that a file is broken
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise StudyError(f"{path}: the file cannot be read: {reason}; export it again.") from error
    table.columns = pd.Index([str(name).strip() for name in table.columns])
    blank = table.isna().all(axis=1)
    return table.loc[~blank] if blank.any() else table


def decode(content: bytes) -> str:
    """Decode text written by an unknown survey tool.

    A byte order mark decides; then zero bytes betray UTF-16; then valid UTF-8 is UTF-8. Of cp1252
    and mac_roman, which accept nearly everything, the one that gives more plausible words is taken.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if content.startswith(mark):
            return content.decode(encoding)
    start = content[:1000]
    if start.count(0) > len(start) // 4:
        return content.decode("utf-16-be" if start[:1] == b"\0" else "utf-16-le")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    macintosh = content.decode("mac_roman")
    try:
        windows = content.decode("cp1252")
    except UnicodeDecodeError:  # five bytes have no meaning in cp1252
        return macintosh
    return macintosh if _plausibility(macintosh) > _plausibility(windows) else windows


def sniff_delimiter(lines: list[str]) -> str:
    """Return the delimiter that cuts most lines into the header's number of fields (then most)."""

    def agreement(delimiter: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        if not widths or widths[0] < 2:
            return (0.0, 0)
        return (sum(width == widths[0] for width in widths) / len(widths), widths[0])

    best = max(_DELIMITERS, key=agreement)
    return best if agreement(best)[1] else ","


_COMMON_LETTERS = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœ")
_COMMON_SIGNS = frozenset("‘’“”–—…•«»€£°§©®™¿¡ºª\xa0")


def _plausibility(text: str) -> float:
    """Score the characters beyond ASCII: letters must fit the case of the letter before them."""
    score = 0.0
    for match in re.finditer(r"(.?)([^\x00-\x7f])(.?)", text[:2_000_000], re.DOTALL):
        before, character, after = match.groups()
        if character in _COMMON_SIGNS:
            score += 1
        elif character.lower() not in _COMMON_LETTERS:
            score -= 1
        elif not before.isalpha() and not after.isalpha():
            score -= 0.5
        elif character.isupper():
            score += -1 if before.islower() else 0.5
        else:
            score += -1 if after.isupper() and not before.isalpha() else 1
    return score


def _read_delimited(path: Path, text: Collection[str]) -> pd.DataFrame:
    content = decode(path.read_bytes())
    declared = re.match(r'"?sep=(.)"?[^\S\n]*(?:\n|\Z)', content)  # Excel's own first line
    skipped = 1 if declared else 0
    content = content[declared.end() :] if declared else content
    sample = islice(re.finditer(r"[^\n]*\n|[^\n]+", content), _SAMPLE_LINES)
    lines = [line[0] for line in sample]
    delimiter = declared.group(1) if declared else sniff_delimiter(lines)
    header = next(csv.reader(lines, delimiter=delimiter), [])
    if not any(name.strip() for name in header):
        raise StudyError(f"{path}: row {1 + skipped} should name the columns but is blank.")
    names = [name.strip() for name in header]

    kept = {i for i, name in enumerate(names) if name in text}
    decimal_comma = delimiter in ";\t"
    blanks: Any = {i: [""] if i in kept else list(NO_ANSWER) for i in range(len(names))}
    with warnings.catch_warnings():  # a row longer than the header would be cut with a warning
        warnings.simplefilter("error", pd.errors.ParserWarning)
        table = pd.read_csv(
            io.BytesIO(content.encode()),  # a text in memory would take four bytes a letter
            sep=delimiter,
            header=0,
            names=range(len(names)),
            index_col=False,
            dtype=dict.fromkeys(kept, "str"),
            keep_default_na=False,
            na_values=blanks,
            decimal="," if decimal_comma else ".",
            skip_blank_lines=False,
            low_memory=False,
        )
    if decimal_comma:  # pandas leaves all of a column as it is when one cell is no number
        for i in table.columns.difference(list(kept)):
            if pd.api.types.is_string_dtype(table[i]):
                table[i] = table[i].str.replace(_DECIMAL_COMMA, r"\1.\2", regex=True)
    table.columns = pd.Index(names)
    table.index = pd.RangeIndex(2 + skipped, 2 + skipped + len(table))
    return table


def _read_excel(path: Path, text: Collection[str]) -> pd.DataFrame:
    cells = pd.read_excel(path, header=None, dtype=object, keep_default_na=False, na_values=[""])
    if cells.empty:
        raise StudyError(f"{path}: the first sheet is empty; put the table there.")
    names = cells.iloc[0].map(lambda name: "" if pd.isna(name) else str(name))
    table = cells.iloc[1:]
    table.columns = pd.Index(names)
    table.index = pd.RangeIndex(2, 2 + len(table))
    answers = [name.strip() not in text for name in names]
    table = table.mask(table.isin(NO_ANSWER).to_numpy() & answers)
    return table.infer_objects()


def _read_parquet(path: Path, text: Collection[str]) -> pd.DataFrame:
    table = pd.read_parquet(path)
    table.index = pd.RangeIndex(2, 2 + len(table))
    return table


def _read_spss(path: Path, text: Collection[str]) -> pd.DataFrame:
    import pyreadstat

    table, meta = pyreadstat.read_sav(path, user_missing=True)
    ranges: dict[str, list[Any]] = meta.missing_ranges
    declared = {
        column: [(span["lo"], span["hi"]) for span in spans] for column, spans in ranges.items()
    }
    return _labelled(table, declared)


def _read_stata(path: Path, text: Collection[str]) -> pd.DataFrame:
    import pyreadstat

    table, meta = pyreadstat.read_dta(path, user_missing=True)
    declared = {
        column: [(letter, letter) for letter in letters]  # .a to .z arrive as letters
        for column, letters in meta.missing_user_values.items()
    }
    return _labelled(table, declared)


def _labelled(table: pd.DataFrame, declared: dict[str, list[tuple]]) -> pd.DataFrame:
    table.index = pd.RangeIndex(2, 2 + len(table))
    table = table.mask(table.isin([""]))  # these formats have no other blank for texts
    table.attrs["missing"] = declared
    return table


_READERS: dict[str, Callable[[Path, Collection[str]], pd.DataFrame]] = {
    **dict.fromkeys((".csv", ".tsv", ".tab", ".txt", ".dat"), _read_delimited),
    ".xlsx": _read_excel,
    ".parquet": _read_parquet,
    ".sav": _read_spss,
    ".dta": _read_stata,
}
