"""Write a proposed study: its folder as a whole, or nothing."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from workbench.beginning.export import code_of
from workbench.beginning.proposing import KEYS, Question, SourcePlan, StudyPlan, coded
from workbench.errors import StudyError
from workbench.files import replacing_folder
from workbench.study.codebook import Code
from workbench.study.definition import DEFAULT_MINIMUM_COUNT
from workbench.study.numbers import as_written, code_text
from workbench.text import listed

CODEBOOK_COLUMNS = (
    "item", "source", "construct", "wording", "low", "high", "reversed", "missing", "labels",
    "reason",
)  # fmt: skip
_NAMED = (".sav", ".dta")
"""Files whose labels of groups the study reads itself."""
_SOURCE_ROLES = ("weight", "channel", "id", "respondents", "response_rate", "invited", "text")


def refuse_existing(folder: Path) -> None:
    """Raise StudyError where there is something already: a study is never written over."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StudyError(f"{folder} is there already and is left as it is; choose another name.")


def write_study(folder: Path, plan: StudyPlan) -> None:
    """Write the study's folder: study.toml, codebook.csv, the files, and what else it needs.

    A file is copied as it is where the study can read it so; otherwise its used columns are written
    as CSV.

    Raises
    ------
    StudyError
        The folder is there already.
    OSError
        The disk is full or not writable.
    """
    refuse_existing(folder)
    with replacing_folder(folder) as work:
        files = {source.name: _write_source(work, source) for source in plan.sources}
        (work / "codebook.csv").write_text(_codebook(plan), encoding="utf-8", newline="")
        (work / "study.toml").write_text(_definition(plan, files), encoding="utf-8")
        organisations = _organisations(plan)
        if organisations is not None:
            organisations.to_csv(work / "organisations.csv", index=False, lineterminator="\n")


def is_copied(source: SourcePlan) -> bool:
    """Whether the study reads the file as it is.

    It reads labels of groups in SPSS and Stata files, and words that are labels of codes.
    """
    labelled = [
        role
        for role in (*KEYS, "channel")
        if source.roles.get(role) and source.export.column(source.roles.named[role]).labels
    ]
    names = not labelled or source.export.path.suffix.lower() in _NAMED
    words = all(
        all(question.scale.labels.get(code) == word for word, code in question.scale.codes.items())
        for question in source.questions
        if question.scale.codes is not None
    )
    return names and words and not source.changed


def _write_source(work: Path, source: SourcePlan) -> list[str]:
    """Copy a source's files, or write the columns that are used as CSV; return their names.

    Raises
    ------
    StudyError
        A table has to be written of a file that is so large that only its beginning was read.
    """
    if is_copied(source):
        for path in source.export.files:
            shutil.copyfile(path, work / path.name)
        return [path.name for path in source.export.files]
    if not source.export.whole:
        why = listed(source.changed) if source.changed else "words in it stand for codes"
        raise StudyError(
            f"{source.export.path}: the file is too large to be written anew, as it has to be "
            f"({why}); change that in the program it comes from, or save it as Parquet."
        )
    columns: dict[str, pd.Series] = {}
    named = {column: role for role, column in source.roles.named.items()}
    for column, role in named.items():
        grouped = role in (*KEYS, "channel", "type")
        cells = source.export.names(column) if grouped else source.export.cells(column)
        columns[source.renamed.get(column, column)] = cells
    for question in source.questions:
        columns[question.item] = coded(source.export, question.column, question.scale)
    table = pd.DataFrame(columns)
    text = table.apply(lambda cells: cells.map(as_written, na_action="ignore"))
    name = f"{source.name}.csv"
    text.to_csv(work / name, index=False, lineterminator="\n")
    return [name]


def _organisations(plan: StudyPlan) -> pd.DataFrame | None:
    """The types of organisations, where a column has them."""
    source = plan.sources[0]
    column, kind = source.roles.get("organisation"), source.roles.get("type")
    if column is None or kind is None:
        return None
    names = source.export.names(column)
    table = pd.DataFrame(
        {"organisation": names, "name": names, "type": source.export.names(kind)}
    ).dropna()
    return table.drop_duplicates("organisation").sort_values("name", kind="stable")


def _codebook(plan: StudyPlan) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CODEBOOK_COLUMNS)
    for source in plan.sources:
        for question in source.questions:
            writer.writerow(_row(source.name, question))
    return text.getvalue()


def _row(source: str, question: Question) -> list[str]:
    scale = question.scale
    return [
        question.item,
        source,
        question.construct,
        question.wording,
        f"{scale.low:g}",
        f"{scale.high:g}",
        "yes" if question.reversed else "no",
        "; ".join(map(_missing, scale.missing)),
        "|".join(f"{code_text(code)}={_words(words)}" for code, words in scale.labels.items()),
        question.reason,
    ]


def _missing(code: Code) -> str:
    if isinstance(code, tuple):
        return f"{code[0]:g} to {code[1]:g}"
    if isinstance(code, str):
        return f'"{code}"' if isinstance(code_of(code), float) or ";" in code else code
    return code_text(code)


def _words(words: str) -> str:
    return " ".join(words.replace("|", "/").split())


def _definition(plan: StudyPlan, files: dict[str, list[str]]) -> str:
    roles = plan.roles
    lines = [
        "# Written by `workbench new`; what stands behind a # says why. Correct what is wrong.",
        f"title = {_quoted(plan.title)}",
    ]
    if plan.language != "en":
        lines.append(f"language = {_quoted(plan.language)}  # the questions are in it")
    lines += [
        _chain(plan),
        f"minimum_count = {DEFAULT_MINIMUM_COUNT}  # smaller groups are not shown",
    ]
    keys = [role for role in KEYS if roles.get(role)]
    if keys:
        lines += ["", "[columns]"]
        lines += [_key(role, roles.named[role], roles.reasons[role]) for role in keys]
    for source in plan.sources:
        own = source.roles
        lines += ["", f"[sources.{source.name}]", f"file = {_files(files[source.name])}"]
        lines += [f'rows = "{own.rows}"  # {own.reasons["rows"]}']
        for role in _SOURCE_ROLES:
            column = own.get(role)
            if column is not None and not (role == "respondents" and own.rows != "units"):
                lines.append(_key(role, source.renamed.get(column, column), own.reasons[role]))
        if is_copied(source):
            lines += [f"{key} = {_value(value)}" for key, value in source.export.layout.items()]
        else:
            names = listed(path.name for path in source.export.files)
            lines.append(f"# made of {names}: used columns alone, words as codes")
    return "\n".join(lines) + "\n"


def _chain(plan: StudyPlan) -> str:
    """The chain where the user named it; otherwise it follows from the codebook, as it is then."""
    line = f"chain = {_quoted(plan.chain.name)}"
    if plan.chain.named:
        return f"{line}  # {plan.chain.reason}"
    if not plan.chain.runs:
        return "# chain: the one that suits the constructs of codebook.csv, none yet"
    return (
        "# chain: the one that suits the constructs of codebook.csv; write another here\n"
        f"# {line}  # {plan.chain.reason}"
    )


def _files(names: list[str]) -> str:
    return _quoted(names[0]) if len(names) == 1 else f"[{', '.join(map(_quoted, names))}]"


def _key(role: str, column: str, reason: str) -> str:
    return f"{role} = {_quoted(column)}  # {' '.join(reason.split())}"


def _value(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
