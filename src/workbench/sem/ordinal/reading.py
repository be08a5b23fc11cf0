"""From the rows of a fit to the statistics of its ordered and continuous items."""

from collections.abc import Hashable, Sequence

import numpy as np

from workbench.errors import DataError, DataWarning, ModelError, TooFewRowsError
from workbench.interpretation.messages import say
from workbench.sem.estimation.moments import Sample
from workbench.sem.model.expressions import canonical
from workbench.sem.model.layout import Floats, Integers
from workbench.sem.model.parameters import Variables
from workbench.sem.ordinal.statistics import Places, Statistics
from workbench.sem.ordinal.within import WithinStatistics
from workbench.text import listed, nearest, quoted

MOST_CATEGORIES = 15
"""Categories of an ordered item; one with more is taken for a measurement."""

FEW = 5
"""Answers of a category below which its threshold is too uncertain to go unsaid."""

PERFECT = 0.999
"""Size of a correlation at which one item predicts the other perfectly."""


def ordered_items(
    ordered: bool | Sequence[str], names: Variables, columns: Sequence[Hashable]
) -> tuple[str, ...]:
    """Return which of a model's variables are ordered, in the order of ``names.observed``.

    ``True`` is all but observed variables that nothing predicts.

    Raises
    ------
    ModelError
        A name that is no column of the data.
    """
    if isinstance(ordered, bool):
        return tuple(n for n in names.observed if n not in names.exogenous) if ordered else ()
    known = {canonical(column) for column in columns}
    for name in ordered:
        if canonical(name) not in known:
            raise ModelError(
                f"ordered= names {name!r}, which is not a column of the data."
                f"{nearest(canonical(name), sorted(map(str, known)))}"
            )
    wanted = set(map(canonical, ordered))
    return tuple(name for name in names.observed if name in wanted)


def read_statistics(
    sample: Sample,
    observed: Sequence[str],
    ordered: Sequence[str],
    groups: Sequence[Hashable],
    estimator: str,
) -> tuple[tuple[Statistics, ...], list[DataWarning]]:
    """Return the statistics of every group, and what is to be said about them.

    Raises
    ------
    DataError
        An ordered item with more than ``MOST_CATEGORIES`` values, a category that a group does not
        have, two items of which one predicts the other perfectly, or that nobody answered together.
    TooFewRowsError
        No more rows than statistics, whose covariance WLS inverts.
    """
    places, blocks = _coded(sample, observed, ordered, groups)
    for rows, group in zip(blocks, groups, strict=True):
        if estimator == "WLS" and len(rows) <= places.count:
            where = "" if group is None else f" in group {group!r}"
            raise TooFewRowsError(
                f"WLS weighs {places.count} thresholds and correlations by the inverse of their "
                f"covariance, which {len(rows)} rows{where} do not determine; choose "
                "estimator='WLSMV'."
            )
    found = tuple(Statistics(places, rows) for rows in blocks)
    _check_pairs(found, observed, groups)
    return found, _notes(found, observed)


def read_within(
    sample: Sample, observed: Sequence[str], group: Integers
) -> tuple[WithinStatistics, list[DataWarning]]:
    """Return the statistics of ordered items within groups, and what is to be said about them.

    ``group`` (n,) numbers the group of every row, from 0 without a gap.

    Raises
    ------
    DataError
        As :func:`read_statistics`, but for categories that a group does not have.
    """
    places, (rows,) = _coded(sample, observed, observed, (None,))
    n = len(rows)
    weight = np.ones(n) if sample.weights is None else sample.weights[0]
    rows[weight == 0] = np.nan
    cluster = np.arange(n) if sample.clusters is None else sample.clusters[0]
    crossed = None if sample.crossed is None else sample.crossed[0]
    found = WithinStatistics(places, rows, group, weight, cluster, crossed)
    _check_pairs((found,), observed, (None,))
    return found, _sparse((found,), observed)


