"""How people answered: what is missing, straight lines, repeated rows, haste, use of the scales.

The tables are for those who hold the data. They count single people, so they are not to be
published.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.study.answers import MISSING_CODE, NO_NUMBER, OUTSIDE
from workbench.study.codebook import Codebook
from workbench.study.names import folded
from workbench.study.numbers import read_numbers
from workbench.study.study import Study

LEAST_ITEMS = 5
"""Questions on one scale below which the same answer to all of them tells nothing."""
FASTER = 2.0
"""How many times as fast as the median is too fast (Leiner 2019: relative speed index)."""
_DURATIONS = (
    "duration", "durationinseconds", "durationseconds", "durationinminutes", "interviewtime",
    "totaltime", "completiontime", "responsetime", "timetaken", "seconds", "minutes", "duree",
    "dauer", "interviewduration", "timespent",
)  # fmt: skip

Places = NDArray[np.bool_]


def read_rows(study: Study) -> pd.DataFrame:
    """What was read of every source: file, rows, those kept, organisations, units and waves."""
    found = []
    for name, source in study.sources.items():
        answers = study.answers(name)
        rows = len(study.read(name))
        found.append(
            {
                "source": name,
                "file": ", ".join(file.name for file in source.files),
                "rows": rows,
                "kept": len(answers),
                "organisations": answers["organisation"].nunique(),
                "units": len(answers[["organisation", "unit"]].drop_duplicates()),
                "waves": answers["wave"].nunique() if study.columns.wave else 0,
                "questions": len(study.codebook.items_of_source(name)),
            }
        )
    return pd.DataFrame(found)


def missing_by_item(study: Study, source: str) -> pd.DataFrame:
    """Shares of the rows without a usable answer, by item and why.

    ``item``, ``answers`` (how many), ``blank``, ``missing code``, ``not a number`` and ``out of
    scale`` (shares of all rows kept). Questions that were not asked in a wave are blank there.
    """
    answers = study.answers(source)
    items = study.codebook.items_of_source(source)
    lost = study.set_aside_by_group(source).groupby(["item", "reason"])["count"].sum()
    rows = max(len(answers), 1)
    table = pd.DataFrame({"item": items, "answers": answers[items].notna().sum().to_numpy()})
    for reason in (MISSING_CODE, NO_NUMBER, OUTSIDE):
        table[reason] = [lost.get((item, reason), 0) / rows for item in items]
    told = table[[MISSING_CODE, NO_NUMBER, OUTSIDE]].sum(axis=1)
    table.insert(2, "blank", (1 - table["answers"] / rows - told).clip(lower=0))
    return table


def missing_patterns(answers: pd.DataFrame, items: Sequence[str], most: int = 10) -> pd.DataFrame:
    """The most frequent sets of items without an answer: ``without``, ``rows``, ``share``."""
    gone = answers[list(items)].isna()
    counts = gone.value_counts().head(most)
    told = [[item for item, out in zip(items, row, strict=True) if out] for row in counts.index]
    names = ["none" if not out else "all" if len(out) == len(items) else out for out in told]
    without = [name if isinstance(name, str) else ", ".join(name) for name in names]
    return pd.DataFrame(
        {"without": without, "rows": counts.to_numpy(), "share": counts.to_numpy() / len(answers)}
    )


def straight_lines(answers: pd.DataFrame, items: Sequence[str], codebook: Codebook) -> Places:
    """Where someone gave the same code to all questions of a scale, five or more, as they were
    asked.

    Reversed questions are turned back first. Who answered fewer than five questions of a scale is
    no straight line.
    """
    asked = pd.DataFrame(
        {
            item: scale.low + scale.high - answers[item] if scale.reversed else answers[item]
            for item in items
            for scale in [codebook.scale(item)]
        },
        index=answers.index,
    )
    by_scale: dict[tuple[float, float], list[str]] = {}
    for item in items:
        scale = codebook.scale(item)
        by_scale.setdefault((scale.low, scale.high), []).append(item)
    found, broken = np.zeros(len(answers), bool), np.zeros(len(answers), bool)
    for own in by_scale.values():
        cells = asked[own]
        enough = (cells.notna().sum(axis=1) >= LEAST_ITEMS).to_numpy()
        same = (cells.max(axis=1) == cells.min(axis=1)).to_numpy()
        found |= enough & same
        broken |= enough & ~same
    return found & ~broken


def repeated_rows(answers: pd.DataFrame, items: Sequence[str]) -> Places:
    """Where a row has all the answers of an earlier one of its unit and wave, five or more."""
    keys = ["organisation", "unit", "wave", *items]
    given = (answers[list(items)].notna().sum(axis=1) >= LEAST_ITEMS).to_numpy()
    again: Places = answers[keys].duplicated().to_numpy()
    return again & given


def duration_column(table: pd.DataFrame) -> str | None:
    """The column that tells how long people took, by its name; None without one."""
    return next((name for name in table.columns if folded(str(name)) in _DURATIONS), None)


def too_fast(table: pd.DataFrame) -> tuple[str, Places] | None:
    """The column of durations, and where someone took less than half of its median.

    That is a relative speed index of 2 or more: Leiner, D. J. (2019). Too fast, too straight, too
    weird. Survey Research Methods, 13(3), 229–248.
    """
    name = duration_column(table)
    if name is None:
        return None
    taken = read_numbers(table[name]).values
    if not np.isfinite(taken).any():
        return None
    fast: Places = taken < np.nanmedian(taken) / FASTER
    return name, fast


def scale_use(study: Study, source: str) -> pd.DataFrame:
    """How the scale of each item is used.

    ``item``, ``scale``, ``answers``, ``mean``, ``sd``, ``lowest`` and ``highest`` (shares of the
    answers at the ends) and ``codes`` (how many differ).
    """
    answers = study.answers(source)
    found = []
    for item in study.codebook.items_of_source(source):
        own, scale = answers[item].dropna(), study.codebook.scale(item)
        found.append(
            {
                "item": item,
                "scale": f"{scale.low:g} to {scale.high:g}",
                "answers": len(own),
                "mean": own.mean(),
                "sd": own.std(),
                "lowest": (own <= scale.low).mean(),
                "highest": (own >= scale.high).mean(),
                "codes": own.nunique(),
            }
        )
    return pd.DataFrame(found)


def small_groups(study: Study, source: str) -> pd.DataFrame:
    """The organisations and waves with fewer people than the minimum: what pages hide."""
    answers = study.answers(source)
    items = study.codebook.items_of_source(source)
    people = answers.get("respondents", pd.Series(1, answers.index))
    counted = people.where(answers[items].notna().any(axis=1), 0)
    counts = counted.groupby([answers["organisation"], answers["wave"]], observed=True).sum()
    few = counts[counts < study.minimum_count].rename("people").reset_index()
    return few.astype({"people": int, "organisation": str, "wave": str})
