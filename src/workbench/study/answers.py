"""From a source's file to clean answers, with an account of everything that was set aside."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import StudyError
from workbench.study.codebook import Codebook, Scale
from workbench.study.definition import Columns, Source
from workbench.study.large import LargeTable, Table, rows_of
from workbench.study.measures import Measure
from workbench.study.names import NO_NAME, is_no_name
from workbench.study.numbers import Numbers, as_written, read_numbers
from workbench.study.packed import Lean, Packed
from workbench.study.problems import row_ranges
from workbench.text import nearest

SET_ASIDE_COLUMNS = ("source", "item", "reason", "value", "count", "rows")

MISSING_COLUMNS = ("organisation", "wave", "item", "code", "count", "weight")

KEYS = ("organisation", "unit", "wave")

TOO_FEW = "too few answers to the construct"
"""Why all answers of a person to a construct are set aside."""

MISSING_CODE, NO_NUMBER, OUTSIDE = "missing code", "not a number", "out of scale"
NOT_WHOLE, NO_EXPOSURE = "not a whole number", "no exposure above 0"
"""Why an answer of a row that counts is set aside."""


@dataclass(frozen=True)
class Answers:
    """Clean answers of one source, the list of what was set aside on the way, and how many people
    gave which missing code: see :meth:`workbench.study.Study.without_answer`. ``by_group`` counts
    the answers that were set aside: see :meth:`workbench.study.Study.set_aside_by_group`. Those of
    a large table are no data frame: see :mod:`workbench.study.packed`."""

    frame: pd.DataFrame | Lean
    set_aside: pd.DataFrame
    missing: pd.DataFrame
    by_group: pd.DataFrame


def clean(
    table: Table,
    source: Source,
    columns: Columns,
    codebook: Codebook,
    known: Mapping[str, Collection[str]] | None = None,
    minimum_answers: int = 1,
) -> Answers:
    """Turn a source's table, as ``read_table`` gives it, into clean answers.

    Of a large table one column at a time is in memory, and the answers are packed.

    Rows without an organisation, unit or wave are dropped; of rows with the same id (or of the same
    unit, where rows are units) the first is kept; rows whose weight is missing, not a number, zero
    or negative are dropped. Then, item by item, missing codes, text and codes outside the scale
    become NaN, amounts of the shape log become logarithms, and reversed items are turned: low +
    high − x. Counts that are not whole, or without their exposure, become NaN too.

    Parameters
    ----------
    known
        Names of organisations and waves that are names although they look like a word for none (an
        organisation "NA"), by key.
    minimum_answers
        How many questions of a construct a respondent has to have answered, of those asked in the
        wave; all of them where fewer were asked. Other answers to them are set aside.

    Returns
    -------
    ``frame``: organisation and wave (categorical; wave is "" if the study has none), unit (text),
    weight (1.0 if there is none), channel, response_rate, invited and respondents if the source has
    them, ``text`` (what people wrote, "" for nothing), the covariates ("" where one is not known),
    ``person`` (a number) and ``share_of_person`` (the rows of a person in an organisation and wave
    sum to 1) where ids have several rows in a wave (:func:`repeated`), then the source's items as
    float64.
    ``set_aside``: source, item (or the key column), reason, value, count, and the rows of the file,
    except for missing codes, which were expected.
    ``missing``: see :meth:`workbench.study.Study.without_answer`. ``by_group``: see
    :meth:`workbench.study.Study.set_aside_by_group`.
    Without a column of weights the people behind a unit's row are its weight (0 where their number
    is not known: the row is in no mean).

    Raises
    ------
    StudyError
        A column that study.toml names is not in the file, or stands there twice; or a covariate is
        none (:func:`covariate_fault`).
    """
    items = codebook.items_of_source(source.name)
    require_columns(table, source, columns)
    _refuse_duplicated(table, source, columns, items)
    for covariate in source.covariates:
        fault = covariate_fault(table[covariate], items)
        if fault is not None:
            raise StudyError(f"{source.file}: column {covariate!r}: {' '.join(fault)}")
    log = _Log(source.name)

    ids = Ids.of(table, source)
    keys = key_columns(table, source, columns, known, ids)
    keep = np.ones(len(table), dtype=bool)
    for key, name in zip(KEYS, (columns.organisation, columns.unit, columns.wave), strict=True):
        blank = keep & (keys[key].cat.codes.to_numpy() < 0)
        if name is not None:
            log.add_where(key, f"no {key}", table[name], blank)
        keep &= ~blank
    again = repeated(table, keys, keep, source, ids)
    if again.any():
        what = "id" if source.id else "unit"
        cells = table[source.id] if source.id else keys["unit"]
        log.add_where(what, f"duplicate {what}", cells, again)
    keep &= ~again
    if source.weight is not None:
        weight = read_weight(table[source.weight])
        keep &= _usable(table[source.weight], weight, keep, log)
        weights = weight.values[keep]
    else:
        weights = np.ones(int(keep.sum()))

    kept, keys = rows_of(table, keep), rows_of(keys, keep)
    frame: dict[str, Any] | Packed = Packed() if isinstance(table, LargeTable) else {}
    for key in KEYS:
        frame[key] = _texts(keys[key].array) if key == "unit" else keys[key].array
    frame["weight"] = weights
    if source.channel is not None:
        frame["channel"] = _texts(as_names(kept[source.channel]))
    for role in ("response_rate", "invited", "respondents"):
        if getattr(source, role) is not None:
            frame[role] = numbers = _within(kept[getattr(source, role)], role, log)
            if role == "respondents" and source.weighted_by_people:
                frame["weight"] = np.nan_to_num(numbers)
    if source.text is not None:
        frame["text"] = _texts(as_names(kept[source.text]))
    for covariate in source.covariates:
        frame[covariate] = _texts(as_names(kept[covariate]))
    ids = ids.rows(keep) if ids is not None else None
    linked = _linked(ids, source, keys)
    if linked is not None:
        frame["respondent"] = linked
    for name, numbers in _people(ids, source, keys).items():
        frame[name] = numbers
    groups = _Groups(keys)
    declared = table.attrs.get("missing", {})
    codes, lost = {}, {}
    for item in items:
        if item in table.columns:
            measure = codebook.measure(item)
            scale = codebook.file_scale(item)
            words = codebook.words(item)
            found = read_item(kept[item], scale, declared.get(item, ()), words)
            found = _countable(found, measure, _exposure(kept, measure, item, source))
            answers_of = _item(kept[item], found, scale, log, measure)
            frame[item] = _turned(answers_of, measure, codebook.scale(item))
            if found.missing.any():
                given = as_text(kept[item][found.missing])
                codes[item] = np.flatnonzero(found.missing), pd.Categorical(given)
            reasons = {
                MISSING_CODE: found.missing, NO_NUMBER: found.unread, OUTSIDE: found.outside,
            }  # fmt: skip
            if measure is not None and measure.shape == "count":
                reasons |= {NOT_WHOLE: found.broken, NO_EXPOSURE: found.bare}
            lost[item] = {reason: groups.count(where) for reason, where in reasons.items()}
        else:
            frame[item] = np.full(len(kept), np.nan)
            log.add(item, "item missing from the file", "", len(kept))
    for item in items:
        measure = codebook.measure(item)
        if measure is not None and measure.exposure and item in table.columns:
            frame[measure.exposure] = _exposure(kept, measure, item, source)
    answers = frame if isinstance(frame, Packed) else pd.DataFrame(frame)
    if source.rows == "respondents" and minimum_answers > 1:
        for construct, own in codebook.by_construct(source.name).items():
            few = has_few(answers, own, minimum_answers)
            log.add(construct, TOO_FEW, "", int(few.sum()), row_ranges(kept.index[few]))
            for item in own:
                answers[item] = answers[item].mask(few)
    missing = _missing(answers, items, codes)
    return Answers(answers, log.frame(), missing, groups.table(lost))


def has_few(answers: pd.DataFrame | Lean, items: Sequence[str], least: float) -> np.ndarray:
    """Where someone answered some of the items, but fewer than ``least`` of those asked in a wave.

    A question was asked in a wave if anybody answered it there. All have to be answered where fewer
    were asked.
    """
    wave = answers["wave"].cat.codes.to_numpy()
    count, asked = np.zeros(len(answers), int), np.zeros(wave.max(initial=-1) + 1, int)
    for item in items:
        given = answers[item].notna().to_numpy()
        asked += np.bincount(wave[given], minlength=len(asked)) > 0
        count += given
    few: np.ndarray = (count > 0) & (count < np.minimum(asked, least)[wave])
    return few


class _Groups:
    """The organisations and waves of rows, to count some of their answers by."""

    def __init__(self, keys: pd.DataFrame) -> None:
        organisation, wave = (keys[key].cat for key in ("organisation", "wave"))
        self.names = list(organisation.categories), list(wave.categories)
        waves = len(wave.categories)
        self.group = organisation.codes.to_numpy(np.int32) * waves + wave.codes.to_numpy(np.int32)

    def count(self, where: np.ndarray) -> np.ndarray:
        """How many rows of each group there are where it is True."""
        return np.bincount(self.group[where])

    def table(self, lost: Mapping[str, Mapping[str, np.ndarray]]) -> pd.DataFrame:
        """The counts by item and reason, one row each."""
        organisations, waves = self.names
        found = [
            (organisations[one // len(waves)], waves[one % len(waves)], item, reason,
             int(counts[one]))
            for item, reasons in lost.items()
            for reason, counts in reasons.items()
            for one in np.flatnonzero(counts)
        ]  # fmt: skip
        return pd.DataFrame(found, columns=["organisation", "wave", "item", "reason", "count"])


def _missing(
    answers: pd.DataFrame | Lean,
    items: Sequence[str],
    codes: Mapping[str, tuple[np.ndarray, pd.Categorical]],
) -> pd.DataFrame:
    """Count the missing codes that people gave who have a usable answer to any question.

    ``codes`` has by item the rows with a code, and these codes. Of item "" the rows count all these
    people.
    """
    usable = np.zeros(len(answers), dtype=bool)
    for item in items:
        usable |= answers[item].notna().to_numpy()
    people = answers[["organisation", "wave", "weight"]]
    if "person" in answers:
        people["person"] = answers["person"]
    everybody = people if usable.all() else people[usable]
    nothing = pd.Categorical.from_codes(np.zeros(len(everybody), dtype=np.int8), [""])
    tables = [_people_with("", everybody.assign(code=nothing))]
    for item in sorted(codes):
        rows, given = codes[item]
        counts = usable[rows]
        tables.append(_people_with(item, people.iloc[rows[counts]].assign(code=given[counts])))
    every = pd.concat(tables, ignore_index=True)
    ordered = every.sort_values(["organisation", "wave", "item"], kind="stable", ignore_index=True)
    return ordered[list(MISSING_COLUMNS)]


def _people_with(item: str, rows: pd.DataFrame) -> pd.DataFrame:
    """How many people the rows are by their code, and the sum of their weights."""
    groups = rows.groupby(["organisation", "wave", "code"], observed=True)
    counted = groups.agg(weight=("weight", "sum"))
    counted["count"] = groups["person"].nunique() if "person" in rows else groups.size()
    return counted.reset_index().astype({"code": "str"}).assign(item=item)


def require_columns(table: Table, source: Source, columns: Columns) -> None:
    """Raise StudyError unless the table has every column that study.toml names."""
    named = dict.fromkeys(name for name, _ in named_columns(source, columns))
    missing = [name for name in named if name not in table.columns]
    if missing:
        hint = table.attrs.get("hint", "")
        raise StudyError(
            "\n".join(
                f"{source.file}: the column {name!r} named in study.toml is not in the file; "
                f"correct one of the two.{nearest(name, table.columns)}"
                for name in missing
            )
            + (f" {hint}" if hint else "")
        )


def named_columns(source: Source, columns: Columns) -> list[tuple[str, str]]:
    """The columns that study.toml names for this source, each with what it is; one may be two."""
    named = [(getattr(columns, key), key) for key in KEYS if getattr(columns, key)]
    roles = ("weight", "channel", "response_rate", "invited", "respondents", "id", "text")
    named += [(getattr(source, role), role) for role in roles if getattr(source, role)]
    return named + [(name, "covariate") for name in source.covariates]


def text_columns(source: Source, columns: Columns) -> list[str]:
    """The named columns that hold names rather than numbers."""
    texts = (*KEYS, "channel", "id", "text", "covariate")
    return [name for name, role in named_columns(source, columns) if role in texts]


def key_columns(
    table: Table,
    source: Source,
    columns: Columns,
    known: Mapping[str, Collection[str]] | None = None,
    ids: "Ids | None" = None,
) -> pd.DataFrame:
    """The columns organisation, unit and wave of a table as categories, missing without a name.

    In a study without waves every row is of the wave "". See :class:`Columns` for what stands where
    there is no column of organisations or units.
    """
    known = known or {}
    keys = {
        key: as_names(table[name], known.get(key, ()))
        for key in KEYS
        if (name := getattr(columns, key)) is not None
    }
    for key, name in (("organisation", columns.everybody), ("wave", "")):
        if key not in keys:
            keys[key] = pd.Categorical.from_codes(np.zeros(len(table), dtype=np.int8), [name])
    if "unit" not in keys:
        keys["unit"] = keys["organisation"]
        if columns.rows_apart:
            people = ids.people if ids is not None else np.arange(len(table))
            each = pd.factorize(people)[0]
            names = pd.Index(np.arange(1, each.max(initial=-1) + 2)).astype("str")
            keys["unit"] = pd.Categorical.from_codes(each, names)
    return pd.DataFrame(keys, index=table.index)[list(KEYS)]


@dataclass(frozen=True)
class Ids:
    """The ids of a source's rows.

    Attributes
    ----------
    codes : (n,)
        The ids, numbered as they come; −1 for a blank.
    nobody : (n,)
        Where there is none: it is blank, or a word for none.
    """

    codes: np.ndarray
    nobody: np.ndarray

    @classmethod
    def of(cls, table: Table, source: Source) -> "Ids | None":
        """The ids of a table; None of a source without a column of them."""
        if source.id is None:
            return None
        cells = table[source.id]
        return cls(pd.factorize(cells)[0], is_no_name(cells))

    @property
    def different(self) -> bool:
        """Whether every row that has an id has one of its own."""
        return int(self.codes.max(initial=-1)) + 1 == int((self.codes >= 0).sum())

    def rows(self, keep: np.ndarray) -> "Ids":
        """The ids of some rows, numbered anew."""
        if keep.all():
            return self
        codes = self.codes[keep]
        codes[codes >= 0] = pd.factorize(codes[codes >= 0])[0]
        return Ids(codes, self.nobody[keep])

    @property
    def people(self) -> np.ndarray:
        """The people by number; a row without an id is a person."""
        person = self.codes.astype(np.int64)
        nobody = self.nobody
        person[nobody] = person.max(initial=-1) + 1 + np.arange(int(nobody.sum()))
        return person


def repeated(
    table: Table, keys: pd.DataFrame, keep: np.ndarray, source: Source, ids: Ids | None
) -> np.ndarray:
    """Where a row repeats a respondent, or a unit where rows are units.

    A respondent has one row in a wave for each organisation, or for each organisation and channel
    if the source has channels: one who went to several has a row for each. A unit has one in a
    wave, or in a wave and channel. Only rows in ``keep`` are compared; the first is never a
    repetition. An id that is blank or a word for none ("NA") is no id.
    """
    again = np.zeros(len(table), dtype=bool)
    if ids is not None and ids.different:
        return again
    if ids is not None:
        keep = keep & ~ids.nobody
        parts = [ids.codes]
        parts += [keys[key].cat.codes.to_numpy() for key in ("organisation", "wave")]
    elif source.rows == "units":
        parts = [keys[key].cat.codes.to_numpy() for key in KEYS]
    else:
        return again
    if source.channel is not None:
        parts.append(as_names(table[source.channel]).codes)
    again[keep] = pd.Series(_numbered(parts)[keep]).duplicated().to_numpy()
    return again


def _numbered(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Number the combinations of codes from −1 on."""
    place = np.zeros(len(parts[0]), dtype=np.int64)
    for part in parts:
        place = place * (int(part.max(initial=0)) + 2) + part + 1
    return place


