"""Where an organisation stands among the others, with the uncertainty of its place."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

from workbench.errors import BenchmarkError
from workbench.interpretation import Comparison
from workbench.interpretation.cutoffs import FALSE_DISCOVERY_RATE

DRAWS = 2000


def ranks(
    values: pd.Series, errors: pd.Series, freedom: pd.Series | None = None, seed: int = 1
) -> pd.DataFrame:
    r"""Rank organisations, highest first, with 95% intervals of the ranks.

    Each draw :math:`b` replaces every value by :math:`y_i + s_i t_{ib}` with :math:`t` from the t
    distribution of the organisation's degrees of freedom and ranks the results; the interval of a
    rank runs from the 2.5th to the 97.5th percentile of its drawn ranks (Goldstein & Spiegelhalter
    1996, JRSS A 159, 385–443).

    Parameters
    ----------
    values, errors
        One value and its standard error per organisation, with the same index. Organisations
        whose value or error is missing are not ranked.
    freedom
        The degrees of freedom of every error, as its interval has them (an index: units − 1);
        without them the errors are taken as known and :math:`t` as standard normal.
    seed
        Of the draws.

    Returns
    -------
    DataFrame
        Indexed as ``values``: ``rank``, ``rank_lower``, ``rank_upper`` (1 is the highest) and
        ``ranked``, the number of organisations compared. Missing where not ranked.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> names = ["Parks", "Roads", "Water"]
    >>> values, errors = pd.Series([70.0, 60.0, 61.0], names), pd.Series([1.0, 2.0, 2.0], names)
    >>> wb.benchmark.ranks(values, errors)
           rank  rank_lower  rank_upper  ranked
    Parks   1.0         1.0         1.0       3
    Roads   3.0         2.0         3.0       3
    Water   2.0         2.0         3.0       3
    """
    known = values.notna() & errors.notna()
    y = values[known].to_numpy(float)
    s = errors[known].to_numpy(float)
    table = pd.DataFrame(
        np.nan, index=values.index, columns=["rank", "rank_lower", "rank_upper"], dtype=float
    )
    table["ranked"] = len(y)
    if len(y):
        random = np.random.default_rng(seed)
        noise = random.standard_normal((DRAWS, len(y)))
        if freedom is not None:
            df = freedom[known].to_numpy(float)
            noise /= np.sqrt(random.chisquare(df, noise.shape) / df)
        drawn = _ranks_in_rows(y + s * noise)
        table.loc[known, "rank"] = _ranks_in_rows(y[None, :])[0]
        table.loc[known, ["rank_lower", "rank_upper"]] = np.percentile(
            drawn, [2.5, 97.5], axis=0, method="nearest"
        ).T
    return table


def against_median(
    values: pd.Series,
    errors: pd.Series,
    freedom: pd.Series | None = None,
    rate: float = FALSE_DISCOVERY_RATE,
    seed: int = 1,
) -> pd.DataFrame:
    r"""Compare every organisation with the median of all, itself included.

    The difference :math:`d_i = y_i - \mathrm{median}(y)` has a standard error that allows for the
    median's own error and for the organisation's part in it: the standard deviation of the
    difference over draws :math:`y_i + s_i z_{ib}`, :math:`z` standard normal. Its p value and
    interval are of the t distribution with the organisation's degrees of freedom, those of its own
    interval. Among many comparisons some come out by chance, so an organisation is called distinct
    by the procedure of Benjamini & Hochberg (1995, JRSS B 57, 289–300): of those called above or
    below, ``rate`` at most is expected to be so by chance. The median must lie outside the
    organisation's own 95% interval as well: the two never contradict each other.

    Parameters
    ----------
    values, errors, freedom
        As for :func:`ranks`.
    rate
        The false discovery rate.
    seed
        Of the draws.

    Returns
    -------
    DataFrame
        Indexed as ``values``: ``difference``, ``se``, ``lower``, ``upper`` (95%, each by itself),
        ``pvalue``, ``qvalue`` (the smallest rate at which it would be called distinct) and
        ``distinct`` (:class:`workbench.interpretation.Comparison`). Missing where not compared.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> names = ["Parks", "Roads", "Water", "Zoo"]
    >>> values = pd.Series([70.0, 60.0, 61.0, 59.0], names)
    >>> errors = pd.Series([1.0, 1.0, 2.0, 1.5], names)
    >>> found = wb.benchmark.against_median(values, errors)
    >>> found[["difference", "distinct"]].round(1)
           difference distinct
    Parks         9.5    above
    Roads        -0.5    alike
    Water         0.5    alike
    Zoo          -1.5    alike
    """
    known = values.notna() & errors.notna()
    y = values[known].to_numpy(float)
    s = errors[known].to_numpy(float)
    columns = ["difference", "se", "lower", "upper", "pvalue", "qvalue"]
    table = pd.DataFrame(np.nan, index=values.index, columns=columns, dtype=float)
    table["distinct"] = Comparison.UNKNOWN
    if not len(y):
        return table
    drawn = y + s * np.random.default_rng(seed).standard_normal((DRAWS, len(y)))
    difference = y - np.median(y)
    se = (drawn - np.median(drawn, axis=1, keepdims=True)).std(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(difference == 0, 0.0, difference / se)
    df = np.full(len(y), np.inf) if freedom is None else freedom[known].to_numpy(float)
    p = 2 * stats.t.sf(np.abs(z), df)
    q = stats.false_discovery_control(p)
    width = stats.t.ppf(0.975, df)
    reach = width * se
    called = (q <= rate) & (np.abs(difference) > width * s)
    table.loc[known, columns] = np.column_stack(
        [difference, se, difference - reach, difference + reach, p, q]
    )
    table.loc[known, "distinct"] = np.select(
        [called & (difference > 0), called & (difference < 0)],
        [Comparison.ABOVE, Comparison.BELOW],
        Comparison.ALIKE,
    )
    return table


def within_types(
    compare: Callable[[pd.Series, pd.Series, pd.Series | None], pd.DataFrame],
    values: pd.Series,
    errors: pd.Series,
    types: pd.Series,
    freedom: pd.Series | None = None,
) -> pd.DataFrame:
    """Compare organisations with those of their own type only.

    Parameters
    ----------
    compare
        :func:`ranks` or :func:`against_median`.
    values, errors, freedom
        As ``compare`` takes them.
    types
        The type of every organisation, with the same index; those without one are a type
        together.

    Returns
    -------
    DataFrame
        What ``compare`` returns, in the order of ``values``, and ``type`` in front.

    Raises
    ------
    BenchmarkError
        An organisation is not among ``types``.

    Examples
    --------
    >>> import pandas as pd
    >>> import workbench as wb
    >>> names = ["Parks", "Roads", "Water", "Tax"]
    >>> values, errors = pd.Series([70.0, 60.0, 65.0, 55.0], names), pd.Series(1.0, names)
    >>> types = pd.Series(["municipal", "municipal", "national", "national"], names)
    >>> wb.benchmark.within_types(wb.benchmark.ranks, values, errors, types)[["type", "rank"]]
                type  rank
    Parks  municipal   1.0
    Roads  municipal   2.0
    Water   national   1.0
    Tax     national   2.0
    """
    absent = values.index.difference(types.index)
    if len(absent):
        raise BenchmarkError(
            f"Organisation {absent[0]!r} has no row among the types. Give every organisation a "
            "type, or a missing one."
        )
    kinds = types.reindex(values.index).fillna("")
    parts = []
    for kind in sorted(set(kinds)):
        own = kinds == kind
        df = None if freedom is None else freedom[own]
        parts.append(compare(values[own], errors[own], df))
    table = pd.concat(parts).reindex(values.index) if parts else compare(values, errors, freedom)
    table.insert(0, "type", kinds)
    return table


def _ranks_in_rows(values: np.ndarray) -> np.ndarray:
    """Return ranks within each row, 1 for the highest value."""
    return np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1, kind="stable") + 1
