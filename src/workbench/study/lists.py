"""Small lists beside a study's answers: ``scorecard.csv``, ``norms.csv``, ``themes.csv``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from workbench.errors import StudyError
from workbench.study.answers import as_text
from workbench.study.problems import Problem, Severity
from workbench.study.readers import read_table
from workbench.text import nearest


@dataclass(frozen=True)
class ListFile:
    """A list by its file's name, with the columns that it must and may have, all of them text."""

    name: str
    columns: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def read(self, folder: Path) -> tuple[pd.DataFrame | None, list[Problem]]:
        """Return the list's texts by row number, None without a usable file, and its problems.

        A cell without content, and a column that may be left out and is, is "". The file is called
        by its name: where it lies on this machine is nobody's business.
        """
        file = folder / self.name
        if not file.is_file():
            return None, []
        every = (*self.columns, *self.optional)
        try:
            table = read_table(file, text=every, wanted=every)
        except StudyError as error:
            reason = str(error).replace(str(file), self.name)
            return None, [self.error("", "The file cannot be read as it is.", reason)]
        problems = [replace(found, file=self.name) for found in table.attrs.get("problems", ())]
        absent = [name for name in self.columns if name not in table.columns]
        for name in absent:
            near = nearest(name, map(str, table.columns))
            problems.append(self.error(name, f"The column {name!r} is missing.", f"Add it.{near}"))
        if absent:
            return None, problems
        table = table.loc[:, ~table.columns.duplicated()].reindex(columns=list(every))
        if table.empty:
            problems.append(self.error("", "There are no rows.", "Add some, or remove the file."))
        return table.apply(as_text), problems

    def error(self, column: str, cause: str, advice: str, row: object = "") -> Problem:
        """Return a fault of the list; of one row of it where ``row`` is given."""
        rows = str(row)
        cause = f"Row {rows}: {cause}" if rows else cause
        return Problem(Severity.ERROR, self.name, column, cause, advice, 1 if rows else None, rows)


def refuse_faults(problems: Sequence[Problem]) -> None:
    """Raise StudyError with every error among the problems, one sentence each."""
    faults = [
        f"{problem.file}: {problem.cause} {problem.advice}".strip()
        for problem in problems
        if problem.severity == Severity.ERROR
    ]
    if faults:
        raise StudyError("\n".join(faults))
