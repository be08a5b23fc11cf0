r"""Change with change: whether units whose score rose have another score that rose.

The rows are changes of a unit between two waves (:func:`workbench.chain.panel_data`), dx of one
index and dy of another, each less the mean change of the units of its organisation between the
same waves: what is lasting about a unit cancels, and what happened to a whole organisation, or to
all, is no part of it. The slope of dy on dx is then told twice:

- **first differences**: changes from each wave to the next;
- **the within part** of the panel: changes between any two waves, a unit's own divided by the
  number T of its waves. It is what unit and wave effects leave, for :math:`\sum_t (x_t - \bar x)^2
  = \tfrac1T \sum_{s<t} (x_s - x_t)^2`. With two waves it is the same.

A change of a mean of few respondents is mostly sampling error, and least squares would find next to
nothing. The error of each change is known (variance :math:`e_{xx}`, covariance :math:`e_{xy}` with
the other index where the same people answered both; with sampling error goes what is specific to
the items and passes), so that it is taken out of the moments [1]:

.. math::

    b = \frac{\sum w (\tilde{dx}\, \tilde{dy}) - \sum w (1 - w / W) e_{xy}}
             {\sum w\, \tilde{dx}^2 - \sum w (1 - w / W) e_{xx}},

with W the sum of the weights w in a unit's organisation and pair of waves and tildes for distances
from the mean there. With :math:`S_c` organisation c's part of the denominator S,
:math:`h_c = S_c / S` and :math:`\psi_c` its part of the numerator less b times :math:`S_c`, the
error is that of CR2 [2] and has Satterthwaite's degrees of freedom [3]:

.. math::

    se^2 = \sum_c \frac{\psi_c^2}{S^2 (1 - h_c)}, \qquad
    \nu^{-1} = \sum_c h_c^2 + \sum_{c \ne d} \frac{h_c^2 h_d^2}{(1 - h_c)(1 - h_d)} .

Without known errors b is least squares with effects of organisations by waves, and both are those
of R's clubSandwich. Changes that go together need not bring each other about.

References
----------
1. Fuller, W. A. (1987). Measurement error models. Wiley.
2. Bell, R. M., & McCaffrey, D. F. (2002). Bias reduction in standard errors for linear regression
   with multi-stage samples. Survey Methodology, 28, 169–181.
3. Pustejovsky, J. E., & Tipton, E. (2018). Small-sample methods for cluster-robust variance
   estimation and hypothesis testing in fixed effects models. Journal of Business & Economic
   Statistics, 36, 672–683.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from workbench.chain.effects import t_test
from workbench.chain.panel import PanelData, column
from workbench.errors import ChainError
from workbench.figures.notebook import Part, Shown
from workbench.interpretation import LinkEstimate, change_with_change_in_words
from workbench.interpretation.messages import say

Array = NDArray[np.float64]
Index = NDArray[np.int64]

FIRST, WITHIN = "first differences", "within"


@dataclass(frozen=True)
class Slope:
    """The slope of changes on changes.

    Attributes
    ----------
    estimate, se, df
        Points per point, its error and the error's degrees of freedom.
    reliability
        The share of the differences in change of the first that is not error, 0 to 1.
    """

    estimate: float
    se: float
    df: float
    reliability: float


def slope_of_changes(
    changes: Array, errors: Array, weight: Array, group: Index, cluster: Index
) -> Slope | None:
    """Return the slope of changes on changes with known errors; None where it cannot be told.

    Parameters
    ----------
    changes
        dx and dy of n rows (n, 2).
    errors
        Their known error covariances (n, 2, 2).
    weight
        Of the rows (n,).
    group
        Within which rows are compared (n,), numbered from 0.
    cluster
        Which rows have more in common than their group (n,), numbered from 0.

    Returns
    -------
    Slope
        None where dx may differ by error alone (its corrected sum of squares is not clearly above
        zero over the clusters, by a one-sided test at 2.5 %), or one cluster alone has all of it.
    """
    total = np.bincount(group, weight)
    share = weight / total[group]
    means = np.stack([np.bincount(group, share * x) for x in changes.T], axis=1)
    gap = changes - means[group]
    known = (weight * (1 - share))[:, None] * errors[:, 0]
    products = weight[:, None] * gap[:, [0]] * gap
    raw, (own, cross) = products[:, 0].sum(), (products - known).T
    squares, crossed = (np.bincount(cluster, part) for part in (own, cross))
    clusters, whole = len(squares), squares.sum()
    if clusters < 2 or whole <= 0:
        return None
    size = np.bincount(cluster, weight * (1 - share))
    off = squares - whole * size / size.sum()
    error = np.sqrt(clusters / (clusters - 1) * (off**2).sum())
    leverage = squares / whole
    if whole <= stats.t.ppf(0.975, clusters - 1) * error or leverage.max() >= 1:
        return None
    estimate = crossed.sum() / whole
    left = 1 - leverage
    se = np.sqrt((((crossed - estimate * squares) / whole) ** 2 / left).sum())
    pulled = leverage**2 / left
    inverse = (leverage**2).sum() + pulled.sum() ** 2 - (pulled**2).sum()
    return Slope(float(estimate), float(se), float(1 / inverse), float(whole / raw))


@dataclass(frozen=True)
class ChangeWithChange(Shown):
    """Whether units whose index rose have another index that rose.

    Attributes
    ----------
    source, target
        The constructs.
    table
        A row for ``"first differences"`` and one for ``"within"`` (``part``): ``estimate`` (points
        per point), ``se``, ``df``, ``lower``, ``upper`` (95 %), ``pvalue``, ``reliability`` (share
        of the differences in change of the source that is not error), ``units`` and ``changes``
        (how many there are), and ``organisations``.
    words
        What the first differences say.
    notes
        What was left out.
    """

    source: str
    target: str
    table: pd.DataFrame
    words: str
    notes: tuple[str, ...] = ()

    def _parts(self) -> Iterator[Part]:
        yield self.words
        yield "Change with change", self.table
        yield from self.notes


def change_with_change(
    data: PanelData, source: str, target: str, named: Callable[[str], str] = str
) -> ChangeWithChange:
    """Return how changes of one construct go with changes of another, over all waves.

    Parameters
    ----------
    data
        Units over the waves, with both constructs.
    source, target
        The constructs.
    named
        What a construct is called in sentences.

    Raises
    ------
    ChainError
        With fewer than two waves, or where units may differ in the change of the source by error
        alone, so that nothing can be said.

    Checked against R: ``lm`` with ``clubSandwich`` without known errors, ``lavaan`` with a fixed
    error variance.

    Examples
    --------
    >>> import workbench as wb
    >>> data = wb.chain.panel_data(wb.open_study("data/demo"), ["people", "service"])
    >>> found = wb.chain.change_with_change(data, "people", "service")
    >>> found.table[["part", "estimate", "lower", "upper", "reliability"]].round(2)
                    part  estimate  lower  upper  reliability
    0  first differences      0.25   0.14   0.35         0.67
    1             within      0.26   0.16   0.37         0.67
    """
    if len(data.waves) < 2:
        raise ChainError(
            f"{data.name}: change with change needs two waves, and there "
            f"{'is one' if data.waves else 'is none'}."
        )
    rows = _Changes.of(data, source, target)
    found = []
    for part, asked in ((FIRST, rows.successive()), (WITHIN, rows)):
        slope = asked.slope()
        if slope is None:
            raise ChainError(
                say("change with change.none", source=named(source), target=named(target))
            )
        lower, upper, pvalue = t_test(slope.estimate, slope.se, slope.df)
        found.append(
            {
                "part": part,
                "estimate": slope.estimate,
                "se": slope.se,
                "df": slope.df,
                "lower": lower,
                "upper": upper,
                "pvalue": pvalue,
                "reliability": slope.reliability,
                "units": len(np.unique(asked.unit)),
                "changes": len(asked.unit),
                "organisations": len(np.unique(asked.organisation)),
            }
        )
    table = pd.DataFrame(found)
    told = LinkEstimate(*(float(table[name][0]) for name in ("estimate", "lower", "upper")))
    words = change_with_change_in_words(named(source), named(target), told)
    return ChangeWithChange(source, target, table, words, (*data.notes, *data.left_out))


@dataclass(frozen=True, eq=False)
class _Changes:
    """Changes of units between two waves: ``values`` (n, 2) of source and target, ``errors``
    (n, 2, 2), ``weight``, and the numbers of ``unit``, ``organisation`` and ``waves`` (n, 2)."""

    values: Array
    errors: Array
    weight: Array
    unit: Index
    organisation: Index
    waves: Index

    @classmethod
    def of(cls, data: PanelData, source: str, target: str) -> "_Changes":
        """The changes between any two waves in which a unit has both indices."""
        count = len(data.waves)
        columns = [column(name, t) for name in (source, target) for t in range(1, count + 1)]
        frame, known = data.comparable(columns)
        organisation = frame["organisation"].factorize()[0].astype(np.int64)
        values = frame[columns].to_numpy(float).reshape(len(frame), 2, count)
        errors = known.reshape(len(frame), 2, count, 2, count)
        there = ~np.isnan(values).any(axis=1)
        waves_of = there.sum(axis=1)
        s, t = np.triu_indices(count, 1)
        both = (there[:, s] & there[:, t]).T
        pair, rows = np.nonzero(both)
        at = np.ascontiguousarray(values.transpose(2, 0, 1))
        by_waves = np.ascontiguousarray(errors.transpose(2, 4, 0, 1, 3))
        error = by_waves[s, s] + by_waves[t, t] - by_waves[s, t] - by_waves[t, s]
        return cls(
            (at[t] - at[s])[both],
            error[both],
            1 / waves_of[rows],
            rows,
            organisation[rows],
            np.stack([s, t], axis=1)[pair],
        )

    def successive(self) -> "_Changes":
        """Those from a wave to the next, all of one weight."""
        own = self.waves[:, 1] - self.waves[:, 0] == 1
        return replace(self._at(own), weight=np.ones(int(own.sum())))

    def _at(self, rows: NDArray[np.bool_]) -> "_Changes":
        return _Changes(
            self.values[rows],
            self.errors[rows],
            self.weight[rows],
            self.unit[rows],
            self.organisation[rows],
            self.waves[rows],
        )

    def slope(self) -> Slope | None:
        """The slope. Clusters are organisations, or units of a single one; where each has one unit,
        units of all organisations are compared."""
        organisations, units = (len(np.unique(one)) for one in (self.organisation, self.unit))
        home = self.organisation if organisations < units else np.zeros_like(self.organisation)
        count = int(self.waves.max(initial=0)) + 1
        group = _numbered((home * count + self.waves[:, 0]) * count + self.waves[:, 1])
        cluster = _numbered(self.organisation if organisations > 1 else self.unit)
        return slope_of_changes(self.values, self.errors, self.weight, group, cluster)


def _numbered(keys: NDArray[np.int64]) -> Index:
    """Number keys (n,) of 0 or more by size, from 0, the same where they are the same."""
    place: Index = np.cumsum(np.bincount(keys) > 0) - 1
    return place[keys]
