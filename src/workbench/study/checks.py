"""Check a study's files: every column and cause at once, and what to do about it.

Errors must be put right before the study can be trusted: what cannot be read, is not there, or
leaves an item or a source without answers. Warnings say what the workbench sets aside and goes on
without, or what may be wrong. Notes say what it put right itself.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import StudyError
from workbench.interpretation.languages import Language, untranslated
from workbench.interpretation.messages import MESSAGES
from workbench.study import numbers as kinds
from workbench.study.answers import (
    KEYS,
    Ids,
    ItemCells,
    as_text,
    covariate_fault,
    has_few,
    key_columns,
    named_columns,
    read_item,
    read_role,
    read_weight,
    repeated,
)
from workbench.study.codebook import Codebook, Scale
from workbench.study.definition import (
    DEFAULT_MINIMUM_COUNT,
    LANGUAGES_FOLDER,
    ORGANISATIONS_FILE,
    Columns,
    Definition,
    Source,
)
from workbench.study.definition import FILE_NAME as DEFINITION_FILE
from workbench.study.large import LargeTable, Table
from workbench.study.names import folded, in_natural_order, is_no_name
from workbench.study.numbers import code_text, kind_of, read_numbers
from workbench.study.packed import Lean
from workbench.study.problems import Problem, Severity, row_ranges, short, where
from workbench.text import SHOWN, counted, inflected, listed, nearest, quoted

_EXAMPLES = 3
# Below this the answers of groups are those of single people to whoever knows some of them.
_SAFE_COUNT = 5


@dataclass(frozen=True)
class SourceFile:
    """A source's file: its name in messages, and what it should hold.

    ``known`` has the organisations and waves that are names whatever they look like.
    """

    name: str
    source: Source
    columns: Columns
    codebook: Codebook
    known: Mapping[str, Collection[str]]
    minimum_answers: int = 1

    @property
    def items(self) -> list[str]:
        """The items that the codebook has of this source."""
        return self.codebook.items_of_source(self.source.name)


def table_problems(file: SourceFile, table: Table) -> list[Problem]:
    """Return what is wrong with a table as it is in its file."""
    header = list(_header(file, table))
    table = once(table)
    return [
        *header,
        *_keys(file, table),
        *_roles(file, table),
        *_covariates(file, table),
        *_items(file, table),
    ]


def answer_problems(file: SourceFile, table: Table, answers: pd.DataFrame | Lean) -> list[Problem]:
    """Return what is wrong with the clean ``answers`` of a table."""
    if answers.empty:
        return [_no_rows(file.name, len(table))]
    cells = _Cells.of(answers, file.items)
    return [
        *_repeated(file, table),
        *_constants(file, cells),
        *_waves_without(file, cells),
        *_few_answers(file, answers),
    ]


def rule_problems(definition: Definition) -> Iterator[Problem]:
    """Yield what is wrong with the rule for small groups."""
    least = definition.minimum_count
    if least < _SAFE_COUNT and any(one.counts_people for one in definition.sources.values()):
        yield Problem(
            Severity.WARNING,
            DEFINITION_FILE,
            "",
            f"minimum_count is {least}, so reports may show what single people answered.",
            f"Write {DEFAULT_MINIMUM_COUNT}, as surveys of public bodies do, unless each answer is "
            "public.",
        )
    for name, source in definition.sources.items():
        if not source.counts_people:
            yield Problem(
                Severity.NOTE,
                DEFINITION_FILE,
                "",
                f"Rows of {name} are units and do not say how many people each summarises, so the "
                "minimum for small groups cannot be applied to them.",
                f'Name the column of numbers of people, as in [sources.{name}] respondents = "n", '
                "unless they summarise nobody's answers or are public already.",
            )


def once(table: Table) -> Table:
    """Return a table with the first of those columns that have one name."""
    if isinstance(table, LargeTable):
        return table  # whose columns have different names
    return table.loc[:, ~table.columns.duplicated()] if table.columns.has_duplicates else table


def unreadable(file: str, error: StudyError) -> Problem:
    """Return the problem of a file that cannot be read."""
    return Problem(Severity.ERROR, file, "", "The file cannot be read as it is.", str(error))


def empty(file: str) -> Problem:
    """Return the problem of a file without rows."""
    return Problem(Severity.ERROR, file, "", "There are no rows of answers.", "Export it again.")


def _about(
    severity: Severity, file: str, cells: pd.Series, at: np.ndarray, says: str, advice: str
) -> Problem:
    """A problem of the cells at some places.

    ``says`` has fields: ``cells`` and ``count`` (of rows), ``s`` for a verb about one, ``values``
    and ``rows``.
    """
    rows = cells.index.to_numpy()[at]
    values: Counter[str] = Counter()
    for value, count in as_text(cells[at]).value_counts().items():
        values[short(str(value))] += int(count)
    cause = says.format(
        cells=counted(len(rows), "cell"), rows=where(rows), count=counted(len(rows), "row"),
        values=_told(values), s="s" if len(rows) == 1 else "",
    )  # fmt: skip
    examples = tuple(value for value, _ in values.most_common(_EXAMPLES) if value)
    return Problem(
        severity, file, str(cells.name), cause, advice, len(rows), row_ranges(rows), examples
    )


def _told(values: Mapping[str, int]) -> str:
    """Values with how often they stand: "'often' (3), 0 (1) and 2 others"."""
    most = [
        (value if re.fullmatch(r"[+-]?\d+(\.\d+)?", value) else repr(value), count)
        for value, count in Counter(values).most_common()
    ]
    if len(most) == 1:
        return most[0][0]
    return listed([f"{value} ({count:,})" for value, count in most], most=_EXAMPLES)


def _no_rows(file: str, rows: int) -> Problem:
    return Problem(
        Severity.ERROR, file, "", f"No row can be used: all {rows:,} are set aside.",
        "The other lines about this file say why.", rows,
    )  # fmt: skip


# -- the header ------------------------------------------------------------------------------------


def _header(file: SourceFile, table: Table) -> Iterator[Problem]:
    """Columns that are not there, stand twice, or look like items that the codebook lacks."""
    items = file.items
    named = dict.fromkeys(name for name, _ in named_columns(file.source, file.columns))
    absent = [name for name in dict.fromkeys([*named, *items]) if name not in table.columns]
    hint = table.attrs.get("hint", "")
    if hint:
        those = quoted(absent)
        cause = f"{counted(len(absent), 'column')} {inflected(len(absent), 'is', 'are')} not there:"
        yield Problem(Severity.ERROR, file.name, "", f"{cause} {those}.", hint, len(absent))
    if not hint and len(items) > 1 and not {*items} & {*table.columns}:
        absent = [name for name in absent if name in named]
        yield Problem(
            Severity.ERROR, file.name, "",
            f"None of the codebook's {len(items)} items of this source is in the file, whose "
            f"columns are {listed(map(repr, table.columns), most=_EXAMPLES)}.",
            "Correct the items in codebook.csv, or name the right file in study.toml.", len(items),
        )  # fmt: skip
    for name in () if hint else absent:
        near = nearest(name, table.columns)
        if name in named:
            cause = "study.toml names a column that is not in the file."
            yield Problem(
                Severity.ERROR, file.name, name, cause, f"Add it, or correct study.toml.{near}"
            )
        else:
            cause = "The codebook has an item that is not in the file."
            yield Problem(
                Severity.ERROR, file.name, name, cause, f"Add it, or correct codebook.csv.{near}"
            )
    used = {*named, *items}
    for name in dict.fromkeys(table.columns[table.columns.duplicated()]):
        if name in used:
            cause = (
                "The column appears more than once in the header (spaces and quotes around a name, "
                "line breaks and ways to write an accent are ignored)."
            )
            yield Problem(Severity.ERROR, file.name, name, cause, "Remove or rename the others.")
    yield from _unused(file, [name for name in table.columns if name not in used])


def _unused(file: SourceFile, columns: Collection[str]) -> Iterator[Problem]:
    asked = dict(zip(*(file.codebook.frame[name] for name in ("item", "source")), strict=True))
    items = file.items
    stems = {stem for item in items if (stem := _stem(item)) is not None}
    for name in dict.fromkeys(columns):
        if name in asked:
            cause = f"The item stands here, and the codebook says it was asked in {asked[name]!r}."
            yield Problem(
                Severity.WARNING, file.name, name, cause, "Correct the codebook's source."
            )
    known = {*asked, *file.codebook.unused}
    alike = [n for n in dict.fromkeys(columns) if n not in known and _stem(n) in stems]
    if alike:
        those = quoted(alike)
        verb = "looks like an item and is" if len(alike) == 1 else "look like items and are"
        yield Problem(
            Severity.WARNING, file.name, alike[0] if len(alike) == 1 else "",
            f"{counted(len(alike), 'column')} {verb} not in the codebook: {those}.",
            "Not used; add rows to codebook.csv if they should be.", len(alike), "",
            tuple(alike[:_EXAMPLES]),
        )  # fmt: skip


def _stem(name: str) -> str | None:
    """What numbered items have in common: ``q`` of ``q7``, ``T14`` counts as ``T`` of ``T14b``."""
    found = re.fullmatch(r"(.*?)\d+[A-Za-z]?", name)
    return found.group(1) if found else None


# -- columns that study.toml names -----------------------------------------------------------------


def _keys(file: SourceFile, table: Table) -> Iterator[Problem]:
    """Rows without an organisation, unit or wave; channels and ids that are a word for none."""
    another = "write it in another way"
    remedy = {
        "organisation": f"Left out; if it is a name, list it in {ORGANISATIONS_FILE}.",
        "unit": f"Left out; if it is a name, {another}.",
        "wave": "Left out; if it is a name, list it in study.toml's waves.",
        "channel": f"Read as no channel; if it is one, {another}.",
        "id": "Read as no id, so repeated answers cannot be found among them.",
    }
    for column, role in named_columns(file.source, file.columns):
        if column not in table.columns or role not in (*KEYS, "channel", "id"):
            continue
        cells = table[column]
        none = is_no_name(cells) & ~cells.isin(file.known.get(role, ())).to_numpy()
        blank = none & (as_text(cells) == "").to_numpy() if none.any() else none
        word = none & ~blank
        article = "an" if role[0] in "aio" else "a"
        if blank.any() and role in KEYS:
            says = f"{{count}} without {article} {role} ({{rows}})."
            advice = "Left out; fill in the cells."
            yield _about(Severity.WARNING, file.name, cells, blank, says, advice)
        if word.any():
            says = f"{{count}} with {{values}} for {article} {role} ({{rows}})."
            yield _about(Severity.WARNING, file.name, cells, word, says, remedy[role])


def _covariates(file: SourceFile, table: Table) -> Iterator[Problem]:
    """Covariates that have one value, too many, or tell who people are."""
    for name in file.source.covariates:
        fault = covariate_fault(table[name], file.items) if name in table.columns else None
        if fault is not None:
            yield Problem(Severity.ERROR, file.name, name, *fault)


_BEYOND = {
    "weight": "a weight of zero or less",
    "response_rate": "a response rate outside 0 to 100",
    "invited": "a negative number of people",
    "respondents": "a value that is not a whole number of people",
}


def _roles(file: SourceFile, table: Table) -> Iterator[Problem]:
    """Weights, response rates and numbers of people that cannot be what they should."""
    for column, role in named_columns(file.source, file.columns):
        if column not in table.columns or role not in _BEYOND:
            continue
        cells = table[column]
        if role == "weight":
            found = read_weight(cells)
            beyond = found.values <= 0
            aside = "The rows are left out; correct or fill in the cells."
        else:
            found, beyond = read_role(cells, role)
            aside = "Set aside; correct the cells."
        blank = np.isnan(found.values) & ~found.text
        most = 2 * int(found.text.sum()) > len(cells) - int(blank.sum())
        faults: list[tuple[Severity, np.ndarray, str, str]] = [
            (
                Severity.ERROR if most else Severity.WARNING, found.text,
                "{cells} hold{s} no number ({rows}): {values}.", aside,
            ),
            (
                Severity.WARNING, beyond,
                f"{{cells}} hold{{s}} {_BEYOND[role]} ({{rows}}): {{values}}.",
                "The rows are left out; a row with a weight of 0 represents nobody."
                if role == "weight" else aside,
            ),
        ]  # fmt: skip
        if role == "weight":
            faults += [
                (Severity.WARNING, blank, "{cells} without a weight ({rows}).", aside),
                (
                    Severity.WARNING, np.isposinf(found.values),
                    "{cells} hold{s} an infinite weight ({rows}).", aside,
                ),
            ]  # fmt: skip
        elif role == "response_rate":
            kept = "Kept as it is; nobody answered, or the rate is wrong."
            says = "{cells} hold{s} a rate of zero ({rows})."
            faults.append((Severity.WARNING, found.values == 0, says, kept))
        elif role == "respondents":
            kept = "Counted as 0 people; fill in the cells."
            if file.source.weighted_by_people:
                kept = (
                    "Counted as 0 people, so the rows are left out of all means; fill in the cells."
                )
            says = "{cells} without the number of people who answered ({rows})."
            faults.append((Severity.WARNING, blank, says, kept))
        yield from _put_right(file.name, cells, found.put_right)
        for severity, at, says, advice in faults:
            if at.any():
                yield _about(severity, file.name, cells, at, says, advice)


def _put_right(file: str, cells: pd.Series, found: Mapping[str, np.ndarray]) -> Iterator[Problem]:
    for cause, at in found.items():
        advice = "Read as numbers."
        yield _about(Severity.NOTE, file, cells, at, cause + ", as {values} ({rows}).", advice)


# -- items -----------------------------------------------------------------------------------------


_REMEDIES = {
    kinds.PERCENT: "Percent signs are taken off on a scale of 0 to 100; correct low and high in the"
    " codebook, or the file.",
    kinds.UNCLEAR_COMMA: "Write decimals with a point and no commas between thousands.",
    kinds.DATES: "A spreadsheet changed the answers to dates: format the column as text and enter"
    " them again.",
    kinds.CODE_AND_LABEL: "Export the codes alone.",
    kinds.LABELS: "Export codes, not labels, or say what they mean in the codebook's column labels,"
    " as 1=Never|5=Always; declare what is not an answer in its column missing.",
}  # fmt: skip


def _items(file: SourceFile, table: Table) -> Iterator[Problem]:
    declared = table.attrs.get("missing", {})
    for item in file.items:
        if item in table.columns:
            scale = file.codebook.file_scale(item)
            words = file.codebook.words(item)
            yield from _labels_differ(file, item, table.attrs.get("labels", {}).get(item, {}))
            yield from _item(file.name, table[item], scale, declared.get(item, ()), words)
            yield from _count(file, table, item, scale)


def _item(
    file: str,
    cells: pd.Series,
    scale: Scale,
    declared: Iterable[tuple[Any, ...]],
    labels: Mapping[str, float],
) -> Iterator[Problem]:
    """What is wrong with the cells of an item: an error if most of its answers cannot be used."""
    found = read_item(cells, scale, declared, labels)
    unread, outside, usable = found.unread, found.outside, int(found.usable.sum())
    given = usable + int(unread.sum()) + int(outside.sum())
    yield from _put_right(file, cells, found.numbers.put_right)

    def severity(at: np.ndarray) -> Severity:
        return Severity.ERROR if not usable or 2 * int(at.sum()) > given else Severity.WARNING

    if unread.any():
        severe = severity(unread)
        kind = kind_of(as_text(cells[unread]).unique())
        says = f"{kind} in {{cells}} ({{rows}}): {{values}}."
        advice = _REMEDIES[kind]
        if severe == Severity.WARNING:
            says = "{cells} hold{s} text ({rows}): {values}."
            advice = (
                "Set aside; correct the cells, or declare the text in the codebook's column "
                "missing."
            )
        yield _about(severe, file, cells, unread, says, advice + _as_one_code(found, cells, scale))
    if outside.any():
        span = f"{code_text(scale.low)} to {code_text(scale.high)}"
        yield _about(
            severity(outside), file, cells, outside,
            f"{{cells}} hold{{s}} {{values}}, off the scale of {span} ({{rows}}).",
            "Set aside. A missing code? Declare it in the codebook's column missing; otherwise "
            "correct low and high there.",
        )  # fmt: skip
    if not given:
        yield Problem(
            Severity.ERROR, file, str(cells.name),
            "No answer can be used: all cells are blank or missing codes.",
            "Check the export, or leave the item out of the codebook.", len(cells),
        )  # fmt: skip


def _count(file: SourceFile, table: Table, item: str, scale: Scale) -> Iterator[Problem]:
    """Counts that are not whole, and those whose exposure is not known."""
    measure = file.codebook.measure(item)
    if measure is None or measure.shape != "count":
        return
    found = read_item(table[item], scale)
    numbers = found.numbers.values
    broken = found.usable & (numbers != np.rint(numbers))
    if broken.any():
        severe = (
            Severity.ERROR if 2 * int(broken.sum()) > int(found.usable.sum()) else Severity.WARNING
        )
        yield _about(
            severe, file.name, table[item], broken,
            "{cells} hold{s} {values}, which is no whole number ({rows}).",
            "Set aside. Write how many there were, or leave the shape count out of the codebook.",
        )  # fmt: skip
    if measure.exposure in table.columns:
        given = read_numbers(table[measure.exposure], 0.0, np.inf).values
        bare = found.usable & ~(given > 0)
        if bare.any():
            yield _about(
                Severity.WARNING, file.name, table[measure.exposure], bare,
                f"{{cells}} hold{{s}} no number above 0 beside a count of {item!r} ({{rows}}).",
                "The count is set aside; write what it is counted in.",
            )  # fmt: skip


def _labels_differ(file: SourceFile, item: str, own: Mapping[Any, str]) -> Iterator[Problem]:
    """Answers that the codebook calls otherwise than the file itself."""
    labels = file.codebook.labels(item)
    for code, words in labels.items():
        if code in own and folded(own[code]) != folded(words):
            yield Problem(
                Severity.WARNING, file.name, item,
                f"The file calls {code_text(code)} {own[code]!r}, and the codebook {words!r}.",
                "Correct the codebook's column labels, or leave it empty to use the file's.",
            )  # fmt: skip
            return


def _as_one_code(found: ItemCells, cells: pd.Series, scale: Scale) -> str:
    """Tell of a missing code of several words that stand in the data one by one."""
    texts = {text.casefold() for text in as_text(cells[found.unread])}
    for code in scale.missing:
        parts = code.split() if isinstance(code, str) else []
        if len(parts) > 1 and texts.issuperset(part.casefold() for part in parts):
            return f" The codebook has {code!r} as one code; write {'; '.join(parts)} for more."
    return ""


# -- whole tables ----------------------------------------------------------------------------------


def _repeated(file: SourceFile, table: Table) -> Iterator[Problem]:
    """Rows that repeat a respondent, or a unit where rows are units; the first one is kept."""
    ids = Ids.of(table, file.source)
    keys = key_columns(table, file.source, file.columns, ids=ids)
    named = (keys["organisation"].notna() & keys["unit"].notna()).to_numpy()
    again = repeated(table, keys, named, file.source, ids)
    if again.any():
        what = "an id" if file.source.id else "a unit"
        same = "wave"
        if file.source.id:
            same = (
                "organisation, channel and wave" if file.source.channel else "organisation and wave"
            )
        says = f"{{count}} repeat{{s}} {what} of the same {same} ({{rows}}): {{values}}."
        advice = "Left out, the first one is kept; remove the rows or correct the cells."
        name = file.source.id or file.columns.unit
        cells = table[name] if name else keys["unit"]
        yield _about(Severity.WARNING, file.name, cells, again, says, advice)


@dataclass(frozen=True)
class _Cells:
    """Answers by organisation and wave: the lowest, the highest and how many, a column an item."""

    lowest: pd.DataFrame
    highest: pd.DataFrame
    count: pd.DataFrame

    @classmethod
    def of(cls, answers: pd.DataFrame | Lean, items: list[str]) -> "_Cells":
        groups = answers[list(_CELL)].groupby(list(_CELL), observed=True)
        number = groups.ngroup().to_numpy()
        order = np.argsort(number.astype(np.int32), kind="stable")
        starts = np.flatnonzero(np.diff(number[order], prepend=-1))
        index = groups.size().index
        lowest, highest, count = {}, {}, {}
        for item in items:
            values = answers[item].to_numpy()[order]
            lowest[item] = np.fmin.reduceat(values, starts)
            highest[item] = np.fmax.reduceat(values, starts)
            count[item] = np.add.reduceat(~np.isnan(values), starts, dtype=np.int64)
        return cls(*(pd.DataFrame(one, index=index) for one in (lowest, highest, count)))

    def by(self, *keys: str) -> "_Cells":
        """The same by fewer keys; by none, one row."""
        if not keys:
            lowest, highest, count = self.lowest.min(), self.highest.max(), self.count.sum()
            return _Cells(*(one.to_frame().T for one in (lowest, highest, count)))
        lowest, highest, count = (
            one.groupby(list(keys), observed=True)
            for one in (self.lowest, self.highest, self.count)
        )
        return _Cells(lowest.min(), highest.max(), count.sum())

    def constant(self, items: list[str]) -> dict[str, dict[tuple[str, ...], str]]:
        """For every constant item the groups in which it is, and its only value there."""
        lowest, highest, count = (one[items] for one in (self.lowest, self.highest, self.count))
        constant = ((count >= 2) & (lowest == highest)).to_numpy()
        found: dict[str, dict[tuple[str, ...], str]] = {}
        for column, group in np.argwhere(constant.T):
            key = lowest.index[group]
            key = key if isinstance(key, tuple) else (key,)
            found.setdefault(items[column], {})[key] = code_text(lowest.iat[group, column])
        return found


_CELL = ("organisation", "wave")


def _constants(file: SourceFile, cells: _Cells) -> Iterator[Problem]:
    """Items with the same answer in every row: of the file, an organisation, or its wave.

    A constant item carries no information, and no model with it can be fitted there. Groups with
    fewer than two answers are left out.
    """
    items = file.items
    everywhere = cells.by().constant(items)
    for item, groups in everywhere.items():
        (value,) = groups.values()
        cause = f"The answer is {value!r} in all rows."
        advice = "It cannot be part of a model; check the export, or leave it out of the codebook."
        yield Problem(Severity.WARNING, file.name, item, cause, advice, None, "", (value,))
    rest = [item for item in items if item not in everywhere]
    constant = cells.by("organisation").constant(rest)
    for item, groups in constant.items():
        names = [repr(group[0]) for group in groups]
        yield _constant_within(file.name, item, names, groups, "organisation")
    if file.columns.wave is None:
        return
    for item, groups in cells.constant(rest).items():
        told = {group[0] for group in constant.get(item, ())}
        groups = {group: value for group, value in groups.items() if group[0] not in told}
        if groups:
            names = [f"{organisation!r}, wave {wave!r}" for organisation, wave in groups]
            yield _constant_within(file.name, item, names, groups, "organisation")


def _constant_within(
    file: str, item: str, names: list[str], groups: Mapping[tuple[Any, ...], str], what: str
) -> Problem:
    where_it_is: dict[str, list[str]] = {}
    for name, answer in zip(names, groups.values(), strict=True):
        where_it_is.setdefault(answer, []).append(name)
    told = [f"{answer} in {listed(places, most=SHOWN)}" for answer, places in where_it_is.items()]
    return Problem(
        Severity.WARNING, file, item,
        f"In {counted(len(names), what)} all rows have the same answer: {'; '.join(told)}.",
        "A model with this item cannot be fitted there.", len(names), "",
        tuple(dict.fromkeys(groups.values()))[:_EXAMPLES],
    )  # fmt: skip


def _waves_without(file: SourceFile, cells: _Cells) -> Iterator[Problem]:
    """Questions that nobody answered in some of the waves of their source."""
    items = file.items
    counts = cells.by("wave").count
    for item in items:
        without = [wave for wave in counts.index if not counts.at[wave, item]]
        told = [wave if wave[:1].isdigit() else repr(wave) for wave in without]
        if 0 < len(without) < len(counts):
            yield Problem(
                Severity.WARNING, file.name, item,
                f"{item} has no answers in {inflected(len(without), 'wave')} "
                f"{listed(told, most=SHOWN)}.",
                "Waves are compared by the questions asked in all of them; if this one was asked, "
                "check the export.", len(without), "", tuple(without[:_EXAMPLES]),
            )  # fmt: skip


_FEW = 0.1
"""Share of a construct's people who answered fewer than half of its questions, worth a word."""


