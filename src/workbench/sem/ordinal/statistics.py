"""Thresholds and polychoric, polyserial and product-moment correlations, with their covariance.

An ordered answer y with K categories is a normal variable y* of variance 1 cut at K - 1 thresholds.
Two steps [1]_: thresholds from each item's margin, tau_k = Phi^-1(P(y <= k)), and means and
variances of continuous items; then every correlation apart by maximum likelihood with these held,
of two ordered items from their table [2]_, of an ordered and a continuous one from the rows [3]_.
The covariance of all statistics is that of such estimates, B^-1 (sum s s') B^-T [4]_: s is a row's
score, univariate ones and those of the correlations, and B has their cross products: of a
correlation with itself and with the univariate parameters it rests on. As lavaan 0.6-14, against
which all is checked, 1/2 is added to the one empty cell of a 2 x 2 table, with its margins kept.

Order of the statistics of p items: item by item its thresholds, or its mean; variances of the
continuous ones; then correlations and covariances (continuous items keep their scale) below the
diagonal, column by column. Shapes: n rows, P pairs of items, K the most categories, m statistics.

References
----------
.. [1] Muthén, B. (1984). A general structural equation model with dichotomous, ordered
   categorical, and continuous latent variable indicators. Psychometrika, 49, 115-132.
.. [2] Olsson, U. (1979). Maximum likelihood estimation of the polychoric correlation coefficient.
   Psychometrika, 44, 443-460.
.. [3] Olsson, U., Drasgow, F., & Dorans, N. J. (1982). The polyserial correlation coefficient.
   Psychometrika, 47, 337-347.
.. [4] Muthén, B., du Toit, S. H. C., & Spisic, D. (1997). Robust inference using weighted least
   squares and quadratic estimating equations in latent variable modeling with categorical and
   continuous outcomes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from workbench.sem.model.layout import Floats, Integers
from workbench.sem.ordinal.normal import density, joint_density, joint_probability

LARGEST = 0.9999
"""Largest correlation looked for; one that ends beside it is perfect prediction."""

SMALLEST = np.sqrt(np.finfo(float).eps)
"""Smallest probability of a cell, as in lavaan: rarer ones add nothing to scores."""

ROWS = 4096
"""Rows whose scores are held at a time."""

Slopes: TypeAlias = Callable[[Floats, Integers], tuple[Floats, Floats]]
"""Value and derivative of functions at rho, of the pairs at some positions."""

_STEPS = 100
_TOLERANCE = 1e-11


@dataclass(frozen=True)
class Places:
    """Where each statistic of p items stands.

    ``categories`` (p,) has the number of categories of every item, 0 for a continuous one.
    """

    categories: tuple[int, ...]

    @cached_property
    def ordered(self) -> NDArray[np.bool_]:
        """Which items are ordered, (p,)."""
        return np.array(self.categories) > 0

    @cached_property
    def numeric(self) -> Integers:
        """Positions of the continuous items."""
        return np.flatnonzero(~self.ordered)

    @cached_property
    def levels(self) -> tuple[Integers, Integers]:
        """Of each threshold or mean: its item, and which one of the item's, -1 for a mean."""
        item = [i for i, count in enumerate(self.categories) for _ in range(max(count - 1, 1))]
        level = [c for k in self.categories for c in (range(k - 1) if k else (-1,))]
        return np.array(item, dtype=np.int64), np.array(level, dtype=np.int64)

    @cached_property
    def starts(self) -> Integers:
        """Where each item's thresholds, or its mean, begin (p,)."""
        return np.searchsorted(self.levels[0], np.arange(len(self.categories))).astype(np.int64)

    @cached_property
    def pairs(self) -> tuple[Integers, Integers]:
        """The pairs below the diagonal, column by column: rows (later items) and columns."""
        column, row = np.triu_indices(len(self.categories), 1)
        return row.astype(np.int64), column.astype(np.int64)

    @property
    def heights(self) -> int:
        """Number of thresholds and means."""
        return len(self.levels[0])

    @property
    def count(self) -> int:
        """Number of statistics, m."""
        return self.heights + len(self.numeric) + len(self.pairs[0])


