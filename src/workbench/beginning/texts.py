"""Delimited text: its encoding, separator and row of names, and the tool that wrote it."""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from workbench.beginning.export import Column, Export
from workbench.errors import StudyError
from workbench.study.encodings import Decoded, decode
from workbench.study.names import tidy
from workbench.study.readers import read_table, sniff_delimiter

LARGEST = 64_000_000
"""Bytes of a file that are read to propose a study."""
HEAD = 30
"""Rows among which the row of names is looked for."""
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s*%?")
_CALLED = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def read_text(path: Path) -> Export:
    """Read delimited text; a second and third row of names (Qualtrics) are its questions.

    Of a large file the beginning is read, which is enough to propose a study.

    Raises
    ------
    StudyError
        No row names the columns, or the text cannot be read as a table.
    """
    content, whole = _beginning(path)
    form = _form(path, content)
    names = [tidy(cell) for cell in form.rows[form.header]]
    frame = _read(path, None if whole else content, form, names)
    tool, columns, further = further_rows(names, form.rows[form.header + 1 : form.header + 3])
    frame = frame.iloc[further:]
    frame = frame.loc[~frame.isna().all(axis=1)]
    layout: dict[str, Any] = {}
    if form.decoded.guessed:
        layout["encoding"] = form.decoded.encoding
    if form.separator not in _CALLED:
        layout["separator"] = form.separator
    if form.header:
        layout["header"] = form.row
    guessed = form.decoded.guessed and form.decoded.example
    kind = f"{tool} export, text" if tool else "Text"
    said = (
        f"{path.name}: {kind} in {_encoding(form.decoded.encoding)}"
        + (f" (guessed, as in {form.decoded.example!r})" if guessed else "")
        + f", separated by {_CALLED.get(form.separator, repr(form.separator))}"
        + (f", names of columns in row {form.row}" if form.header else "")
        + (", decimal commas" if _decimal_commas(frame, form.separator) else "")
        + f"; {'' if whole else 'the first '}{len(frame):,} rows, {frame.shape[1]:,} columns."
    )
    return Export(path, tool or "text", frame, columns, layout, (said,), whole=whole)


@dataclass(frozen=True)
class _Form:
    """How a text is written: ``header`` is the place of the row of names among ``rows``."""

    decoded: Decoded
    separator: str
    rows: Sequence[Sequence[str]]
    header: int
    declared: bool

    @property
    def row(self) -> int:
        """The row of names as a user counts."""
        return self.header + 1 + self.declared


def _beginning(path: Path) -> tuple[bytes, bool]:
    """The whole lines at the beginning of a file, and whether that is all of it."""
    with path.open("rb") as file:
        content = file.read(LARGEST)
        if len(content) < LARGEST or b"\0" in content[:1000]:  # of UTF-16 lines end otherwise
            return content + file.read(), True
    end = content.rfind(b"\n")
    if end < 0:
        raise StudyError(
            f"{path}: the first {LARGEST // 1_000_000} MB are one line; export the table again, "
            "with a line for each row."
        )
    return content[: end + 1], False


def _form(path: Path, content: bytes) -> _Form:
    decoded = decode(content)
    text = decoded.text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n")
    declared = re.match(r'"?sep=(.)"?[^\S\n]*(?:\n|\Z)', text)  # Excel's own first line
    lines = islice(re.finditer(r"[^\n]*\n|[^\n]+", text[declared.end() if declared else 0 :]), 200)
    sample = [line[0] for line in lines]
    separator = declared.group(1) if declared else sniff_delimiter(sample[:HEAD])
    try:
        rows = list(islice(csv.reader(sample, delimiter=separator), HEAD))
    except csv.Error as error:
        raise StudyError(f"{path}: the text cannot be read as a table: {error}.") from error
    return _Form(decoded, separator, rows, row_of_names(rows, path), declared is not None)


def _read(path: Path, content: bytes | None, form: _Form, names: Sequence[str]) -> pd.DataFrame:
    """The table of a file, or of the content given in its place."""
    with TemporaryDirectory() as folder:
        if content is not None:
            path = Path(folder) / path.name
            path.write_bytes(content)
        return read_table(
            path,
            text=[name for name in names if name],
            header=form.row,
            encoding=form.decoded.encoding,
            separator=form.separator,
        )


