"""Read what a survey tool exported, with all that it says of its questions.

``read_export`` takes a file as a new user has it. What it finds out (the sheet, the row of names,
the encoding, the separator, the tool) it says in sentences, and in the keys that study.toml needs
to read the file alike.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from workbench.beginning.beside import with_metadata
from workbench.beginning.export import Export
from workbench.beginning.labelled import read_labelled
from workbench.beginning.spreadsheets import read_spreadsheet
from workbench.beginning.texts import read_text
from workbench.beginning.turned import turned
from workbench.errors import StudyError
from workbench.study.names import tidy
from workbench.study.readers import EXCEL_FILES, TEXT_FILES, read_table
from workbench.text import listed, quoted

_MOST_ROWS = 500_000
"""Rows of a Parquet file that are read to propose a study."""
LABELLED_FILES = (".sav", ".zsav", ".por", ".dta", ".sas7bdat", ".xpt")


def read_export(path: str | Path, sheet: str | None = None) -> Export:
    """Read a file of answers and what it says of itself.

    Parameters
    ----------
    path
        SPSS, Stata, SAS, Excel, Parquet or delimited text, by the ending of its name.
    sheet
        The sheet of an Excel workbook; by default the only one that holds a table.

    Raises
    ------
    StudyError
        The file cannot be read, or not be understood as a table of answers: the place, what stands
        there and what to do.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if sheet is not None and ending not in EXCEL_FILES:
        raise StudyError(f"{path}: only Excel files have sheets; leave --sheet out.")
    readers: dict[str, Callable[[], Export]] = {
        **dict.fromkeys(LABELLED_FILES, lambda: read_labelled(path)),
        **dict.fromkeys(EXCEL_FILES, lambda: read_spreadsheet(path, sheet)),
        **dict.fromkeys(TEXT_FILES, lambda: read_text(path)),
        ".parquet": lambda: _read_parquet(path),
    }
    if ending not in readers:
        raise StudyError(
            f"{path}: files ending in {path.suffix!r} cannot be read; export the answers as one of "
            f"{', '.join(readers)}."
        )
    if not path.is_file() or not path.stat().st_size:
        read_table(path)  # which says what is wrong
    export = turned(with_metadata(_with_own_names(readers[ending]())))
    if not len(export.frame):
        raise StudyError(f"{path}: the table has names of columns but no rows; export it again.")
    return export


def _read_parquet(path: Path) -> Export:
    import pyarrow.parquet as pq

    try:
        rows = pq.read_metadata(path).num_rows
    except Exception:  # which read_table says
        rows = 0
    if rows <= _MOST_ROWS:
        frame = read_table(path)
    else:
        frame = next(pq.ParquetFile(path).iter_batches(batch_size=_MOST_ROWS)).to_pandas()
        frame.columns = pd.Index([tidy(name) for name in frame.columns])
    first = "the first " if rows > len(frame) else ""
    told = f"{path.name}: Parquet; {first}{len(frame):,} rows, {frame.shape[1]:,} columns."
    return Export(path, "Parquet", frame, {}, {}, (told,), whole=rows <= len(frame))


def _with_own_names(export: Export) -> Export:
    """The export with one name for each column: empty ones are left out, repeated ones numbered."""
    names = [str(name) for name in export.frame.columns]
    filled = export.frame.notna().any().to_numpy()
    unnamed = [i for i, name in enumerate(names) if not name]
    lost = [i + 1 for i in unnamed if filled[i]]
    kept = [i for i, name in enumerate(names) if name]
    if not kept:
        raise StudyError(f"{export.path}: no column has a name; write names in the first row.")
    said, changed = list(export.said), list(export.changed)
    if lost:
        said.append(
            f"{'Column' if len(lost) == 1 else 'Columns'} {listed(lost, most=5)} of "
            f"{export.path.name} {'has' if len(lost) == 1 else 'have'} no name and "
            f"{'is' if len(lost) == 1 else 'are'} left out."
        )
    seen: dict[str, int] = {}
    own = []
    for name in (names[i] for i in kept):
        seen[name] = seen.get(name, 0) + 1
        own.append(name if seen[name] == 1 else _numbered(name, seen[name], names))
    twice = [name for name, count in seen.items() if count > 1]
    if twice:
        said.append(
            f"The {'column' if len(twice) == 1 else 'columns'} {quoted(twice)} of "
            f"{export.path.name} stand{'s' if len(twice) == 1 else ''} there more than once; the "
            "further ones are numbered."
        )
        changed.append("repeated names of columns are numbered")
    frame = export.frame.iloc[:, kept]
    frame.columns = pd.Index(own)
    return replace(export, frame=frame, said=tuple(said), changed=tuple(changed))


def _numbered(name: str, number: int, taken: list[str]) -> str:
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"
