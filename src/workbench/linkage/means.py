"""Unit means: one row per unit and wave, all sources side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import UnknownNameError
from workbench.study import Study
from workbench.study.given import ALL_WAVES, Wave
from workbench.text import nearest

S = TypeVar("S", bound=Study)
Array = NDArray[np.float64]

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
    return means_of_units(*rows_by_unit(study, items, organisation, wave), items)


@dataclass(frozen=True, eq=False)
class RowsByUnit:
    """The rows of a source that stand behind units: with a weight, and an answer to any item.

    Attributes
    ----------
    items
        The k items of the source.
    values : (n, k)
        The answers; NaN where missing.
    weight : (n,)
        Of every row.
    unit : (n,)
        The number of its unit and wave.
    """

    items: list[str]
    values: Array
    weight: Array
    unit: NDArray[np.int64]


def rows_by_unit(
    study: Study, items: Sequence[str], organisation: str | None = None, wave: Wave = None
) -> tuple[pd.DataFrame, dict[str, RowsByUnit]]:
    """The units of which there are rows, by organisation, unit and wave in their order, and these
    rows by source."""
    found, keys = {}, []
    for source, names in items_by_source(study, items).items():
        answers = study.answers(source)
        here = np.flatnonzero(_wanted(study, answers, organisation, wave))
        values = np.column_stack([answers[name].to_numpy(float)[here] for name in names])
        weight = answers["weight"].to_numpy(float)[here]
        used = (weight > 0) & ~np.isnan(values).all(axis=1)
        found[source] = names, values[used], weight[used]
        keys.append(answers[KEYS].take(here[used]))
    if not keys:
        return pd.DataFrame(columns=KEYS), {}
    every = pd.concat(keys, ignore_index=True)
    unit, called = every["unit"].factorize(sort=True)
    organisations, waves = every["organisation"].cat, every["wave"].cat
    number = organisations.codes.to_numpy(np.int64) * len(called) + unit
    number = number * len(waves.categories) + waves.codes.to_numpy()
    _, first, place = np.unique(number, return_index=True, return_inverse=True)
    ends = np.cumsum([len(own) for own in keys])[:-1]
    rows = {
        source: RowsByUnit(*own, unit=places)
        for (source, own), places in zip(found.items(), np.split(place, ends), strict=True)
    }
    return every.take(first).reset_index(drop=True), rows


def means_of_units(
    units: pd.DataFrame, rows: Mapping[str, RowsByUnit], items: Sequence[str]
) -> pd.DataFrame:
    """What :func:`units` returns, of what :func:`rows_by_unit` does."""
    means, counts = {}, {}
    for source, own in rows.items():
        for item, values in zip(own.items, own.values.T, strict=True):
            given = ~np.isnan(values)
            unit, weight = own.unit[given], own.weight[given]
            with np.errstate(invalid="ignore"):  # a unit in which nobody answered
                means[item] = np.bincount(unit, weight * values[given], len(units)) / np.bincount(
                    unit, weight, len(units)
                )
        counts[f"n_{source}"] = np.bincount(own.unit, minlength=len(units))
    return units.assign(**{item: means[item] for item in items}, **counts)


def in_waves(study: S, wave: Wave) -> S:
    """The study with the answers of a wave alone, by default the latest; all for ``ALL_WAVES``."""
    return study if wave is ALL_WAVES else study.in_wave(study.wave(wave))


def select(
    study: Study, source: str, organisation: str | None = None, wave: Wave = None
) -> pd.DataFrame:
    """Answers of one source in a wave, by default the latest; of one organisation if asked for."""
    answers = study.answers(source)
    return answers[_wanted(study, answers, organisation, wave)]


def _wanted(
    study: Study, answers: pd.DataFrame, organisation: str | None, wave: Wave
) -> NDArray[np.bool_]:
    """Which answers are of an organisation and a wave, as :func:`select` takes them."""
    wanted = np.ones(len(answers), dtype=bool)
    if organisation is not None:
        wanted &= (answers["organisation"] == study.organisation(organisation)).to_numpy()
    if wave is not ALL_WAVES:
        wanted &= (answers["wave"] == study.wave(wave)).to_numpy()
    return wanted


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
