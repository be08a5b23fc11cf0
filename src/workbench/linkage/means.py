"""Unit means: one row per unit and wave, all sources side by side."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

from workbench.errors import UnknownNameError
from workbench.study import Study
from workbench.study.given import ALL_WAVES, Wave
from workbench.text import nearest

S = TypeVar("S", bound=Study)

KEYS = ["organisation", "unit", "wave"]


def units(
    study: Study,
    items: Sequence[str],
    organisation: str | None = None,
    wave: Wave = None,
) -> pd.DataFrame:
    """Weighted mean of every item in every unit, in the latest wave or in those asked for.

    In unit *u* the mean of item *j* is Σ_i w_i x_ij / Σ_i w_i over the respondents who answered
    it. The sources are joined by organisation, unit and wave, and a unit that only one of them has
    is kept, with missing means for the others. A source whose rows are units already goes in as it
    is. Small units stay in: how few respondents are enough is for the model to say.

    Parameters
    ----------
    study, items
        The study, and the items wanted.
    organisation
        One organisation; by default all of them.
    wave
        By default the latest; ``ALL_WAVES`` for all of them.

    Returns
    -------
    Columns ``organisation``, ``unit``, ``wave``, the items as asked for, and ``n_<source>``: how
    many rows of that source stand behind the unit with at least one of the items answered
    (respondents; 1 where the source's rows are units).

    Raises
    ------
    UnknownNameError
        If an item is not in the codebook, or the organisation or wave not in the study.

    Examples
    --------
    >>> import workbench as wb
    >>> table = units(wb.open_study("data/demo"), ["engaged_1"])
    >>> table.columns.tolist()
    ['organisation', 'unit', 'wave', 'engaged_1', 'n_employees']
    """
    if organisation is None:
        study = in_waves(study, wave)
        if len(study.parts()) > 1:
            parts = study.in_parts(lambda part: units(part, items, wave=wave))
            return pd.concat(parts, ignore_index=True)
    by_source = items_by_source(study, items)
    joined: pd.DataFrame | None = None
    for source, names in by_source.items():
        means = unit_means(select(study, source, organisation, wave), names, f"n_{source}")
        means = means.reset_index()
        joined = means if joined is None else joined.merge(means, on=KEYS, how="outer")
    if joined is None:
        return pd.DataFrame(columns=KEYS)
    counts = [f"n_{source}" for source in by_source]
    joined[counts] = joined[counts].fillna(0).astype(int)
    return joined.sort_values(KEYS, ignore_index=True)[[*KEYS, *items, *counts]]


def unit_means(answers: pd.DataFrame, items: Sequence[str], count: str) -> pd.DataFrame:
    """Weighted item means by organisation, unit and wave; ``count`` names the column of n.

    Rows without a positive weight do not count.
    """
    values = answers[list(items)]
    weight = answers["weight"].to_numpy()[:, None]
    answered = values.notna().to_numpy() & (weight > 0)
    sums = np.hstack(
        [
            np.where(answered, values.to_numpy() * weight, 0.0),
            answered * weight,
            answered.any(axis=1, keepdims=True),
        ]
    )
    keys = [answers[key].reset_index(drop=True) for key in KEYS]
    grouped = pd.DataFrame(sums).groupby(keys, observed=True).sum()
    grouped.index.names = KEYS
    total, weights = np.split(grouped.to_numpy()[:, :-1], 2, axis=1)
    with np.errstate(invalid="ignore"):
        means = pd.DataFrame(total / weights, index=grouped.index, columns=list(items))
    means[count] = grouped.to_numpy()[:, -1].astype(int)
    return means[means[count] > 0]


def in_waves(study: S, wave: Wave) -> S:
    """The study with the answers of a wave alone, by default the latest; all for ``ALL_WAVES``."""
    return study if wave is ALL_WAVES else study.in_wave(study.wave(wave))


def select(
    study: Study, source: str, organisation: str | None = None, wave: Wave = None
) -> pd.DataFrame:
    """Answers of one source in a wave, by default the latest; of one organisation if asked for."""
    answers = study.answers(source)
    if organisation is not None:
        answers = answers[answers["organisation"] == study.organisation(organisation)]
    if wave is not ALL_WAVES:
        answers = answers[answers["wave"] == study.wave(wave)]
    return answers


def items_by_source(study: Study, items: Sequence[str]) -> dict[str, list[str]]:
    """The items of each source, sources and items in the order asked for."""
    source_of = dict(zip(study.codebook.frame["item"], study.codebook.frame["source"], strict=True))
    by_source: dict[str, list[str]] = {}
    for item in items:
        if item not in source_of:
            raise UnknownNameError(
                f"{study.name}: the codebook has no item {item!r}.{nearest(item, source_of)}"
            )
        by_source.setdefault(source_of[item], []).append(item)
    return by_source
