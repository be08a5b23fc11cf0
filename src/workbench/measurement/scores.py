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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from workbench.errors import UnknownNameError
from workbench.study import Study
from workbench.text import nearest

Array = NDArray[np.float64]
Codes = NDArray[np.integer]
Means = dict[str, Any]
"""Columns of means in groups, (groups,) each, by name."""
BANDS = 10
MOST_CODES = 12
LEAST_CLUSTERS = 3

_NUMBERS = ["index", "se", "lower", "upper", "n", "units"]


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
    names = list(dict.fromkeys(_known(constructs, study.codebook.constructs, "construct", study)))
    parts = study.parts()
    if len(parts) > 1 and "organisation" in by:
        tables = study.in_parts(lambda part: indices(part, names, by))
        return _sorted(tables, "construct", names, by)
    if len(parts) > 1 and list(by) == ["wave"]:
        items = {name: study.codebook.items(name) for name in names}
        return indices_of(joined_sums(study.in_parts(lambda part: index_sums(part, items))), names)
    by_source: dict[str, list[str]] = {}
    for name in names:
        by_source.setdefault(study.codebook.source_of(name), []).append(name)
    tables = []
    for source, own in by_source.items():
        answers = study.answers(source)
        if set(by) <= set(answers.columns):
            scores = pd.concat([respondent_scores(study, name) for name in own], axis=1)
            tables.append(means_of(answers, scores, by))
    return _indices(tables, names, by)


def _indices(tables: list[pd.DataFrame], names: Sequence[str], by: Sequence[str]) -> pd.DataFrame:
    """The means of scores in each source as indices, in the order of ``names``."""
    every = within_scale(_stacked(tables, [*by, "construct", *_NUMBERS]))
    place = pd.Index(names).get_indexer(every["construct"])
    order = np.argsort(place, kind="stable")
    return every.iloc[order[place[order] >= 0]].reset_index(drop=True)


def within_scale(table: pd.DataFrame) -> pd.DataFrame:
    """Keep ``lower`` and ``upper`` within 0–100; NaN where they hold the whole scale.

    Such an interval says nothing that the scale does not: its units are too few.
    """
    bounds = table[["lower", "upper"]].astype(float).clip(0, 100)
    nothing = (bounds["lower"] == 0) & (bounds["upper"] == 100)
    return table.assign(**bounds.mask(nothing))


def respondent_scores(
    study: Study, construct: str, items: Sequence[str] | None = None
) -> pd.Series:
    """Every respondent's score on 0–100, on the rows of ``study.answers``; NaN with no answer.

    By all ``items`` of the construct, or by those given.
    """
    items = study.codebook.items(construct) if items is None else list(items)
    answers = study.answers(study.codebook.source_of(construct))
    if not items:
        return pd.Series(np.nan, answers.index, name=construct)
    points = np.stack(
        [study.codebook.scale(item).points(answers[item].to_numpy(float)) for item in items]
    )
    given = ~np.isnan(points)
    with np.errstate(invalid="ignore"):  # where nothing is answered
        score = np.where(given, points, 0.0).sum(axis=0) / given.sum(axis=0)
    return pd.Series(score, answers.index, name=construct)


def index_sums(study: Study, items: Mapping[str, Sequence[str]]) -> dict[str, "UnitSums"]:
    """What units add to the indices of constructs, each by the ``items`` given; by source.

    See :func:`indices_of`.
    """
    by_source: dict[str, list[str]] = {}
    for name in items:
        by_source.setdefault(study.codebook.source_of(name), []).append(name)
    return {
        source: UnitSums.of(
            study.answers(source),
            pd.concat([respondent_scores(study, name, items[name]) for name in own], axis=1),
        )
        for source, own in by_source.items()
    }


def item_sums(study: Study, items: Sequence[str]) -> dict[str, "UnitSums"]:
    """What units add to the means of items; by source."""
    return {
        source: UnitSums.of(answers, answers[names])
        for source, answers, names in _items_by_source(study, items)
    }


def joined_sums(parts: Sequence[Mapping[str, "UnitSums"]]) -> dict[str, "UnitSums"]:
    """The sums of all parts of a study, by source."""
    return {source: UnitSums.joined([part[source] for part in parts]) for source in parts[0]}


def indices_of(sums: Mapping[str, "UnitSums"], names: Sequence[str]) -> pd.DataFrame:
    """Index by wave of all organisations together, as :func:`indices` gives it."""
    return _indices([own.means(("wave",)) for own in sums.values()], names, ("wave",))


