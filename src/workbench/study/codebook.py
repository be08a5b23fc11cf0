"""The codebook: one row per question, read from ``codebook.csv`` and checked."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import StudyError, UnknownNameError
from workbench.figures import Table
from workbench.study import measures
from workbench.study.measures import Measure, clean_ends, read_measure
from workbench.study.names import tidy
from workbench.study.numbers import code_text
from workbench.study.problems import Problem, Severity, row_ranges
from workbench.study.readers import read_table
from workbench.text import counted, inflected, listed, nearest

T = TypeVar("T", float, pd.Series)

FILE_NAME = "codebook.csv"
COLUMNS = (
    "item", "source", "construct", "wording", "low", "high", "reversed", "missing", "labels",
    *measures.COLUMNS,
)  # fmt: skip
REQUIRED = ("item", "source", "construct", "low", "high")
NO_CONSTRUCT = "-"
"""What the column construct says of a question that is in none and is not used."""

# Names that columns of the cleaned answers have already.
RESERVED = (
    "organisation", "unit", "wave", "weight", "channel", "response_rate", "invited", "respondents",
    "respondent", "text", "person", "share_of_person",
)  # fmt: skip

Code = float | str | tuple[float, float]
"""A missing code: a number, a text, or all numbers from the first to the second."""

_YES, _NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n", "")


@dataclass(frozen=True)
class Scale:
    """The codes of one item: the lowest, the highest, whether it is turned, and missing codes.

    Examples
    --------
    >>> from workbench.study import Scale
    >>> Scale(1, 5, reversed=False, missing=(9,)).points(4)
    75.0
    >>> Scale(1, 5, reversed=False, missing=(9,)).points_per_code
    25.0
    """

    low: float
    high: float
    reversed: bool
    missing: tuple[Code, ...]

    def points(self, answers: T) -> T:
        """Answers put on 0–100: 100 (x − low) / (high − low)."""
        return 100 * (answers - self.low) / (self.high - self.low)

    @property
    def points_per_code(self) -> float:
        """Points of 0–100 that a step of one on the item's own scale makes."""
        return 100 / (self.high - self.low)