def _few_answers(file: SourceFile, answers: pd.DataFrame | Lean) -> Iterator[Problem]:
    """Constructs of which many people answered fewer than half of the questions."""
    if file.source.rows != "respondents" or file.minimum_answers > 1:
        return
    for construct, items in file.codebook.by_construct(file.source.name).items():
        half = len(items) // 2 + len(items) % 2
        few = has_few(answers, items, half)
        people = int(np.logical_or.reduce([answers[item].notna() for item in items]).sum())
        if half > 1 and few.sum() > _FEW * people:
            yield Problem(
                Severity.WARNING, file.name, "",
                f"Of {people:,} who answered on {construct}, {int(few.sum()):,} answered fewer "
                f"than {half} of its {len(items)} questions, and all of them count.",
                f"Write minimum_answers = {half} in study.toml if an index of so few answers "
                "should not.", int(few.sum()),
            )  # fmt: skip


# -- the study as a whole --------------------------------------------------------------------------


def organisation_problems(
    column: str, files: Mapping[str, str], answers: Mapping[str, pd.DataFrame | Lean]
) -> Iterator[Problem]:
    """Organisations that look alike or lack a source, of the ``answers`` of every source.

    ``column`` has their names, in ``files`` as messages call them.
    """
    counts = {
        name: one["organisation"].value_counts().loc[lambda rows: rows > 0]
        for name, one in answers.items()
    }
    yield from _alike(counts, files, column)
    known = in_natural_order({name for rows in counts.values() for name in rows.index})
    for source, rows in counts.items():
        others = {name for other in counts if other != source for name in counts[other].index}
        absent = [name for name in known if name not in rows.index]
        if absent and len(rows):
            near = next(
                filter(None, (nearest(n, sorted({*rows.index} - others)) for n in absent)), ""
            )
            yield Problem(
                Severity.WARNING, files[source], column,
                f"{counted(len(absent), 'organisation')} without rows here: "
                f"{quoted(absent)}.",
                f"Links to what was asked here cannot be estimated for it.{near}"
                if len(absent) == 1
                else f"Links to what was asked here cannot be estimated for them.{near}",
                len(absent), "", tuple(absent[:_EXAMPLES]),
            )  # fmt: skip