def _linked(ids: Ids | None, source: Source, keys: pd.DataFrame) -> np.ndarray | None:
    """Number the respondents whose id comes in more than one wave, −1 for all others.

    None where there are none. Of several rows of an id in a unit and wave only the first has its
    number: a person's answers there are one over the waves.
    """
    wave = keys["wave"].cat.codes.to_numpy()
    waves = len(keys["wave"].cat.categories)
    if ids is None or source.rows != "respondents" or waves < 2 or ids.different:
        return None
    codes = np.where(ids.nobody, -1, ids.codes)
    seen = np.zeros((waves, codes.max(initial=-1) + 2), dtype=bool)  # the last is that of no id
    seen[wave, codes] = True
    often = np.flatnonzero(seen[:, :-1].sum(axis=0) > 1)
    if not often.size:
        return None
    number = np.full(seen.shape[1], -1, dtype=np.int32)
    number[often] = np.arange(often.size)
    linked = number[codes]
    unit = keys["unit"].cat.codes.to_numpy()
    rows = np.flatnonzero(linked >= 0)
    again = pd.Series(_numbered([one[rows] for one in (codes, unit, wave)])).duplicated()
    linked[rows[again.to_numpy()]] = -1
    return linked


def _people(ids: Ids | None, source: Source, keys: pd.DataFrame) -> dict[str, np.ndarray]:
    """Number the people, and return 1 over the rows that each has in an organisation and wave.

    Sums of these count people, never too many. Nothing where everybody has one row in a wave; a row
    without an id is a person.
    """
    if ids is None or source.rows != "respondents" or ids.different:
        return {}
    person = ids.people
    organisation, wave = (keys[key].cat.codes.to_numpy() for key in ("organisation", "wave"))
    if not pd.Series(_numbered([person, wave])).duplicated().any():
        return {}
    here = pd.factorize(_numbered([person, organisation, wave]))[0]
    return {"person": person, "share_of_person": 1 / np.bincount(here)[here]}


