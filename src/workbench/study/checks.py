"""Check a study's files: every problem at once, with its place and what to do about it.

Column by column, pandera validates lazily, so that one fault does not hide the next. What concerns
more than one column (duplicates, constant items, organisations missing from a source) is checked on
whole tables. Errors must be put right before the study can be trusted; warnings say what the
workbench sets aside and goes on without.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from html import escape
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import pandas as pd

from workbench.exceptions import StudyError, nearest
from workbench.study.answers import (
    as_numbers,
    as_text,
    code_text,
    is_missing_code,
    key_columns,
    named_columns,
    out_of_scale,
    repeated,
)
from workbench.study.codebook import Scale
from workbench.study.definition import ORGANISATIONS_FILE, Source

if TYPE_CHECKING:
    from workbench.study.study import Study

SHOWN = 100  # problems in a rendering; ``frame`` has them all

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """One fault: where it is (``row`` as in the file, the header being row 1), the rule that is
    broken and what to do.

    ``row`` is None and ``column`` and ``value`` are "" where the fault concerns more than a cell.
    """

    severity: Severity
    file: str
    row: int | None
    column: str
    value: str
    rule: str
    advice: str

    def __str__(self) -> str:
        place = self.file
        place += f", row {self.row}" if self.row is not None else ""
        place += f", column {self.column!r}" if self.column else ""
        place += f", value {self.value!r}" if self.value else ""
        return f"{self.severity}: {place}: {self.rule} {self.advice}"


class Problems(Sequence[Problem]):
    """The problems of a study, errors first; falsy when there are none."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self._problems = sorted(problems, key=lambda problem: problem.severity)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per problem: severity, file, row, column, value, rule, advice."""
        names = [field.name for field in fields(Problem)]
        frame = pd.DataFrame([asdict(problem) for problem in self], columns=names)
        return frame.astype({"row": "Int64"})

    @property
    def errors(self) -> list[Problem]:
        """The problems that must be put right."""
        return [problem for problem in self if problem.severity == "error"]

    @overload
    def __getitem__(self, index: int) -> Problem: ...
    @overload
    def __getitem__(self, index: slice) -> list[Problem]: ...
    def __getitem__(self, index: int | slice) -> Problem | list[Problem]:
        return self._problems[index]

    def __len__(self) -> int:
        return len(self._problems)

    def __repr__(self) -> str:
        return f"Problems({self._summary()})"

    def __str__(self) -> str:
        lines = [self._summary(), *(str(problem) for problem in self[:SHOWN])]
        return "\n".join(lines + self._more())

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col">{field.name}</th>' for field in fields(Problem))
        rows = "".join(
            "<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in asdict(problem).values())
            + "</tr>\n"
            for problem in self[:SHOWN]
        )  # fmt: skip
        more = "".join(f"<p>{line}</p>" for line in self._more())
        if not self:
            return f"<p>{self._summary()}</p>"
        return (
            f"<table>\n<caption>{self._summary()}</caption>\n"
            f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>{more}"
        )

    def _summary(self) -> str:
        if not self:
            return "No problems found."
        errors = len(self.errors)
        return (
            f"{_counted(len(self), 'problem')}: {_counted(errors, 'error')}, "
            f"{_counted(len(self) - errors, 'warning')}"
        )

    def _more(self) -> list[str]:
        rest = len(self) - SHOWN
        return [f"… and {rest} more; .frame has them all."] if rest > 0 else []


def check(study: "Study") -> Problems:
    """Return every problem of the study's source files and of organisations.csv."""
    problems: list[Problem] = []
    read = []
    for source in study.sources.values():
        file = _file_name(study, source)
        try:
            table = study.read(source.name)
        except StudyError as error:
            problems.append(_on_file(file, "The file must be readable.", str(error)))
            continue
        if table.empty:
            rule = "The file must have rows of answers."
            problems.append(_on_file(file, rule, "It has a header only; export it again."))
            continue
        problems += _header(study, source, table)
        table = table.loc[:, ~table.columns.duplicated()]
        problems += _cells(study, source, table)
        try:
            study.answers(source.name)
        except StudyError:  # a named column is missing or stands twice, which is listed above
            continue
        problems += _duplicates(study, source, table)
        problems += _constants(study, source)
        read.append(source)
    problems += _organisations(study, read)
    return Problems(problems)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _cell(value: Any) -> str:
    return "" if value is None else escape(str(value))