@dataclass(frozen=True, eq=False)
class Statistics:
    """What the rows of one group say about ordered and continuous items.

    Attributes
    ----------
    places
        Which statistic is where.
    rows : (n, p)
        Answers of ordered items as 0, 1, …, K - 1; NaN where missing.
    """

    places: Places
    rows: Floats

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.rows)

    @cached_property
    def codes(self) -> Integers:
        """Categories (n, p); -1 where missing and for continuous items."""
        known = np.where(np.isnan(self.rows) | ~self.places.ordered, -1.0, self.rows)
        return known.astype(np.int64)

    @cached_property
    def _most(self) -> int:
        return max(self.places.categories)

    @cached_property
    def counts(self) -> Integers:
        """Answers in each category (p, K); 0 for continuous items."""
        return np.stack(
            [np.bincount(codes[codes >= 0], minlength=self._most) for codes in self.codes.T]
        )

    @cached_property
    def shares(self) -> Floats:
        """Shares of the categories (p, K), of those who answered; 0 for continuous items."""
        return self.counts / np.maximum(self.counts.sum(1, keepdims=True), 1)

    @cached_property
    def cuts(self) -> Floats:
        """Limits of the categories (p, K + 1): -inf, thresholds, inf, …, inf."""
        return limits(self.shares, np.array(self.places.categories))

    @cached_property
    def _standard(self) -> tuple[Floats, Floats, Floats]:
        """Means (p,), variances (p,) with divisor n, and standardised continuous values (n, p)."""
        mean, variance = np.zeros(self.rows.shape[1]), np.ones(self.rows.shape[1])
        own = self.places.numeric
        if len(own):
            mean[own] = np.nanmean(self.rows[:, own], axis=0)
            variance[own] = np.nanvar(self.rows[:, own], axis=0)
        return mean, variance, (self.rows - mean) / np.sqrt(variance)

    @property
    def mean(self) -> Floats:
        """Means (p,), 0 of ordered items."""
        return self._standard[0]

    @property
    def variance(self) -> Floats:
        """Variances (p,), 1 of ordered items."""
        return self._standard[1]

    @cached_property
    def _kinds(self) -> tuple[Integers, Integers, Integers]:
        """Which pairs are of two ordered items, of one, and of none."""
        row, column = self.places.pairs
        count = self.places.ordered[row].astype(int) + self.places.ordered[column]
        both, one, none = (np.flatnonzero(count == k) for k in (2, 1, 0))
        return both, one, none

    @cached_property
    def tables(self) -> Floats:
        """Tables (pairs of ordered items, K, K) of those who answered both; row item first."""
        p, most = len(self.places.categories), self._most
        total = np.zeros((p * most, p * most))
        for first in range(0, self.n, ROWS):
            codes = self.codes[first : first + ROWS]
            shown = (codes[:, :, None] == np.arange(most)).reshape(len(codes), -1).astype(float)
            total += shown.T @ shown
        by_pair = total.reshape(p, most, p, most).transpose(0, 2, 1, 3)
        both = self._kinds[0]
        row, column = (side[both] for side in self.places.pairs)
        return by_pair[row, column]

    @cached_property
    def empty(self) -> list[tuple[int, int]]:
        """Pairs of ordered items whose table has an empty cell: column item, row item."""
        both = self._kinds[0]
        row, column = (side[both] for side in self.places.pairs)
        sizes = np.array(self.places.categories)
        grid = np.arange(self._most)
        there = (grid[:, None] < sizes[row][:, None, None]) & (grid < sizes[column][:, None, None])
        without = ((self.tables == 0) & there).any((1, 2))
        return list(zip(column[without].tolist(), row[without].tolist(), strict=True))

    @cached_property
    def correlation(self) -> Floats:
        """Correlations (p, p) of the variables behind the answers."""
        both, one, none = self._kinds
        row, column = self.places.pairs
        rho = np.zeros(len(row))
        if len(both):
            tables = filled(self.tables, np.array(self.places.categories), row[both], column[both])
            rho[both] = polychoric(tables, self.cuts[row[both]], self.cuts[column[both]])
        for pair in one:
            z, codes = self._mixed(pair)
            rho[pair] = polyserial(z, codes, self.cuts[self._ordered_of(pair)])
        if len(none):
            rho[none] = product_moment(self._standard[2], row[none], column[none])
        found = np.eye(len(self.places.categories))
        found[row, column] = found[column, row] = rho
        return found

    def _ordered_of(self, pair: int) -> int:
        row, column = (int(side[pair]) for side in self.places.pairs)
        return row if self.places.ordered[row] else column

    def _numeric_of(self, pair: int) -> int:
        row, column = (int(side[pair]) for side in self.places.pairs)
        return column if self.places.ordered[row] else row

    def _mixed(self, pair: int) -> tuple[Floats, Integers]:
        """Standardised values and categories of those who answered both items of a pair."""
        z, codes = (
            self._standard[2][:, self._numeric_of(pair)],
            self.codes[:, self._ordered_of(pair)],
        )
        known = ~np.isnan(z) & (codes >= 0)
        return z[known], codes[known]

    @cached_property
    def covariance(self) -> Floats:
        """The correlations in the items' scales (p, p), 1 of ordered items."""
        sd = np.sqrt(self.variance)
        return self.correlation * (sd[:, None] * sd)

    @cached_property
    def values(self) -> Floats:
        """All statistics (m,)."""
        item, level = self.places.levels
        heights = np.where(level < 0, self.mean[item], self.cuts[item, level + 1])
        below = self.covariance[self.places.pairs]
        return np.concatenate([heights, self.variance[self.places.numeric], below])

    @cached_property
    def errors(self) -> Floats:
        """Standard errors of the statistics (m,), with correlations in the place of covariances."""
        if self._in_scale is None:
            return np.sqrt(self.spread / self.n)
        back = np.linalg.inv(self._in_scale)
        return np.sqrt(np.diagonal(back @ self.gamma @ back.T) / self.n)

    # --- their covariance ----------------------------------------------------------------------

    @cached_property
    def gamma(self) -> Floats:
        """n times the asymptotic covariance matrix of the statistics (m, m)."""
        places, first = self.places, self.places.heights + len(self.places.numeric)
        inner = np.zeros((places.count, places.count))
        for scores in self._scores():
            inner += scores.T @ scores
        upper = np.zeros((first, first))
        for own in self._univariate:
            at = np.ix_(own, own)
            upper[at] = np.linalg.inv(inner[at])
        size = np.diagonal(inner)[first:]
        with np.errstate(divide="ignore"):
            lower = np.where(size > 0, 1.0 / size, 0.0)
        bread = np.zeros_like(inner)
        bread[:first, :first] = upper
        bread[first:, :first] = -lower[:, None] * (self._crossed @ upper)
        bread[first:, first:] = np.diag(lower)
        scale = self._in_scale
        if scale is not None:
            bread = scale @ bread
        return self.n * (bread @ inner @ bread.T)

    @cached_property
    def _univariate(self) -> list[Integers]:
        """Positions of each item's own statistics."""
        item, places = self.places.levels[0], self.places
        own = []
        for i, ordered in enumerate(places.ordered):
            at = np.flatnonzero(item == i)
            if not ordered:
                at = np.append(at, places.heights + np.searchsorted(places.numeric, i))
            own.append(at)
        return own

    @cached_property
    def _in_scale(self) -> Floats | None:
        """Derivatives (m, m) of the statistics by those with correlations for covariances."""
        places = self.places
        if not len(places.numeric):
            return None
        row, column = places.pairs
        sd, first = np.sqrt(self.variance), places.heights + len(places.numeric)
        change = np.eye(places.count)
        pairs = np.arange(len(row))
        change[first + pairs, first + pairs] = sd[row] * sd[column]
        rho = self.correlation[row, column]
        for one, other in ((row, column), (column, row)):
            own = np.flatnonzero(~places.ordered[one])
            at = places.heights + np.searchsorted(places.numeric, one[own])
            change[first + own, at] = rho[own] * sd[other[own]] / (2.0 * sd[one[own]])
        return change

    @cached_property
    def _univariate_scores(self) -> Floats:
        """d log P(category) / d thresholds, (p, K, K - 1)."""
        return univariate_scores(self.shares, self.cuts)

    @cached_property
    def _table_scores(self) -> tuple[Floats, Floats]:
        """Of pairs of ordered items: cell probabilities and d log P / d rho, (pairs, K, K)."""
        both = self._kinds[0]
        row, column = (side[both] for side in self.places.pairs)
        return table_scores(self.cuts[row], self.cuts[column], self.correlation[row, column])

    def _scores(self) -> Iterator[Floats]:
        """Scores of some rows at a time, (rows, m); 0 where an answer is missing."""
        places = self.places
        both, one, none = self._kinds
        row, column = places.pairs
        item, level = places.levels
        numeric = level < 0
        for start in range(0, self.n, ROWS):
            codes = self.codes[start : start + ROWS]
            z = self._standard[2][start : start + ROWS]
            scores = np.zeros((len(codes), places.count))
            values = self._univariate_scores[item, codes[:, item], np.maximum(level, 0)]
            values = np.where(codes[:, item] >= 0, values, 0.0)
            known = np.where(np.isnan(z), 0.0, z)
            sd = np.sqrt(self.variance)
            values[:, numeric] = known[:, item[numeric]] / sd[item[numeric]]
            scores[:, : places.heights] = values
            own = places.numeric
            spread = np.where(np.isnan(z[:, own]), 0.0, known[:, own] ** 2 - 1.0)
            first = places.heights + len(own)
            scores[:, places.heights : first] = spread / (2.0 * self.variance[own])
            if len(both):
                table = self._table_scores[1]
                a, b = codes[:, row[both]], codes[:, column[both]]
                found = table[np.arange(len(both)), a, b]
                scores[:, first + both] = np.where((a >= 0) & (b >= 0), found, 0.0)
            for pair in one:
                scores[:, first + pair] = self._polyserial_scores(pair, z, codes)[0]
            for pair in none:
                x, y = z[:, row[pair]], z[:, column[pair]]
                rho = self.correlation[row[pair], column[pair]]
                scores[:, first + pair] = _product_moment_scores(x, y, rho)[0]
            yield scores

    def _polyserial_scores(self, pair: int, z: Floats, codes: Integers) -> tuple[Floats, ...]:
        """Of rows: d log P by rho, the mean, the variance, the category's upper and lower limit."""
        i, j = self._numeric_of(pair), self._ordered_of(pair)
        values, category = z[:, i], codes[:, j]
        known = ~np.isnan(values) & (category >= 0)
        values = np.where(known, values, 0.0)
        found = _polyserial_slopes(values, category, self.cuts[j], self.correlation[i, j])
        sd = np.sqrt(self.variance[i])
        rho_slope, pull, above, below = found
        rho = self.correlation[i, j]
        mean = (values + rho * pull) / sd
        spread = (values**2 - 1.0 + rho * values * pull) / (2.0 * self.variance[i])
        return tuple(np.where(known, x, 0.0) for x in (rho_slope, mean, spread, above, below))

    @cached_property
    def _crossed(self) -> Floats:
        """Cross products (P, univariate statistics) of a pair's score and its derivatives."""
        places = self.places
        both, one, none = self._kinds
        row, column = places.pairs
        crossed = np.zeros((len(row), places.heights + len(places.numeric)))
        if len(both):
            sizes = np.array(places.categories)
            for own, found in zip((row[both], column[both]), self._table_crosses, strict=True):
                for level in range(found.shape[1]):
                    there = level < sizes[own] - 1
                    crossed[both[there], places.starts[own[there]] + level] = found[there, level]
        z = self._standard[2]
        for pair in one:
            i, j = self._numeric_of(pair), self._ordered_of(pair)
            rho, mean, spread, above, below = self._polyserial_scores(pair, z, self.codes)
            at = places.starts
            crossed[pair, at[i]] = rho @ mean
            crossed[pair, places.heights + np.searchsorted(places.numeric, i)] = rho @ spread
            category = np.maximum(self.codes[:, j], 0)
            most = places.categories[j]
            up = np.bincount(category, rho * above, minlength=most)[: most - 1]
            down = np.bincount(category, rho * below, minlength=most)[1:most]
            crossed[pair, at[j] : at[j] + most - 1] = up - down
        for pair in none:
            i, j = row[pair], column[pair]
            sd = np.sqrt(self.variance)
            rho, mean_i, mean_j, spread_i, spread_j = _product_moment_scores(
                z[:, i], z[:, j], self.correlation[i, j]
            )
            for v, mean, spread in ((i, mean_i, spread_i), (j, mean_j, spread_j)):
                crossed[pair, places.starts[v]] = rho @ mean / sd[v]
                at = places.heights + np.searchsorted(places.numeric, v)
                crossed[pair, at] = rho @ spread / self.variance[v]
        return crossed

    @cached_property
    def _table_crosses(self) -> tuple[Floats, Floats]:
        """Cross products of the scores of pairs of ordered items with those of the thresholds of
        the row item, and of the column item, (pairs, K - 1) each."""
        both = self._kinds[0]
        row, column = (side[both] for side in self.places.pairs)
        rho, limit = self.correlation[row, column], self.cuts
        return table_crosses(self.tables, *self._table_scores, limit[row], limit[column], rho)

    @cached_property
    def spread(self) -> Floats:
        """The diagonal of gamma (m,); where all items are ordered, at a small part of its cost.

        What a row adds to a correlation depends on its cell alone: its score, less what it adds to
        the thresholds of both items.
        """
        if not self.places.ordered.all():
            return np.diagonal(self.gamma).copy()
        row, column = self.places.pairs
        heights, below = spreads(
            self.counts,
            np.array(self.places.categories),
            self._univariate_scores,
            self.tables,
            self._table_scores[1],
            self._table_crosses,
            row,
            column,
        )
        return self.n * np.concatenate([heights[self.places.levels], below])


