"""Estimates and tests of a model over multiple imputations of its data.

References
----------
1. Rubin, D. B. (1987). Multiple imputation for nonresponse in surveys. Wiley.
2. Li, K. H., Meng, X.-L., Raghunathan, T. E., & Rubin, D. B. (1991). Significance levels from
   repeated p-values with multiply-imputed data. Statistica Sinica, 1, 65–92.
3. Chan, K. W., & Meng, X.-L. (2022). Multiple improvements of multiple imputation likelihood ratio
   tests. Statistica Sinica, 32, 1489–1514.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from workbench.figures.notebook import Part, Shown
from workbench.sem.model.layout import Floats


@dataclass(frozen=True)
class PooledTest(Shown):
    """A test over imputations: an F statistic with ``df`` and ``df2`` degrees of freedom.

    ``increase`` is by how much missing answers add to the variance, relative to what it would be
    without them; ``method`` is ``"D2"`` or ``"D4"``.
    """

    statistic: float
    df: int
    df2: float
    pvalue: float
    increase: float
    method: str

    def _parts(self) -> Iterator[Part]:
        numbers = {
            "method": [self.method],
            "F": [self.statistic],
            "df": [self.df],
            "df2": [self.df2],
            "p": [self.pvalue],
        }
        yield "Test over imputations", pd.DataFrame(numbers)


def pooled(estimates: Floats, errors: Floats, level: float = 0.95) -> dict[str, Floats]:
    """Rubin's rules [1] for estimates and standard errors of m imputations, each (m, k).

    With W the mean squared error and B the variance of the estimates between imputations,

        T = W + (1 + 1/m) B,   r = (1 + 1/m) B / W,   df = (m − 1) (1 + 1/r)².

    Returns
    -------
    ``est, se, t, df, pvalue, ci_lower, ci_upper`` and ``fmi``, the share r / (1 + r) of the
    variance that missing answers cause, (k,). What has no error in any imputation is fixed.
    """
    m = len(estimates)
    est = estimates.mean(axis=0)
    within = (errors**2).mean(axis=0)
    between = (1 + 1 / m) * estimates.var(axis=0, ddof=1)
    se = np.sqrt(within + between)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = between / (within + between)
        df = (m - 1) / share**2
        t = est / se
    t, share, df = (np.where(se > 0, value, np.nan) for value in (t, share, df))
    margin = np.where(se > 0, stats.t.isf((1 - level) / 2, df) * se, 0.0)
    return {
        "est": est,
        "se": se,
        "t": t,
        "df": df,
        "pvalue": 2 * stats.t.sf(np.abs(t), df),
        "ci_lower": est - margin,
        "ci_upper": est + margin,
        "fmi": share,
    }


def d4(each: Floats, stacked: float, k: int) -> PooledTest:
    """Likelihood ratio test [3] of k restrictions.

    Of the statistics of m imputations ``each`` (m,), with the mean d̄, and of the same models fitted
    to all imputations as one data set, divided by m (``stacked``, d),

        r = max(0, (m + 1) (d̄ − d) / (k (m − 1))),   D4 = d / (k (1 + r)),

    F distributed with k and, with v = k (m − 1), 4 + (v − 4) (1 + (1 − 2/v) / r)² degrees of
    freedom, or v (1 + 1/k) (1 + 1/r)² / 2 for v ≤ 4.
    """
    m = len(each)
    r = max(0.0, (m + 1) / (k * (m - 1)) * (float(each.mean()) - stacked))
    v = k * (m - 1)
    if r == 0:
        df2 = np.inf
    elif v > 4:
        df2 = 4 + (v - 4) * (1 + (1 - 2 / v) / r) ** 2
    else:
        df2 = v * (1 + 1 / k) * (1 + 1 / r) ** 2 / 2
    return _test(stacked / (k * (1 + r)), k, df2, r, "D4")


def d2(each: Floats, k: int) -> PooledTest:
    """Test [2] of k restrictions from the chi-square statistics d (m,) of imputations alone.

    r = (1 + 1/m) var(√d),   D2 = (d̄ / k − r (m + 1) / (m − 1)) / (1 + r),

    F distributed with k and k^(−3/m) (m − 1) (1 + 1/r)² degrees of freedom.
    """
    m = len(each)
    r = (1 + 1 / m) * float(np.sqrt(np.maximum(each, 0)).var(ddof=1))
    value = (float(each.mean()) / k - (m + 1) / (m - 1) * r) / (1 + r)
    df2 = np.inf if r == 0 else k ** (-3 / m) * (m - 1) * (1 + 1 / r) ** 2
    return _test(max(value, 0.0), k, df2, r, "D2")


def _test(statistic: float, k: int, df2: float, r: float, method: str) -> PooledTest:
    infinite = np.isinf(df2)
    tail = stats.chi2.sf(k * statistic, k) if infinite else stats.f.sf(statistic, k, df2)
    return PooledTest(statistic, k, float(df2), float(tail), r, method)
