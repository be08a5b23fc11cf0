"""Tables in other shapes, turned to one row a respondent or unit and one column a question.

Recognised are *wide* tables, with a column a question and wave (``q1_2021``, ``q1_2022``), and
*long* ones, with a row a respondent and question, or a row an organisation, question and category
of answers, as statistical offices publish them.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import StudyError
from workbench.study.answers import KEYS, as_names, as_text, named_columns
from workbench.study.codebook import Codebook
from workbench.study.definition import Columns, Source
from workbench.study.names import folded, tidy
from workbench.study.numbers import code_text, read_numbers
from workbench.study.problems import Problem, Severity
from workbench.study.waves import in_order
from workbench.text import listed, quoted

_VALUES = (
    "answer", "answers", "value", "response", "score", "percent", "percentage", "share", "count",
    "pct", "rating", "obs_value", "reponse", "valeur", "antwort", "wert",
)  # fmt: skip


@dataclass(frozen=True)
class _Wanted:
    """What of a source is looked for in a table, and what was found out so far."""

    source: Source
    columns: Columns
    codebook: Codebook
    waves: tuple[str, ...]

    @property
    def items(self) -> list[str]:
        return self.codebook.items_of_source(self.source.name)

    @property
    def roles(self) -> dict[str, str]:
        """What the columns are that study.toml names."""
        return dict(named_columns(self.source, self.columns))


def turned(
    table: pd.DataFrame,
    source: Source,
    columns: Columns,
    codebook: Codebook,
    waves: Sequence[str] = (),
) -> pd.DataFrame:
    """Return the table with one column for each question; the same one where it has them.

    ``waves`` are those that study.toml lists. ``attrs["problems"]`` tells what was turned. A row of
    the result has the number of the first row that it is made of.

    Raises
    ------
    StudyError
        The table is a long one, and what its columns hold cannot be told, or not who answered.
    """
    wanted = _Wanted(source, columns, codebook, tuple(waves))
    if {*wanted.items} & {*table.columns} or table.empty or table.columns.has_duplicates:
        return table
    found = _from_wide(table, wanted) if columns.wave else None
    found = _from_long(table, wanted) if found is None else found
    if found is None:
        return table
    made, cause, advice = found
    problem = Problem(Severity.NOTE, source.file.name, "", cause, advice, len(made))
    made.attrs = {
        **table.attrs, "hint": "", "problems": [*table.attrs.get("problems", ()), problem]
    }  # fmt: skip
    return made


_Turned = tuple[pd.DataFrame, str, str]


# -- a column a question and wave ------------------------------------------------------------------


def _from_wide(table: pd.DataFrame, wanted: _Wanted) -> _Turned | None:
    """A row a respondent and wave, if the items stand there once a wave."""
    if wanted.columns.wave in table.columns:
        return None
    named = [name for name in wanted.roles if name not in table.columns]
    places = {name: _by_wave(name, table.columns) for name in [*wanted.items, *named]}
    counts = Counter(wave for item in wanted.items for wave in places[item])
    order = _in_order([wave for wave in counts if 2 * counts[wave] >= max(counts.values())], wanted)
    if order is None or len(order) < 2:
        return None
    used = {column for by_wave in places.values() for column in by_wave.values()}
    others = [name for name in table.columns if name not in used]
    items, parts = {*wanted.items}, []
    for wave in order:
        own = {place: name for name, at in places.items() if (place := at.get(wave)) is not None}
        part = table[[*others, *own]].rename(columns=own)
        asked = part[[name for name in own.values() if name in items]]
        part = part[asked.notna().any(axis=1)]
        parts.append(part.assign(**{str(wanted.columns.wave): wave}))
    made = pd.concat(parts)
    example = next(iter(places[wanted.items[0]].values()), next(iter(used)))
    cause = (
        f"The columns hold a wave each, as {example!r}: read as the waves {listed(order, most=6)}."
    )
    return made, cause, "A row without an answer in a wave is none of that wave."


def _by_wave(name: str, columns: Collection[str]) -> dict[str, str]:
    """The columns that are called by a name and a wave, by the wave."""
    found = {}
    for column in columns:
        after = re.fullmatch(rf"{re.escape(name)}(?:[_.\s-]+|(?<=\D)(?=\d{{4}}$))(.+)", column)
        before = re.fullmatch(rf"(.+)[_.\s-]+{re.escape(name)}", column)
        for match in filter(None, (after, before)):
            found[match[1]] = column
    return found


def _in_order(waves: Sequence[str], wanted: _Wanted) -> list[str] | None:
    if wanted.waves:
        return [wave for wave in wanted.waves if wave in waves]
    return in_order(waves)


# -- a row a question ------------------------------------------------------------------------------


def _from_long(table: pd.DataFrame, wanted: _Wanted) -> _Turned | None:
    """A row a respondent or unit, if a column of the table holds the items' names."""
    question = wanted.source.question or _question_column(table, wanted)
    if question is None or question not in table.columns:
        return None
    called = _called(wanted)
    asked = as_text(table[question]).map(lambda text: called.get(folded(tidy(text)), ""))
    rows = table[(asked != "").to_numpy()].assign(**{question: asked[asked != ""]})
    rest = [name for name in table.columns if name != question and name not in wanted.roles]
    category = wanted.source.category
    if category is None and wanted.source.rows == "units":
        category = _category_column(rows, question, rest, wanted)
    people = wanted.source.respondents
    answer = wanted.source.answer or _answer_column(
        rows, [name for name in rest if name != category]
    )
    if answer is None and category is not None and people in rows.columns:
        answer = people  # numbers of people by category are answers as well
    place = wanted.source.file
    if answer is None:
        raise StudyError(
            f"{place}: the column {question!r} holds the questions, and which column holds the "
            f'answers is not clear; write answer = "…" in [sources.{wanted.source.name}], one of '
            f"{quoted(rest)}."
        )
    if wanted.source.rows == "respondents" and wanted.source.id is None:
        raise StudyError(
            f"{place}: a row is one question of a respondent, and who answered it is not known; "
            f'write id = "…" in [sources.{wanted.source.name}], the column that tells respondents '
            "apart."
        )
    apart = {"respondents"} if wanted.source.rows == "units" else set()
    keys = [
        name for name, role in wanted.roles.items()
        if name in rows.columns and role not in apart and (role in (*KEYS, "channel", "id"))
    ]  # fmt: skip
    makes = _shares_as_means if category is not None else _spread
    made = makes(rows, keys, question, answer, category or "", wanted)
    left = [name for name in wanted.roles if name in rows.columns and name not in made.columns]
    where = made.pop("place").to_numpy()
    for name in left:
        made[name] = rows[name].to_numpy()[where]
    made.index = rows.index[where]
    ignored = len(table) - len(rows)
    cause = f"A row is one question: {question!r} holds which, {answer!r} the answers"
    cause += f", {category!r} the category." if category else "."
    advice = f"Read as {len(made):,} rows with a column for each question."
    if ignored:
        advice += f" {ignored:,} rows about other questions are not used."
    return made, cause, advice