MOST_VALUES = 20
"""Of a covariate: more would make groups of few people each."""


def covariate_fault(cells: pd.Series, items: Collection[str] = ()) -> tuple[str, str] | None:
    """Return why a column is no covariate and what to do about it; None if it is one."""
    names = as_names(cells)
    values, filled = len(names.categories), int((names.codes >= 0).sum())
    if cells.name in items:
        cause = "The codebook has it as an item."
        return cause, "Leave it out of covariates in study.toml, or out of the codebook."
    if values < 2:
        shown = f"the same value {names.categories[0]!r} in all rows" if values else "no value"
        return f"The covariate has {shown}.", "Leave it out of covariates in study.toml."
    if 2 * values > filled:
        cause = (
            f"The covariate has {values:,} values in {filled:,} rows, so it tells who people are."
        )
        return cause, "Leave it out of covariates in study.toml."
    if values > MOST_VALUES:
        cause = f"The covariate has {values:,} values."
        return cause, f"Group them into {MOST_VALUES} or fewer, as ages into age groups."
    return None


def as_names(values: pd.Series, known: Collection[str] = ()) -> pd.Categorical:
    """Names as categories, as ``as_written`` writes them; none for a blank or a word for none.

    ``known`` are names whatever they look like.
    """
    codes, distinct = pd.factorize(values)
    texts = [as_written(value) for value in distinct]
    none = {*NO_NAME} - {*known}
    names = list(dict.fromkeys(text for text in texts if text not in none))
    place = {name: code for code, name in enumerate(names)}
    again = np.array([*(place.get(text, -1) for text in texts), -1], dtype=np.int32)
    return pd.Categorical.from_codes(again[codes], pd.Index(names, dtype="str"))