# --- of tables alone, for any number of items and pairs ----------------------------------------


def limits(shares: Floats, sizes: Integers) -> Floats:
    """Limits (q, K + 1) of the categories of q items with these shares (q, K) and numbers of
    categories (q,): -inf, thresholds, inf, …, inf."""
    most = shares.shape[1]
    below = np.minimum(np.cumsum(shares, axis=1), 1.0)
    last = sizes[:, None] - 1 <= np.arange(most)
    found = np.where(last, np.inf, ndtri(np.where(last, 0.5, below)))
    return np.concatenate([np.full((len(found), 1), -np.inf), found], axis=1)


def univariate_scores(shares: Floats, cuts: Floats) -> Floats:
    """d log P(category) / d thresholds, (q, K, K - 1), of shares (q, K) and limits (q, K + 1)."""
    q, most = shares.shape
    height = density(cuts)
    found = np.zeros((q, most, max(most - 1, 1)))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(shares > 0, 1.0 / shares, 0.0)
    for c in range(most - 1):
        found[:, c, c] = height[:, c + 1] * share[:, c]
        found[:, c + 1, c] = -height[:, c + 1] * share[:, c + 1]
    return found


def table_scores(rows: Floats, columns: Floats, rho: Floats) -> tuple[Floats, Floats]:
    """Cell probabilities and d log P / d rho, (P, K, K), of limits (P, K + 1) and rho (P,)."""
    probability, slope = cells(rows, columns, rho), cell_slopes(rows, columns, rho)
    with np.errstate(divide="ignore", invalid="ignore"):
        return probability, np.where(probability > SMALLEST, slope / probability, 0.0)


