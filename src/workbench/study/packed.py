"""Clean answers of large sources: in little memory, and on disk by organisation.

Both have of a data frame what is asked of clean answers: the columns, one at a time or several, as
they would be in the frame (answers as float64). :class:`Packed` holds each column in the smallest
type that has its values exactly; most answers take one byte. :class:`Stored` reads a Parquet file
that has a row group for each organisation, so that a part of a study costs what the part holds.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copyfile
from typing import Any, Self, TypeAlias, overload

import numpy as np
import pandas as pd

from workbench.errors import DamagedFileError

_PLACE = "place"
_KEY = b"workbench"
Kinds = Mapping[str, pd.CategoricalDtype]


@dataclass(frozen=True)
class _Column:
    """A column's values, or their codes with the ``names`` that they stand for."""

    values: np.ndarray
    dtype: Any
    names: pd.Index | None = None

    @classmethod
    def of(cls, given: Any) -> Self:
        kind = getattr(given, "dtype", None)
        if isinstance(kind, pd.CategoricalDtype):
            return cls(np.asarray(pd.Categorical(given).codes), kind)
        if isinstance(kind, pd.StringDtype):
            codes, names = pd.factorize(given)
            small = np.min_scalar_type(-max(len(names), 1))
            return cls(codes.astype(small), kind, pd.Index(names))
        values = np.asarray(given)
        return cls(_smallest(values), values.dtype)

    @classmethod
    def read(cls, column: Any, told: Mapping[str, Any]) -> Self:
        """A column of a file, an arrow array, of which the file ``told`` what it was."""
        import pyarrow as pa

        if "categories" in told:
            kind = pd.CategoricalDtype(pd.Index(told["categories"], dtype="str"), told["ordered"])
            return cls(column.to_numpy(), kind)
        if pa.types.is_dictionary(column.type):
            kind = pd.StringDtype(na_value=np.nan)
            texts = pd.array(column.cast(pa.large_string()).combine_chunks(), dtype=kind)
            return cls(np.arange(len(texts)), kind, pd.Index(texts))
        return cls(column.to_numpy(), np.dtype(told["dtype"]))

    def array(self, rows: Any = slice(None)) -> Any:
        """The column, or some of its rows, as a data frame holds it."""
        own = self.values[rows]
        if isinstance(self.dtype, pd.CategoricalDtype):
            return pd.Categorical.from_codes(own, dtype=self.dtype)
        if self.names is not None:
            return self.names.take(own).array
        if self.dtype == float and own.dtype.kind == "i":
            return np.where(own == np.iinfo(own.dtype).min, np.nan, own.astype(float))
        return own.astype(self.dtype)

    def astype(self, kind: pd.CategoricalDtype | None) -> "_Column":
        """The column with other categories, if there are any."""
        if kind is None or self.dtype == kind:
            return self
        place = {name: code for code, name in enumerate(kind.categories)}
        known = [place.get(name, -1) for name in self.dtype.categories]
        codes = np.array([*known, -1], dtype=np.min_scalar_type(-max(len(place), 1)))
        return _Column(codes[self.values], kind)


def _smallest(values: np.ndarray) -> np.ndarray:
    """The values in the smallest type that has them exactly; NaN is its lowest whole number."""
    if values.dtype.kind == "i":
        low, high = values.min(initial=0), values.max(initial=0)
        least = np.promote_types(np.min_scalar_type(low), np.min_scalar_type(-high - 1))
        return values.astype(least) if least.kind == "i" else values
    if values.dtype != float:
        return values
    there = ~np.isnan(values)
    low, high = values.min(where=there, initial=0), values.max(where=there, initial=0)
    for small in (np.int8, np.int16):
        ends = np.iinfo(small)
        if ends.min < low and high <= ends.max:
            made = np.where(there, values, ends.min).astype(small)
            if np.array_equal(made[there], values[there]):
                return made
            break
    made = values.astype(np.float32)
    return made if np.array_equal(made, values, equal_nan=True) else values


