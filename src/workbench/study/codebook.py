"""The codebook: one row per question, read from ``codebook.csv`` and checked."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from workbench.exceptions import StudyError, UnknownNameError, nearest
from workbench.study.readers import read_table

T = TypeVar("T", float, pd.Series)

FILE_NAME = "codebook.csv"
COLUMNS = ("item", "source", "construct", "wording", "low", "high", "reversed", "missing")

# Names that columns of the cleaned answers have already.
RESERVED = (
    "organisation", "unit", "wave", "weight", "channel", "response_rate", "invited",
)  # fmt: skip

_YES, _NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n", "")


@dataclass(frozen=True)
class Scale:
    """The codes of one item: the lowest, the highest, whether it is turned, and missing codes."""

    low: float
    high: float
    reversed: bool
    missing: tuple[float | str, ...]

    def points(self, answers: T) -> T:
        """Answers put on 0–100: 100 (x − low) / (high − low)."""
        return 100 * (answers - self.low) / (self.high - self.low)


class Codebook:
    """The questions of a study, in the order of the file.

    ``frame`` has the columns item, source, construct, wording, low, high (float), reversed (bool)
    and missing (a tuple of codes: numbers where they are numbers, otherwise text).
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.reset_index(drop=True)
        self._rows = {row["item"]: row for row in self.frame.to_dict("records")}
        self._items: dict[str, list[str]] = {}
        for item, row in self._rows.items():
            self._items.setdefault(row["construct"], []).append(item)

    @property
    def constructs(self) -> list[str]:
        """The constructs, in the order of their first question."""
        return list(self._items)

    def items(self, construct: str) -> list[str]:
        """The items that measure ``construct``; UnknownNameError if there is no such construct."""
        return list(self._items[self._known(construct)])

    def source_of(self, construct: str) -> str:
        """The source whose respondents were asked about ``construct``."""
        return str(self._rows[self._items[self._known(construct)][0]]["source"])

    def items_of_source(self, source: str) -> list[str]:
        """All items asked in ``source``."""
        return list(self.frame.loc[self.frame["source"] == source, "item"])

    def wording(self, item: str) -> str:
        """The question as it was asked; UnknownNameError if there is no such item."""
        return str(self._row(item)["wording"])

    def scale(self, item: str) -> Scale:
        """The codes of ``item``; UnknownNameError if there is no such item."""
        row = self._row(item)
        return Scale(row["low"], row["high"], bool(row["reversed"]), row["missing"])

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
        shown = self.frame.assign(missing=[" ".join(map(str, m)) for m in self.frame["missing"]])
        return shown.to_html(index=False)


def read_codebook(path: str | Path, sources: Collection[str]) -> Codebook:
    """Read ``codebook.csv``; ``sources`` are the names that its column source may hold.

    Only item, source, construct, low and high must be there; wording, reversed (yes or no) and
    missing (codes separated by blanks) may be left out.

    Raises:
        StudyError: all faults of the file, one sentence each, with the row.
    """
    path = Path(path)
    table = read_table(path, text=COLUMNS)
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

    frame = pd.DataFrame(
        {
            **{name: table[name] for name in ("item", "source", "construct", "wording")},
            "low": _numbers(table["low"]),
            "high": _numbers(table["high"]),
            "reversed": table["reversed"].str.casefold().isin(_YES),
            "missing": [tuple(_code(code) for code in codes.split()) for codes in table["missing"]],
        }
    )
    faults = _row_faults(table, frame, sources)
    if faults:
        raise StudyError("\n".join(f"{path}: {fault}" for fault in faults))
    return Codebook(frame)


def _header_faults(table: pd.DataFrame) -> list[str]:
    faults = [
        f"column {name!r} is missing; add it.{nearest(name, table.columns)}"
        for name in COLUMNS
        if name not in ("wording", "reversed", "missing") and name not in table.columns
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


def _code(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text