class Codebook:
    """The questions of a study, in the order of the file.

    ``frame`` has the columns item, source, construct, wording, low, high (float), reversed (bool),
    missing (a tuple of codes, see :data:`Code`), labels (a mapping of codes to words) and measure
    (:class:`workbench.study.measures.Measure`, None of an item without a unit of its own). low and
    high are those of clean answers, which are logarithms under the shape log.
    ``problems`` lists what was guessed when the file was read, ``unused`` the questions that are in
    no construct.

    Examples
    --------
    >>> import workbench as wb
    >>> codebook = wb.open_study("data/demo").codebook
    >>> codebook.items("trust")
    ['trust_1', 'trust_2', 'trust_3']
    >>> codebook.source_of("trust")
    'clients'
    >>> codebook.scale("trust_1")
    Scale(low=0.0, high=10.0, reversed=False, missing=(99.0,))
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        problems: Sequence[Problem] = (),
        unused: Sequence[str] = (),
    ) -> None:
        self.frame = frame.reset_index(drop=True)
        self.unused = tuple(unused)
        self.problems = tuple(problems)
        self._rows = {row["item"]: row for row in self.frame.to_dict("records")}
        self._items: dict[str, list[str]] = {}
        for item, row in self._rows.items():
            self._items.setdefault(row["construct"], []).append(item)

    @property
    def constructs(self) -> list[str]:
        """The constructs, in the order of their first question."""
        return list(self._items)

    def items(self, construct: str) -> list[str]:
        """The items that measure ``construct``.

        Raises
        ------
        UnknownNameError
            If there is no such construct.
        """
        return list(self._items[self._known(construct)])

    def source_of(self, construct: str) -> str:
        """The source whose respondents were asked about ``construct``."""
        return str(self._rows[self._items[self._known(construct)][0]]["source"])

    def source_of_item(self, item: str) -> str:
        """The source that has ``item``.

        Raises
        ------
        UnknownNameError
            If there is no such item.
        """
        return str(self._row(item)["source"])

    def items_of_source(self, source: str) -> list[str]:
        """All items asked in ``source``."""
        return [item for item, row in self._rows.items() if row["source"] == source]

    def by_construct(self, source: str) -> dict[str, list[str]]:
        """The items asked in ``source``, by construct."""
        return {
            construct: own
            for construct, own in self._items.items()
            if self._rows[own[0]]["source"] == source
        }

    def wording(self, item: str) -> str:
        """The question as it was asked.

        Raises
        ------
        UnknownNameError
            If there is no such item.
        """
        return str(self._row(item)["wording"])

    def scale(self, item: str) -> Scale:
        """The codes of ``item``.

        Raises
        ------
        UnknownNameError
            If there is no such item.
        """
        row = self._row(item)
        return Scale(row["low"], row["high"], bool(row["reversed"]), row["missing"])

    def file_scale(self, item: str) -> Scale:
        """The codes of ``item`` as its file has them.

        Raises
        ------
        UnknownNameError
            If there is no such item.
        """
        scale, measure = self.scale(item), self.measure(item)
        return scale if measure is None else replace(scale, low=measure.low, high=measure.high)

    def measure(self, item: str) -> Measure | None:
        """What an item from records counts; None where it has no unit of its own.

        Raises
        ------
        UnknownNameError
            If there is no such item.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").codebook.measure("waiting_days").unit
        'days'
        """
        return self._row(item).get("measure")

    @property
    def measured(self) -> list[str]:
        """The items that have a unit of their own."""
        return [item for item in self._rows if self.measure(item) is not None]

    def labels(self, item: str) -> dict[float, str]:
        """The words of ``item``'s answers by code, those that the codebook gives.

        Of a reversed item they belong to the codes as they were asked, not as they are turned.

        Raises
        ------
        UnknownNameError
            If there is no such item.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").codebook.labels("engaged_1")[5.0]
        'Strongly agree'
        """
        scale, written = self.scale(item), self._row(item).get("labels") or {}
        return {
            code: words
            for code, words in written.items()
            if isinstance(code, float) and scale.low <= code <= scale.high
        }

    def words(self, item: str) -> dict[str, float]:
        """What stands in a file that holds words instead of codes: the code of every label.

        Raises
        ------
        UnknownNameError
            If there is no such item.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").codebook.words("engaged_1")["don't know"]
        8.0
        """
        written = self._row(item).get("labels") or {}
        told = {text.casefold(): code for code, text in written.items() if isinstance(code, float)}
        return told if len(told) == sum(isinstance(code, float) for code in written) else {}

    def missing_label(self, item: str, code: str) -> str:
        """The words that the codebook gives for a missing code, "" if it gives none.

        ``code`` is as it is written in the file.

        Raises
        ------
        UnknownNameError
            If there is no such item.

        Examples
        --------
        >>> import workbench as wb
        >>> wb.open_study("data/demo").codebook.missing_label("engaged_1", "8")
        "Don't know"
        """
        written = self._row(item).get("labels") or {}
        try:
            return str(written.get(float(code), ""))
        except ValueError:
            words = {key.casefold(): text for key, text in written.items() if isinstance(key, str)}
            return str(words.get(code.casefold(), ""))

    def points_per_code(self, items: Sequence[str]) -> NDArray[np.float64]:
        """Points of 0–100 that a step of one on each item's own scale makes, (items,)."""
        return np.array([self.scale(item).points_per_code for item in items])

    def points(self, answers: pd.DataFrame, items: Sequence[str]) -> pd.DataFrame:
        """The answers to ``items`` put on 0–100, on the rows of ``answers``.

        Examples
        --------
        >>> import workbench as wb
        >>> study = wb.open_study("data/demo")
        >>> answers = study.answers("clients")[["trust_1"]]
        >>> points = study.codebook.points(answers, ["trust_1"])
        >>> float(points["trust_1"].min()), float(points["trust_1"].max())
        (0.0, 100.0)
        """
        return pd.DataFrame(
            {item: self.scale(item).points(answers[item]) for item in items}, index=answers.index
        )

    def completed(
        self,
        missing: Mapping[str, tuple[Code, ...]],
        labels: Mapping[str, Mapping[str, Mapping[Code, str]]],
        wordings: Mapping[str, Mapping[str, str]],
    ) -> "Codebook":
        """The codebook with what its cells leave open.

        ``missing`` are a source's missing codes, for its items that name none; a code on an item's
        scale is an answer there, as 9 is on one from 0 to 10. ``labels`` and ``wordings`` are those
        that a source's file itself holds, by source and item.
        """
        frame = self.frame.copy()
        if "labels" not in frame:
            frame["labels"] = [{} for _ in frame.index]
        for row in frame.itertuples():
            codes = [code for code in missing.get(row.source, ()) if not _on_scale(code, row)]
            if not row.missing and codes:
                frame.at[row.Index, "missing"] = tuple(codes)
            if not row.labels:
                frame.at[row.Index, "labels"] = dict(labels.get(row.source, {}).get(row.item, {}))
            if not row.wording:
                frame.at[row.Index, "wording"] = wordings.get(row.source, {}).get(row.item, "")
        return Codebook(frame, self.problems, self.unused)

    def _known(self, construct: str) -> str:
        if construct not in self._items:
            raise UnknownNameError(
                f"The codebook has no construct {construct!r}; it has "
                f"{', '.join(self.constructs)}.{nearest(construct, self.constructs)}"
            )
        return construct

    def _row(self, item: str) -> dict[str, Any]:
        if item not in self._rows:
            raise UnknownNameError(f"The codebook has no item {item!r}.{nearest(item, self._rows)}")
        return self._rows[item]

    def __repr__(self) -> str:
        return f"Codebook({len(self.frame)} items: {', '.join(self.constructs)})"

    def _repr_html_(self) -> str:
        missing = ["; ".join(map(_code_words, codes)) for codes in self.frame["missing"]]
        shown = self.frame.assign(missing=missing).drop(columns="measure", errors="ignore")
        if "labels" in shown:
            shown["labels"] = [_labels_text(labels) for labels in shown["labels"]]
        return Table(shown, counted(len(shown), "item"), missing="").html


