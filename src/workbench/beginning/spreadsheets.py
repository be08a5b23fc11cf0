"""Excel workbooks: which sheet holds the answers, and what a workbook may hide from a reader."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.beginning.export import Export
from workbench.beginning.texts import HEAD, further_rows, row_of_names
from workbench.errors import ChoiceNeededError, StudyError
from workbench.study.names import tidy
from workbench.study.readers import read_table
from workbench.text import listed, nearest, quoted

_ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LARGEST = 30_000_000  # bytes of a workbook in which formulas and merged cells are looked for
_TABLE = 3
"""Rows and columns that a sheet needs at least to be a table of answers."""


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
    heads = _heads(path)
    chosen = _chosen(path, heads, sheet)
    header = row_of_names(heads[chosen], path)
    if path.stat().st_size <= _LARGEST:
        _refuse_what_hides(path, chosen, header)
    rows = heads[chosen]
    names = [tidy(cell) for cell in rows[header]]
    frame = read_table(path, text=[name for name in names if name], sheet=chosen, header=header + 1)
    tool, columns, further = further_rows(names, rows[header + 1 : header + 3])
    frame = frame.iloc[further:]
    layout: dict[str, Any] = {"sheet": chosen} if len(heads) > 1 else {}
    layout |= {"header": header + 1} if header else {}
    where = f", sheet {chosen!r}" if len(heads) > 1 else ""
    row = f", names of columns in row {header + 1}" if header else ""
    kind = f"{tool} export, Excel" if tool else "Excel"
    told = f"{path.name}: {kind}{where}{row}; {len(frame):,} rows, {frame.shape[1]:,} columns."
    return Export(path, tool or "Excel", frame, columns, layout, (told,))


def _heads(path: Path) -> dict[str, list[list[str]]]:
    """The first rows of every sheet as texts."""
    import openpyxl

    try:
        workbook = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            heads = {}
            for sheet in workbook.worksheets:
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
    return heads


def _chosen(path: Path, heads: dict[str, list[list[str]]], sheet: str | None) -> str:
    if sheet is not None:
        if sheet not in heads:
            raise StudyError(
                f"{path}: there is no sheet {sheet!r}; the sheets are {quoted(heads)}."
                f"{nearest(sheet, heads)}"
            )
        return sheet
    tables = [title for title, rows in heads.items() if _is_table(rows)]
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


def _refuse_what_hides(path: Path, title: str, header: int) -> None:
    """Raise StudyError for merged cells among the answers and formulas without results."""
    import openpyxl

    sheet = openpyxl.load_workbook(path, keep_links=False)[title]
    merged = [
        str(span) for span in sheet.merged_cells.ranges if span.max_row > header
    ]  # title lines above the names may be merged
    if merged:
        raise StudyError(
            f"{path}, sheet {title!r}: the cells {listed(sorted(merged), most=3)} are merged, so "
            "all but the first of them are empty; unmerge them and fill in each."
        )
    formulas = [
        cell.coordinate
        for row in sheet.iter_rows(min_row=header + 1)
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