def _texts(names: pd.Categorical) -> pd.Series:
    """Names as a column of texts, "" for none."""
    texts = np.array([*names.categories, ""], dtype=object)  # code −1 is the last
    return pd.Series(texts[names.codes], dtype="str")


def as_text(values: pd.Series) -> pd.Series:
    """Texts as ``as_written`` writes them; a missing one is ""."""
    codes, names = pd.factorize(values)
    texts = np.array([*(as_written(name) for name in names), ""], dtype=object)
    return pd.Series(texts[codes], index=values.index, dtype="str")


class _Log:
    """What was set aside in one source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.records: list[tuple[str, str, str, str, int, str]] = []

    def add(self, item: str, reason: str, value: str, count: int, rows: str = "") -> None:
        if not count:
            return
        self.records.append((self.source, item, reason, value, int(count), rows))

    def add_where(self, item: str, reason: str, values: pd.Series, where: np.ndarray) -> None:
        """Add one record for each distinct value among those that are set aside."""
        if not where.any():
            return
        chosen = as_text(values[where])
        for value, rows in chosen.groupby(chosen, sort=True).groups.items():
            self.add(item, reason, str(value), len(rows), row_ranges(rows))

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self.records, columns=list(SET_ASIDE_COLUMNS))


def _refuse_duplicated(table: Table, source: Source, columns: Columns, items: list[str]) -> None:
    used = {*items, *(name for name, _ in named_columns(source, columns))}
    twice = [name for name in table.columns[table.columns.duplicated()] if name in used]
    if twice:
        raise StudyError(
            f"{source.file}: the column {twice[0]!r} stands twice in the header; rename one."
        )


def _usable(values: pd.Series, weight: Numbers, keep: np.ndarray, log: _Log) -> np.ndarray:
    """Where a row's weight lets it count."""
    numbers = weight.values
    for reason, where in (
        ("weight missing", np.isnan(numbers) & ~weight.text),
        ("weight not a number", weight.text),
        ("weight zero", numbers == 0),
        ("weight negative", numbers < 0),
        ("weight infinite", np.isposinf(numbers)),
    ):
        log.add_where("weight", reason, values, keep & where)
    return (numbers > 0) & np.isfinite(numbers)


