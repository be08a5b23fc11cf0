"""Who is responsible for which driver: a study's ``scorecard.csv``.

Columns ``driver``, a construct or an item of the codebook, and ``role``. A driver may stand in
several rows, one for each role. Roles come in the order of their first row.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from workbench.study.codebook import Codebook
from workbench.study.lists import ListFile, refuse_faults
from workbench.study.problems import Problem
from workbench.text import nearest

FILE_NAME = "scorecard.csv"
_LIST = ListFile(FILE_NAME, ("driver", "role"))


def read_scorecard(folder: Path, codebook: Codebook) -> pd.DataFrame | None:
    """Return ``driver``, ``role`` as the study in ``folder`` lists them; None without a list.

    Raises
    ------
    StudyError
        With every fault of the file, one sentence each.
    """
    table, problems = scorecard_problems(folder, codebook)
    refuse_faults(problems)
    return table


def scorecard_problems(
    folder: Path, codebook: Codebook
) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Return what the list says, None where none can be read, and its problems."""
    table, problems = _LIST.read(folder)
    if table is None:
        return None, problems
    problems += _faults_of_rows(table, [*codebook.constructs, *codebook.frame["item"]])
    return table.drop_duplicates().reset_index(drop=True), problems


def _faults_of_rows(table: pd.DataFrame, known: Sequence[str]) -> list[Problem]:
    found = []
    for row, driver, role in table.itertuples():
        if driver not in known:
            what = f"the codebook has no construct or item {driver!r}."
            near = nearest(driver, known)
            found.append(_LIST.error("driver", what, f"Correct or remove the row.{near}", row))
        elif not role:
            what = f"the driver {driver!r} has no role."
            found.append(_LIST.error("role", what, "Write one.", row))
    return found