def table_crosses(
    tables: Floats, probability: Floats, score: Floats, rows: Floats, columns: Floats, rho: Floats
) -> tuple[Floats, Floats]:
    """Cross products of the scores of pairs with those of the thresholds of the row item, and of
    the column item, (P, K - 1) each."""
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(probability > SMALLEST, tables * score / probability, 0.0)
    return (
        threshold_crosses(weight, rows, columns, rho),
        threshold_crosses(weight.swapaxes(1, 2), columns, rows, rho),
    )


def spreads(
    counts: Floats | Integers,
    sizes: Integers,
    score: Floats,
    tables: Floats,
    cell: Floats,
    crosses: tuple[Floats, Floats],
    row: Integers,
    column: Integers,
) -> tuple[Floats, Floats]:
    """Variances of the thresholds of q items (q, K - 1) and of the correlations of P pairs (P,).

    Parameters
    ----------
    counts, sizes, score
        Answers in each category (q, K), numbers of categories (q,) and :func:`univariate_scores`.
    tables, cell, crosses
        Tables (P, K, K), scores of :func:`table_scores` and :func:`table_crosses`.
    row, column
        The items of the pairs (P,).
    """
    inner = np.einsum("ia,iac,iad->icd", counts, score, score)
    absent = np.arange(inner.shape[1]) >= sizes[:, None] - 1
    inner += absent[:, :, None] * np.eye(inner.shape[1])
    inverse = np.linalg.inv(inner)
    heights = np.diagonal(inverse, axis1=1, axis2=2)
    size = (tables * cell**2).sum((1, 2))
    shifts = [
        np.einsum("pac,pcd,pd->pa", score[own], inverse[own], one)
        for own, one in zip((row, column), crosses, strict=True)
    ]
    joint = cell - shifts[0][:, :, None] - shifts[1][:, None, :]
    total = (tables * joint**2).sum((1, 2))
    # Rows with one of the two answers only.
    for own, shift, axis in zip((row, column), shifts, (2, 1), strict=True):
        total += ((counts[own] - tables.sum(axis)) * shift**2).sum(1)
    return heights, total / np.maximum(size, 1e-300) ** 2