def read_weight(cells: pd.Series) -> Numbers:
    """A column of weights; percentages are shares."""
    return read_numbers(cells, 0.0, 1.0)


LIMITS = {"response_rate": (0.0, 100.0), "invited": (0.0, np.inf), "respondents": (0.0, np.inf)}
_BEYOND = {
    "response_rate": "outside 0–100",
    "invited": "negative number",
    "respondents": "no whole number of people",
}


def read_role(values: pd.Series, role: str) -> tuple[Numbers, np.ndarray]:
    """A column of numbers that study.toml names, and where a number cannot be what it should."""
    low, high = LIMITS[role]
    numbers = read_numbers(values, low, high)
    beyond = (numbers.values < low) | (numbers.values > high)
    if role == "respondents":
        beyond |= numbers.values != np.rint(numbers.values)
        beyond &= ~np.isnan(numbers.values)
    return numbers, beyond


def _within(values: pd.Series, role: str, log: _Log) -> np.ndarray:
    numbers, beyond = read_role(values, role)
    if role == "respondents":
        blank = np.isnan(numbers.values) & ~numbers.text
        log.add_where(role, "number of people missing", values, blank)
    log.add_where(role, "not a number", values, numbers.text)
    log.add_where(role, _BEYOND[role], values, beyond)
    return np.where(beyond, np.nan, numbers.values)