def row_of_names(rows: Sequence[Sequence[str]], path: Path) -> int:
    """The row (from 0) that names the columns: the first about as wide as the table, of texts.

    Raises
    ------
    StudyError
        There is none.
    """
    filled = [sum(bool(tidy(cell)) for cell in row) for row in rows]
    if not any(filled):
        raise StudyError(f"{path}: the first {HEAD} rows are blank; put the table at the top.")
    usual = float(np.median([count for count in filled if count]))
    for number, (row, count) in enumerate(zip(rows, filled, strict=True)):
        if count < max(1.0, 0.5 * usual):
            continue
        cells = [tidy(cell) for cell in row if tidy(cell)]
        if 2 * sum(bool(_NUMBER.fullmatch(cell)) for cell in cells) > len(cells):
            shown = ", ".join(cells[:3])
            raise StudyError(
                f"{path}: row {number + 1} holds answers ({shown}) where names of columns should "
                "stand; write a row of names above it."
            )
        return number
    raise StudyError(f"{path}: no row names the columns; write a row of names above the answers.")


def further_rows(
    names: Sequence[str], below: Sequence[Sequence[str]]
) -> tuple[str, dict[str, Column], int]:
    """The tool that wrote a table, its questions, and how many rows below the names are no answers.

    Qualtrics writes the questions in a second row and ids of import in a third. The other tools
    are known by the columns that they add.
    """
    for number, row in enumerate(below):
        if any('"ImportId"' in cell for cell in row):
            wordings = below[0] if number else names
            columns = {
                name: Column(_question(words)) for name, words in zip(names, wordings, strict=False)
            }
            return "Qualtrics", columns, number + 1
    folded = [name.casefold() for name in names]
    for tool, (marks, wording) in _TOOLS.items():
        if marks(folded):
            return tool, {name: Column(wording(name)) for name in names}, 0
    sentences = [name for name in names if len(name.split()) > 2]
    return "", {name: Column(name) for name in sentences}, 0


def _question(words: str) -> str:
    """A question of Qualtrics: of a matrix, the stem and the statement are parted by a dash."""
    text = tidy(re.sub(r"<[^>]+>", " ", words))
    stem, dash, statement = text.rpartition(" - ")
    return statement if dash and len(statement.split()) > 2 and len(stem.split()) > 3 else text


def _of_limesurvey(name: str) -> str:
    """The question in a heading of LimeSurvey: "q[SQ1]. Stem [Statement]"."""
    text = re.sub(r"^[A-Za-z]\w*(?:\[\w+\])*(?:\[\w+\])?\.\s+", "", name)
    found = re.fullmatch(r".*\[([^\[\]]*\s[^\[\]]*)\]", text)
    return found[1] if found else ("" if text == name and " " not in name else text)


def _same(name: str) -> str:
    return name if " " in name else ""


_TOOLS: dict[str, tuple[Callable[[list[str]], bool], Callable[[str], str]]] = {
    "LimeSurvey": (
        lambda names: any(n.startswith("submitdate") or n == "date submitted" for n in names)
        and any(n.startswith(("startlanguage", "lastpage", "start language", "last page"))
                for n in names),
        _of_limesurvey,
    ),
    "REDCap": (
        lambda names: "redcap_event_name" in names
        or names[:1] == ["record_id"]
        or ("record id" in names and any(n == "complete?" for n in names)),
        _same,
    ),
    "Microsoft Forms": (
        lambda names: any(n in names for n in ("start time", "heure de début"))
        and any(n in names for n in ("completion time", "heure de fin")),
        _same,
    ),
}  # fmt: skip


def _decimal_commas(frame: pd.DataFrame, separator: str) -> bool:
    if separator not in ";\t":
        return False
    head = frame.iloc[:500]
    for place in range(head.shape[1]):
        filled = head.iloc[:, place].dropna().astype("str")
        if len(filled) and filled.str.fullmatch(r"\s*[+-]?\d+,\d+\s*").mean() > 0.3:
            return True
    return False


def _encoding(name: str) -> str:
    return {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16"}.get(name, name)
