"""Numbers as people and programs write them in a column, and what stands there instead."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

_PERCENT = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*[%％]")
_COMMA = re.compile(r"[+-]?\d+,\d+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
_CODE_AND_LABEL = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s*[-–—=:.,;)(\]\[|]*\s*[^\W\d_].*", re.DOTALL)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: .*)?")

PERCENT = "The column holds percent signs"
COMMA = "The column has decimal commas"
UNCLEAR_COMMA = "The column has commas, decimal ones or between thousands,"
DATES = "The column holds dates"
CODE_AND_LABEL = "Cells hold a code and its label"
LABELS = "Answers are text labels"
BY_LABEL = "Cells hold labels of the codebook"


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers.

    Attributes
    ----------
    values : (n,)
        The numbers, NaN where there is none.
    text : (n,) of bool
        Where a text stands that is no number.
    put_right
        What was written in another way and read all the same: where, by cause.
    """

    values: np.ndarray
    text: np.ndarray
    put_right: dict[str, np.ndarray] = field(default_factory=dict)


def read_numbers(
    cells: pd.Series,
    low: float | None = None,
    high: float | None = None,
    words: Collection[str] = (),
    labels: Mapping[str, float] | None = None,
) -> Numbers:
    """Read a column's cells as numbers.

    Where the scale of the column is known (``low`` to ``high``), percent signs are taken off on a
    scale of 0 to 100, and divided by 100 on one of 0 to 1. Decimal commas are read if they cannot
    be thousands: a number has not three digits after its comma, or lies on the scale only so.
    ``words`` are texts that stand for a missing answer and are left as they are. ``labels`` gives
    the codes of texts (in small letters), which may follow their code as in "4 – Often".
    """
    if pd.api.types.is_numeric_dtype(cells):
        values = cells.to_numpy(dtype=float, na_value=np.nan)
        return Numbers(values, np.zeros(len(cells), dtype=bool))
    codes, distinct = pd.factorize(cells)
    texts = [as_written(value) for value in distinct]
    plain = [text.replace("−", "-") for text in texts]
    numbers = pd.to_numeric(pd.Series(plain, dtype=object), errors="coerce").to_numpy(float).copy()
    left = [i for i, text in enumerate(texts) if text and np.isnan(numbers[i])]
    left = [i for i in left if texts[i] not in words and plain[i].casefold() != "nan"]
    found: dict[str, list[int]] = {}
    percents = {i: m for i in left if (m := _PERCENT.fullmatch(plain[i]))}
    share = {(0.0, 100.0): 1.0, (0.0, 1.0): 0.01}.get((low, high))  # type: ignore[arg-type]
    if share is not None and percents:
        for i, match in percents.items():
            numbers[i] = share * float(match[1].replace(",", "."))
        found[PERCENT] = list(percents)
    commas = [i for i in left if _COMMA.fullmatch(plain[i])]
    if commas and _are_decimal([plain[i] for i in commas], low, high):
        for i in commas:
            numbers[i] = float(plain[i].replace(",", "."))
        found[COMMA] = commas
    codes_of = {i: _labelled(plain[i], labels) for i in left} if labels else {}
    labelled = {i: code for i, code in codes_of.items() if code is not None}
    for i, code in labelled.items():
        numbers[i] = code
    if labelled:
        found[BY_LABEL] = list(labelled)
    still = np.zeros(len(texts) + 1, dtype=bool)
    still[[i for i in range(len(texts)) if texts[i] and np.isnan(numbers[i])]] = True
    where = {cause: np.isin(codes, places) for cause, places in found.items()}
    return Numbers(np.append(numbers, np.nan)[codes], still[codes], where)  # code −1 is the last


def _labelled(text: str, labels: Mapping[str, float]) -> float | None:
    """The code of a label, alone or behind its own code."""
    words = " ".join(text.casefold().split())
    if words in labels:
        return labels[words]
    code = re.match(r"[+-]?\d+", words)
    behind = words[code.end() :].lstrip(" -–—=:.,;)(][|") if code else ""
    known = labels.get(behind) if behind else None
    return known if code and known == float(code[0]) else None


def _are_decimal(texts: list[str], low: float | None, high: float | None) -> bool:
    """Whether commas are decimal ones rather than between thousands."""
    if not all(_THOUSANDS.fullmatch(text) for text in texts):
        return True
    if low is None or high is None:
        return False
    return not any(low <= float(text.replace(",", "")) <= high for text in texts) and any(
        low <= float(text.replace(",", ".", 1).replace(",", "")) <= high for text in texts
    )


def kind_of(texts: Collection[str]) -> str:
    """What the texts of a column of numbers are, as the first words of a sentence."""
    kinds = (
        (_PERCENT, PERCENT),
        (_COMMA, UNCLEAR_COMMA),
        (_DATE, DATES),
        (_CODE_AND_LABEL, CODE_AND_LABEL),
    )
    for pattern, words in kinds:
        if 2 * sum(pattern.fullmatch(text) is not None for text in texts) > len(texts):
            return words
    return LABELS


def as_written(value: Any) -> str:
    """A cell as text: without blanks around, composed Unicode, 2024.0 as "2024", dates as ISO."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value.strip())
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else str(value)
    return code_text(value)


def code_text(code: Any) -> str:
    """A code as people write it: 8 rather than 8.0."""
    if isinstance(code, float | np.floating) and float(code).is_integer():
        return str(int(code))
    return str(code)