def _file_name(study: "Study", source: Source) -> str:
    inside = source.file.is_relative_to(study.path)
    return str(source.file.relative_to(study.path) if inside else source.file)


def _on_file(file: str, rule: str, advice: str) -> Problem:
    return Problem("error", file, None, "", "", rule, advice)


# -- the header ------------------------------------------------------------------------------------


def _header(study: "Study", source: Source, table: pd.DataFrame) -> Iterator[Problem]:
    """Columns that stand twice, and columns that look like items but are not in the codebook."""
    file = _file_name(study, source)
    items = study.codebook.items_of_source(source.name)
    used = {*named_columns(source, study.columns), *items}
    all_items = set(study.codebook.frame["item"])
    stems = {stem for item in items if (stem := _stem(item)) is not None}
    for column in dict.fromkeys(table.columns[table.columns.duplicated()]):
        if column in used:
            rule = "A column must stand once in the header."
            yield Problem("error", file, 1, column, "", rule, "Remove or rename one of them.")
    for column in dict.fromkeys(table.columns):
        if column in used:
            continue
        if column in all_items:
            rule = "An item must stand in the file of its source."
            asked = study.codebook.frame.set_index("item").at[column, "source"]
            advice = f"The codebook says it was asked in {asked!r}; correct the codebook's source."
            yield Problem("warning", file, 1, column, "", rule, advice)
        elif _stem(column) in stems:
            rule = "A column that looks like an item should be in the codebook."
            advice = "It is not used; add a row to codebook.csv if it should be."
            yield Problem("warning", file, 1, column, "", rule, advice)


def _stem(name: str) -> str | None:
    """What numbered items have in common: ``q`` of ``q7``, ``T14`` counts as ``T`` of ``T14b``."""
    found = re.fullmatch(r"(.*?)\d+[A-Za-z]?", name)
    return found.group(1) if found else None


# -- cell by cell, by pandera ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Rule:
    """A rule about the cells of a column; ``holds`` gives True where a cell obeys it."""

    text: str
    advice: str
    holds: Callable[[pd.Series], np.ndarray]


def _cells(study: "Study", source: Source, table: pd.DataFrame) -> Iterator[Problem]:
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

    rules = _rules(study, source, table)
    schema = pa.DataFrameSchema(
        {
            column: pa.Column(
                nullable=True,
                checks=[
                    pa.Check(
                        lambda values, rule=rule: pd.Series(rule.holds(values), values.index),
                        name=str(number),
                        ignore_na=False,
                    )
                    for number, rule in enumerate(of_column)
                ],
            )
            for column, of_column in rules.items()
        }
    )
    try:
        schema.validate(table, lazy=True)
    except SchemaErrors as faults:
        cases = faults.failure_cases
    else:
        return

    file = _file_name(study, source)
    roles = named_columns(source, study.columns)
    for case in cases.to_dict("records"):
        if case["check"] == "column_in_dataframe":
            column = str(case["failure_case"])
            near = nearest(column, table.columns)
            if column in roles:
                rule = "Every column that study.toml names must be in the file."
                advice = f"Add it, or correct its name in study.toml.{near}"
            else:
                rule = "Every item of the codebook must be in the file of its source."
                advice = f"Add it, or correct the item in codebook.csv.{near}"
            yield Problem("error", file, 1, column, "", rule, advice)
        elif case["index"] is None:  # pandera could not run a check at all
            raise RuntimeError(f"{file}, column {case['column']}: {case['failure_case']}")
        else:
            broken = rules[case["column"]][int(case["check"])]
            value = case["failure_case"]
            text = "" if pd.isna(value) else code_text(value)
            row = int(case["index"])
            yield Problem(
                "warning", file, row, case["column"], text, broken.text, broken.advice
            )  # fmt: skip


