"""A table as a Word document: three rules, no colour, the title in italics, a note below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Inches, Length, Pt

if TYPE_CHECKING:
    from workbench.papers.table import PaperTable

_FONT = "Times New Roman"
_SIZE = Pt(11)
_PAGE = Inches(6.0)
"""Width of the text of a page."""

_EIGHTHS = 8
"""Width of a rule in eighths of a point."""


def document(table: PaperTable, number: int | None = None) -> Any:
    """Return a document with the table, under its ``number`` and title."""
    from workbench.papers.table import STATISTICS

    made = Document()
    style = made.styles["Normal"]
    style.font.name, style.font.size = _FONT, _SIZE
    style.paragraph_format.space_after = Pt(0)
    if number is not None:
        made.add_paragraph().add_run(f"Table {number}").bold = True
    made.add_paragraph().add_run(table.title).italic = True
    grid = made.add_table(rows=0, cols=len(table.columns))
    heads = grid.add_row().cells
    for at, (cell, name) in enumerate(zip(heads, table.columns, strict=True)):
        _write(cell, name, at, italic=name in STATISTICS)
        _rule(cell, "top", "bottom")
    for part, row in table._in_parts():
        if part:
            cells = grid.add_row().cells
            _write(cells[0].merge(cells[-1]), part, 0, italic=True)
        for at, (cell, text) in enumerate(zip(grid.add_row().cells, row, strict=True)):
            _write(cell, text, at)
    for cell in grid.rows[-1].cells:
        _rule(cell, "bottom")
    _repeat(grid.rows[0])
    # Each column as wide as its longest text asks for.
    grid.autofit = False
    texts = zip(table.columns, *table.rows, strict=True)
    lengths = [max(map(len, column)) + 3 for column in texts]
    widths = [Length(_PAGE * length // sum(lengths)) for length in lengths]
    for column, width in zip(grid.columns, widths, strict=True):
        column.width = width
    for row in grid.rows:
        if len(row._tr.tc_lst) == len(widths):
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = width
    if table.notes:
        note = made.add_paragraph()
        note.add_run("Note. ").italic = True
        note.add_run(" ".join(table.notes))
    return made


def _write(cell: Any, text: str, column: int, italic: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.add_run(text).italic = italic
    if column:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _rule(cell: Any, *sides: str) -> None:
    """Draw a rule at some sides of a cell."""
    properties = cell._tc.get_or_add_tcPr()
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        properties.append(borders)
    for side in sides:
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(_EIGHTHS)), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)


def _repeat(row: Any) -> None:
    """Let the heads stand on every page that the table reaches."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)