@dataclass(frozen=True)
class ItemCells:
    """The cells of an item: its numbers, and where one is a missing code or outside the scale.

    Of a count, ``broken`` is where it is not whole, and ``bare`` where its exposure is not known.
    """

    numbers: Numbers
    missing: np.ndarray
    outside: np.ndarray
    broken: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=bool))
    bare: np.ndarray = field(default_factory=lambda: np.zeros(1, dtype=bool))

    @property
    def unread(self) -> np.ndarray:
        """Where a text stands that is neither a number nor a missing code."""
        return self.numbers.text & ~self.missing

    @property
    def usable(self) -> np.ndarray:
        """Where there is an answer on the scale."""
        given = ~np.isnan(self.numbers.values) & ~self.missing & ~self.outside
        return given & ~self.broken & ~self.bare


def read_item(
    cells: pd.Series,
    scale: Scale,
    declared: Iterable[tuple[Any, ...]] = (),
    labels: Mapping[str, float] | None = None,
) -> ItemCells:
    """Read an item's cells by its scale, the missing codes of codebook and file, and its labels."""
    words = {code.casefold() for code in scale.missing if isinstance(code, str)}
    numbers = read_numbers(cells, scale.low, scale.high, words, labels)
    missing = _is_missing_code(cells, numbers, [*scale.missing, *declared])
    outside = (numbers.values < scale.low) | (numbers.values > scale.high)
    return ItemCells(numbers, missing, outside & ~missing)