# --- correlations ------------------------------------------------------------------------------


def cells(rows: Floats, columns: Floats, rho: Floats) -> Floats:
    """Probabilities (P, K, K) of cells between limits (P, K + 1) at correlations (P,)."""
    h, k = np.broadcast_arrays(rows[:, :, None], columns[:, None, :])
    grid = np.where(h == -np.inf, 0.0, ndtr(k)) * (k > -np.inf)
    grid = np.where(k == np.inf, ndtr(h), grid)
    inner = np.isfinite(h) & np.isfinite(k)
    grid[inner] = joint_probability(
        h[inner], k[inner], np.broadcast_to(rho[:, None, None], h.shape)[inner]
    )
    return np.diff(np.diff(grid, axis=1), axis=2)


def cell_slopes(rows: Floats, columns: Floats, rho: Floats) -> Floats:
    """Their derivatives by the correlation, (P, K, K): d Phi2 / d rho is the density."""
    grid = joint_density(rows[:, :, None], columns[:, None, :], rho[:, None, None])
    return np.diff(np.diff(grid, axis=1), axis=2)


def threshold_crosses(weight: Floats, own: Floats, other: Floats, rho: Floats) -> Floats:
    """sum_ab weight_ab d P_ab / d thresholds of the row item, (P, K - 1).

    ``weight`` (P, K, K) is n_ab d log P_ab / d rho / P_ab, ``own`` and ``other`` (P, K + 1) the
    limits of the row and the column item's categories.
    """
    cut, across, r = own[:, 1:-1, None], other[:, None, :], rho[:, None, None]
    finite = np.isfinite(cut)
    slope = (across - r * np.where(finite, cut, 0.0)) / np.sqrt(1.0 - r * r)
    # dP/d threshold of the cells below it, and its negative of those above.
    moved = density(cut) * np.diff(ndtr(slope), axis=2)
    return np.asarray((moved * (weight[:, :-1] - weight[:, 1:])).sum(2))