def item_means_of(sums: Mapping[str, "UnitSums"]) -> pd.DataFrame:
    """Mean of items by wave of all organisations together, as :func:`item_means` gives it."""
    tables = [own.means(("wave",)) for own in sums.values()]
    stacked = _stacked(tables, ["wave", "construct", *_NUMBERS])
    return stacked.rename(columns={"construct": "item", "index": "mean"})


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
    parts = study.parts()
    names = _known(items, list(study.codebook.frame["item"]), "item", study)
    if len(parts) > 1 and "organisation" in by:
        tables = study.in_parts(lambda part: item_means(part, names, by))
        order = [name for own in _by_source(study, names).values() for name in own]
        return _sorted(tables, "item", order, by)
    if len(parts) > 1 and list(by) == ["wave"]:
        return item_means_of(joined_sums(study.in_parts(lambda part: item_sums(part, names))))
    tables = [
        means_of(answers, answers[names], by)
        for _, answers, names in _items_by_source(study, items)
        if set(by) <= set(answers.columns)
    ]
    stacked = _stacked(tables, [*by, "construct", *_NUMBERS])
    return stacked.rename(columns={"construct": "item", "index": "mean"})


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
    return shares_of(answer_sums(study, items, by), by)


def answer_sums(study: Study, items: Sequence[str] | None, by: Sequence[str] = ()) -> pd.DataFrame:
    """The weight of those who gave an answer, and how many they are: ``weight`` and ``count``.

    Of all items by default. The other columns are those of :func:`distribution`; the sums of parts
    of a study, added up, are those of the study (of one in which people have several rows there is
    one part).
    """
    tables = []
    for _, answers, names in _items_by_source(study, items):
        if not set(by) <= set(answers.columns):
            continue
        group, keys = groups_of(answers, by)
        weight = answers["weight"].to_numpy()
        person = answers["person"].to_numpy() if "person" in answers else None
        for name in names:
            start, end = _answers_of(study, name)
            table = _answer_sums(answers[name].to_numpy(), weight, group, len(keys), start, person)
            place = table.pop("place").to_numpy()
            tables.append(
                keys.iloc[table.pop("group").to_numpy()]
                .reset_index(drop=True)
                .join(table)
                .assign(item=name, answer=start[place], answer_to=end[place])
            )
    return _stacked(tables, [*by, "item", "answer", "answer_to", "weight", "count"])


