"""A table as a survey tool exported it, with what the export itself says of its columns."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from workbench.study.codebook import Code
from workbench.study.names import is_no_name
from workbench.study.numbers import Numbers, as_written, read_numbers


@dataclass(frozen=True)
class Column:
    """What an export says of a column: its wording, value labels by code, and missing codes.

    ``role`` is what the export calls it, such as "weight"; "" where it says nothing.
    """

    wording: str = ""
    labels: Mapping[Code, str] = field(default_factory=dict)
    missing: tuple[Code, ...] = ()
    role: str = ""


@dataclass(frozen=True)
class Export:
    """One file: its answers as codes, and what is known of it.

    ``tool`` is what wrote it, ``layout`` what study.toml has to say so that it is read alike,
    ``said`` what was found out, one sentence each. ``changed`` says why the study needs a table of
    its own instead of a copy of the file; empty where a copy does. ``further`` are the files after
    the first where several are one survey; ``whole`` is False where of a large file only the
    beginning was read.
    """

    path: Path
    tool: str
    frame: pd.DataFrame
    columns: Mapping[str, Column]
    layout: Mapping[str, Any] = field(default_factory=dict)
    said: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    further: tuple[Path, ...] = ()
    whole: bool = True

    @property
    def files(self) -> tuple[Path, ...]:
        """All its files."""
        return (self.path, *self.further)

    def column(self, name: str) -> Column:
        """What is known of a column, which may be nothing."""
        return self.columns.get(name, Column())

    def cells(self, name: str) -> pd.Series:
        """A column without the words that say that there is nothing."""
        cells = self.frame[name]
        return cells.mask(is_no_name(cells))

    def numbers(self, name: str) -> Numbers:
        """A column's numbers, percent signs taken off."""
        cells = self.frame[name]
        with suppress(ValueError, TypeError):  # most columns are nothing but numbers
            values = pd.to_numeric(cells).to_numpy(dtype=float, na_value=np.nan)
            return Numbers(values, np.zeros(len(cells), dtype=bool))
        return read_numbers(self.cells(name), 0.0, 100.0)

    def names(self, name: str) -> pd.Series:
        """A column's values as names: value labels where the export has them, as text.

        Missing where there is none, or where the value is a missing code.
        """
        column = self.column(name)
        codes, distinct = pd.factorize(self.cells(name))
        texts = [_named(value, column) for value in distinct]
        return pd.Series(np.array([*texts, None], dtype=object)[codes], self.frame.index)


def _named(value: Any, column: Column) -> str | None:
    text = as_written(value)
    code = code_of(text)
    for missing in column.missing:
        if isinstance(missing, tuple):
            if isinstance(code, float) and missing[0] <= code <= missing[1]:
                return None
        elif missing == code:
            return None
    return column.labels.get(code) or column.labels.get(text) or text or None


def code_of(text: str) -> float | str:
    """A code as a number where it is one.

    >>> code_of("8"), code_of("A2")
    (8.0, 'A2')
    """
    try:
        return float(text)
    except ValueError:
        return text
