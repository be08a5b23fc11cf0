"""Tables in other shapes, turned so that questions are seen: the study turns the file itself.

A *wide* table has a column for each question and wave (``q1_2021``, ``q1_2022``). A *long* one has
a row for each respondent and question, or for each organisation, question and category of answers.
See ``workbench.study.turning``, which reads the file when the study is opened.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from workbench.beginning.export import Column, Export
from workbench.beginning.vocabulary import plain
from workbench.beginning.words import in_order as words_in_order
from workbench.beginning.words import says_nothing
from workbench.study.codebook import Code
from workbench.study.numbers import read_numbers
from workbench.study.waves import in_order
from workbench.text import listed

WAVE = "wave"
"""What the column of waves is called where the columns of questions hold them."""

_ENDING = re.compile(
    r"(?P<stem>.+?)(?:[_.\s-]+(?P<wave>(?:19|20)\d\d|(?:w|t|wave|vague) ?\d{1,2})"
    r"|(?<=\D)(?P<year>(?:19|20)\d\d))",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"questions?(?: ?(?:id|code|text|name))?|items?|variable|statement|indicator|measure|enonce"
    r"|indicateur"
)
_ANSWER = re.compile(
    r"answers?|values?|score|percent(?:age)?|pct|share|count|rating|obs value|reponse|valeur"
    r"|pourcentage"
)
_CATEGORY = re.compile(
    r"categor(?:y|ie)|response(?: ?(?:option|category))?|answer(?: ?(?:option|category))?|option"
    r"|modalite|scale point"
)
_FEWEST = 4
"""Rows that a question of a long table has at least, in the middle."""


def turned(export: Export) -> Export:
    """The export with one column for each question; the same one where it has them."""
    return _from_wide(export) or _from_long(export) or export


# -- a column for each question and wave -----------------------------------------------------------


def _from_wide(export: Export) -> Export | None:
    places: dict[str, dict[str, str]] = {}
    for name in map(str, export.frame.columns):
        found = _ENDING.fullmatch(name)
        if found:
            wave = found["wave"] or found["year"]
            places.setdefault(found["stem"], {})[wave] = name
    several = {stem: own for stem, own in places.items() if len(own) > 1}
    waves = list(dict.fromkeys(wave for own in several.values() for wave in own))
    order = in_order(waves)
    if len(several) < 2 or order is None or WAVE in export.frame.columns:
        return None
    used = [column for own in several.values() for column in own.values()]
    others = [name for name in export.frame.columns if name not in used]
    parts = []
    for wave in order:
        own = {at[wave]: stem for stem, at in several.items() if wave in at}
        part = export.frame[[*others, *own]].rename(columns=own)
        parts.append(part[part[[*own.values()]].notna().any(axis=1)].assign(**{WAVE: wave}))
    columns = {name: export.column(str(name)) for name in others}
    for stem, at in several.items():
        first = export.column(next(iter(at.values())))
        columns[stem] = replace(first, wording=_without_wave(first.wording))
    told = f"{export.path.name}: columns hold a wave each, {listed(order, most=6)}."
    frame = pd.concat(parts, ignore_index=True)
    return replace(export, frame=frame, columns=columns, said=(*export.said, told))


def _without_wave(wording: str) -> str:
    found = _ENDING.fullmatch(wording)
    return found["stem"] if found else wording


# -- a row for each question -----------------------------------------------------------------------


def _from_long(export: Export) -> Export | None:
    frame = export.frame
    question = _question_column(export)
    if question is None:
        return None
    rest = [name for name in map(str, frame.columns) if name != question]
    answer, category = _answers(export, question, rest)
    if answer is None:
        return None
    keys = [name for name in rest if name not in (answer, category) and _is_key(export, name)]
    rows = frame[frame[question].notna() & frame[answer].notna()]
    number = _numbered(rows, keys)
    columns = {name: export.column(name) for name in keys}
    if category is None:
        made = _spread(rows, number, question, answer)
    else:
        labels = _labels(rows, category)
        if labels is None:
            return None
        made = _means(rows, number, question, answer, category, labels)
        columns |= {str(name): Column(labels=labels) for name in made.columns}
    order, first = np.unique(number, return_index=True)
    whole = rows.iloc[first][keys].set_axis(order).join(made)
    for name in filter(_counts_people, rest):
        whole[name] = pd.Series(read_numbers(rows[name]).values).groupby(number).min()
    whole = whole.reset_index(drop=True)
    whole.columns = whole.columns.astype("str")
    layout = {"question": question, "answer": answer}
    layout |= {} if category is None else {"category": category}
    told = (
        f"{export.path.name}: a row is one question, which {question!r} holds; {answer!r} holds "
        f"the answers{'' if category is None else f' and {category!r} their categories'}."
    )
    return replace(
        export,
        frame=whole,
        columns=columns,
        layout={**export.layout, **layout},
        said=(*export.said, told),
    )


def _question_column(export: Export) -> str | None:
    """The column that is called so and names questions, each in several rows."""
    for name in map(str, export.frame.columns):
        cells = export.frame[name].dropna()
        if not _QUESTION.fullmatch(plain(name)) or cells.empty:
            continue
        counts = cells.value_counts()
        texts = not pd.api.types.is_numeric_dtype(cells)
        if texts and len(counts) > 1 and counts.median() >= _FEWEST:
            return name
    return None


def _answers(export: Export, question: str, rest: Sequence[str]) -> tuple[str | None, str | None]:
    """The columns of answers and of their categories, None where there is none."""
    called = [name for name in rest if _ANSWER.fullmatch(plain(name))]
    numeric = [name for name in called if not read_numbers(export.cells(name), 0, 100).text.any()]
    options = [name for name in rest if _CATEGORY.fullmatch(plain(name)) and name not in numeric]
    categories = [name for name in options if _labels(export.frame, name) is not None]
    if numeric and categories:
        return numeric[0], categories[0]
    told = numeric or called or [name for name in rest if _CATEGORY.fullmatch(plain(name))]
    return (told[0] if told else None), None


def _is_key(export: Export, name: str) -> bool:
    """Whether a column tells whose answers a row holds, rather than how many there are."""
    number = re.fullmatch(r"weights?|wgt|moe|se|lower|upper|ci", plain(name))
    return (
        not _counts_people(name)
        and number is None
        and not pd.api.types.is_float_dtype(export.frame[name])
    )


def _counts_people(name: str) -> bool:
    return re.fullmatch(r"n|base|respondents?|responses", plain(name)) is not None


def _labels(rows: pd.DataFrame, category: str) -> dict[Code, str] | None:
    """The codes of the categories by their words, from the worst to the best."""
    words = [str(word).strip() for word in rows[category].dropna().unique()]
    order = words_in_order([word for word in words if not says_nothing(word)])
    return None if order is None else {float(n): word for n, word in enumerate(order, 1)}


def _numbered(rows: pd.DataFrame, keys: Sequence[str]) -> np.ndarray:
    """Number the respondents or units in the order in which they come."""
    if not keys:
        return np.zeros(len(rows), dtype=np.int64)
    return rows.groupby(list(keys), dropna=False, sort=False).ngroup().to_numpy()


def _spread(rows: pd.DataFrame, number: np.ndarray, question: str, answer: str) -> pd.DataFrame:
    """The first answer of everybody to every question."""
    cells = pd.DataFrame(
        {"row": number, "item": rows[question].to_numpy(), "cell": rows[answer].to_numpy()}
    )
    return cells.drop_duplicates(["row", "item"]).pivot(index="row", columns="item", values="cell")


def _means(
    rows: pd.DataFrame,
    number: np.ndarray,
    question: str,
    answer: str,
    category: str,
    labels: dict[Code, str],
) -> pd.DataFrame:
    """The mean code of every question over its categories, Σ vₖ k / Σ vₖ."""
    code_of = {word: code for code, word in labels.items()}
    codes = rows[category].astype("str").str.strip().map(code_of).to_numpy(float)
    values = read_numbers(rows[answer], 0, 100).values
    use = np.isfinite(codes) & (values >= 0)
    sums = pd.DataFrame({
        "row": number[use], "item": rows[question].to_numpy()[use], "value": values[use],
        "product": values[use] * codes[use],
    }).groupby(["row", "item"])[["value", "product"]].sum()  # fmt: skip
    return (sums["product"] / sums["value"].where(sums["value"] > 0)).unstack("item")
