"""From which wave on organisations have adopted something: a column of ``organisations.csv``.

The column is ``adopted``, or the one that ``[adoption]`` in study.toml names. A cell has the first
wave after adoption, or nothing where the organisation has not adopted it.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from workbench.errors import StudyError
from workbench.study.answers import as_text
from workbench.study.definition import FILE_NAME, ORGANISATIONS_FILE, Adoption
from workbench.study.names import is_no_name
from workbench.study.problems import Problem, Severity
from workbench.study.readers import read_table
from workbench.text import listed, nearest, quoted

LEAST_ORGANISATIONS = 2
"""So many adopters, and so many others, a comparison needs: one is no spread."""


def read_adoption(
    folder: Path, adoption: Adoption, waves: Sequence[str], constructs: Sequence[str]
) -> "pd.Series[str] | None":
    """Return the wave of adoption by organisation, "" for never; None without such a column.

    ``waves`` and ``constructs`` are those of the study.

    Raises
    ------
    StudyError
        With every fault of the column, one sentence each.
    """
    found, problems = adoption_problems(folder, adoption, waves, constructs)
    if problems:
        raise StudyError(
            "\n".join(f"{one.file}: {one.cause} {one.advice}".strip() for one in problems)
        )
    return found


def adoption_problems(
    folder: Path, adoption: Adoption, waves: Sequence[str], constructs: Sequence[str]
) -> tuple["pd.Series[str] | None", list[Problem]]:
    """Return what the column says, and what is wrong with it and with ``[adoption]``.

    The file is called by its name: where it lies on this machine is nobody's business.
    """
    stated = adoption != Adoption()
    file = folder / ORGANISATIONS_FILE
    if not file.is_file():
        return None, [_no_column(adoption, ())] if stated else []
    names = ["organisation", adoption.column]
    table = read_table(file, text=names, wanted=["organisation"])
    if "organisation" not in table.columns:
        return None, []  # which is told where the list is read
    if adoption.column not in table.columns:
        return None, [_no_column(adoption, list(map(str, table.columns)))] if stated else []
    table = table.loc[:, ~table.columns.duplicated()][names].apply(as_text)
    found = table.set_index("organisation")[adoption.column]
    found = found.mask(is_no_name(found), "")
    faults = _faults(found, table.index, adoption.column, waves)
    return found, [*faults, *_unknown(adoption.outcomes, constructs)]


def _unknown(outcomes: Sequence[str], constructs: Sequence[str]) -> list[Problem]:
    return [
        Problem(
            Severity.ERROR,
            FILE_NAME,
            "adoption.outcomes",
            f"The codebook has no construct {name!r}.",
            f"Write constructs that the study asked about.{nearest(name, constructs)}",
        )
        for name in outcomes
        if name not in constructs
    ]


def _faults(
    found: "pd.Series[str]", rows: pd.Index, column: str, waves: Sequence[str]
) -> list[Problem]:
    problems = [
        _error(
            column,
            f"Row {row}: {name!r} adopted in {wave!r}, which is no wave of the study.",
            f"Write one of {listed(waves, 'or')}, the first wave after adoption, or leave the cell "
            f"empty.{nearest(wave, waves)}"
            if len(waves)
            else f"The study has no waves; name their column in {FILE_NAME}, or leave it empty.",
            str(row),
        )
        for row, (name, wave) in zip(rows, found.items(), strict=True)
        if wave and wave not in waves
    ]
    if problems:
        return problems
    adopters = found[found != ""]
    if len(adopters) == len(found) and (adopters == waves[0]).all():
        problems.append(
            _error(
                column,
                f"Every organisation adopted in the first wave, {waves[0]!r}.",
                "There is nobody to compare them with and no wave before; add organisations that "
                "adopted later or never, or leave the column out.",
            )
        )
    elif len(adopters) < LEAST_ORGANISATIONS:
        problems.append(
            _error(
                column,
                f"Only {quoted(adopters.index)} adopted." if len(adopters) else "Nobody adopted.",
                f"A comparison needs {LEAST_ORGANISATIONS} adopters at least; add the others, or "
                "leave the column out.",
            )
        )
    return problems


def _no_column(adoption: Adoption, known: Sequence[str]) -> Problem:
    return Problem(
        Severity.ERROR,
        ORGANISATIONS_FILE,
        adoption.column,
        f"The column {adoption.column!r} is missing, and {FILE_NAME} has [adoption].",
        f"Add it, or name another as in column = …{nearest(adoption.column, known)}",
    )


def _error(column: str, cause: str, advice: str, rows: str = "") -> Problem:
    return Problem(
        Severity.ERROR, ORGANISATIONS_FILE, column, cause, advice, 1 if rows else None, rows
    )