def read_codebook(path: str | Path, sources: Collection[str]) -> Codebook:
    """Read ``codebook.csv``; ``sources`` are the names that its column source may hold.

    Only item, source, construct, low and high must be there; wording, reversed (yes or no), missing
    (see :func:`missing_codes`), labels (see :func:`answer_labels`) and what numbers from records
    are (see :func:`workbench.study.measures.read_measure`) may be left out. Questions whose
    construct is "-" are not used.

    Raises
    ------
    StudyError
        All faults of the file, one sentence each, with the row.
    """
    path = Path(path)
    table = read_table(path, text=COLUMNS, wanted=REQUIRED)
    problems = table.attrs.get("problems", ())
    faults = _header_faults(table)
    if faults:
        raise StudyError("\n".join(f"{path}: {fault}" for fault in faults))
    table = (
        table.reindex(columns=list(COLUMNS), fill_value="")
        .fillna("")
        .apply(lambda text: text.str.strip())
    )
    if table.empty:
        raise StudyError(f"{path}: the codebook has no rows; add one row for each question.")
    unused = table["construct"] == NO_CONSTRUCT
    left_out = table.loc[unused, "item"].map(tidy)
    if unused.any():
        problems = (*problems, _unused(path, left_out))
        table = table[~unused]
    if table.empty:
        raise StudyError(
            f"{path}: no question has a construct; write what questions measure in the column "
            "construct."
        )

    frame = pd.DataFrame(
        {
            "item": table["item"].map(tidy),
            **{name: table[name] for name in ("source", "construct", "wording")},
            "low": _numbers(table["low"]),
            "high": _numbers(table["high"]),
            "reversed": table["reversed"].str.casefold().isin(_YES),
        }
    )
    faults = _row_faults(table, frame, sources)
    read: dict[str, list[Any]] = {"missing": [], "labels": []}
    for name, parsed in (("missing", missing_codes), ("labels", answer_labels)):
        for row, item, written in zip(table.index, frame["item"], table[name], strict=True):
            try:
                read[name].append(parsed(written))
            except ValueError as error:
                faults.append(f"row {row}, item {item!r}: {name} is {written!r}: {error}")
    if not faults:
        faults = _label_faults(table, frame, **read)
    if faults:
        raise StudyError("\n".join(f"{path}: {fault}" for fault in faults))
    found, faults = _measures(table, frame)
    if faults:
        raise StudyError("\n".join(f"{path}: {fault}" for fault in faults))
    ends = [
        clean_ends(measure, low, high)
        for measure, low, high in zip(found, frame["low"], frame["high"], strict=True)
    ]
    low, high = zip(*ends, strict=True)
    measured = pd.Series(found, index=frame.index, dtype=object)
    return Codebook(
        frame.assign(**read, low=low, high=high, measure=measured), problems, list(left_out)
    )