def list_problems(
    names: Collection[str], answers: Iterable[pd.DataFrame | Lean]
) -> Iterator[Problem]:
    """Organisations on one side only: the ``names`` in organisations.csv, or the answers."""
    known = {str(name) for one in answers for name in one["organisation"].unique()}
    unused = in_natural_order({*names} - known)
    unlisted = in_natural_order(known - {*names})
    for those, cause, advice, options in (
        (unused, "listed without rows", "No report is made; remove or correct the row.", unlisted),
        (
            unlisted, "with rows and not listed",
            "Shown by that name and without a type; add a row.", unused,
        ),
    ):  # fmt: skip
        if those:
            near = next(filter(None, (nearest(name, options) for name in those)), "")
            yield Problem(
                Severity.WARNING, ORGANISATIONS_FILE, "organisation",
                f"{counted(len(those), 'organisation')} {cause}: {quoted(those)}.",
                advice + near, len(those), "", tuple(those[:_EXAMPLES]),
            )  # fmt: skip


def _alike(
    counts: Mapping[str, pd.Series], files: Mapping[str, str], column: str
) -> Iterator[Problem]:
    """Organisations whose names differ by case, blanks, signs, accents or "&" for "and" only."""
    total: Counter[str] = Counter()
    for rows in counts.values():
        total.update({str(name): int(count) for name, count in rows.items()})
    groups: dict[str, list[str]] = {}
    for name in in_natural_order(total):
        groups.setdefault(folded(name) or name, []).append(name)
    for names in groups.values():
        if len(names) > 1:
            inside = [files[s] for s in counts if any(n in counts[s].index for n in names)]
            told = [f"{name!r} ({counted(total[name], 'row')})" for name in names]
            yield Problem(
                Severity.WARNING, listed(inside), column,
                f"{listed(told)} differ only in capitals, spaces, punctuation or accents.",
                "They are treated as different organisations; if they are one, write its name in "
                "one way.", len(names), "", tuple(names),
            )  # fmt: skip


def language_problems(language: Language) -> list[Problem]:
    """Warn of messages that pages will tell in English, for want of a translation."""
    missing = untranslated(language, MESSAGES)
    if not missing:
        return []
    file = f"{LANGUAGES_FOLDER}/{language.code}.po"
    return [
        Problem(
            Severity.WARNING,
            file,
            "",
            f"{len(missing):,} of {len(MESSAGES):,} messages have no usable translation into "
            f"{language.code!r}, so pages tell them in English.",
            f"Translate them in that file, which `workbench messages {language.code} STUDY` "
            "brings up to date; a translation has to have the parts in braces of the English.",
            count=len(missing),
            examples=tuple(missing[:5]),
        )
    ]
