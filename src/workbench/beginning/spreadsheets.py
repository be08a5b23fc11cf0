"""Excel workbooks: which sheet holds the answers, which one lists the questions, and what a
workbook may hide from a reader."""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd

from workbench.beginning.beside import listed_columns
from workbench.beginning.export import Column, Export
from workbench.beginning.texts import HEAD, further_rows, row_of_names
from workbench.errors import ChoiceNeededError, StudyError
from workbench.study.names import tidy
from workbench.study.readers import read_table, without_remarks
from workbench.text import listed, nearest, quoted

_ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LARGEST = 30_000_000  # bytes of a workbook in which formulas and merged cells are looked for
_MOST_OF_NAMES = 2
"""Rows below the first one that may name columns too."""
_TABLE = 3
"""Rows and columns that a sheet needs at least to be a table of answers."""
_BY_FAR = 10
"""How many times as many cells as any other table the sheet with the answers has by itself."""
_LONGEST_LIST = 5000
"""Rows of a sheet that may list the questions."""
_HIDDEN = re.compile(rb"mergeCell|<(?:\w+:)?f[ >/]")
"""How merged cells and formulas stand in a sheet's XML."""
_PIECE = 1 << 20


@without_remarks()
def read_spreadsheet(path: Path, sheet: str | None = None) -> Export:
    """Read a sheet of an Excel workbook.

    Raises
    ------
    StudyError
        The workbook is encrypted, has no such sheet, or several that hold tables; or the sheet has
        merged cells or formulas without results.
    """
    with path.open("rb") as file:
        if file.read(8) == _ENCRYPTED:
            raise StudyError(
                f"{path}: the workbook is encrypted or of an old kind; open it in Excel and save "
                "it without a password as .xlsx."
            )
    heads, sizes = _heads(path)
    chosen = _chosen(path, heads, sizes, sheet)
    rows = heads[chosen]
    header = last = row_of_names(rows, path)
    if path.stat().st_size <= _LARGEST and _hides(path):
        header, last = _rows_of_names(path, chosen, header)
    names = _names(rows[header : last + 1])
    frame = read_table(path, text=[*map(tidy, rows[last])], sheet=chosen, header=last + 1)
    said, changed = [], []
    if last > header:
        names += [""] * (frame.shape[1] - len(names))
        frame.columns = pd.Index(names[: frame.shape[1]])
        alone = frame.notna().sum(axis=1) == 1
        frame = frame[~alone]
        changed.append("names of columns stand in several rows")
        said.append(
            f"{path.name}: names of columns stand in rows {header + 1} to {last + 1}."
            + (f" {alone.sum()} rows with one cell alone are left out." if alone.any() else "")
        )
    tool, columns, further = further_rows(names, rows[last + 1 : last + 3])
    frame = frame.iloc[further:]
    if not columns and len(heads) > 1:
        columns, told = _listed(path, chosen, {*map(str, frame.columns)} - {""})
        said += told
    layout: dict[str, Any] = {"sheet": chosen} if len(heads) > 1 else {}
    layout |= {"header": header + 1} if header else {}
    where = f", sheet {chosen!r}" if len(heads) > 1 else ""
    row = f", names of columns in row {header + 1}" if header and last == header else ""
    kind = f"{tool} export, Excel" if tool else "Excel"
    read = f"{path.name}: {kind}{where}{row}; {len(frame):,} rows, {frame.shape[1]:,} columns."
    return Export(path, tool or "Excel", frame, columns, layout, (read, *said), tuple(changed))


def _names(rows: Sequence[Sequence[str]]) -> list[str]:
    """The name of every column: the lowest of the cells that name it."""
    width = max(map(len, rows))
    cells = [[tidy(cell) for cell in row] + [""] * (width - len(row)) for row in rows]
    return [next(filter(None, column[::-1]), "") for column in zip(*cells, strict=True)]


def _heads(path: Path) -> tuple[dict[str, list[list[str]]], dict[str, int]]:
    """The first rows of every sheet as texts, and how many cells each says it has."""
    import openpyxl

    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            heads, sizes = {}, {}
            for sheet in workbook.worksheets:
                sizes[sheet.title] = (sheet.max_row or 0) * (sheet.max_column or 0)
                sheet.reset_dimensions()
                rows = sheet.iter_rows(max_row=HEAD, values_only=True)
                heads[sheet.title] = [
                    ["" if cell is None else str(cell) for cell in row] for row in rows
                ]
        finally:
            workbook.close()
    except Exception as error:  # openpyxl says in many ways that a file is broken
        reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise StudyError(f"{path}: the file cannot be read: {reason}; export it again.") from error
    return heads, sizes


