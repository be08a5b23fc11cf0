"""A table for a paper, and the forms it can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import WorkbenchError
from workbench.extras import from_extra
from workbench.figures.markup import element
from workbench.files import replacing, write_atomically
from workbench.text import in_latex, in_markdown

_EXTRA = "paper"

STATISTICS = frozenset({"B", "SE", "β", "p", "χ²", "df", "Δχ²", "Δdf", "n", "M", "SD", "N", "z"})
"""Headings that are symbols of statistics, which the APA prints in italics."""


class PaperTableError(WorkbenchError):
    """A table cannot take the form asked for."""


@dataclass(frozen=True)
class PaperTable:
    """A table as a paper prints it.

    Attributes
    ----------
    title
        What it shows.
    columns
        The headings; the first is that of the rows.
    rows
        The cells as text, one for each heading.
    frame
        The same in full precision.
    notes
        What stands below it.
    parts
        For every row the part of the table it belongs to, "" for none: each part has a line of its
        own above its first row.

    Examples
    --------
    >>> import workbench as wb
    >>> fit = wb.open_study("data/demo").fit()
    >>> table = wb.papers.fit_table({"Chain": fit})
    >>> table.columns[:4]
    ('Model', 'χ²', 'df', 'p')
    >>> print(table.to_markdown().splitlines()[0])
    **Fit of models**
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    frame: pd.DataFrame = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise PaperTableError(f"{self.title}: every row needs {len(self.columns)} cells.")
        if self.parts and len(self.parts) != len(self.rows):
            raise PaperTableError(f"{self.title}: every row needs a part of the table, or none.")

    def _repr_html_(self) -> str:
        return str(self.to_gt().as_raw_html())

    def to_gt(self) -> Any:
        """The table as an object of great_tables, to be changed further.

        Raises
        ------
        MissingPackageError
            If great_tables is not installed; the extra ``paper`` installs it.
        """
        gt = from_extra("great_tables", _EXTRA)
        frame = pd.DataFrame(self.rows, columns=list(self.columns))
        made = gt.GT(
            frame.assign(part=self.parts) if any(self.parts) else frame,
            rowname_col=self.columns[0],
            groupname_col="part" if any(self.parts) else None,
        )
        labels = {
            name: gt.html(element("em", name)) for name in self.columns[1:] if name in STATISTICS
        }
        made = (
            made.tab_header(title=self.title)
            .tab_stubhead(label=self.columns[0])
            .cols_align("right", columns=list(self.columns[1:]))
            .opt_align_table_header("left")
            .tab_options(
                table_border_top_style="solid",
                table_border_bottom_style="solid",
                table_body_hlines_style="none",
                stub_border_style="none",
                row_group_border_top_style="none",
                row_group_border_bottom_style="none",
            )
        )
        if labels:
            made = made.cols_label(**labels)
        for note in self.notes:
            made = made.tab_source_note(f"Note. {note}" if note == self.notes[0] else note)
        return made

    def to_csv(self, path: str | Path) -> Path:
        """Write the numbers in full precision and return the file."""
        target = Path(path)
        write_atomically(target, self.frame.to_csv(index=False))
        return target

    def to_markdown(self) -> str:
        """The table in Markdown."""
        lines = [f"**{in_markdown(self.title)}**", "", _piped(map(in_markdown, self.columns))]
        lines.append("|" + "|".join([" --- ", *[" ---: "] * (len(self.columns) - 1)]) + "|")
        for part, row in self._in_parts():
            if part:
                lines.append(_piped([f"*{in_markdown(part)}*", *[""] * (len(self.columns) - 1)]))
            lines.append(_piped(map(in_markdown, row)))
        notes = [f"*Note.* {in_markdown(' '.join(self.notes))}"] if self.notes else []
        return "\n".join([*lines, *(["", *notes] if notes else [])])

    def to_latex(self, path: str | Path | None = None, label: str = "") -> str:
        r"""The table in LaTeX, for the packages booktabs and threeparttable.

        Parameters
        ----------
        path
            Where to write it as well.
        label
            The label for ``\ref``.
        """
        width = len(self.columns)
        lines = [
            r"\begin{table}",
            r"\begin{threeparttable}",
            rf"\caption{{{in_latex(self.title)}}}",
        ]
        lines += [rf"\label{{{label}}}"] if label else []
        lines += [rf"\begin{{tabular}}{{l{'r' * (width - 1)}}}", r"\toprule"]
        heads = [
            rf"\textit{{{in_latex(name)}}}" if name in STATISTICS else in_latex(name)
            for name in self.columns
        ]
        lines += [" & ".join(heads) + r" \\", r"\midrule"]
        for part, row in self._in_parts():
            if part:
                lines.append(rf"\multicolumn{{{width}}}{{l}}{{\textit{{{in_latex(part)}}}}} \\")
            lines.append(" & ".join(map(in_latex, row)) + r" \\")
        lines += [r"\bottomrule", r"\end{tabular}"]
        if self.notes:
            note = in_latex(" ".join(self.notes))
            lines += [
                r"\begin{tablenotes}[flushleft]\small",
                rf"\item \textit{{Note.}} {note}",
                r"\end{tablenotes}",
            ]
        text = "\n".join([*lines, r"\end{threeparttable}", r"\end{table}"]) + "\n"
        if path is not None:
            write_atomically(Path(path), text)
        return text

    def to_word(self, path: str | Path, number: int | None = None) -> Path:
        """Write a Word file with the table in the form of the APA, and return it.

        Parameters
        ----------
        path
            A file that ends in ``.docx``.
        number
            The table's number in the paper, which stands above its title.

        Raises
        ------
        PaperTableError
            Another ending.
        MissingPackageError
            If python-docx is not installed; the extra ``paper`` installs it.
        """
        target = Path(path)
        if target.suffix.lower() != ".docx":
            raise PaperTableError(f"{target.name}: a Word file ends in .docx.")
        from_extra("docx", _EXTRA)
        from workbench.papers.word import document

        content = BytesIO()
        document(self, number).save(content)
        with replacing(target) as beside:
            beside.write_bytes(content.getvalue())
        return target

    def _in_parts(self) -> list[tuple[str, tuple[str, ...]]]:
        """Every row, with the name of its part where one begins."""
        found, before = [], ""
        for part, row in zip(self.parts or [""] * len(self.rows), self.rows, strict=True):
            found.append((part if part != before else "", row))
            before = part
        return found


def _piped(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    frame: pd.DataFrame,
    notes: Sequence[str] = (),
    parts: Sequence[str] = (),
) -> PaperTable:
    """Return a table of what any sequences hold."""
    return PaperTable(
        title,
        tuple(columns),
        tuple(tuple(row) for row in rows),
        frame,
        tuple(note for note in notes if note),
        tuple(parts),
    )