def _rules(study: "Study", source: Source, table: pd.DataFrame) -> dict[str, list[_Rule]]:
    rules: dict[str, list[_Rule]] = {
        column: list(_RULES[role]) for column, role in named_columns(source, study.columns).items()
    }
    declared = table.attrs.get("missing", {})
    for item in study.codebook.items_of_source(source.name):
        rules[item] = _item_rules(study.codebook.scale(item), declared.get(item, ()))
    return rules


def _item_rules(scale: Scale, declared: Iterable[tuple]) -> list[_Rule]:
    def is_number(values: pd.Series) -> np.ndarray:
        numbers, text = as_numbers(values)
        return ~text | is_missing_code(values, numbers, text, scale.missing, declared)

    def on_scale(values: pd.Series) -> np.ndarray:
        numbers, text = as_numbers(values)
        missing = is_missing_code(values, numbers, text, scale.missing, declared)
        return ~out_of_scale(numbers, scale) | missing

    span = f"{code_text(scale.low)} to {code_text(scale.high)}"
    return [
        _Rule(
            "An answer must be a number.",
            "It is set aside; export codes rather than labels, or declare it in the codebook's"
            " column missing.",
            is_number,
        ),
        _Rule(
            f"An answer must be on its scale, {span}.",
            "It is set aside; correct low and high in the codebook, or declare the code in its"
            " column missing.",
            on_scale,
        ),
    ]


def _is_number(values: pd.Series) -> np.ndarray:
    return ~as_numbers(values)[1]


def _where_number(holds: Callable[[np.ndarray], np.ndarray]) -> Callable[[pd.Series], np.ndarray]:
    def check(values: pd.Series) -> np.ndarray:
        numbers, _ = as_numbers(values)
        return holds(numbers) | np.isnan(numbers)

    return check


def _present(role: str) -> _Rule:
    return _Rule(
        f"A row must have {'an' if role == 'organisation' else 'a'} {role}.",
        "The row is dropped; fill in the cell.",
        lambda values: (as_text(values) != "").to_numpy(),
    )


_NUMBER = _Rule("The value must be a number.", "It is set aside; correct the cell.", _is_number)

_RULES: dict[str, tuple[_Rule, ...]] = {
    "organisation": (_present("organisation"),),
    "unit": (_present("unit"),),
    "wave": (_present("wave"),),
    "channel": (),
    "id": (),
    "weight": (
        _Rule(
            "A weight must be a number.", "The row is dropped; correct or fill in the cell.",
            lambda values: ~np.isnan(as_numbers(values)[0]),
        ),
        _Rule(
            "A weight must be above zero.",
            "The row is dropped; a row without weight stands for nobody.",
            _where_number(lambda numbers: numbers > 0),
        ),
        _Rule(
            "A weight must be finite.", "The row is dropped; correct the cell.",
            lambda values: ~np.isposinf(as_numbers(values)[0]),
        ),
    ),
    "response_rate": (
        _NUMBER,
        _Rule(
            "A response rate must be between 0 and 100.",
            "It is set aside, the answers are kept; correct the cell.",
            _where_number(lambda numbers: (numbers >= 0) & (numbers <= 100)),
        ),
        _Rule(
            "A response rate should not be zero.",
            "It is kept as it is; nobody answered, or the rate is wrong.",
            _where_number(lambda numbers: numbers != 0),
        ),
    ),
    "invited": (
        _NUMBER,
        _Rule(
            "A number of people invited must not be negative.",
            "It is set aside; correct the cell.",
            _where_number(lambda numbers: numbers >= 0),
        ),
    ),
}  # fmt: skip


# -- whole tables ----------------------------------------------------------------------------------


