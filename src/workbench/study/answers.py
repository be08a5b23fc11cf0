"""From a source's file to clean answers, with an account of everything that was set aside."""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from workbench.exceptions import StudyError, nearest
from workbench.study.codebook import Codebook, Scale
from workbench.study.definition import Columns, Source

SET_ASIDE_COLUMNS = ("source", "item", "reason", "value", "count", "rows")

KEYS = ("organisation", "unit", "wave")


@dataclass(frozen=True)
class Answers:
    """Clean answers of one source, and the list of what was set aside on the way."""

    frame: pd.DataFrame
    set_aside: pd.DataFrame


def clean(table: pd.DataFrame, source: Source, columns: Columns, codebook: Codebook) -> Answers:
    """Turn a source's table, as ``read_table`` gives it, into clean answers.

    Rows without an organisation, unit or wave are dropped; of rows with the same id (or of the same
    unit, where rows are units) the first is kept; rows whose weight is missing, not a number, zero
    or negative are dropped. Then, item by item, missing codes, text and codes outside the scale
    become NaN, and reversed items are turned: low + high − x.

    Returns:
        ``frame``: organisation, unit, wave (text; wave is "" if the study has none), weight (1.0 if
        there is none), channel, response_rate and invited if the source has them, then the
        source's items as float64. ``set_aside``: source, item (or the key column), reason, value,
        count, and the rows of the file, except for missing codes, which were expected.

    Raises:
        StudyError: a column that study.toml names is not in the file, or stands there twice.
    """
    items = codebook.items_of_source(source.name)
    require_columns(table, source, columns)
    _refuse_duplicated(table, source, columns, items)
    log = _Log(source.name)

    keys = key_columns(table, columns)
    keep = _complete(keys, columns, log)
    again = repeated(table, keys, keep, source)
    log.add_where(
        "id" if source.id else "unit",
        "duplicate id" if source.id else "duplicate unit",
        table[source.id or columns.unit],
        again,
    )
    keep &= ~again
    if source.weight is not None:
        weight, _ = as_numbers(table[source.weight])
        keep &= _usable(table[source.weight], weight, keep, log)
    else:
        weight = np.ones(len(table))

    kept = table.loc[keep]
    frame = {name: keys[name].to_numpy()[keep] for name in KEYS}
    frame["weight"] = weight[keep]
    if source.channel is not None:
        frame["channel"] = as_text(kept[source.channel]).to_numpy()
    if source.response_rate is not None:
        frame["response_rate"] = _within(
            kept[source.response_rate], "response_rate", 0, 100, "outside 0–100", log
        )
    if source.invited is not None:
        frame["invited"] = _within(
            kept[source.invited], "invited", 0, np.inf, "negative number", log
        )
    declared = table.attrs.get("missing", {})
    for item in items:
        if item in table.columns:
            scale = codebook.scale(item)
            frame[item] = _item(kept[item], scale, declared.get(item, ()), log)
        else:
            frame[item] = np.full(len(kept), np.nan)
            log.add(item, "item missing from the file", "", len(kept))
    result = pd.DataFrame(frame)
    texts = [name for name in (*KEYS, "channel") if name in frame]
    return Answers(result.astype(dict.fromkeys(texts, "str")), log.frame())


def require_columns(table: pd.DataFrame, source: Source, columns: Columns) -> None:
    """Raise StudyError unless the table has every column that study.toml names."""
    missing = [name for name in named_columns(source, columns) if name not in table.columns]
    if missing:
        raise StudyError(
            "\n".join(
                f"{source.file}: the column {name!r} named in study.toml is not in the file; "
                f"correct one of the two.{nearest(name, table.columns)}"
                for name in missing
            )
        )


def named_columns(source: Source, columns: Columns) -> dict[str, str]:
    """Map the columns that study.toml names for this source to what they are."""
    named = {columns.organisation: "organisation", columns.unit: "unit"}
    if columns.wave is not None:
        named[columns.wave] = "wave"
    for role in ("weight", "channel", "response_rate", "invited", "id"):
        if getattr(source, role) is not None:
            named[getattr(source, role)] = role
    return named


def text_columns(source: Source, columns: Columns) -> list[str]:
    """The named columns that hold names rather than numbers."""
    texts = (*KEYS, "channel", "id")
    return [name for name, role in named_columns(source, columns).items() if role in texts]