def _measures(table: pd.DataFrame, frame: pd.DataFrame) -> tuple[list[Measure | None], list[str]]:
    """What the items from records count, and what is wrong with it."""
    found: list[Measure | None] = []
    faults = []
    for row, item, low, high in zip(
        table.index, frame["item"], frame["low"], frame["high"], strict=True
    ):
        written = {str(name): str(cell) for name, cell in table.loc[row].items()}
        try:
            found.append(read_measure(written, low, high))
        except ValueError as error:
            faults.append(f"row {row}, item {item!r}: {error}")
    return found, faults


def _unused(path: Path, items: pd.Series) -> Problem:
    count = len(items)
    verb = inflected(count, "question is", "questions are")
    cause = f"{count:,} {verb} in no construct ({NO_CONSTRUCT}): {listed(items, most=3)}."
    advice = "Not used; write a construct where one should be."
    return Problem(
        Severity.NOTE, path.name, "construct", cause, advice, count, row_ranges(items.index),
        tuple(items[:3]),
    )  # fmt: skip


def _on_scale(code: Code, row: Any) -> bool:
    """Whether a missing code is an answer on the scale of a row of the codebook."""
    if isinstance(code, str):
        return False
    low, high = code if isinstance(code, tuple) else (code, code)
    return low <= row.high and high >= row.low


def _label_faults(
    table: pd.DataFrame,
    frame: pd.DataFrame,
    missing: Sequence[tuple[Code, ...]],
    labels: Sequence[dict[Code, str]],
) -> list[str]:
    """Labels of codes that are neither on the scale nor missing codes."""
    faults = []
    for row, item, low, high, codes, words in zip(
        table.index, frame["item"], frame["low"], frame["high"], missing, labels, strict=True
    ):
        spans = [(low, high), *(code for code in codes if isinstance(code, tuple))]
        for code in words:
            on_scale = isinstance(code, float) and any(a <= code <= b for a, b in spans)
            if not on_scale and code not in codes:
                faults.append(
                    f"row {row}, item {item!r}: labels has the code {code_text(code)!r}, which is "
                    f"neither on the scale from {low:g} to {high:g} nor a missing code; correct "
                    "one of them."
                )
    return faults


def _header_faults(table: pd.DataFrame) -> list[str]:
    faults = [
        f"column {name!r} is missing; add it.{nearest(name, table.columns)}"
        for name in COLUMNS
        if name in REQUIRED and name not in table.columns
    ]
    faults += [
        f"column {name!r} stands twice; keep one of them."
        for name in COLUMNS
        if list(table.columns).count(name) > 1
    ]
    return faults


def _row_faults(table: pd.DataFrame, frame: pd.DataFrame, sources: Collection[str]) -> list[str]:
    faults = []
    first_row: dict[str, int] = {}
    source_of: dict[str, tuple[str, int]] = {}
    for row, item, source, construct, low, high in zip(
        table.index,
        *(frame[name] for name in ("item", "source", "construct", "low", "high")),
        strict=True,
    ):
        place = f"row {row}, item {item!r}: " if item else f"row {row}: "
        if not item:
            faults.append(f"{place}the item is empty; write the name of the column.")
        elif item in RESERVED:
            faults.append(f"{place}the workbench uses this name itself; rename the column.")
        elif item in first_row:
            faults.append(
                f"{place}the item stands in row {first_row[item]} already; an item has one row, "
                "so remove one or rename the column in one of the sources."
            )
        first_row.setdefault(item, row)

        if source not in sources:
            faults.append(
                f"{place}the source {source!r} is not in study.toml, which has "
                f"{', '.join(sources)}; correct one of the two.{nearest(source, sources)}"
            )
        if not construct:
            faults.append(f"{place}the construct is empty; write what the question measures.")
        elif source in sources and source_of.setdefault(construct, (source, row))[0] != source:
            faults.append(
                f"{place}the construct {construct!r} is asked of {source!r} here and of "
                f"{source_of[construct][0]!r} in row {source_of[construct][1]}; give the two "
                "different names."
            )
        written = table.loc[row]
        for name, value in (("low", low), ("high", high)):
            if pd.isna(value):
                faults.append(
                    f"{place}{name} is {written[name]!r}; write the {name}est code of the scale."
                )
        if low >= high:
            faults.append(
                f"{place}low is {low:g} and high is {high:g}; low must be below high."
                " A reversed item says so in the column reversed."
            )
        if written["reversed"].casefold() not in _YES + _NO:
            faults.append(f"{place}reversed is {written['reversed']!r}; write yes or no.")
    return faults


