"""Scores a reader can hold: indices on 0–100, item means, and how answers are spread.

Standard errors are linearised (Taylor), with units as clusters and sampling weights. For the
weighted mean m of a group with clusters c = 1 … C,

    z_c = Σ_{i in c} w_i (x_i − m),   se² = C / (C − 1) · Σ_c z_c² / (Σ_i w_i)²

and the interval is m ± t(C − 1) · se. Where people have several rows in a wave, which may lie in
several units, the variance is clustered by both: that of units, plus that of people as clusters,
less that of people within units (Cameron, Gelbach & Miller 2011, J. Business & Economic Statistics
29, 238–249), and at least that of units. Where a single unit is the group, its respondents are the
clusters. This is the survey package's ``svymean`` in R, with ``ids = ~unit``. There is no
standard error with fewer than two clusters, and no interval with fewer than three: of two it would
be 12.7 standard errors to each side, and who knows how many people the one has could work out its
mean.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from workbench.errors import UnknownNameError
from workbench.study import Study
from workbench.text import nearest

Array = NDArray[np.float64]
Codes = NDArray[np.integer]
BANDS = 10
MOST_CODES = 12
LEAST_CLUSTERS = 3


def indices(
    study: Study,
    constructs: Sequence[str] | None = None,
    by: Sequence[str] = ("organisation", "wave"),
) -> pd.DataFrame:
    """Index of every construct on 0–100 in every group, with a 95 % interval.

    A respondent's score is the mean over the construct's items they answered, each rescaled
    100 (x − low) / (high − low), reversed items turned; the index is its weighted mean.

    Parameters
    ----------
    constructs
        Those of the codebook by default.
    by
        Columns of the answers that make the groups (organisation, wave, unit, channel); ``()`` for
        the study as a whole. A construct whose source lacks one of them is left out.

    Returns
    -------
    The columns of ``by``, then ``construct``, ``index``, ``se``, ``lower``, ``upper`` (see
    :func:`within_scale`), ``n`` (respondents with a score, or behind the units with one where the
    source says how many; otherwise units) and ``units``.

    Examples
    --------
    >>> import workbench as wb
    >>> table = indices(wb.open_study("data/demo"), ["trust"], by=("wave",))
    >>> table["index"].round(1).tolist()
    [57.7, 53.2, 57.9]
    """
    names = _known(constructs, study.codebook.constructs, "construct", study)
    by_source: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        by_source.setdefault(study.codebook.source_of(name), []).append(name)
    found: dict[str, pd.DataFrame] = {}
    for source, own in by_source.items():
        answers = study.answers(source)
        if set(by) <= set(answers.columns):
            scores = pd.concat([respondent_scores(study, name) for name in own], axis=1)
            for name, table in zip(own, means_of(answers, scores, by), strict=True):
                found[name] = within_scale(table)
    tables = [found[name] for name in names if name in found]
    return _stacked(tables, [*by, "construct", "index", "se", "lower", "upper", "n", "units"])


def within_scale(table: pd.DataFrame) -> pd.DataFrame:
    """Keep ``lower`` and ``upper`` within 0–100; NaN where they hold the whole scale.

    Such an interval says nothing that the scale does not: its units are too few.
    """
    bounds = table[["lower", "upper"]].astype(float).clip(0, 100)
    nothing = (bounds["lower"] == 0) & (bounds["upper"] == 100)
    return table.assign(**bounds.mask(nothing))


def respondent_scores(study: Study, construct: str) -> pd.Series:
    """Every respondent's score on 0–100, on the rows of ``study.answers``; NaN with no answer."""
    items = study.codebook.items(construct)
    answers = study.answers(study.codebook.source_of(construct))
    return study.codebook.points(answers, items).mean(axis=1).rename(construct)


def item_means(
    study: Study,
    items: Sequence[str] | None = None,
    by: Sequence[str] = ("organisation", "wave"),
) -> pd.DataFrame:
    """Weighted mean of every item on its own scale, with a 95 % interval.

    Reversed items are turned.

    Parameters
    ----------
    study, items, by
        As in :func:`distribution`.

    Returns
    -------
    The columns of ``by``, then ``item``, ``mean``, ``se``, ``lower``, ``upper``, ``n``, ``units``.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> means = wb.measurement.item_means(study, ["trust_1", "trust_2"], by=("wave",))
    >>> means[["wave", "item", "mean"]].round(2)
       wave     item  mean
    0  2022  trust_1  6.16
    1  2023  trust_1  5.69
    2  2024  trust_1  6.20
    3  2022  trust_2  5.80
    4  2023  trust_2  5.37
    5  2024  trust_2  5.84
    """
    tables = [
        table.rename(columns={"construct": "item", "index": "mean"})
        for answers, names in _items_by_source(study, items)
        if set(by) <= set(answers.columns)
        for table in means_of(answers, answers[names], by)
    ]
    return _stacked(tables, [*by, "item", "mean", "se", "lower", "upper", "n", "units"])


