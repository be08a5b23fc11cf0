"""Scores that others published, to stand beside a study's own: a study's ``norms.csv``.

Columns ``measure``, a construct or an item of the codebook; ``score`` on 0–100; ``source``, who
published it; ``date``, a year or a day (2024, 2024-05-31); and, if wanted, ``type``, the type of
organisation (as in ``organisations.csv``) or the sector that it is about.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from workbench.study.codebook import Codebook
from workbench.study.lists import ListFile, refuse_faults
from workbench.study.problems import Problem
from workbench.text import nearest

FILE_NAME = "norms.csv"
COLUMNS = ("measure", "score", "source", "date", "type")
_LIST = ListFile(FILE_NAME, COLUMNS[:-1], COLUMNS[-1:])


def read_norms(folder: Path, codebook: Codebook) -> pd.DataFrame:
    """Return the published scores of the study in ``folder``: ``COLUMNS``; no row without a list.

    Raises
    ------
    StudyError
        With every fault of the file, one sentence each.
    """
    table, problems = norms_problems(folder, codebook)
    refuse_faults(problems)
    if table is None:
        return pd.DataFrame(columns=list(COLUMNS)).astype({"score": float})
    return table.assign(score=[float(_number(score)) for score in table["score"]])


def norms_problems(folder: Path, codebook: Codebook) -> tuple[pd.DataFrame | None, list[Problem]]:
    """Return what the list says, None where none can be read, and its problems."""
    table, problems = _LIST.read(folder)
    if table is None:
        return None, problems
    known = [*codebook.constructs, *codebook.frame["item"]]
    for row in table.itertuples():
        if row.measure not in known:
            what = f"the codebook has no construct or item {row.measure!r}."
            near = nearest(str(row.measure), known)
            advice = f"Correct or remove the row.{near}"
            problems.append(_LIST.error("measure", what, advice, row.Index))
        score = _number(str(row.score))
        if not 0 <= score <= 100:
            off = "is no number" if score != score else "is off the scale of 0 to 100"
            what = f"the score {row.score!r} of {row.measure!r} {off}."
            advice = "Write it on 0 to 100: 100 (x − low) / (high − low)."
            problems.append(_LIST.error("score", what, advice, row.Index))
        if not row.source:
            what = f"the score of {row.measure!r} has no source."
            problems.append(_LIST.error("source", what, "Write who published it.", row.Index))
        if not _is_date(str(row.date)):
            what = f"the date {row.date!r} of {row.measure!r} is no year and no day."
            advice = "Write it as 2024 or 2024-05-31."
            problems.append(_LIST.error("date", what, advice, row.Index))
    return table.drop_duplicates().reset_index(drop=True), problems


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(f"{text}-01-01" if len(text) == 4 else text)
    except ValueError:
        return False
    return True