def _duplicates(study: "Study", source: Source, table: pd.DataFrame) -> Iterator[Problem]:
    """Rows that repeat a respondent, or a unit where rows are units; the first one is kept."""
    keys = key_columns(table, study.columns)
    named = (keys[["organisation", "unit"]] != "").all(axis=1).to_numpy()
    again = repeated(table, keys, named, source)
    rule = "An id must stand once in a wave." if source.id else "A unit must stand once in a wave."
    advice = "The row is dropped, the first one is kept; remove the row or correct the cell."
    file, column = _file_name(study, source), source.id or study.columns.unit
    values = as_text(table[column])[again]
    for row, value in zip(values.index, values, strict=True):
        yield Problem("warning", file, int(row), column, value, rule, advice)


def _constants(study: "Study", source: Source) -> Iterator[Problem]:
    """Items with the same answer in every row: of the file, an organisation, or its wave.

    A constant item carries no information, and no model with it can be fitted there. Groups with
    fewer than two answers are left out.
    """
    answers = study.answers(source.name)
    items = study.codebook.items_of_source(source.name)
    file = _file_name(study, source)
    everywhere = set()
    for _, item, value in _constant_items(answers.assign(all=""), ["all"], items):
        everywhere.add(item)
        rule = "An item should not have the same answer in all rows."
        advice = "It cannot be part of a model; check the export, or leave it out of the codebook."
        yield Problem("warning", file, None, item, value, rule, advice)

    rest = [item for item in items if item not in everywhere]
    reported = set()
    for (organisation,), item, value in _constant_items(answers, ["organisation"], rest):
        reported.add((organisation, item))
        yield _constant_within(file, item, value, repr(organisation))
    if study.columns.wave is None:
        return
    for (organisation, wave), item, value in _constant_items(
        answers, ["organisation", "wave"], rest
    ):
        if (organisation, item) not in reported:
            yield _constant_within(file, item, value, f"{organisation!r}, wave {wave!r}")


def _constant_items(
    answers: pd.DataFrame, keys: list[str], items: list[str]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield group, item and its only value where all answers of a group are the same."""
    groups = answers.groupby(keys)[items]
    lowest, highest, count = groups.min(), groups.max(), groups.count()
    constant = (count >= 2) & (lowest == highest)
    for group, column in np.argwhere(constant.to_numpy()):
        key = lowest.index[group]
        value = code_text(lowest.iat[group, column])
        yield (key if isinstance(key, tuple) else (key,)), items[column], value


def _constant_within(file: str, item: str, value: str, where: str) -> Problem:
    return Problem(
        "warning", file, None, item, value,
        "An item should not have the same answer in all rows of an organisation.",
        f"It has in {where}: a model with this item cannot be fitted there.",
    )  # fmt: skip


def _organisations(study: "Study", read: list[Source]) -> Iterator[Problem]:
    """Organisations without rows in a source, or on one side only of organisations.csv."""
    found = {source.name: set(study.answers(source.name)["organisation"]) for source in read}
    known = sorted(set().union(*found.values()))
    for source in read:
        elsewhere = set().union(*(found[name] for name in found if name != source.name))
        own = found[source.name] - elsewhere
        for organisation in known:
            if organisation not in found[source.name]:
                yield Problem(
                    "warning", _file_name(study, source), None, study.columns.organisation,
                    organisation, "An organisation should have rows in every source.",
                    "It has none here, so links to what was asked here cannot be estimated for it."
                    + nearest(organisation, sorted(own)),
                )  # fmt: skip
    try:
        listed = list(study.listed_organisations["organisation"])
    except StudyError as error:
        yield _on_file(ORGANISATIONS_FILE, "The file must be readable.", str(error))
        return
    if not listed or len(read) < len(study.sources):
        return
    for organisation in sorted({*listed} - {*known}):
        yield Problem(
            "warning", ORGANISATIONS_FILE, None, "organisation", organisation,
            "An organisation that is listed should have rows.",
            "It gets no report; remove it or correct its name."
            + nearest(organisation, sorted({*known} - {*listed})),
        )  # fmt: skip
    for organisation in sorted({*known} - {*listed}):
        yield Problem(
            "warning", ORGANISATIONS_FILE, None, "organisation", organisation,
            "An organisation that has rows should be listed.",
            "It is shown by this name and without a type; add a row.",
        )  # fmt: skip