def distribution(
    study: Study,
    items: Sequence[str] | None = None,
    by: Sequence[str] = ("organisation", "wave"),
) -> pd.DataFrame:
    """Weighted share of every answer to every item, in every group.

    Items with up to 12 codes asked of respondents have one row per code, 0 where nobody gave it.
    Where the rows are units, or the scale is longer, answers fall into ten bands of equal width
    over the scale: ``answer`` is where the band starts (in it) and ``answer_to`` where it ends (in
    the next one, except the last). Reversed items are turned.

    Parameters
    ----------
    study
        The study.
    items
        All by default.
    by
        As in :func:`indices`.

    Returns
    -------
    The columns of ``by``, then ``item``, ``answer``, ``answer_to`` (the same as ``answer`` for
    a code), ``share`` (of weights; the shares of an item sum to 1), ``count`` (of people who gave
    the answer, or of units) and ``n`` (the sum of counts). Someone with several rows counts once
    for each answer.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> shares = wb.measurement.distribution(study, ["trust_1"], by=("wave",))
    >>> shares.loc[shares["wave"] == "2024", ["answer", "share"]].head(3).round(2)
        answer  share
    22     0.0   0.02
    23     1.0   0.02
    24     2.0   0.04
    """
    tables = []
    for answers, names in _items_by_source(study, items):
        if not set(by) <= set(answers.columns):
            continue
        group, keys = groups_of(answers, by)
        weight = answers["weight"].to_numpy()
        person = answers["person"].to_numpy() if "person" in answers else None
        for name in names:
            start, end = _answers_of(study, name)
            table = _shares(answers[name].to_numpy(), weight, group, len(keys), start, person)
            place = table["place"].to_numpy()
            tables.append(
                keys.iloc[table["group"].to_numpy()]
                .reset_index(drop=True)
                .join(table)
                .assign(item=name, answer=start[place], answer_to=end[place])
            )
    return _stacked(tables, [*by, "item", "answer", "answer_to", "share", "count", "n"])


def _answers_of(study: Study, item: str) -> tuple[Array, Array]:
    """Where every answer of an item starts and ends: the same number for a code."""
    frame = study.codebook.frame
    question = dict(zip(frame.columns, frame[frame["item"] == item].to_numpy()[0], strict=True))
    low, high = float(question["low"]), float(question["high"])
    if study.sources[question["source"]].rows == "units" or high - low + 1 > MOST_CODES:
        edges = np.linspace(low, high, BANDS + 1)
        return edges[:-1], edges[1:]
    codes = np.arange(low, high + 1)
    return codes, codes


def _shares(
    values: Array, weight: Array, group: Codes, groups: int, start: Array, person: Codes | None
) -> pd.DataFrame:
    answered = ~np.isnan(values)
    place = np.searchsorted(start, values[answered] + 1e-9, side="right") - 1
    cell = group[answered] * len(start) + np.clip(place, 0, len(start) - 1)
    sums = np.bincount(cell, weight[answered], groups * len(start)).reshape(-1, len(start))
    counted = cell
    if person is not None:
        counted = np.unique(np.column_stack([cell, person[answered]]), axis=0)[:, 0]
    each = np.bincount(counted, minlength=groups * len(start)).reshape(-1, len(start))
    count = each.sum(axis=1)
    there = np.flatnonzero(sums.sum(axis=1) > 0)
    return pd.DataFrame(
        {
            "group": np.repeat(there, len(start)),
            "place": np.tile(np.arange(len(start)), len(there)),
            "share": (sums[there] / sums[there].sum(axis=1, keepdims=True)).ravel(),
            "count": each[there].ravel(),
            "n": np.repeat(count[there], len(start)),
        }
    )


def people_behind(answers: pd.DataFrame) -> Array:
    """How many people each row stands for: what the source says of its units, otherwise 1.

    Of a person with several rows in an organisation and wave each row stands for a part.
    """
    if "respondents" in answers:
        return answers["respondents"].fillna(0).to_numpy(float)
    if "share_of_person" in answers:
        return answers["share_of_person"].to_numpy(float)
    return np.ones(len(answers))


def whole(people: ArrayLike) -> NDArray[np.int64]:
    """Return numbers of people without what is left of parts of a person."""
    return np.floor(np.asarray(people, float) + 1e-6).astype(np.int64)


def none_if_alike(error: Array, values: Array) -> Array:
    """Return standard errors with NaN for those that are 0 but for rounding.

    Where all clusters are alike the sample says nothing about how far others are from them: an
    interval without width would claim certainty.
    """
    least = 1e-10 * max(1.0, float(np.abs(values).max(initial=0.0)))
    return np.where(error > least, error, np.nan)