def cell_curvatures(rows: Floats, columns: Floats, rho: Floats) -> Floats:
    """Their second derivatives by the correlation."""
    h, k = np.broadcast_arrays(rows[:, :, None], columns[:, None, :])
    inner = np.isfinite(h) & np.isfinite(k)
    h, k = np.where(inner, h, 0.0), np.where(inner, k, 0.0)
    r = rho[:, None, None]
    left = 1.0 - r * r
    factor = r / left + (h * k * (1.0 + r * r) - r * (h * h + k * k)) / left**2
    grid = np.where(inner, joint_density(h, k, r) * factor, 0.0)
    return np.diff(np.diff(grid, axis=1), axis=2)


def polychoric(tables: Floats, rows: Floats, columns: Floats) -> Floats:
    """Correlations (P,) of pairs of ordered items, all pairs at once.

    Maximises sum_ab n_ab log P_ab over rho with the thresholds held, by Newton's method within a
    bracket of the zero of the slope.

    Parameters
    ----------
    tables : (P, K, K)
        Counts.
    rows, columns : (P, K + 1)
        Limits of the categories, from -inf to inf; those an item does not have are inf.

    Examples
    --------
    >>> import numpy as np
    >>> limits = np.array([[-np.inf, 0.0, np.inf]])
    >>> table = np.array([[[40.0, 10.0], [10.0, 40.0]]])
    >>> round(float(polychoric(table, limits, limits)[0]), 4)
    0.809
    """
    total = tables.sum((1, 2))

    def slopes(rho: Floats, part: Integers) -> tuple[Floats, Floats]:
        a, b, n = rows[part], columns[part], tables[part]
        probability = np.maximum(cells(a, b, rho), SMALLEST)
        first = cell_slopes(a, b, rho) / probability
        second = cell_curvatures(a, b, rho) / probability - first * first
        bent = (n * second).sum((1, 2))
        # Where the function is not concave its expected curvature makes the step.
        expected = -total[part] * (probability * first * first).sum((1, 2))
        return (n * first).sum((1, 2)), np.where(bent < 0, bent, expected)

    sizes = np.arange(tables.shape[1])
    share = tables / np.maximum(total, 1)[:, None, None]
    mean = share.sum(2) @ sizes, share.sum(1) @ sizes
    square = share.sum(2) @ sizes**2 - mean[0] ** 2, share.sum(1) @ sizes**2 - mean[1] ** 2
    cross = np.einsum("pab,a,b->p", share, sizes, sizes) - mean[0] * mean[1]
    start = cross / np.sqrt(np.maximum(square[0] * square[1], 1e-300))
    return zero(slopes, np.clip(start, -0.9, 0.9))


