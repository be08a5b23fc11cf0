"""Do the members of a unit agree, and do units differ? ICC(1), ICC(2) and r_wg(j)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from workbench.errors import StudyError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import agreement_in_words
from workbench.linkage.means import KEYS, select
from workbench.study import Study
from workbench.study.given import Wave

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement(Shown):
    """How far a construct belongs to the unit; NaN where it cannot be estimated.

    ``icc1_lower`` and ``icc1_upper`` are the 95 % interval of ICC(1), ``group_size`` the average
    number of respondents per unit, ``units`` and ``respondents`` those that went in.
    """

    construct: str
    icc1: float
    icc1_lower: float
    icc1_upper: float
    icc2: float
    rwg: float
    group_size: float
    units: int
    respondents: int

    @property
    def words(self) -> str:
        """What the numbers mean for the use made of them (LeBreton & Senter 2008)."""
        return agreement_in_words(self.construct, self.icc1, self.icc2, self.rwg)

    def _parts(self) -> Iterator[Part]:
        yield self.words
        numbers = {
            "units": [self.units],
            "respondents": [self.respondents],
            "ICC(1)": [self.icc1],
            "lower": [self.icc1_lower],
            "upper": [self.icc1_upper],
            "ICC(2)": [self.icc2],
            "rWG": [self.rwg],
        }
        yield self.construct, pd.DataFrame(numbers)


def agreement(
    study: Study, construct: str, organisation: str | None = None, wave: Wave = None
) -> Agreement:
    """ICC(1), ICC(2) and mean r_wg(j) of a construct over units.

    ICC is that of the respondent's score (mean of the items answered, each on 0–100), r_wg(j) that
    of the items. A unit in two waves counts as two groups; over several organisations, what lies
    between organisations counts as between units. Sampling weights are not used: the question
    is about the unit's members as they answered. See :func:`intraclass` and
    :func:`within_group_agreement` for the formulas.

    Parameters
    ----------
    study, construct
        The study, and a construct that respondents were asked about.
    organisation
        One organisation; by default all together.
    wave
        By default the latest; ``ALL_WAVES`` for all of them.

    Raises
    ------
    StudyError
        If the rows of the construct's source are units: their members are not in the data.

    Examples
    --------
    >>> import workbench as wb
    >>> found = agreement(wb.open_study("data/demo"), "service")
    >>> round(float(found.icc1), 2)
    0.21
    """
    source = study.codebook.source_of(construct)
    if study.sources[source].rows != "respondents":
        raise StudyError(
            f"{study.name}: agreement on {construct} needs respondents, and the rows of source "
            f"{source!r} are units."
        )
    return agreement_of(construct, unit_spreads(study, construct, organisation, wave))


def unit_spreads(
    study: Study, construct: str, organisation: str | None = None, wave: Wave = None
) -> pd.DataFrame:
    """How answers to a construct are spread within every unit.

    Returns
    -------
    ``organisation``, ``unit``, ``wave``; ``rows`` with a score (the mean of the items answered,
    each on 0–1); their ``mean``, the sum of their squared deviations from it (``squares``); and
    ``rwg``, see :func:`within_group_agreement`.
    """
    codebook = study.codebook
    items = codebook.items(construct)
    answers = select(study, codebook.source_of(construct), organisation, wave)
    scale = codebook.frame.set_index("item").loc[items]
    codes = (scale["high"] - scale["low"]).to_numpy(float) + 1
    scores = codebook.points(answers, items).mean(axis=1).to_numpy(float) / 100
    answered = ~np.isnan(scores)
    grouped = answers.loc[answered, KEYS].groupby(KEYS, sort=True, observed=True)
    found = grouped.size().rename("rows").reset_index()
    group = grouped.ngroup().to_numpy()
    _, mean, squares = _spread(scores[answered], group)
    with np.errstate(invalid="ignore"):
        rwg = within_group_agreement(answers.loc[answered, items], group, codes)
    return found.assign(mean=mean, squares=squares, rwg=rwg)


def agreement_of(construct: str, units: pd.DataFrame) -> Agreement:
    """ICC(1), ICC(2) and mean r_wg(j) of a construct; ``units``: see :func:`unit_spreads`."""
    rows, rwg = units["rows"].to_numpy(), units["rwg"].to_numpy(float)
    icc1, lower, upper, icc2 = intraclass_of(
        rows, units["mean"].to_numpy(float), float(units["squares"].sum())
    )
    return Agreement(
        construct=construct,
        icc1=icc1,
        icc1_lower=lower,
        icc1_upper=upper,
        icc2=icc2,
        rwg=float(rwg[~np.isnan(rwg)].mean()) if (~np.isnan(rwg)).any() else np.nan,
        group_size=float(rows.mean()) if rows.size else np.nan,
        units=len(rows),
        respondents=int(rows.sum()),
    )


def intraclass(
    values: ArrayLike, group: ArrayLike, level: float = 0.95
) -> tuple[float, float, float, float]:
    """ICC(1) with its interval, and ICC(2), from the one-way analysis of variance.

    With MSB and MSW the mean squares between and within K groups of n_k, N in all (Bliese 2000):

        ICC(1) = (MSB − MSW) / (MSB + (n₀ − 1) MSW),   n₀ = (N − Σ n_k² / N) / (K − 1)
        ICC(2) = (MSB − MSW) / MSB

    ICC(1) is the share of variance between groups, ICC(2) the reliability of group means. n₀ is
    the average group size corrected for unequal groups (Searle 1971). The interval inverts the F
    distribution of MSB / MSW, exact for equal groups. With equal groups this is ``ICC1`` and
    ``ICC2`` of R's multilevel 2.7; with unequal ones multilevel takes N / K for n₀.

    Parameters
    ----------
    values, group
        Scores (no missing ones) and group numbers from 0, both of length N.
    level
        Of the interval.

    Returns
    -------
    ICC(1), its lower and upper limit, ICC(2); all NaN where there are fewer than two groups, no
    group of two, or no variance at all.

    References
    ----------
    Bliese (2000), in Klein & Kozlowski, Multilevel theory, 349–381. Searle (1971), Linear models.

    Examples
    --------
    >>> import workbench as wb
    >>> icc1, lower, upper, icc2 = wb.linkage.intraclass([70, 72, 50, 54], [0, 0, 1, 1])
    >>> round(float(icc1), 2), round(float(icc2), 2)
    (0.97, 0.99)
    """
    values, group = np.asarray(values, float), np.asarray(group, int)
    _, group = np.unique(group, return_inverse=True)
    size, mean, squares = _spread(values, group)
    return intraclass_of(size, mean, float(squares.sum()), level)


def _spread(values: Array, group: NDArray[np.integer]) -> tuple[NDArray[np.integer], Array, Array]:
    """Number, mean and sum of squared deviations of the values in every group, from 0."""
    size = np.bincount(group)
    mean = np.asarray(np.bincount(group, values) / size, float)
    return size, mean, np.asarray(np.bincount(group, (values - mean[group]) ** 2), float)


def intraclass_of(
    size: NDArray[np.integer], mean: Array, squares: float, level: float = 0.95
) -> tuple[float, float, float, float]:
    """Return what :func:`intraclass` does, of the ``size`` and ``mean`` of every group and the sum
    of ``squares`` within all of them."""
    nothing = (np.nan,) * 4
    total, groups = int(size.sum()), len(size)
    if groups < 2 or total == groups:
        return nothing
    within = squares / (total - groups)
    every = np.sum(size * mean) / total
    between = float(np.sum(size * (mean - every) ** 2)) / (groups - 1)
    if between + within < 1e-24:
        return nothing
    average = (total - np.sum(size**2) / total) / (groups - 1)

    def share(ratio: float) -> float:
        return (ratio - 1) / (ratio + average - 1)

    if within == 0:
        return 1.0, 1.0, 1.0, 1.0
    ratio = between / within
    f = stats.f(groups - 1, total - groups)
    tail = (1 - level) / 2
    icc2 = 1 - 1 / ratio if ratio > 0 else -np.inf
    return (
        share(ratio),
        share(ratio / f.ppf(1 - tail)),
        share(ratio / f.ppf(tail)),
        icc2,
    )


def within_group_agreement(values: ArrayLike, group: ArrayLike, categories: ArrayLike) -> Array:
    """r_wg(j) of every group against answers spread evenly over the scale.

    With s̄² the mean over J items of the variance within the group, each divided by that of an
    even spread over A categories, σ² = (A² − 1) / 12 (James, Demaree & Wolf 1984):

        r_wg(j) = J (1 − s̄²) / (J (1 − s̄²) + s̄²)

    and 0 where answers vary more than the even spread. Missing answers are left out item by item.
    Checked against ``rwg.j`` of R's multilevel 2.7.

    Parameters
    ----------
    values
        Shape (N, J), NaN where missing.
    group
        Group numbers from 0, length N.
    categories
        Number of categories, one for all items or one each.

    Returns
    -------
    One value per group; NaN where an item has fewer than two answers in the group.

    Examples
    --------
    >>> import numpy as np
    >>> import workbench as wb
    >>> answers = np.array([[4.0, 4.0], [4.0, 5.0], [1.0, 2.0], [5.0, 4.0]])
    >>> wb.linkage.within_group_agreement(answers, [0, 0, 1, 1], categories=5).round(2).tolist()
    [0.93, 0.0]
    """
    frame = pd.DataFrame(np.asarray(values, float))
    spread = (np.asarray(categories, float) ** 2 - 1) / 12
    variances = frame.groupby(np.asarray(group)).var().to_numpy() / spread
    mean = np.clip(variances.mean(axis=1), 0, 1)
    agreed = frame.shape[1] * (1 - mean)
    return agreed / (agreed + mean)