def clustered_means(
    values: Array,
    weight: Array,
    group: Codes,
    cluster: Codes,
    groups: int,
    people: Array | None = None,
) -> pd.DataFrame:
    """Weighted mean of ``values`` (n,) in each of ``groups``, its error and its 95 % interval.

    ``cluster`` numbers the clusters from 0 through all groups; each lies in one group. Rows with a
    missing value or no weight are left out, and there is no error where clusters do not differ.
    ``n`` is the sum of ``people`` over the others, by default one a row. One row per group, NaN
    where there is nothing.
    """
    people = np.ones(len(values)) if people is None else people
    used = ~np.isnan(values) & (weight > 0)
    values, weight, group, cluster = values[used], weight[used], group[used], cluster[used]
    rows = np.bincount(group, minlength=groups)
    total = np.bincount(group, weight, groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, weight * values, groups) / total
        members = np.bincount(cluster)
        there = np.flatnonzero(members)
        home = np.zeros(len(members), dtype=np.intp)
        home[cluster] = group
        sums = np.bincount(cluster, weight * (values - mean[group]))
        count = np.bincount(home[there], minlength=groups)
        squares = np.bincount(home[there], sums[there] ** 2, groups)
        error = np.where(count > 1, np.sqrt(count / (count - 1.0) * squares) / total, np.nan)
        error = none_if_alike(error, values)
        half = stats.t.ppf(0.975, np.maximum(count - 1, 1)) * error
        half = np.where(count < LEAST_CLUSTERS, np.nan, half)
    return pd.DataFrame(
        {
            "index": mean,
            "se": error,
            "lower": mean - half,
            "upper": mean + half,
            "n": whole(np.bincount(group, people[used], groups)),
            "rows": rows,
            "clusters": count,
        }
    )


def means_of(answers: pd.DataFrame, values: pd.DataFrame, by: Sequence[str]) -> list[pd.DataFrame]:
    """Means of each column of ``values``, tidy: the groups' keys, ``construct``, the numbers."""
    group, keys = groups_of(answers, by)
    alone = "unit" in by
    if alone:
        cluster = np.arange(len(answers))
    else:
        unit = answers.groupby(["organisation", "unit"], sort=False).ngroup().to_numpy()
        _, cluster = np.unique(group * (unit.max(initial=0) + 1) + unit, return_inverse=True)
    weight, people = answers["weight"].to_numpy(), people_behind(answers)
    tables = []
    for name in values.columns:
        own = values[name].to_numpy()
        table = clustered_means(own, weight, group, cluster, len(keys), people)
        if "person" in answers:
            person = answers["person"].to_numpy()
            table = _by_people_too(table, own, weight, group, cluster, person)
        table = keys.join(table.rename(columns={"clusters": "units"}))
        if alone:
            table["units"] = 1
        tables.append(table[table.pop("rows") > 0].assign(construct=name))
    return tables


def _by_people_too(
    table: pd.DataFrame, values: Array, weight: Array, group: Codes, cluster: Codes, person: Codes
) -> pd.DataFrame:
    """Return means with errors clustered by ``cluster`` and by ``person``."""
    several = int(person.max(initial=0)) + 1
    variance = table["se"] ** 2
    for sign, own in ((1, group), (-1, cluster)):
        _, number = np.unique(own.astype(np.int64) * several + person, return_inverse=True)
        found = clustered_means(values, weight, group, number, len(table))
        variance = variance + sign * found["se"].fillna(0.0) ** 2
    wider = np.sqrt(np.maximum(variance / table["se"] ** 2, 1.0))
    return table.assign(
        se=table["se"] * wider,
        lower=table["index"] - (table["index"] - table["lower"]) * wider,
        upper=table["index"] + (table["upper"] - table["index"]) * wider,
    )


def groups_of(answers: pd.DataFrame, by: Sequence[str]) -> tuple[Codes, pd.DataFrame]:
    """Number every row's group, groups sorted; and their keys, one row each."""
    if not by:
        return np.zeros(len(answers), dtype=np.intp), pd.DataFrame(index=[0])
    grouped = answers.groupby(list(by), sort=True, observed=True)
    keys = grouped.size().index.to_frame(index=False)
    return grouped.ngroup().to_numpy(), keys


def _items_by_source(
    study: Study, items: Sequence[str] | None
) -> list[tuple[pd.DataFrame, list[str]]]:
    frame = study.codebook.frame
    names = _known(items, list(frame["item"]), "item", study)
    source_of = dict(zip(frame["item"], frame["source"], strict=True))
    by_source: dict[str, list[str]] = {}
    for name in names:
        by_source.setdefault(source_of[name], []).append(name)
    return [(study.answers(source), found) for source, found in by_source.items()]


def _known(
    names: Sequence[str] | None, options: Sequence[str], what: str, study: Study
) -> list[str]:
    for name in names or ():
        if name not in options:
            raise UnknownNameError(
                f"{study.name}: the codebook has no {what} {name!r}.{nearest(name, options)}"
            )
    return list(options if names is None else names)


def _stacked(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=columns)
    return pd.concat(tables, ignore_index=True)[columns]