def zero(slopes: Slopes, start: Floats, tolerance: float = _TOLERANCE) -> Floats:
    """Zeros (P,) of falling functions on (-1, 1), by Newton's method kept within brackets."""
    rho = start.copy()
    low, high = np.full_like(rho, -LARGEST), np.full_like(rho, LARGEST)
    going = np.arange(len(rho))
    for _ in range(_STEPS):
        value, slope = slopes(rho[going], going)
        rising = value > 0
        low[going] = np.where(rising, rho[going], low[going])
        high[going] = np.where(rising, high[going], rho[going])
        with np.errstate(divide="ignore", invalid="ignore"):
            ahead = rho[going] - value / slope
        inside = (ahead > low[going]) & (ahead < high[going])
        ahead = np.where(inside, ahead, 0.5 * (low[going] + high[going]))
        moved = np.abs(ahead - rho[going])
        rho[going] = ahead
        going = going[moved > tolerance]
        if not len(going):
            break
    return rho


def polyserial(z: Floats, codes: Integers, cuts: Floats) -> float:
    """Correlation of a continuous, standardised item (n,) and an ordered one (n,), limits (K + 1,).

    Maximises sum log P(category given z) with mean, variance and thresholds held.
    """

    def slopes(rho: Floats, _: Integers) -> tuple[Floats, Floats]:
        score = _polyserial_slopes(z, codes, cuts, float(rho[0]))[0]
        return np.array([score.sum()]), np.array([-(score @ score)])

    start = np.corrcoef(z, codes)[0, 1] if len(z) > 1 else 0.0
    start = start if np.isfinite(start) else 0.0
    return float(zero(slopes, np.clip([start], -0.9, 0.9))[0])