def _called(wanted: _Wanted) -> dict[str, str]:
    """The items by all that they may be called: their name, and the question's words."""
    words = {folded(wanted.codebook.wording(item)): item for item in wanted.items}
    words.pop("", None)
    return words | {folded(item): item for item in wanted.items}


def _question_column(table: pd.DataFrame, wanted: _Wanted) -> str | None:
    """The column that names most items, half of them at least."""
    called, most = _called(wanted), {}
    for name in dict.fromkeys(table.columns):
        cells = table[name]
        if name in wanted.roles or pd.api.types.is_float_dtype(cells):
            continue
        texts = cells.dropna().unique()[:5000]
        most[name] = len({called.get(folded(tidy(text))) for text in texts} - {None})
    best = max(most, key=lambda name: most[name], default=None)
    return best if best is not None and 2 * most[best] >= max(len(wanted.items), 2) else None


def _answer_column(rows: pd.DataFrame, options: Sequence[str]) -> str | None:
    """The one column that may hold the answers."""
    told = [name for name in options if folded(name) in _VALUES]
    if len(told) != 1:
        numbers = [n for n in options if read_numbers(rows[n], 0, 100).text.sum() < len(rows) / 2]
        told = numbers if len(options) > 1 else list(options)
    return told[0] if len(told) == 1 else None


def _category_column(
    rows: pd.DataFrame, question: str, options: Sequence[str], wanted: _Wanted
) -> str | None:
    """The column whose texts are the answers of the questions, several for each question."""
    for name in options:
        if folded(name) in _VALUES:
            continue
        codes = _codes(rows, question, name, wanted)
        several = rows.groupby(question)[name].nunique()
        if len(several) and several.min() > 1 and 2 * np.isfinite(codes).sum() >= len(rows):
            return name
    return None


