"""A source's table: read from its files, turned, and with names where a file has their codes."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.errors import StudyError
from workbench.study.answers import as_text, named_columns, text_columns
from workbench.study.codebook import Codebook
from workbench.study.definition import Columns, Source
from workbench.study.large import Table, joined, read_large
from workbench.study.names import in_natural_order
from workbench.study.problems import Problem, Severity
from workbench.study.readers import Request, read_table
from workbench.study.turning import labels_as_names, turned
from workbench.study.waves import in_order
from workbench.text import listed


def read_source(
    source: Source,
    columns: Columns,
    codebook: Codebook,
    known: Mapping[str, Collection[str]] | None = None,
    waves: Sequence[str] = (),
) -> Table:
    """Read all files of a source as one table with a column for each question.

    The columns of large files are read when they are asked for (:mod:`workbench.study.large`).

    Parameters
    ----------
    known
        Names that are listed elsewhere, by key (organisation, wave): they stay as they are even
        where a file has a label for them.
    waves
        The waves that study.toml lists.

    Returns
    -------
    DataFrame or LargeTable
        As :func:`read_table` gives it. Of several files the index has pairs of a file's name and a
        row number.

    Raises
    ------
    StudyError
        A file cannot be read (:func:`read_table`) or turned (:func:`turned`), or of which wave each
        file is cannot be told.
    """
    text = text_columns(source, columns)
    wanted = [*(name for name, _ in named_columns(source, columns))]
    items = codebook.items_of_source(source.name)
    measures = [codebook.measure(item) for item in items]
    wanted += [measure.exposure for measure in measures if measure and measure.exposure]
    wanted = list(dict.fromkeys([*wanted, *items]))
    tables: list[Table] = []
    for path in source.files:
        large = read_large(path, Request(text, wanted, **source.layout))
        if large is not None and {*items} & {*large.columns}:
            tables.append(large)
            continue
        table = read_table(path, text=text, wanted=wanted, **source.layout)
        table = turned(
            _named(table, source, columns, known or {}), source, columns, codebook, waves
        )
        tables.append(table)
    if columns.wave and not any(columns.wave in table.columns for table in tables):
        told = source.file_waves or waves_of_names(source.files)
        if len(tables) > 1 and not told:
            names = [path.name for path in source.files]
            raise StudyError(
                f"{source.file}: no file of {source.name!r} has the column {columns.wave!r}, and "
                f"the names {listed(names, most=3)} do not tell the wave of each; write file = "
                f'{{ 2023 = "{names[0]}", … }} in [sources.{source.name}].'
            )
        if told:
            pairs = zip(tables, told, strict=True)
            tables = [_with(table, columns.wave, wave) for table, wave in pairs]
    return _together(source, tables)


def _with(table: Any, column: str, value: str) -> Any:
    made = table.assign(**{column: value})
    made.attrs = table.attrs
    return made


def waves_of_names(files: Sequence[Path]) -> tuple[str, ...]:
    """The waves that files' names tell by the one part in which they differ; none if they do not.

    >>> waves_of_names([Path("survey 2023.csv"), Path("survey 2024.csv")])
    ('2023', '2024')
    >>> waves_of_names([Path("staff.csv"), Path("clients.csv")])
    ()
    """
    parts = [re.findall(r"\d+|[^\W\d_]+", path.stem) for path in files]
    if len({len(part) for part in parts}) != 1 or len(parts) < 2:
        return ()
    apart = [place for place in zip(*parts, strict=True) if len({*place}) > 1]
    if len(apart) != 1 or len({*apart[0]}) < len(parts) or in_order(apart[0]) is None:
        return ()
    return apart[0]


def _together(source: Source, tables: Sequence[Table]) -> Table:
    """One table of all files, indexed by file and row."""
    if len(tables) == 1:
        return tables[0]
    for path, table in zip(source.files, tables, strict=True):
        if table.columns.has_duplicates:
            twice = table.columns[table.columns.duplicated()][0]
            raise StudyError(f"{path}: the column {twice!r} stands twice; rename one of them.")
    names = [path.name for path in source.files]
    if len({*names}) < len(names):
        names = [str(path) for path in source.files]
    attrs = [table.attrs for table in tables]
    told = {
        "problems": [p for one in attrs for p in one.get("problems", ())],
        "missing": {k: v for one in attrs for k, v in one.get("missing", {}).items()},
        "labels": {k: v for one in attrs for k, v in one.get("labels", {}).items()},
        "hint": next((one["hint"] for one in attrs if one.get("hint")), ""),
    }
    return joined(dict(zip(names, tables, strict=True)), told)


def _named(
    table: pd.DataFrame, source: Source, columns: Columns, known: Mapping[str, Collection[str]]
) -> pd.DataFrame:
    """The table with labels in place of codes in the columns of names, where the file has them."""
    labels = table.attrs.get("labels", {})
    for name, role in named_columns(source, columns):
        own = labels.get(name)
        if not own or role not in ("organisation", "unit", "wave", "channel", "covariate"):
            continue
        made = labels_as_names(table[name], own, known.get(role, ()))
        if role == "wave" and in_order(as_text(made.dropna()).unique()) is None:
            continue  # the codes may tell the order that the words do not
        shown = [(old, new) for old, new in zip(as_text(table[name]), made, strict=True) if old]
        changed = dict(pair for pair in shown if pair[0] != pair[1])
        if changed:
            old = in_natural_order(changed)[0]
            cause = f"Codes have labels, as {old} = {changed[old]!r}."
            advice = "The labels are the names."
            problem = Problem(Severity.NOTE, source.file.name, name, cause, advice, len(changed))
            table = _with(table, name, "").assign(**{name: made})
            table.attrs["problems"] = [*table.attrs.get("problems", ()), problem]
    return table
