"""From exported files to a study as it is proposed: sources, questions, constructs, a chain."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.beginning.chains import ChainChoice, propose_chain
from workbench.beginning.constructs import propose_constructs
from workbench.beginning.export import Export
from workbench.beginning.merging import merged
from workbench.beginning.reading import read_export
from workbench.beginning.roles import NONE, Roles, propose_roles, same_columns
from workbench.beginning.scales import SHARES, AnswerScale, common, scale_of
from workbench.beginning.totals import without_totals
from workbench.beginning.vocabulary import (
    Asked,
    asked_of,
    constructs_of,
    is_french,
    plain,
    tells_trouble,
)
from workbench.beginning.words import is_how_often, place_of
from workbench.errors import StudyError
from workbench.study.codebook import NO_CONSTRUCT, RESERVED
from workbench.text import hyphenated, label_of

KEYS = ("organisation", "unit", "wave")
ROLES = (*KEYS, "weight")
"""What a user may name a column for."""

_KNOWN_OF_PEOPLE = re.compile(
    r"\b(?:age|gender|sexe?|birth\w*|educat\w+|income|revenus?|ethnic\w*|race|marital|occupation"
    r"|zip|postcode|tenure|household|languages?|langue|born|religion|disab\w+|latitude|longitude"
    r"|duration|progress|finished|status|startdate|enddate|recorded|seed|lastpage|latitude"
    r"|ip ?address|complete|interviewer|stratum|strata|psu|cluster|scolarite|years? (?:of|in|at)"
    r"|how many|combien|number of|nombre|seniority|anciennete|grade|tranche)\b"
)
_LONGEST_NAME = 40
"""Letters of a source's name, which is that of its file."""
_PEOPLE = re.compile(
    r"\b(?:employees?|staff|workers|teachers?|nurses?|agents?|enseignants?|clients?|customers?"
    r"|citizens?|residents?|patients?|users?|parents?|students?|visitors?|members?|usagers?"
    r"|citoyens?|habitants?|eleves?)\b"
)
_MOST_ROWS = 50_000
"""Rows by whose answers constructs are proposed."""


@dataclass(frozen=True)
class Question:
    """A row of the codebook: ``column`` is what the file calls it, ``item`` the study."""

    column: str
    item: str
    wording: str
    scale: AnswerScale
    construct: str
    reversed: bool
    reason: str