def key_columns(table: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """The columns organisation, unit and wave of a table, as text; "" where there is none."""
    wave = table[columns.wave] if columns.wave else pd.Series("", index=table.index, dtype="str")
    named = (table[columns.organisation], table[columns.unit], wave)
    return pd.DataFrame({key: as_text(values) for key, values in zip(KEYS, named, strict=True)})


def repeated(
    table: pd.DataFrame, keys: pd.DataFrame, keep: np.ndarray, source: Source
) -> np.ndarray:
    """Where a row repeats a respondent, or a unit where rows are units.

    A respondent has one row in a wave; a unit has one in a wave, or in a wave and channel if the
    source has channels. Only rows in ``keep`` are compared; the first is never a repetition.
    """
    again = np.zeros(len(table), dtype=bool)
    if source.id is not None:
        key = keys[["wave"]].assign(id=table[source.id])
        keep = keep & key["id"].notna().to_numpy()
    elif source.rows == "units":
        channel = "" if source.channel is None else as_text(table[source.channel])
        key = keys.assign(channel=channel)
    else:
        return again
    again[keep] = key[keep].duplicated().to_numpy()
    return again


def as_text(values: pd.Series) -> pd.Series:
    """Names as text: without blanks around, composed Unicode, 2024.0 as "2024", dates as ISO.

    A missing name is "".
    """
    codes, names = pd.factorize(values)
    texts = np.array([*(_text(name) for name in names), ""], dtype=object)  # code −1 is the last
    return pd.Series(texts[codes], index=values.index, dtype="str")


def as_numbers(values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the values as float64, and where a text that is no number stood (boolean)."""
    if pd.api.types.is_numeric_dtype(values):
        return values.to_numpy(dtype=float, na_value=np.nan), np.zeros(len(values), dtype=bool)
    codes, distinct = pd.factorize(values)
    texts = [_text(value) for value in distinct]
    numbers = np.append(pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce"), np.nan)
    written = np.append(np.array([text != "" for text in texts], dtype=bool), False)
    return numbers[codes].astype(float), (np.isnan(numbers) & written)[codes]


def code_text(code: Any) -> str:
    """A code as people write it: 8 rather than 8.0."""
    if isinstance(code, float | np.floating) and float(code).is_integer():
        return str(int(code))
    return str(code)


def row_ranges(rows: Iterable[int]) -> str:
    """Row numbers in short: ``"3, 7–9"``."""
    numbers = np.unique(np.fromiter(rows, dtype=int))
    spans = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1) if len(numbers) else []
    return ", ".join(str(s[0]) if len(s) == 1 else f"{s[0]}–{s[-1]}" for s in spans)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.strip())
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
    return code_text(value)


class _Log:
    """What was set aside in one source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.records: list[tuple[str, str, str, str, int, str]] = []

    def add(self, item: str, reason: str, value: str, count: int, rows: str = "") -> None:
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


def _refuse_duplicated(
    table: pd.DataFrame, source: Source, columns: Columns, items: list[str]
) -> None:
    used = {*items, *named_columns(source, columns)}
    twice = [name for name in table.columns[table.columns.duplicated()] if name in used]
    if twice:
        raise StudyError(
            f"{source.file}: the column {twice[0]!r} stands twice in the header; rename one."
        )


def _complete(keys: pd.DataFrame, columns: Columns, log: _Log) -> np.ndarray:
    keep = np.ones(len(keys), dtype=bool)
    for key in KEYS if columns.wave else KEYS[:2]:
        blank = keep & (keys[key] == "").to_numpy()
        log.add_where(key, f"no {key}", keys[key], blank)
        keep &= ~blank
    return keep


def _usable(values: pd.Series, weight: np.ndarray, keep: np.ndarray, log: _Log) -> np.ndarray:
    """Where a row's weight lets it count."""
    _, text = as_numbers(values)
    blank = np.isnan(weight) & ~text
    for reason, where in (
        ("weight missing", blank),
        ("weight not a number", text),
        ("weight zero", weight == 0),
        ("weight negative", weight < 0),
        ("weight infinite", np.isposinf(weight)),
    ):
        log.add_where("weight", reason, values, keep & where)
    return (weight > 0) & np.isfinite(weight)


def _within(
    values: pd.Series, name: str, low: float, high: float, reason: str, log: _Log
) -> np.ndarray:
    numbers, text = as_numbers(values)
    log.add_where(name, "not a number", values, text)
    outside = (numbers < low) | (numbers > high)
    log.add_where(name, reason, values, outside)
    return np.where(outside, np.nan, numbers)


def _item(values: pd.Series, scale: Scale, declared: Iterable[tuple], log: _Log) -> np.ndarray:
    """One item's answers as numbers, on its scale and turned if it is reversed."""
    name = str(values.name)
    numbers, text = as_numbers(values)
    missing = is_missing_code(values, numbers, text, scale.missing, declared)
    if missing.any():
        for code, count in sorted(_counts(values[missing]).items()):
            log.add(name, "missing code", code, count)
    text = text & ~missing
    outside = out_of_scale(numbers, scale) & ~missing
    log.add_where(name, "not a number", values, text)
    log.add_where(name, "out of scale", values, outside)
    answers = np.where(missing | outside, np.nan, numbers)
    return scale.low + scale.high - answers if scale.reversed else answers


def _counts(values: pd.Series) -> Counter[str]:
    counts: Counter[str] = Counter()
    for value, count in values.value_counts(sort=False).items():
        counts[_text(value)] += int(count)
    return counts


def is_missing_code(
    values: pd.Series,
    numbers: np.ndarray,
    text: np.ndarray,
    codes: Iterable[float | str],
    declared: Iterable[tuple],
) -> np.ndarray:
    """Where a value is a missing code, or in a span (lowest, highest) that the file declares.

    ``numbers`` and ``text`` are what ``as_numbers`` made of the values.
    """
    missing = np.zeros(len(values), dtype=bool)
    for low, high in (*((code, code) for code in codes), *declared):
        if isinstance(low, str):
            if text.any():
                missing |= text & (as_text(values) == low).to_numpy()
        else:
            missing |= (numbers >= low) & (numbers <= high)
    return missing


def out_of_scale(numbers: np.ndarray, scale: Scale) -> np.ndarray:
    """Where a number lies outside the scale."""
    return (numbers < scale.low) | (numbers > scale.high)
