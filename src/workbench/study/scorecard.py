"""Who is responsible for which driver: a study's ``scorecard.csv``.

Columns ``driver``, a construct or an item of the codebook, and ``role``. A driver may stand in
several rows, one for each role. Roles come in the order of their first row.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from workbench.errors import StudyError
from workbench.study.answers import as_text
from workbench.study.codebook import Codebook
from workbench.study.problems import Problem, Severity
from workbench.study.readers import read_table
from workbench.text import nearest

FILE_NAME = "scorecard.csv"
_COLUMNS = ("driver", "role")


def read_scorecard(folder: Path, codebook: Codebook) -> pd.DataFrame | None:
    """Return ``driver``, ``role`` as the study in ``folder`` lists them; None without a list.

    Raises
    ------
    StudyError
        With every fault of the file, one sentence each.
    """
    table, problems = scorecard_problems(folder, codebook)
    faults = [
        f"{problem.file}: {problem.cause} {problem.advice}".strip()
        for problem in problems
        if problem.severity == Severity.ERROR
    ]
    if faults:
        raise StudyError("\n".join(faults))
    return table


def scorecard_problems(
    folder: Path, codebook: Codebook
) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Return what the list says, None where there is none or it cannot be read, and its problems.

    The file is called by its name: where it lies on this machine is nobody's business.
    """
    file = folder / FILE_NAME
    if not file.is_file():
        return None, []
    try:
        table = read_table(file, text=_COLUMNS, wanted=_COLUMNS)
    except StudyError as error:
        reason = str(error).replace(str(file), FILE_NAME)
        return None, [_error("", "The file cannot be read as it is.", reason)]
    problems = [replace(found, file=FILE_NAME) for found in table.attrs.get("problems", ())]
    absent = [name for name in _COLUMNS if name not in table.columns]
    for name in absent:
        near = nearest(name, map(str, table.columns))
        problems.append(_error(name, f"The column {name!r} is missing.", f"Add it.{near}"))
    if absent:
        return None, problems
    table = table.loc[:, ~table.columns.duplicated()][list(_COLUMNS)].apply(as_text)
    problems += _faults_of_rows(table, [*codebook.constructs, *codebook.frame["item"]])
    if table.empty:
        problems.append(_error("", "There are no rows.", "Add some, or remove the file."))
    return table.drop_duplicates().reset_index(drop=True), problems


def _faults_of_rows(table: pd.DataFrame, known: Sequence[str]) -> list[Problem]:
    found = []
    for row, driver, role in table.itertuples():
        if driver not in known:
            what = f"Row {row}: the codebook has no construct or item {driver!r}."
            near = nearest(driver, known)
            found.append(_error("driver", what, f"Correct or remove the row.{near}", str(row)))
        elif not role:
            found.append(
                _error(
                    "role", f"Row {row}: the driver {driver!r} has no role.", "Write one.", str(row)
                )
            )
    return found


def _error(column: str, cause: str, advice: str, rows: str = "") -> Problem:
    return Problem(Severity.ERROR, FILE_NAME, column, cause, advice, 1 if rows else None, rows)