def _coded(
    sample: Sample, observed: Sequence[str], ordered: Sequence[str], groups: Sequence[Hashable]
) -> tuple[Places, list[Floats]]:
    """Which statistic is where, and the rows with answers to ordered items as 0, 1, …."""
    blocks = [rows.copy() for rows in sample.rows]
    categories = []
    for i, name in enumerate(observed):
        if name not in ordered:
            categories.append(0)
            continue
        values = np.unique(np.concatenate([rows[:, i] for rows in blocks]))
        values = values[~np.isnan(values)]
        _check_categories(name, values, [rows[:, i] for rows in blocks], groups)
        for rows in blocks:
            known = ~np.isnan(rows[:, i])
            rows[known, i] = np.searchsorted(values, rows[known, i])
        categories.append(len(values))
    return Places(tuple(categories)), blocks


def _check_categories(
    name: str, values: Floats, columns: Sequence[Floats], groups: Sequence[Hashable]
) -> None:
    if len(values) > MOST_CATEGORIES:
        raise DataError(
            f"Item {name!r} has {len(values)} different values, an ordered item at most "
            f"{MOST_CATEGORIES}; leave it out of ordered=, so that it counts as continuous, or "
            "join values to fewer categories.",
            [name],
        )
    for group, column in zip(groups, columns, strict=True):
        absent = values[~np.isin(values, column)]
        if len(absent):
            raise DataError(
                f"Nobody in group {group!r} chose {absent[0]:g} in {name!r}, which others chose: "
                "the groups' thresholds cannot be compared; join this category with the one "
                "beside it in all groups.",
                [name],
            )


def _check_pairs(
    found: Sequence[Statistics], observed: Sequence[str], groups: Sequence[Hashable]
) -> None:
    for statistics, group in zip(found, groups, strict=True):
        where = "" if group is None else f" in group {group!r}"
        known = (~np.isnan(statistics.rows)).astype(float)
        together = known.T @ known
        for i, j in zip(*(side.tolist() for side in statistics.places.pairs), strict=True):
            names = [observed[j], observed[i]]
            if together[i, j] < 2:
                raise DataError(
                    f"Hardly anybody{where} answered both {names[0]!r} and {names[1]!r}, so that "
                    "their correlation is unknown; leave one of them out.",
                    names,
                )
        size = np.abs(statistics.correlation) - 2.0 * np.eye(len(observed))
        if (size < PERFECT).all():
            continue
        i, j = (int(side) for side in np.unravel_index(int(size.argmax()), size.shape))
        names = [observed[min(i, j)], observed[max(i, j)]]
        raise DataError(
            f"Items {names[0]!r} and {names[1]!r} predict each other perfectly{where} (their "
            f"correlation is {statistics.correlation[i, j]:.3f}); leave one of them out, or join "
            "categories.",
            names,
        )


def _notes(found: Sequence[Statistics], observed: Sequence[str]) -> list[DataWarning]:
    """Say which items have a category that few chose, and which tables of two have empty cells."""
    return [*_sparse(found, observed), *_empty(found, observed)]


def _sparse(found: Sequence[Statistics], observed: Sequence[str]) -> list[DataWarning]:
    names = dict.fromkeys(
        name
        for statistics in found
        for name, counts, categories in zip(
            observed, statistics.counts, statistics.places.categories, strict=True
        )
        if categories and counts[:categories].min() < FEW
    )
    if not names:
        return []
    told = say("rows noted.sparse", names=quoted(names), limit=FEW)
    return [DataWarning(told)]


def _empty(found: Sequence[Statistics], observed: Sequence[str]) -> list[DataWarning]:
    pairs = list(dict.fromkeys(pair for statistics in found for pair in statistics.empty))
    if not pairs:
        return []
    ordered = int(found[0].places.ordered.sum())
    named = [f"{observed[i]!r} and {observed[j]!r}" for i, j in pairs]
    return [
        DataWarning(
            say(
                "rows noted.empty cells",
                pairs=len(pairs),
                every=ordered * (ordered - 1) // 2,
                names=listed(named, most=3),
            )
        )
    ]