def _chosen(
    path: Path, heads: dict[str, list[list[str]]], sizes: Mapping[str, int], sheet: str | None
) -> str:
    """The sheet named, or the only one that holds a table and lists no columns of another; of
    several the one that is by far the largest."""
    if sheet is not None:
        if sheet not in heads:
            raise StudyError(
                f"{path}: there is no sheet {sheet!r}; the sheets are {quoted(heads)}."
                f"{nearest(sheet, heads)}"
            )
        return sheet
    tables = [title for title, rows in heads.items() if _is_table(rows)]
    tables = [title for title in tables if not _lists(title, tables, heads, path)] or tables
    by_far = [
        title for title in tables
        if all(sizes[title] > _BY_FAR * sizes[other] > 0 for other in tables if other != title)
    ]  # fmt: skip
    if len(by_far) == 1:
        return by_far[0]
    if len(tables) > 1:
        raise ChoiceNeededError(
            f"{path}: the sheets {quoted(tables)} hold tables; name the one with the answers by "
            "--sheet.",
            "sheet",
            tables,
        )
    if not tables:
        raise StudyError(
            f"{path}: no sheet holds a table of {_TABLE} rows and {_TABLE} columns or more; the "
            f"sheets are {quoted(heads)}."
        )
    return tables[0]


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    wide = [row for row in rows if sum(bool(cell.strip()) for cell in row) >= _TABLE]
    return len(wide) > _TABLE


def _lists(
    title: str, tables: Collection[str], heads: dict[str, list[list[str]]], path: Path
) -> bool:
    """Whether a sheet lists the columns of another table."""
    cells = [[tidy(cell) for cell in row] for row in heads[title]]
    width = max(map(len, cells))
    columns = [
        [row[place] for row in cells if place < len(row) and row[place]] for place in range(width)
    ]
    for other in tables:
        if other == title:
            continue
        try:
            named = {*map(tidy, heads[other][row_of_names(heads[other], path)])} - {""}
        except StudyError:  # it names no columns
            continue
        for column in columns:
            found = len(named.intersection(column))
            if found >= _TABLE and 2 * found > len(column):
                return True
    return False


def _listed(path: Path, chosen: str, names: Collection[str]) -> tuple[dict[str, Column], list[str]]:
    """The questions that a further sheet lists, and the sentence that says so."""
    import openpyxl

    workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in workbook.worksheets:
            if sheet.title == chosen:
                continue
            sheet.reset_dimensions()
            rows = [
                ["" if cell is None else str(cell) for cell in row]
                for row in islice(sheet.iter_rows(values_only=True), _LONGEST_LIST)
            ]
            width = max(map(len, rows), default=0)
            described = listed_columns(
                [row + [""] * (width - len(row)) for row in rows], path, names
            )
            known = {name: column for name, column in described.items() if name in names}
            if known:
                told = f"{path.name}: questions of {len(known):,} columns from the sheet "
                return known, [f"{told}{sheet.title!r}."]
    finally:
        workbook.close()
    return {}, []


def _hides(path: Path) -> bool:
    """Whether there are merged cells or formulas anywhere, which openpyxl is slow to find."""
    with ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/"):
                continue
            with archive.open(name) as sheet:
                before = b""
                while piece := sheet.read(_PIECE):
                    if _HIDDEN.search(before + piece):
                        return True
                    before = piece[-16:]
    return False


def _rows_of_names(path: Path, title: str, header: int) -> tuple[int, int]:
    """The first and last row (from 0) of names of columns, which merged cells spread over several.

    Raises
    ------
    StudyError
        There are merged cells among the answers, or formulas without results.
    """
    import openpyxl

    sheet = openpyxl.load_workbook(path, keep_links=False)[title]
    spans = sheet.merged_cells.ranges
    over = [span.min_row - 1 for span in spans if span.min_row <= header + 1 <= span.max_row]
    header = min(over, default=header)
    own = [span for span in spans if span.min_row == header + 1]
    last = max((span.max_row - 1 for span in own), default=header)
    if any(span.max_col > span.min_col for span in own):
        last = max(last, header + 1)
    merged = sorted(str(span) for span in spans if span.max_row > last + 1)
    if merged or last > header + _MOST_OF_NAMES:
        shown = listed(merged or [str(span) for span in own], most=3)
        raise StudyError(
            f"{path}, sheet {title!r}: the cells {shown} are merged, so all but the first of them "
            "are empty; unmerge them and fill in each."
        )
    formulas = [
        cell.coordinate
        for row in sheet.iter_rows(min_row=last + 1)
        for cell in row
        if cell.data_type == "f"
    ]
    if formulas:
        results = openpyxl.load_workbook(path, data_only=True, keep_links=False)[title]
        empty = [place for place in formulas if results[place].value is None]
        if empty:
            raise StudyError(
                f"{path}, sheet {title!r}: the cells {listed(empty, most=3)} hold formulas without "
                "results; open the workbook in Excel, save it, and try again."
            )
    return header, last