def _polyserial_slopes(
    z: Floats, codes: Integers, cuts: Floats, rho: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """Of log P(category given z): d / d rho, the pull on z, d / d upper and - d / d lower limit."""
    root = np.sqrt(1.0 - rho * rho)
    upper, lower = cuts[codes + 1], cuts[codes]
    above, below = (upper - rho * z) / root, (lower - rho * z) / root
    probability = np.maximum(ndtr(above) - ndtr(below), np.finfo(float).eps)
    at_upper, at_lower = density(above) / probability, density(below) / probability
    finite = [np.where(np.isfinite(cut), cut, 0.0) for cut in (upper, lower)]
    slope = (at_upper * (finite[0] * rho - z) - at_lower * (finite[1] * rho - z)) / root**3
    return slope, (at_upper - at_lower) / root, at_upper / root, at_lower / root


def product_moment(z: Floats, row: Integers, column: Integers) -> Floats:
    """Correlations (P,) of standardised continuous items (n, p) with means and variances held.

    Of complete rows the usual one; else the root of -r^3 + c r^2 + (1 - a - b) r + c with a, b and
    c the mean squares and product of those who answered both.
    """
    known = ~np.isnan(z)
    filled = np.where(known, z, 0.0)
    both = (known.astype(float).T @ known)[row, column]
    square = ((filled**2).T @ known)[row, column] + ((filled**2).T @ known)[column, row]
    product, square = (filled.T @ filled)[row, column] / both, square / both

    def slopes(rho: Floats, part: Integers) -> tuple[Floats, Floats]:
        c, left = product[part], 1.0 - square[part]
        value = -(rho**3) + c * rho**2 + left * rho + c
        return value, np.minimum(-3.0 * rho**2 + 2.0 * c * rho + left, -1e-12)

    return zero(slopes, np.clip(product, -0.9, 0.9))


def _product_moment_scores(x: Floats, y: Floats, rho: float) -> tuple[Floats, ...]:
    """Of rows of two standardised items: d log f by rho, means and variances in units of sd."""
    known = ~(np.isnan(x) | np.isnan(y))
    x, y = np.where(known, x, 0.0), np.where(known, y, 0.0)
    left = 1.0 - rho * rho
    distance = x * x - 2.0 * rho * x * y + y * y
    found = (
        rho / left + x * y / left - distance * rho / left**2,
        (x - rho * y) / left,
        (y - rho * x) / left,
        -0.5 + (x * x - rho * x * y) / (2.0 * left),
        -0.5 + (y * y - rho * x * y) / (2.0 * left),
    )
    return tuple(np.where(known, value, 0.0) for value in found)


def filled(tables: Floats, sizes: Integers, row: Integers, column: Integers) -> Floats:
    """Tables with 1/2 added to the only empty cell of a 2 x 2 one, its margins kept."""
    found = tables.copy()
    dichotomous = (sizes[row] == 2) & (sizes[column] == 2)
    corner = found[:, :2, :2]
    one = dichotomous & ((corner == 0).sum((1, 2)) == 1)
    on_diagonal = one & ((corner[:, 0, 0] == 0) | (corner[:, 1, 1] == 0))
    add = np.where(on_diagonal, 0.5, np.where(one, -0.5, 0.0))
    found[:, :2, :2] += add[:, None, None] * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return found