class Packed:
    """Clean answers in little memory.

    Examples
    --------
    >>> import numpy as np
    >>> answers = Packed()
    >>> answers["q1"] = np.array([1.0, np.nan, 5.0])
    >>> answers["q1"].tolist(), answers.nbytes
    ([1.0, nan, 5.0], 3)
    """

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}

    @classmethod
    def of_rows(cls, frame: "pd.DataFrame | Packed") -> "Packed":
        """The answers of a data frame."""
        if isinstance(frame, Packed):
            return frame
        made = cls()
        for name in frame.columns:
            made[name] = frame[name].array
        return made

    @classmethod
    def joined(cls, parts: Sequence["Packed"]) -> "Packed":
        """The answers of all parts, one below another."""
        made = cls()
        for name in parts[0].columns:
            made[name] = pd.concat([part[name] for part in parts], ignore_index=True).array
        return made

    def __setitem__(self, name: str, values: Any) -> None:
        self._columns[name] = _Column.of(values)

    @overload
    def __getitem__(self, names: str) -> pd.Series: ...
    @overload
    def __getitem__(self, names: list[str]) -> pd.DataFrame: ...
    def __getitem__(self, names: str | list[str]) -> pd.Series | pd.DataFrame:
        if isinstance(names, str):
            return pd.Series(self._columns[names].array(), name=names)
        return pd.DataFrame({name: self._columns[name].array() for name in names}, copy=False)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __len__(self) -> int:
        return next((len(one.values) for one in self._columns.values()), 0)

    @property
    def columns(self) -> list[str]:
        """The columns' names."""
        return list(self._columns)

    @property
    def empty(self) -> bool:
        """Whether there are no rows."""
        return not len(self)

    @property
    def nbytes(self) -> int:
        """Bytes of the values."""
        return sum(one.values.nbytes for one in self._columns.values())

    def of(self, organisations: Collection[str]) -> pd.DataFrame:
        """The rows of some organisations."""
        key = self._columns["organisation"]
        mine = np.append(key.dtype.categories.isin([*organisations]), False)
        return self._frame(np.flatnonzero(mine[key.values]))

    def whole(self) -> pd.DataFrame:
        """All rows and columns."""
        return self._frame(slice(None))

    def _frame(self, rows: Any) -> pd.DataFrame:
        arrays = {name: one.array(rows) for name, one in self._columns.items()}
        return pd.DataFrame(arrays, copy=False)  # at no time twice in memory

    def astype(self, kinds: Kinds) -> "Packed":
        """The same answers with other categories of keys."""
        made = Packed()
        made._columns = {
            name: one.astype(kinds[name]) if name in kinds else one
            for name, one in self._columns.items()
        }
        return made

    def in_wave(self, wave: str) -> "Packed":
        """The answers of one wave."""
        rows = np.flatnonzero((self["wave"] == wave).to_numpy())
        made = Packed()
        made._columns = {
            name: replace(one, values=one.values[rows]) for name, one in self._columns.items()
        }
        return made

    def write(self, path: Path) -> "Stored":
        """Write the answers by organisation."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        key = self._columns["organisation"]
        order = np.argsort(key.values, kind="stable")
        sizes = np.bincount(key.values, minlength=len(key.dtype.categories))
        told = {
            "rows": sizes.tolist(),
            "columns": {name: _told(one) for name, one in self._columns.items()},
        }
        arrays = [pa.array(order.astype(np.int32))]
        arrays += [_arrow(one, order) for one in self._columns.values()]
        names = [_PLACE, *(f"c{i}" for i in range(len(self._columns)))]
        table = pa.table(arrays, names=names).replace_schema_metadata({_KEY: json.dumps(told)})
        with pq.ParquetWriter(path, table.schema, write_page_checksum=True) as writer:
            start = 0
            for size in sizes[sizes > 0].tolist():
                writer.write_table(table.slice(start, size), row_group_size=size)
                start += size
        return Stored(path)


def _told(column: _Column) -> dict[str, Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return {"categories": list(column.dtype.categories), "ordered": column.dtype.ordered}
    return {"dtype": str(column.dtype)}


def _arrow(column: _Column, order: np.ndarray) -> Any:
    import pyarrow as pa

    values = column.values[order]
    if column.names is not None:
        return pa.DictionaryArray.from_arrays(pa.array(values), pa.array(column.names, pa.string()))
    if column.dtype == float and values.dtype.kind == "i":
        return pa.array(values, mask=values == np.iinfo(values.dtype).min)
    return pa.array(values)


@dataclass(frozen=True)
class Stored:
    """Clean answers in a file that :meth:`Packed.write` wrote.

    ``kinds`` are other categories of keys than those in the file; ``wave`` is the only one whose
    answers these are.
    """

    path: Path
    kinds: Kinds | None = None
    wave: str | None = None

    @overload
    def __getitem__(self, names: str) -> pd.Series: ...
    @overload
    def __getitem__(self, names: list[str]) -> pd.DataFrame: ...
    def __getitem__(self, names: str | list[str]) -> pd.Series | pd.DataFrame:
        wanted = [names] if isinstance(names, str) else names
        frame = self._read(None, wanted)
        return frame[names]

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __len__(self) -> int:
        return int(sum(self._head()["rows"])) if self.wave is None else len(self["wave"])

    @property
    def columns(self) -> list[str]:
        """The columns' names."""
        return list(self._head()["columns"])

    @property
    def empty(self) -> bool:
        """Whether there are no rows."""
        return not len(self)

    def of(self, organisations: Collection[str]) -> pd.DataFrame:
        """The rows of some organisations."""
        return self._read(organisations, self.columns)

    def whole(self) -> pd.DataFrame:
        """All rows and columns."""
        return self._read(None, self.columns)

    def astype(self, kinds: Kinds) -> "Stored":
        """The same answers with other categories of keys."""
        return replace(self, kinds=dict(kinds))

    def at(self, path: Path) -> "Stored":
        """The same answers, of a file that has been moved."""
        return replace(self, path=path)

    def write(self, path: Path) -> "Stored":
        """Copy the file."""
        copyfile(self.path, path)
        return self.at(path)

    def in_wave(self, wave: str) -> "Stored":
        """The answers of one wave."""
        return replace(self, wave=wave)

    def _head(self) -> dict[str, Any]:
        with self._open() as file:
            return dict(json.loads(file.schema_arrow.metadata[_KEY]))

    def _open(self) -> Any:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.ParquetFile(self.path, page_checksum_verification=True)
        except (OSError, pa.ArrowException) as error:
            raise self._damaged() from error

    def _damaged(self) -> DamagedFileError:
        return DamagedFileError(
            f"{self.path} is not as it was written; `workbench batch` makes it anew."
        )

    def _read(self, organisations: Collection[str] | None, names: Sequence[str]) -> pd.DataFrame:
        """Some columns, one after another, of the row groups of some organisations."""
        import pyarrow as pa

        with self._open() as file:
            head = json.loads(file.schema_arrow.metadata[_KEY])
            told = head["columns"]
            known = told["organisation"]["categories"]
            there = [name for name, rows in zip(known, head["rows"], strict=True) if rows]
            groups = [
                number for number, name in enumerate(there)
                if organisations is None or name in organisations
            ]  # fmt: skip
            places = {name: f"c{i}" for i, name in enumerate(told)}

            def column(name: str) -> _Column:
                values = file.read_row_groups(groups, [places[name]]).column(0)
                return _Column.read(values, told[name]).astype((self.kinds or {}).get(name))

            try:
                place = file.read_row_groups(groups, [_PLACE]).column(0).to_numpy()
                rows = np.argsort(place, kind="stable")
                if self.wave is not None:
                    rows = rows[np.asarray(column("wave").array(rows) == self.wave)]
                arrays = {name: column(name).array(rows) for name in names}
            except (OSError, pa.ArrowException) as error:
                raise self._damaged() from error
        return pd.DataFrame(arrays, copy=False)


Lean: TypeAlias = Packed | Stored