def _numbers(texts: pd.Series) -> pd.Series:
    return pd.to_numeric(texts.str.replace(",", "."), errors="coerce").astype(float)


_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_SPAN = re.compile(rf"({_NUMBER})\s*(?:to|…|\.\.+)\s*({_NUMBER})", re.IGNORECASE)
_QUOTED = re.compile(r"""["“„«]([^"”“»]*)["”“»]""")


def missing_codes(written: str) -> tuple[Code, ...]:
    """The missing codes that a cell of the column missing lists.

    Codes stand between semicolons; numbers also between commas or blanks. Words that follow each
    other are one code, as are words in quotation marks; "-9 to -1" are all numbers from -9 to -1.

    Raises
    ------
    ValueError
        What the cell means cannot be told; the message says how to write it.

    Examples
    --------
    >>> missing_codes("8 9"), missing_codes("8,9"), missing_codes("Not applicable; -9 to -1")
    ((8.0, 9.0), (8.0, 9.0), ('Not applicable', (-9.0, -1.0)))
    """
    text = written.strip().replace("−", "-")
    if ";" in text:
        parts = [part.strip() for part in text.split(";")]
        return tuple(code for part in parts if part for code in [_single(part)])
    if re.fullmatch(rf"{_NUMBER}(?:\s*,\s*{_NUMBER})+", text):
        return tuple(_single(part.strip()) for part in text.split(","))
    quoted = _QUOTED.findall(text)
    rest = _QUOTED.sub(" ", text).strip(", ")
    if quoted:
        return (*(code.strip() for code in quoted), *(missing_codes(rest) if rest else ()))
    if "," in text:
        raise ValueError("a comma may be part of a code; write semicolons between the codes.")
    return _by_blanks(text)


def answer_labels(written: str) -> dict[Code, str]:
    """The words of answers by code that a cell of the column labels lists.

    A bar stands between two of them, an equals sign between a code and its words.

    Raises
    ------
    ValueError
        What the cell means cannot be told; the message says how to write it.

    Examples
    --------
    >>> answer_labels("1=Never|5=Always|9=Don't know")
    {1.0: 'Never', 5.0: 'Always', 9.0: "Don't know"}
    """
    found: dict[Code, str] = {}
    for part in filter(None, map(str.strip, written.split("|"))):
        code, sign, words = (text.strip() for text in part.partition("="))
        if not (code and sign and words):
            raise ValueError(f"{part!r} names no code or no words; write 1=Never|5=Always.")
        key = _single(code)
        if isinstance(key, tuple) or key in found:
            raise ValueError(f"{code!r} is no single code or stands twice; give each code once.")
        found[key] = words
    return found


def _labels_text(labels: Mapping[Code, str]) -> str:
    return "; ".join(f"{_code_words(code)} = {words}" for code, words in labels.items())


def _single(part: str) -> Code:
    """The code that stands between two semicolons."""
    found = _SPAN.fullmatch(part)
    if found:
        return _span(found)
    quoted = _QUOTED.fullmatch(part)
    if quoted:
        return quoted[1].strip()
    if re.fullmatch(_NUMBER, part):
        return float(part)
    if re.search(r"\d", part) and not re.search(r"[^\W\d_]", part):
        raise ValueError(
            f"{part!r} is no number; write decimals with a point, a semicolon between codes, and "
            "1 to 3 for all codes from 1 to 3."
        )
    return part


def _by_blanks(text: str) -> tuple[Code, ...]:
    """Numbers, spans and one run of words, separated by blanks."""
    parts = re.finditer(rf"(?<!\S){_SPAN.pattern}(?!\S)|\S+", text, re.IGNORECASE)
    codes = [_single(part[0]) for part in parts]
    runs = [(words, list(run)) for words, run in groupby(codes, lambda c: isinstance(c, str))]
    if sum(words for words, _ in runs) > 1:
        raise ValueError(
            "numbers stand between words; write semicolons between the codes, as in Refused; 9."
        )
    return tuple(
        code for words, run in runs for code in ([" ".join(map(str, run))] if words else run)
    )


def _span(found: re.Match[str]) -> tuple[float, float]:
    low, high = float(found[1]), float(found[2])
    if low > high:
        raise ValueError(f"{found[0]!r} runs downwards; write the lower code first.")
    return low, high


def _code_words(code: Code) -> str:
    return " to ".join(map(code_text, code)) if isinstance(code, tuple) else code_text(code)