def _codes(rows: pd.DataFrame, question: str, category: str, wanted: _Wanted) -> np.ndarray:
    """The code on its question's scale of every row's category, NaN where it has none."""
    texts = as_text(rows[category])
    codes = np.full(len(rows), np.nan)
    for item, places in rows.groupby(question).indices.items():
        scale = wanted.codebook.scale(str(item))
        known = {folded(words): code for code, words in wanted.codebook.labels(str(item)).items()}
        own = texts.iloc[places]
        read = own.map(lambda text, known=known: known.get(folded(text), np.nan)).astype(float)
        numbers = read_numbers(own).values
        numbers[(numbers < scale.low) | (numbers > scale.high)] = np.nan
        codes[places] = np.where(np.isnan(read), numbers, read)
    return codes


def _groups(rows: pd.DataFrame, keys: Sequence[str]) -> np.ndarray:
    """Number the rows' respondents or units in the order in which they come."""
    if not keys:
        return np.zeros(len(rows), dtype=np.int64)
    group = np.zeros(len(rows), dtype=np.int64)
    for name in keys:
        codes = as_names(rows[name]).codes.astype(np.int64)
        group = pd.factorize(group * (codes.max(initial=0) + 2) + codes + 1)[0]
    return group


def _spread(
    rows: pd.DataFrame, keys: Sequence[str], question: str, answer: str, _: str, wanted: _Wanted
) -> pd.DataFrame:
    """A column for each question; a question that stands twice has its first answer."""
    group = _groups(rows, keys)
    first = ~pd.DataFrame({"group": group, "item": rows[question].to_numpy()}).duplicated()
    kept, own = rows[first.to_numpy()], group[first.to_numpy()]
    cells = pd.DataFrame({"group": own, "item": kept[question], "cell": kept[answer].to_numpy()})
    made = cells.pivot(index="group", columns="item", values="cell").infer_objects()
    made.columns.name = None
    return _with_people(made.sort_index(), rows, group, wanted)


def _shares_as_means(
    rows: pd.DataFrame,
    keys: Sequence[str],
    question: str,
    answer: str,
    category: str,
    wanted: _Wanted,
) -> pd.DataFrame:
    """The mean of each question over the categories, each with its share or number of people.

    Σ vₖ k / Σ vₖ over the codes k on the scale; what is no code, such as "don't know", is left out.
    """
    group = _groups(rows, keys)
    codes = _codes(rows, question, category, wanted)
    values = read_numbers(rows[answer], 0, 100).values
    use = np.isfinite(codes) & (values >= 0)
    sums = pd.DataFrame(
        {
            "group": group[use],
            "item": rows[question].to_numpy()[use],
            "value": values[use],
            "product": values[use] * codes[use],
        }
    ).groupby(["group", "item"])[["value", "product"]].sum()  # fmt: skip
    made = (sums["product"] / sums["value"].where(sums["value"] > 0)).unstack("item")
    made.columns.name = None
    made = made.reindex(np.arange(group.max(initial=-1) + 1))
    if wanted.source.respondents == answer:
        people = sums["value"].unstack("item").min(axis=1)
        made[answer] = people.reindex(made.index)
    return _with_people(made, rows, group, wanted)


def _with_people(
    made: pd.DataFrame, rows: pd.DataFrame, group: np.ndarray, wanted: _Wanted
) -> pd.DataFrame:
    """Add the place of each group's first row, and the fewest people behind one of its questions.

    The fewest, so that the minimum for small groups holds for every question.
    """
    made = made.assign(place=np.unique(group, return_index=True)[1])
    name = wanted.source.respondents
    if name in rows.columns and name not in made.columns:
        people = pd.Series(read_numbers(rows[name]).values).groupby(group).min()
        made[str(name)] = people.reindex(made.index)
    return made.reset_index(drop=True)


def labels_as_names(
    cells: pd.Series, labels: Mapping[object, str], keep: Collection[str] = ()
) -> pd.Series:
    """Write a label in place of its code; a label that two codes have gets its code behind it.

    Codes in ``keep`` stay.
    """
    counts = Counter(labels.values())
    told = {
        code_text(code): label if counts[label] == 1 else f"{label} ({code_text(code)})"
        for code, label in labels.items()
        if code_text(code) not in keep
    }
    texts = as_text(cells)
    return texts.map(lambda text: told.get(text, text)).where(cells.notna())