def _is_missing_code(
    cells: pd.Series, numbers: Numbers, codes: Iterable[float | str | tuple[Any, ...]]
) -> np.ndarray:
    """Where a cell is a missing code, or in a span (lowest, highest) of them."""
    missing = np.zeros(len(cells), dtype=bool)
    for code in codes:
        low, high = code if isinstance(code, tuple) else (code, code)
        if isinstance(low, str):
            if numbers.text.any():
                same = as_text(cells).str.casefold() == low.casefold()
                missing |= numbers.text & same.to_numpy()
        else:
            missing |= (numbers.values >= low) & (numbers.values <= high)
    return missing


def _exposure(
    table: Table, measure: Measure | None, item: str, source: Source
) -> np.ndarray | None:
    """What a count is counted in, NaN where it is not above 0; None without an exposure."""
    if measure is None or not measure.exposure:
        return None
    name = measure.exposure
    if name not in table.columns:
        raise StudyError(
            f"{source.file}: the column {name!r} named as the exposure of {item!r} in the "
            f"codebook is not in the file; correct one of the two.{nearest(name, table.columns)}"
        )
    values = read_numbers(table[name], 0.0, np.inf).values
    return np.where(values > 0, values, np.nan)


def _countable(found: ItemCells, measure: Measure | None, exposure: np.ndarray | None) -> ItemCells:
    """Set aside counts that are not whole, and those of which the exposure is not known."""
    if measure is None or measure.shape != "count":
        return found
    broken = found.usable & (found.numbers.values != np.rint(found.numbers.values))
    bare = np.zeros_like(broken) if exposure is None else found.usable & np.isnan(exposure)
    return replace(found, broken=broken, bare=bare & ~broken)


def _item(
    cells: pd.Series, found: ItemCells, scale: Scale, log: _Log, measure: Measure | None
) -> np.ndarray:
    """One item's answers as numbers, on the scale of its file."""
    name = str(cells.name)
    if found.missing.any():
        for code, count in sorted(_counts(cells[found.missing]).items()):
            log.add(name, MISSING_CODE, code, count)
    log.add_where(name, NO_NUMBER, cells, found.unread)
    log.add_where(name, OUTSIDE, cells, found.outside)
    if measure is not None and measure.shape == "count":
        log.add_where(name, NOT_WHOLE, cells, found.broken)
        log.add_where(name, NO_EXPOSURE, cells, found.bare)
    return np.where(found.usable, found.numbers.values, np.nan)


def _turned(answers: np.ndarray, measure: Measure | None, scale: Scale) -> np.ndarray:
    """Answers on the scale of clean ones, turned if the item is reversed."""
    if measure is not None:
        answers = measure.clean(answers)
    return scale.low + scale.high - answers if scale.reversed else answers


def _counts(values: pd.Series) -> Counter[str]:
    counts: Counter[str] = Counter()
    for value, count in values.value_counts(sort=False).items():
        counts[as_written(value)] += int(count)
    return counts
