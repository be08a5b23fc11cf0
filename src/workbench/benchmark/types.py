"""Types of organisation beside each other: their means, the gaps between them, and how much of the
differences between people lies between types, organisations and units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from workbench.benchmark.pooling import check, tau2_reml, usable_estimates
from workbench.errors import BenchmarkError
from workbench.interpretation.cutoffs import FALSE_DISCOVERY_RATE
from workbench.linkage.icc import unit_spreads
from workbench.study import Study

Array = NDArray[np.float64]
Codes = NDArray[np.integer]

LEAST_ORGANISATIONS = 2
"""Of a type whose mean is tested: the mean of one organisation is that organisation."""


@dataclass(frozen=True)
class TypeGaps:
    """Means of types of organisation and how they differ.

    Attributes
    ----------
    table
        One row a type, the highest mean first: ``type``, ``organisations`` (with an estimate),
        ``mean``, ``lower``, ``upper``; ``gap`` (its mean less that of the means of the other
        types), ``gap_lower``, ``gap_upper``, ``pvalue``, ``qvalue`` and ``distinct``. Of a type of
        one organisation only that organisation's estimate is there.
    statistic, df, error_df, pvalue
        The F test that all types of several organisations have the same mean (``statistic`` is F
        times ``df``); ``df`` is 0 where fewer than two have several.
    tau
        Standard deviation between organisations of a type.
    """

    table: pd.DataFrame
    statistic: float
    df: int
    error_df: int
    pvalue: float
    tau: float

    @property
    def alone(self) -> list[str]:
        """The types of one organisation, whose gap cannot be tested."""
        return list(self.table.loc[self.table["organisations"] < LEAST_ORGANISATIONS, "type"])


def type_gaps(estimates: pd.Series, errors: pd.Series, types: pd.Series) -> TypeGaps:
    r"""Compare the means of types of organisation.

    .. math:: y_i = \mu_{t(i)} + u_i + e_i, \quad u_i \sim N(0, \tau^2), \quad e_i \sim N(0, s_i^2)

    a mixed-effects model with a mean for every type and one :math:`\tau^2` for all (REML). With
    :math:`w_i = 1/(s_i^2 + \tau^2)` the mean of a type is
    :math:`\hat\mu_t = \sum w_i y_i / \sum w_i` over its organisations; its variance is that of
    Knapp & Hartung (2003), :math:`q / \sum w_i` with
    :math:`q = \sum w_i (y_i - \hat\mu_{t(i)})^2 / (k - T)` over all :math:`k` organisations of
    :math:`T` types, with t and F distributions on :math:`k - T` degrees of freedom. A gap is
    :math:`\hat\mu_t` less the plain mean of the other types' means. Of several gaps, those are
    called distinct that the procedure of Benjamini & Hochberg (1995) tells at a false discovery
    rate of 5 %.

    Parameters
    ----------
    estimates, errors
        One estimate (an index) and its standard error per organisation, with the same index.
        Organisations whose estimate or error is missing do not count.
    types
        The type of every organisation, with the same index; those without one ("") are left out.

    Raises
    ------
    BenchmarkError
        As :func:`workbench.benchmark.pool`; or an organisation is not among ``types``.

    Notes
    -----
    Equal to metafor in R, ``rma(y, sei = s, mods = ~ 0 + type, test = "knha")``
    (tests/reference/benchmark/types.R).

    References
    ----------
    1. Knapp, G. & Hartung, J. (2003). Statistics in Medicine 22, 2693–2710.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> names = ["Parks", "Roads", "Water", "Tax", "Zoo"]
    >>> values, errors = pd.Series([70.0, 66.0, 61.0, 57.0, 50.0], names), pd.Series(1.0, names)
    >>> types = pd.Series(["municipal"] * 2 + ["national"] * 2 + ["other"], names)
    >>> found = wb.benchmark.type_gaps(values, errors, types)
    >>> found.table[["type", "organisations", "mean", "gap", "pvalue"]].round(2)
            type  organisations  mean  gap  pvalue
    0  municipal              2  68.0  9.0    0.09
    1   national              2  59.0 -9.0    0.09
    2      other              1  50.0  NaN     NaN
    >>> found.alone
    ['other']
    """
    check(estimates, errors)
    absent = estimates.index.difference(types.index)
    if len(absent):
        raise BenchmarkError(
            f"Organisation {absent[0]!r} has no row among the types. Give every organisation a "
            "type, or a missing one."
        )
    kinds = types.reindex(estimates.index).fillna("")
    known = usable_estimates(estimates, errors) & (kinds != "")
    y, s = estimates[known].astype(float), errors[known].astype(float)
    names, place, size = np.unique(kinds[known], return_inverse=True, return_counts=True)
    several = size >= LEAST_ORGANISATIONS
    table = pd.DataFrame({"type": names, "organisations": size, "mean": np.nan})
    for one in np.flatnonzero(~several):
        table.loc[one, "mean"] = y.to_numpy()[place == one][0]
    columns = ["lower", "upper", "gap", "gap_lower", "gap_upper", "pvalue", "qvalue"]
    table[columns] = np.nan
    test: tuple[float, int, int, float] = (np.nan, 0, 0, np.nan)
    tau = float("nan")
    if several.any():
        of_these = several[place]
        group = np.cumsum(several)[place[of_these]] - 1
        found = _means(y.to_numpy()[of_these], s.to_numpy()[of_these] ** 2, group)
        test, tau = found.test, found.tau
        told = pd.DataFrame(found.told, columns=["mean", *columns[:-1]])
        table.loc[several, told.columns] = told.to_numpy()
        tested = table["pvalue"].notna()
        if tested.any():
            adjusted = stats.false_discovery_control(table.loc[tested, "pvalue"])
            table.loc[tested, "qvalue"] = adjusted
    table["distinct"] = table["qvalue"] <= FALSE_DISCOVERY_RATE
    table = table.sort_values("mean", ascending=False, kind="stable", ignore_index=True)
    return TypeGaps(table, *test, tau)


@dataclass(frozen=True)
class _Means:
    """What is told of groups: ``told`` (groups × mean, lower, upper, gap, gap_lower, gap_upper,
    pvalue), the F test (F times its first degrees of freedom, both of these, p) and tau."""

    told: Array
    test: tuple[float, int, int, float]
    tau: float


def _means(y: Array, v: Array, group: Codes) -> _Means:
    """Means and gaps of groups numbered from 0, each of two estimates or more."""
    groups = int(group.max()) + 1
    free = len(y) - groups
    tau2 = tau2_reml(y, v, group)
    w = 1 / (v + tau2)
    total = np.bincount(group, w)
    mean = np.bincount(group, w * y) / total
    spread = float(w @ (y - mean[group]) ** 2) / free
    variance = spread / total
    t = stats.t.ppf(0.975, free)
    told = np.full((groups, 7), np.nan)
    told[:, 0] = mean
    told[:, 1], told[:, 2] = mean - t * np.sqrt(variance), mean + t * np.sqrt(variance)
    if groups < 2:
        return _Means(told, (np.nan, 0, free, np.nan), float(np.sqrt(tau2)))
    contrast = np.full((groups, groups), -1 / (groups - 1))
    np.fill_diagonal(contrast, 1.0)
    gap, error = contrast @ mean, np.sqrt(contrast**2 @ variance)
    told[:, 3] = gap
    told[:, 4], told[:, 5] = gap - t * error, gap + t * error
    told[:, 6] = 2 * stats.t.sf(np.abs(gap / error), free)
    together = total @ mean / total.sum()
    statistic = float(total @ (mean - together) ** 2) / spread
    df = groups - 1
    test = (statistic, df, free, float(stats.f.sf(statistic / df, df, free)))
    return _Means(told, test, float(np.sqrt(tau2)))


def nested_variances(values: ArrayLike, levels: Sequence[ArrayLike]) -> Array:
    r"""Split the variance of values over nested levels by their analysis of variance.

    With the groups :math:`g` of level :math:`i`, :math:`n_g` values in them and their sums
    :math:`S_g`, the statistic :math:`T_i = \sum_g S_g^2 / n_g` has the expected value

    .. math:: E(T_i) = N\mu^2 + \sum_j \sigma_j^2 \sum_{g \in i} \sum_{h \in j} n_{gh}^2 / n_g

    where :math:`n_{gh}` values lie in both. The variances are those at which all statistics, of no
    group, of every level and of single values, equal their expectations (Henderson's method 1:
    Searle, Casella & McCulloch 1992, Variance Components, ch. 5). One below 0 is set to 0.

    Parameters
    ----------
    values : (n,)
        NaN counts as no value.
    levels : each (n,)
        Numbers of the groups, from the highest level to the lowest; groups of a level lie in one
        of the level before.

    Returns
    -------
    array (levels + 1,)
        The variance at each level and within the lowest; NaN where a level has no more groups than
        the one before, or no value stands beside another.

    Examples
    --------
    >>> import numpy as np
    >>> import workbench as wb
    >>> values = [1.0, 2.0, 5.0, 6.0]
    >>> wb.benchmark.nested_variances(values, [[0, 0, 1, 1]]).tolist()
    [7.75, 0.5]
    """
    y = np.asarray(values, float)
    used = ~np.isnan(y)
    y = y[used]
    codes = [np.unique(np.asarray(level)[used], return_inverse=True)[1] for level in levels]
    group, first = codes[-1], np.unique(codes[-1], return_index=True)[1]
    count = np.bincount(group)
    mean = np.bincount(group, y) / count
    squares = np.bincount(group, (y - mean[group]) ** 2)
    return nested_variances_of(count, mean, float(squares.sum()), [code[first] for code in codes])


def nested_variances_of(
    count: Codes, mean: Array, squares: float, levels: Sequence[Codes]
) -> Array:
    """Return what :func:`nested_variances` does, of parts that lie in one group of every level.

    Parameters
    ----------
    count, mean : (g,)
        How many values each part has, and their mean.
    squares
        The sum of squared deviations of all values from their part's mean.
    levels : each (g,)
        Numbers of the groups that the parts lie in, from the highest level to the lowest.
    """
    n = int(count.sum())
    codes = [np.zeros(len(count), dtype=int), *levels]
    sizes = [*(int(code.max(initial=-1)) + 1 for code in codes), n]
    if any(more <= fewer for fewer, more in pairwise(sizes)):
        return np.full(len(levels) + 1, np.nan)
    away = mean - count @ mean / n
    of_levels = [(np.bincount(c, count * away) ** 2 / np.bincount(c, count)).sum() for c in codes]
    statistics = np.array([*of_levels, squares + count @ away**2])
    # Of single values: every group shares one with each, and each lies in one group of a level.
    expected = [
        [*(_shared(above, below, count) for below in codes[1:]), size]
        for above, size in zip(codes, sizes, strict=False)
    ]
    expected.append([float(n)] * len(codes))
    unknown = np.column_stack([np.full(len(statistics), float(n)), np.array(expected)])
    return np.clip(np.linalg.solve(unknown, statistics)[1:], 0.0, None)


def _shared(rows: Codes, columns: Codes, count: Codes) -> float:
    """Return Σ n_gh² / n_g over the groups g of ``rows`` and h of ``columns``."""
    width = int(columns.max()) + 1
    cells, number = np.unique(rows * width + columns, return_inverse=True)
    both = np.bincount(number, count)
    return float((both**2 / np.bincount(rows, count)[cells // width]).sum())


SHARES = ("between_types", "between_organisations", "between_units", "within_units")
"""The columns of :func:`variance_by_level`, from the highest level to the lowest."""


def variance_by_level(study: Study, constructs: Sequence[str], wave: str) -> pd.DataFrame:
    """Return how much of the differences in each construct lies at which level.

    Scores on 0–100 as in :func:`workbench.measurement.indices`, without weights, of organisations
    that have a type; see :func:`nested_variances`. Of constructs whose rows are units, differences
    between units and within them are not told apart and stand under ``between_units``.

    Returns
    -------
    DataFrame
        ``construct``, the shares (0–1) ``between_types``, ``between_organisations`` (of a type),
        ``between_units`` (of an organisation) and ``within_units`` (NaN where rows are units), and
        the numbers of ``types`` and ``organisations``. A construct whose levels cannot be told
        apart has no row.

    Examples
    --------
    >>> import workbench as wb
    >>> study = wb.open_study("data/demo")
    >>> found = wb.benchmark.variance_by_level(study, ["trust"], "2024")
    >>> found[list(wb.benchmark.types.SHARES)].round(2).to_numpy().tolist()
    [[0.0, 0.01, 0.23, 0.76]]
    """
    spreads = {name: unit_spreads(study, name, wave=wave) for name in constructs}
    return variance_by_level_of(study, spreads)


def variance_by_level_of(study: Study, spreads: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The same of how answers to constructs are spread: :func:`workbench.linkage.unit_spreads`."""
    types = study.organisations.set_index("organisation")["type"]
    rows = []
    for construct, units in spreads.items():
        source = study.codebook.source_of(construct)
        kinds = units["organisation"].map(types).astype("str")
        own, kinds = units[kinds != ""], kinds[kinds != ""]
        if own.empty:
            continue
        levels = [pd.factorize(one)[0] for one in (kinds, own["organisation"])]
        mean, squares = own["mean"].to_numpy(float), float(own["squares"].sum())
        count = own["rows"].to_numpy()
        if study.sources[source].rows == "respondents":
            levels.append(np.arange(len(own)))
        found = nested_variances_of(count, mean, squares, levels)
        if np.isnan(found).any() or not found.sum() > 0:
            continue
        shares = dict(zip(SHARES, [*found / found.sum(), np.nan], strict=False))
        counts = {"types": levels[0].max() + 1, "organisations": levels[1].max() + 1}
        rows.append({"construct": construct} | shares | counts)
    return pd.DataFrame(rows, columns=["construct", *SHARES, "types", "organisations"])
