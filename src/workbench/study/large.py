"""Tables too large to be held in memory: their columns are read one at a time, when asked for.

A :class:`LargeTable` has of a data frame what cleaning and checking need, and a column of it is the
column that ``read_table`` gives. Delimited text is turned into Parquet once, by DuckDB as a stream
into a scratch folder; Parquet is read where it lies. Whatever is not plain (other formats, columns
of one name, further header rows, a text on which DuckDB and pandas might not agree) is left to
``read_table``, which also says what is wrong with it.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd

from workbench.scratch import Scratch
from workbench.study.names import tidy
from workbench.study.plain_text import PlainText, plain_text
from workbench.study.readers import (
    DELIMITERS,
    TEXT_FILES,
    Layout,
    Request,
    at,
    guess_problems,
    header_rows_below,
    layout,
    other_kind,
    parsed,
)

TEXT_BYTES = 50_000_000
"""Bytes from which a delimited text is large."""
CELLS = 20_000_000
"""Cells from which a Parquet file is large."""
MEMORY = "1GB"
"""What DuckDB may hold."""
THREADS = (2, 1)
"""Of DuckDB; where several run ahead of each other, what they hold may be too much."""
_HEAD = 1000
"""Rows at the top of a table among which are the first that are not blank."""
_CONVERTED = "table.parquet"
_LOOKED_AT = 4
"""Rows among which further header rows are looked for."""

Fetch = Callable[[str], pd.Series]


class LargeTable:
    """A table whose columns are read when they are asked for; the last one asked for is kept.

    Attributes
    ----------
    columns, index, attrs
        As those of the data frame that ``read_table`` gives.
    head
        Its first rows, of a whole file.
    """

    def __init__(
        self,
        columns: Sequence[str],
        index: pd.Index,
        fetch: Fetch,
        attrs: dict[str, Any],
        head: pd.DataFrame | None = None,
    ) -> None:
        self.columns = pd.Index(list(columns))
        self.index = index
        self.attrs = attrs
        self.head = pd.DataFrame() if head is None else head
        self._fetch = fetch
        self._last: pd.Series | None = None

    def __len__(self) -> int:
        return len(self.index)

    @property
    def empty(self) -> bool:
        """Whether there are no rows."""
        return not len(self)

    def __getitem__(self, name: str) -> pd.Series:
        """One column, as it is in its file; texts of which there are few are categories."""
        last = self._last
        if last is None or last.name != name:
            if name not in self.columns:
                raise KeyError(name)
            self._last = None  # two columns at once may be too much
            last = self._last = self._fetch(name).rename(name).set_axis(self.index)
        return last

    def rows(self, keep: np.ndarray) -> "LargeTable":
        """The rows where ``keep`` is True; the table itself where it always is."""
        if keep.all():
            return self
        return LargeTable(self.columns, self.index[keep], lambda name: self[name][keep], self.attrs)

    def assign(self, **columns: Any) -> Self | "LargeTable":
        """The table with a value for all rows in some columns."""
        names = list(dict.fromkeys([*self.columns, *columns]))

        def fetch(name: str) -> pd.Series:
            if name in columns:
                return pd.Series(columns[name], index=self.index)
            return self[name]

        return LargeTable(names, self.index, fetch, self.attrs)


Table: TypeAlias = pd.DataFrame | LargeTable


def rows_of(table: Table, keep: np.ndarray) -> Table:
    """The rows of a table where ``keep`` is True."""
    if isinstance(table, LargeTable):
        return table.rows(keep)
    return table if keep.all() else table.loc[keep]


def joined(tables: Mapping[str, Table], attrs: dict[str, Any]) -> Table:
    """One table of the rows of several, indexed by name and row, as ``pandas.concat`` makes it."""
    if not any(isinstance(table, LargeTable) for table in tables.values()):
        made = pd.concat(tables)
        made.attrs = attrs
        return made
    columns = list(dict.fromkeys(name for table in tables.values() for name in table.columns))
    index = pd.concat({name: pd.Series(0, one.index) for name, one in tables.items()}).index

    def fetch(name: str) -> pd.Series:
        parts = [
            pd.DataFrame(
                {name: _uncategorised(one[name])} if name in one.columns else {}, index=one.index
            )
            for one in tables.values()
        ]
        return pd.concat(parts, ignore_index=True)[name]

    return LargeTable(columns, index, fetch, attrs)


def _uncategorised(column: pd.Series) -> pd.Series:
    """Texts as texts: categories that differ would be joined as objects."""
    kind = column.dtype
    texts = isinstance(kind, pd.CategoricalDtype) and pd.api.types.is_string_dtype(kind.categories)
    return column.astype("str") if texts else column


def read_large(path: Path, request: Request) -> LargeTable | None:
    """Open a large file; None if it is not large, or has to be read whole (by ``read_table``)."""
    ending = path.suffix.lower()
    if not path.is_file() or not path.stat().st_size or other_kind(path) is not None:
        return None
    if ending in TEXT_FILES and path.stat().st_size >= TEXT_BYTES:
        table = _of_text(path, request)
    elif ending == ".parquet":
        table = _of_parquet(path)
    else:
        return None
    if table is None or table.columns.has_duplicates:
        return None
    head = table.head.dropna(how="all").iloc[:_LOOKED_AT]
    numbers = [name for name in request.numbers if name in head.columns]
    if len(head) < _LOOKED_AT or header_rows_below(head[numbers]):
        return None
    return _without_blank_rows(table)


def _without_blank_rows(table: LargeTable) -> LargeTable:
    blank = np.ones(len(table), dtype=bool)
    for name in table.columns:
        blank &= table[name].isna().to_numpy()
        if not blank.any():
            return table
    return table.rows(~blank)


# -- Parquet ---------------------------------------------------------------------------------------


def _of_parquet(path: Path) -> LargeTable | None:
    """A Parquet file; None if it is not large or not Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            rows, count = file.metadata.num_rows, file.metadata.num_columns
            names = file.schema_arrow.empty_table().to_pandas().columns
            head = next(file.iter_batches(_HEAD)).to_pandas() if rows else None
    except (pa.ArrowException, OSError):
        return None
    called = {tidy(name): name for name in names}

    def fetch(name: str) -> pd.Series:
        return pd.read_parquet(path, columns=[called[name]])[called[name]]

    if rows * count < CELLS or head is None or len(called) < len(names):
        return None
    head.columns = head.columns.map(tidy)
    return LargeTable([*called], pd.RangeIndex(2, 2 + rows), fetch, {}, head)


