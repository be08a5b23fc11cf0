"""What is wrong with a study's files: one problem per column and cause."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, overload

import numpy as np
import pandas as pd

from workbench.figures.markup import element, plain_table, together
from workbench.text import counted, listed

SHOWN = 100  # problems in a rendering; ``frame`` has them all


class Severity(StrEnum):
    """How much a problem matters, the most first."""

    ERROR = "error"
    """It must be put right."""
    WARNING = "warning"
    """Something is set aside or may be wrong."""
    NOTE = "note"
    """Something was understood or put right on the way."""


@dataclass(frozen=True)
class Problem:
    """One fault: where it is, what is there, and what to do about it.

    ``count`` is how many cells, rows or names it is about,
    ``rows`` all of their rows as in the file (the header being row 1 where nothing stands before
    it) and ``examples`` a few values; empty where the fault is not about cells.
    """

    severity: Severity
    file: str
    column: str
    cause: str
    advice: str
    count: int | None = None
    rows: str = ""
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = self.file + (f", column {self.column!r}" if self.column else "")
        return " ".join(f"{self.severity}: {place}: {self.cause} {self.advice}".split())


class Problems(Sequence[Problem]):
    """The problems of a study: errors first, then warnings, then notes; falsy without any.

    Examples
    --------
    >>> import workbench as wb
    >>> problems = wb.open_study("data/demo").check()
    >>> bool(problems), len(problems.errors)
    (True, 0)
    >>> [str(problem.severity) for problem in problems]
    ['warning', 'note']
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        order = list(Severity)
        self._problems = sorted(problems, key=lambda problem: order.index(problem.severity))

    @property
    def frame(self) -> pd.DataFrame:
        """One row per problem: the fields of :class:`Problem`."""
        names = [field.name for field in fields(Problem)]
        rows = [[getattr(problem, name) for name in names] for problem in self]
        return pd.DataFrame(rows, columns=names).astype({"count": "Int64"})

    @property
    def errors(self) -> list[Problem]:
        """The problems that must be put right."""
        return [problem for problem in self if problem.severity == Severity.ERROR]

    @property
    def summary(self) -> str:
        """How many errors, warnings and notes there are."""
        counts = dict.fromkeys(Severity, 0)
        for problem in self:
            counts[problem.severity] += 1
        told = [
            severity for severity in Severity if counts[severity] or severity is not Severity.NOTE
        ]
        return ", ".join(counted(counts[severity], severity) for severity in told)

    @overload
    def __getitem__(self, index: int) -> Problem: ...
    @overload
    def __getitem__(self, index: slice) -> list[Problem]: ...
    def __getitem__(self, index: int | slice) -> Problem | list[Problem]:
        return self._problems[index]

    def __len__(self) -> int:
        return len(self._problems)

    def __repr__(self) -> str:
        return f"Problems({self._heading()})"

    def __str__(self) -> str:
        lines = [self._heading(), *(str(problem) for problem in self[:SHOWN])]
        return "\n".join(lines + self._more())

    def _repr_html_(self) -> str:
        names = [field.name for field in fields(Problem)]
        if not self:
            return element("p", self._heading())
        rows = ([_cell(getattr(one, name)) for name in names] for one in self[:SHOWN])
        more = (element("p", line) for line in self._more())
        return together(plain_table(self._heading(), names, rows), *more)

    def _heading(self) -> str:
        if not self:
            return "No problems found."
        return f"{counted(len(self), 'problem')}: {self.summary}"

    def _more(self) -> list[str]:
        rest = len(self) - SHOWN
        return [f"… and {rest} more; .frame has them all."] if rest > 0 else []


def _cell(value: Any) -> str:
    if isinstance(value, tuple):
        value = ", ".join(map(repr, value))
    return "" if value is None else str(value)


def short(text: str, most: int = 50) -> str:
    """A text on one line and of no more than so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def row_ranges(rows: Iterable[Any]) -> str:
    """Row numbers in short: ``"3, 7–9"``."""
    return "; ".join(
        (f"{file}: " if file else "") + ", ".join(_ranges(own)) for file, own in _by_file(rows)
    )


def where(rows: Iterable[Any], most: int = 3) -> str:
    """The first of some rows for a sentence: "row 3", "rows 3, 7–9, 12 and others".

    Of several files: "row 3 of a.csv, rows 7–9 of b.csv".
    """
    told = []
    for file, own in _by_file(rows):
        ranges = _ranges(own)
        noun = "row" if len(ranges) == 1 and "–" not in ranges[0] else "rows"
        others = " and others" if len(ranges) > most else ""
        told.append(f"{noun} {', '.join(ranges[:most])}{others}" + (f" of {file}" if file else ""))
    return listed(told, most=most)


def _by_file(rows: Iterable[Any]) -> list[tuple[str, Any]]:
    """Row numbers by file; a row of several files is a pair of file and number."""
    every = rows if isinstance(rows, np.ndarray | pd.Index) else list(rows)
    if not len(every) or not isinstance(every[0], tuple):
        return [("", every)]
    found: dict[str, list[int]] = {}
    for file, number in every:
        found.setdefault(file, []).append(int(number))
    return list(found.items())


def _ranges(rows: Iterable[int]) -> list[str]:
    numbers = np.unique(np.asarray(list(rows) if not isinstance(rows, np.ndarray) else rows, int))
    ends = np.flatnonzero(np.diff(numbers) > 1)
    first = numbers[np.concatenate([[0], ends + 1])] if len(numbers) else []
    last = numbers[np.concatenate([ends, [-1]]).astype(int)] if len(numbers) else []
    return [str(a) if a == b else f"{a}–{b}" for a, b in zip(first, last, strict=True)]