@dataclass(frozen=True)
class SourcePlan:
    """A source as it is proposed. ``renamed`` has the study's names of the file's columns."""

    name: str
    export: Export
    roles: Roles
    questions: tuple[Question, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudyPlan:
    """A study as it is proposed, before anything is written."""

    title: str
    language: str
    chain: ChainChoice
    sources: tuple[SourcePlan, ...]

    @property
    def roles(self) -> Roles:
        """Columns of the first source, whose names are those of the study."""
        return self.sources[0].roles

    @property
    def said(self) -> list[str]:
        """What was found out about the files."""
        return [sentence for source in self.sources for sentence in source.export.said]


def propose_study(
    name: str,
    files: Sequence[str | Path],
    chosen: Mapping[str, str | None] | None = None,
    chain: str | None = None,
    sheet: str | None = None,
) -> StudyPlan:
    """Propose a study made of some files.

    Each is one source, but for those of one survey asked again (:func:`merged`).

    Parameters
    ----------
    name
        Of the study's folder; its title is made of it.
    files
        As survey tools exported them.
    chosen
        Columns by role (organisation, unit, wave, weight) where the user names them, "none" where
        there is none.
    chain
        The chain that the user names.
    sheet
        The sheet of Excel files.

    Raises
    ------
    StudyError
        A file cannot be read, holds no questions, or does not go with the first one.
    """
    if not files:
        raise StudyError("Name a file of answers by --from.")
    _require_names_apart(files)
    own = {role: column for role, column in (chosen or {}).items() if column is not None}
    exports = merged(
        [read_export(file, sheet if Path(file).suffix.lower() == ".xlsx" else None)
         for file in files]
    )  # fmt: skip
    scales = [_scales(export) for export in exports]
    first = propose_roles(exports[0], scales[0], _there(own, exports[0], True))
    roles = [first]
    for number in range(1, len(exports)):
        keys = same_columns(exports, first, number)
        named = keys | _there(own, exports[number], False)
        further = propose_roles(exports[number], scales[number], named)
        _require_keys(exports, first, further, number, own)
        roles.append(further)
    exports = [without_totals(*pair) for pair in zip(exports, roles, strict=True)]
    _leave_out_lone_units(roles)
    asked = [_wordings(*pair) for pair in zip(exports, scales, strict=True)]
    french = is_french(words for own in asked for words in own.values())
    whom = [asked_of(e.path.stem, own.values()) for e, own in zip(exports, asked, strict=True)]
    names = _source_names([export.path for export in exports], whom, french)
    planned = [
        _source(names[place], exports[place], roles[place], scales[place], whom[place])
        for place in range(len(exports))
    ]
    planned = _one_source_each(_own_items(planned))
    constructs = {
        question.construct
        for source in planned
        for question in source.questions
        if question.construct != NO_CONSTRUCT
    }
    return StudyPlan(
        label_of(name),
        "fr" if french else "en",
        propose_chain(constructs, chain),
        tuple(planned),
    )


def _require_names_apart(files: Sequence[str | Path]) -> None:
    """Raise StudyError where two files have one name, as they come to lie in one folder."""
    names = [Path(file).name.lower() for file in files]
    for file, name in zip(files, names, strict=True):
        if names.count(name) > 1:
            raise StudyError(
                f"{file}: two of the files are called {Path(file).name!r}; rename one of them, as "
                "the study keeps both in one folder."
            )


def _there(own: Mapping[str, str], export: Export, first: bool) -> dict[str, str]:
    """Roles that the user named, those alone that a further file has."""
    names = set(export.frame.columns)
    return {r: c for r, c in own.items() if first or c == NONE or c in names}


def _require_keys(
    exports: Sequence[Export], first: Roles, other: Roles, number: int, own: Mapping[str, str]
) -> None:
    """Raise StudyError where a further file has no organisations, or waves, as the first has."""
    for role, what in (("organisation", "organisations"), ("wave", "waves")):
        column = first.get(role)
        if column is not None and other.get(role) is None:
            raise StudyError(
                f"{exports[number].path}: no column holds the {what} that the column {column!r} of "
                f"{exports[0].path.name} has; call it {column!r} in both files, or write "
                f"--{role} none."
            )
        if column is None and role in other.named:
            del other.named[role]


def _leave_out_lone_units(roles: Sequence[Roles]) -> None:
    """Units join sources where all of them have units; otherwise organisations do."""
    if any(one.get("unit") is None for one in roles):
        for one in roles:
            one.named.pop("unit", None)


def _source_names(files: Sequence[Path], whom: Sequence[Asked], french: bool) -> list[str]:
    """What pages call those who were asked: by the file's name, or employees and clients."""
    usual = {"employees": "agents", "clients": "usagers"} if french else {}
    names: list[str] = []
    for file, asked in zip(files, whom, strict=True):
        words = hyphenated(file.stem)[:_LONGEST_NAME].strip("-")
        found = _PEOPLE.search(words)
        name = usual.get(asked, asked)
        if found:
            name = found[0] if found[0].endswith(("s", "staff")) else f"{found[0]}s"
        base = name if name not in names else words.replace("-", "_") or "answers"
        name, number = base, 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.append(name)
    return names


def _wordings(export: Export, scales: Mapping[str, AnswerScale]) -> dict[str, str]:
    """The wording of every question, its name as words where it has none."""
    return {name: export.column(name).wording or _spelled(name) for name in scales}


def _scales(export: Export) -> dict[str, AnswerScale]:
    """The scales of all columns whose answers say better or worse, or more or less."""
    found = {}
    for name in map(str, export.frame.columns):
        called = plain(name)
        wording = plain(export.column(name).wording)
        known = _KNOWN_OF_PEOPLE.search(called) or (
            len(wording.split()) <= 8 and _KNOWN_OF_PEOPLE.search(wording)
        )
        if known and not _says_construct(f"{name} {export.column(name).wording}"):
            continue
        scale = scale_of(export, name)
        if scale is not None and _is_rating(scale, wording or called):
            found[name] = _turned_if_trouble(scale, wording)
    return common(found)


def _turned_if_trouble(scale: AnswerScale, wording: str) -> AnswerScale:
    """The scale with never as the good end where a question asks how often something was bad."""
    ends = scale.labels.get(scale.low, ""), scale.labels.get(scale.high, "")
    if scale.turned or not (tells_trouble(wording) and all(map(is_how_often, ends))):
        return scale
    reason = f"{ends[0]!r} is the good end, as the question is about trouble"
    return replace(scale, turned=True, reasons=(*scale.reasons, reason))


def _says_construct(wording: str) -> bool:
    return bool(constructs_of(wording, "employees") or constructs_of(wording, "clients"))


def _is_rating(scale: AnswerScale, wording: str) -> bool:
    """Whether answers are on a scale, rather than names of groups that have codes."""
    words = [
        text
        for code, text in scale.labels.items()
        if isinstance(code, float) and scale.low <= code <= scale.high
    ]
    if scale.high - scale.low == 1 and scale.reasons[:1] != (SHARES,):  # yes and no
        return "complaints" in constructs_of(wording, "clients")
    telling = sum(place_of(text) is not None for text in words)
    numbers = sum(bool(re.fullmatch(r"[\d\s.,%+-]+", text)) for text in words)
    return not words or telling + numbers >= min(2, len(words))


def _source(
    name: str, export: Export, roles: Roles, scales: Mapping[str, AnswerScale], whom: Asked
) -> SourcePlan:
    """A source with its questions and the constructs that they measure."""
    asked = {column: scale for column, scale in scales.items() if column not in roles.columns}
    if not asked:
        raise StudyError(
            f"{export.path}: no column holds answers on a scale; export codes with their labels, "
            "one row for each respondent or unit."
        )
    wordings = _wordings(export, asked)
    points = pd.DataFrame(
        {column: _points(export, column, scale) for column, scale in asked.items()}
    )
    proposals = propose_constructs(wordings, points, whom)
    questions = []
    for column, scale in asked.items():
        found = proposals[column]
        reason = f"construct: {found.reason}; scale: {'; '.join(scale.reasons) or 'as labelled'}"
        questions.append(
            Question(
                column,
                column,
                wordings[column],
                scale,
                found.construct,
                scale.turned != found.against,
                reason,
            )
        )
    return SourcePlan(name, export, roles, tuple(questions), {}, export.changed)


def _spelled(column: str) -> str:
    """A column's name as words."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", column).strip()
    return text[:1].upper() + text[1:]


def coded(export: Export, column: str, scale: AnswerScale) -> pd.Series:
    """A question's answers as codes, words among them put into codes where the scale has some."""
    cells = export.cells(column)
    if scale.codes is None:
        return cells
    codes, distinct = pd.factorize(cells)
    values = [scale.codes.get(str(value).strip(), np.nan) for value in distinct]
    return pd.Series(np.array([*values, np.nan])[codes], cells.index)


def _points(export: Export, column: str, scale: AnswerScale) -> np.ndarray:
    """Answers on 0–100 with the good end of the labels high, NaN where there is none."""
    if scale.codes is None:
        values = export.numbers(column).values[:_MOST_ROWS].copy()
    else:
        values = coded(export, column, scale).to_numpy(float)[:_MOST_ROWS].copy()
    values[(values < scale.low) | (values > scale.high)] = np.nan
    for code in scale.missing:
        if isinstance(code, float):
            values[values == code] = np.nan
        elif isinstance(code, tuple):
            values[(values >= code[0]) & (values <= code[1])] = np.nan
    points = 100 * (values - scale.low) / (scale.high - scale.low)
    return 100 - points if scale.turned else points


def _own_items(sources: Sequence[SourcePlan]) -> list[SourcePlan]:
    """Give every question a name of its own, and key columns one name in all files."""
    keys = {role: sources[0].roles.named[role] for role in KEYS if sources[0].roles.get(role)}
    taken: set[str] = set(keys.values()) | set(RESERVED)
    done = []
    for source in sources:
        renamed = {
            source.roles.named[role]: common
            for role, common in keys.items()
            if source.roles.named[role] != common
        }
        questions = []
        for question in source.questions:
            item = question.item
            if item in taken:
                item = f"{source.name}_{item}"
                renamed[question.column] = item
            taken.add(item)
            questions.append(replace(question, item=item))
        changed = source.changed + (("columns are renamed",) if renamed else ())
        done.append(replace(source, questions=tuple(questions), renamed=renamed, changed=changed))
    return done


def _one_source_each(sources: Sequence[SourcePlan]) -> list[SourcePlan]:
    """Let each construct be asked in one source; in another it has a name of its own."""
    counts: dict[str, dict[str, int]] = {}
    for source in sources:
        for question in source.questions:
            own = counts.setdefault(question.construct, {})
            own[source.name] = own.get(source.name, 0) + 1
    home = {construct: max(own, key=lambda name: own[name]) for construct, own in counts.items()}

    def moved(source: SourcePlan, question: Question) -> Question:
        construct = question.construct
        if construct == NO_CONSTRUCT or home[construct] == source.name:
            return question
        reason = f"{question.reason}; {construct} is asked in {home[construct]}"
        return replace(question, construct=f"{construct}_{source.name}", reason=reason)

    return [
        replace(source, questions=tuple(moved(source, one) for one in source.questions))
        for source in sources
    ]


def known_constructs(plan: StudyPlan) -> Collection[str]:
    """The constructs proposed, in the order of their first question."""
    found = (question.construct for source in plan.sources for question in source.questions)
    return [construct for construct in dict.fromkeys(found) if construct != NO_CONSTRUCT]