# -- delimited text --------------------------------------------------------------------------------


def _of_text(path: Path, request: Request) -> LargeTable | None:
    """A delimited text, turned into Parquet in a scratch folder."""
    import pyarrow.parquet as pq

    scratch = Scratch()
    text = plain_text(path, request.encoding, scratch.path)
    laid = _laid_out(path, text, request) if text is not None else None
    if text is None or laid is None or not _convert(text, laid, scratch.path / _CONVERTED):
        return None
    with pq.ParquetFile(scratch.path / _CONVERTED) as file:
        rows = file.metadata.num_rows
        head = next(file.iter_batches(_HEAD)).to_pandas() if rows else None
    lines = text.lines - laid.skipped - laid.above - laid.header
    if head is None or (rows != lines and not text.quotes):
        return None
    head.columns = pd.Index(laid.names)
    guessed = guess_problems(text.encoding, text.example) if text.guessed else []
    attrs = {
        "problems": [at(problem, path) for problem in (*guessed, *laid.problems)],
        "hint": laid.hint,
    }

    def fetch(name: str) -> pd.Series:
        place, kept = f"c{laid.names.index(name)}", name in request.text
        return _column(scratch.path / _CONVERTED, place, kept, laid.decimal_comma)

    index = pd.RangeIndex(laid.first, laid.first + rows)
    return LargeTable(laid.names, index, fetch, attrs, head)


def _laid_out(path: Path, text: PlainText, request: Request) -> Layout | None:
    """How a text is laid out; None where that or its rows may be read in two ways."""
    if not text.head or text.doubtful or request.separator not in (None, *DELIMITERS):
        return None
    try:
        laid = layout(path, text.head, request)
    except csv.Error:
        return None
    below = laid.skipped + laid.above + laid.header <= text.head.count("\n")
    return laid if below and len({*laid.names}) == len(laid.names) else None


def _convert(text: PlainText, laid: Layout, made: Path) -> bool:
    """Write the cells of a text as Parquet, all as texts, in columns c0, c1, …

    False if DuckDB is not there, or finds fault with the text.
    """
    try:
        import duckdb
    except ModuleNotFoundError:
        return False
    options: dict[str, Any] = {
        "header": False,
        "skip": laid.skipped + laid.above + laid.header,
        "delim": laid.delimiter,
        "quote": '"',
        "escape": '"',
        "comment": "",
        "nullstr": "",
        "auto_detect": False,
        "all_varchar": True,
        # A quotation mark that is never closed would pass for a short row.
        "null_padding": not text.quotes,
        "max_line_size": 16_000_000,
    }
    given = ", ".join(f"{name} = {_literal(value)}" for name, value in options.items())
    columns = {f"c{i}": "VARCHAR" for i in range(len(laid.names))}
    query = (
        f"COPY (FROM read_csv({_literal(str(text.path))}, {given}, columns = {columns!r})) "
        f"TO {_literal(str(made))} (FORMAT parquet, ROW_GROUP_SIZE 50000)"
    )
    for threads in THREADS:
        try:
            _run(query, threads, made.parent)
            break
        except duckdb.OutOfMemoryException:
            continue
        except duckdb.Error:
            return False
    else:
        return False
    if text.path.parent == made.parent:  # it was written for this
        text.path.unlink()
    return True


def _run(query: str, threads: int, folder: Path) -> None:
    import duckdb

    with duckdb.connect(
        config={"threads": threads, "memory_limit": MEMORY, "temp_directory": str(folder)}
    ) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(query)


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()


def _column(path: Path, name: str, kept: bool, decimal_comma: bool) -> pd.Series:
    """A column of texts as pandas would have read it from the text file.

    What pandas makes of a column depends on its distinct texts alone, so it is given these.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, read_dictionary=[name]) as file:
        place = file.schema_arrow.get_field_index(name)
        if kept and not file.metadata.row_group(0).column(place).has_dictionary_page:
            return pd.read_parquet(path, columns=[name])[name].astype("str")
        column = file.read([name]).column(0).unify_dictionaries()
    texts = column.chunk(0).dictionary.to_pylist()
    blank = -1 if kept else len(texts)
    codes = [
        chunk.indices.fill_null(pa.scalar(blank, chunk.indices.type)).to_numpy(zero_copy_only=False)
        for chunk in column.chunks
    ]
    if kept:
        names = pd.Index(texts, dtype="str")
        return pd.Series(pd.Categorical.from_codes(np.concatenate(codes), names))
    if column.null_count:
        texts.append("")
    content = io.StringIO()
    csv.writer(content, quoting=csv.QUOTE_ALL).writerows([["column"], *([text] for text in texts)])
    typed = parsed(content.getvalue(), ",", [False], decimal_comma)[0]
    return typed.take(np.concatenate(codes)).reset_index(drop=True)