def joined_answer_sums(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The sums of all parts of a study, over all groups."""
    keys = ["item", "answer", "answer_to"]
    every = pd.concat(parts, ignore_index=True)
    return every.groupby(keys, sort=False)[["weight", "count"]].sum().reset_index()


def shares_of(sums: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """What :func:`distribution` returns, of what :func:`answer_sums` does."""
    columns = [*by, "item", "answer", "answer_to", "share", "count", "n"]
    if sums.empty:
        return pd.DataFrame(columns=columns)
    groups = sums.groupby([*by, "item"], sort=False, observed=True)
    share = sums["weight"] / groups["weight"].transform("sum")
    return sums.assign(share=share, n=groups["count"].transform("sum"))[columns]


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


def _answer_sums(
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
    there = np.flatnonzero(sums.sum(axis=1) > 0)
    return pd.DataFrame(
        {
            "group": np.repeat(there, len(start)),
            "place": np.tile(np.arange(len(start)), len(there)),
            "weight": sums[there].ravel(),
            "count": each[there].ravel(),
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


def none_if_alike(error: Array, largest: float) -> Array:
    """Return standard errors with NaN for those that are 0 but for rounding.

    Where all clusters are alike the sample says nothing about how far others are from them: an
    interval without width would claim certainty. ``largest`` of the values tells how far rounding
    goes.
    """
    least = 1e-10 * max(1.0, largest)
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
    return pd.DataFrame(_clustered_means(values, weight, group, cluster, groups, people))


def _clustered_means(
    values: Array,
    weight: Array,
    group: Codes,
    cluster: Codes,
    groups: int,
    people: Array | None = None,
) -> Means:
    """Return the columns of :func:`clustered_means`."""
    people = np.ones(len(values)) if people is None else people
    used = ~np.isnan(values) & (weight > 0)
    values, weight, group, cluster = values[used], weight[used], group[used], cluster[used]
    members = np.bincount(cluster)
    there = np.flatnonzero(members)
    home = np.zeros(len(members), dtype=np.intp)
    home[cluster] = group
    total, sums, persons = (
        np.asarray(np.bincount(cluster, own)[there], float)
        for own in (weight, weight * values, people[used])
    )
    return _means_of_clusters(
        home[there], groups, total, sums, persons, members[there], _largest(values)
    )


def _means_of_clusters(
    group: Codes,
    groups: int,
    weight: Array,
    total: Array,
    people: Array,
    rows: NDArray[np.integer],
    largest: float,
) -> Means:
    """Return the columns of :func:`clustered_means`, of sums over the rows of C clusters.

    Parameters
    ----------
    group : (C,)
        Which of the ``groups`` each cluster lies in.
    weight, total, people, rows : (C,)
        Sums of w, of w x and of people, and the number of rows.
    largest
        The largest absolute value.
    """
    every = np.bincount(group, weight, groups)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group, total, groups) / every
        count = np.bincount(group, minlength=groups)
        squares = np.bincount(group, (total - mean[group] * weight) ** 2, groups)
        error = np.where(count > 1, np.sqrt(count / (count - 1.0) * squares) / every, np.nan)
        error = none_if_alike(error, largest)
        half = stats.t.ppf(0.975, np.maximum(count - 1, 1)) * error
        half = np.where(count < LEAST_CLUSTERS, np.nan, half)
    return {
        "index": mean,
        "se": error,
        "lower": mean - half,
        "upper": mean + half,
        "n": whole(np.bincount(group, people, groups)),
        "rows": np.bincount(group, rows, groups).astype(np.int64),
        "clusters": count,
    }


def _largest(values: Array) -> float:
    return float(np.abs(values).max(initial=0.0))


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over the rows of C clusters of p values, from which means over clusters are made.

    Attributes
    ----------
    keys
        A row for each cluster.
    names
        What the values are called.
    weight, total, people, rows : (C, p)
        Of the rows that have the value, and a weight: sums of w, of w x and of people, and how many
        they are.
    largest : (p,)
        The largest absolute value of each.
    """

    keys: pd.DataFrame
    names: tuple[str, ...]
    weight: Array
    total: Array
    people: Array
    rows: NDArray[np.int64]
    largest: Array

    @classmethod
    def of(cls, answers: pd.DataFrame, values: pd.DataFrame, by: Sequence[str]) -> "Sums":
        """The sums of values on the rows of ``answers``, over clusters that the columns ``by``
        make."""
        cluster, keys = groups_of(answers, by)
        weight, people = answers["weight"].to_numpy(), people_behind(answers)
        shape = (len(keys), values.shape[1])
        sums = [np.zeros(shape) for _ in range(3)]
        rows = np.zeros(shape, dtype=np.int64)
        largest = np.zeros(shape[1])
        for number, name in enumerate(values.columns):
            own = values[name].to_numpy(float)
            used = ~np.isnan(own) & (weight > 0)
            own, home = own[used], cluster[used]
            parts = (weight[used], weight[used] * own, people[used])
            for one, part in zip(sums, parts, strict=True):
                one[:, number] = np.bincount(home, part, len(keys))
            rows[:, number] = np.bincount(home, minlength=len(keys))
            largest[number] = _largest(own)
        every, total, persons = sums
        return cls(keys, tuple(values.columns), every, total, persons, rows, largest)

    @classmethod
    def joined(cls, parts: Sequence["Sums"]) -> "Sums":
        """The same of all parts, which have no cluster in common."""
        return cls(
            pd.concat([part.keys for part in parts], ignore_index=True),
            parts[0].names,
            np.concatenate([part.weight for part in parts]),
            np.concatenate([part.total for part in parts]),
            np.concatenate([part.people for part in parts]),
            np.concatenate([part.rows for part in parts]),
            np.max([part.largest for part in parts], axis=0),
        )

    def means(self, by: Sequence[str]) -> tuple[pd.DataFrame, list[Means]]:
        """The keys of groups of clusters, and of each value the columns of
        :func:`clustered_means`."""
        group, keys = groups_of(self.keys, by)
        found = []
        for number in range(len(self.names)):
            there = self.rows[:, number] > 0
            means = _means_of_clusters(
                group[there],
                len(keys),
                self.weight[there, number],
                self.total[there, number],
                self.people[there, number],
                self.rows[there, number],
                self.largest[number],
            )
            found.append(means)
        return keys, found


@dataclass(frozen=True, eq=False)
class UnitSums:
    """What units add to means over several of them, of values of one source's rows.

    Attributes
    ----------
    units
        Sums over the rows of every unit and wave.
    persons, both
        Where people have several rows in a wave, over those of every person and wave, and of every
        person, unit and wave.
    """

    units: Sums
    persons: Sums | None = None
    both: Sums | None = None

    @classmethod
    def of(cls, answers: pd.DataFrame, values: pd.DataFrame) -> "UnitSums":
        """The sums of values on the rows of ``answers``."""
        keys = ["organisation", "unit", "wave"]
        units = Sums.of(answers, values, keys)
        if "person" not in answers:
            return cls(units)
        persons = Sums.of(answers, values, ["person", "wave"])
        return cls(units, persons, Sums.of(answers, values, ["person", *keys]))

    @classmethod
    def joined(cls, parts: Iterable["UnitSums"]) -> "UnitSums":
        """The same of all parts of a study; of one in which people have several rows there is one
        part (:func:`workbench.study.Study.parts`)."""
        parts = list(parts)
        if len(parts) == 1:
            return parts[0]
        return cls(Sums.joined([part.units for part in parts]))

    def means(self, by: Sequence[str]) -> pd.DataFrame:
        """Means of each value, as :func:`means_of` gives them; ``by`` is wave, or nothing."""
        keys, found = self.units.means(by)
        if self.persons is not None and self.both is not None:
            more = self.persons.means(by)[1], self.both.means(by)[1]
            found = [_with_people(*three) for three in zip(found, *more, strict=True)]
        return _tidy(keys, dict(zip(self.units.names, found, strict=True)))


def _tidy(keys: pd.DataFrame, found: Mapping[str, Means]) -> pd.DataFrame:
    """Means by name of what they are of, in groups that have these ``keys``, as one table."""
    groups = len(keys)
    table = keys.take(np.tile(np.arange(groups), len(found))).reset_index(drop=True)
    table["construct"] = pd.array(np.repeat(list(found), groups), dtype="str")
    for column in next(iter(found.values())):
        table[column] = np.concatenate([means[column] for means in found.values()])
    there = table.pop("rows") > 0
    return table[there].rename(columns={"clusters": "units"})


def means_of(answers: pd.DataFrame, values: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Means of the columns of ``values``, one below another: the groups' keys, ``construct`` (the
    column), the numbers."""
    group, keys = groups_of(answers, by)
    alone = "unit" in by
    if alone:
        cluster = np.arange(len(answers))
    else:
        unit = answers.groupby(["organisation", "unit"], sort=False).ngroup().to_numpy()
        _, cluster = np.unique(group * (unit.max(initial=0) + 1) + unit, return_inverse=True)
    weight, people = answers["weight"].to_numpy(), people_behind(answers)
    found = {}
    for name in values.columns:
        own = values[name].to_numpy()
        means = _clustered_means(own, weight, group, cluster, len(keys), people)
        if "person" in answers:
            person = answers["person"].to_numpy()
            means = _by_people_too(means, own, weight, group, cluster, person)
        if alone:
            means["clusters"] = np.ones(len(keys), dtype=np.int64)
        found[name] = means
    return _tidy(keys, found)


def _by_people_too(
    means: Means, values: Array, weight: Array, group: Codes, cluster: Codes, person: Codes
) -> Means:
    """Return means with errors clustered by ``cluster`` and by ``person``."""
    several = int(person.max(initial=0)) + 1
    more = []
    for own in (group, cluster):
        _, number = np.unique(own.astype(np.int64) * several + person, return_inverse=True)
        more.append(_clustered_means(values, weight, group, number, len(means["index"])))
    return _with_people(means, *more)


def _with_people(means: Means, persons: Means, both: Means) -> Means:
    """Return means by units with errors clustered by people too: ``persons`` and ``both`` are the
    same means by people, and by people within units."""
    variance = means["se"] ** 2
    for sign, found in ((1, persons), (-1, both)):
        variance = variance + sign * np.nan_to_num(found["se"]) ** 2
    wider = np.sqrt(np.maximum(variance / means["se"] ** 2, 1.0))
    index = means["index"]
    return means | {
        "se": means["se"] * wider,
        "lower": index - (index - means["lower"]) * wider,
        "upper": index + (means["upper"] - index) * wider,
    }


def groups_of(answers: pd.DataFrame, by: Sequence[str]) -> tuple[Codes, pd.DataFrame]:
    """Number every row's group, groups sorted; and their keys, one row each."""
    if not by:
        return np.zeros(len(answers), dtype=np.intp), pd.DataFrame(index=[0])
    grouped = answers.groupby(list(by), sort=True, observed=True)
    keys = grouped.size().index.to_frame(index=False)
    return grouped.ngroup().to_numpy(), keys


def _items_by_source(
    study: Study, items: Sequence[str] | None
) -> list[tuple[str, pd.DataFrame, list[str]]]:
    names = _known(items, list(study.codebook.frame["item"]), "item", study)
    by_source = _by_source(study, names)
    return [(source, study.answers(source), found) for source, found in by_source.items()]


def _by_source(study: Study, items: Sequence[str]) -> dict[str, list[str]]:
    frame = study.codebook.frame
    source_of = dict(zip(frame["item"], frame["source"], strict=True))
    by_source: dict[str, list[str]] = {}
    for name in items:
        by_source.setdefault(source_of[name], []).append(name)
    return by_source


def _sorted(
    parts: Sequence[pd.DataFrame], key: str, order: Sequence[str], by: Sequence[str]
) -> pd.DataFrame:
    """The tables of parts as one of the whole: in the ``order`` of a key, then of groups."""
    some = [table for table in parts if len(table)] or list(parts[:1])
    every = pd.concat(some, ignore_index=True)
    place = every[key].map({name: number for number, name in enumerate(order)})
    every = every.assign(_place=place).sort_values(["_place", *by], ignore_index=True)
    return every.drop(columns="_place")


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
