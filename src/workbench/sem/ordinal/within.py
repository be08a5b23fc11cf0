"""Correlations of ordered items within groups, from rows with weights and clusters.

What sets groups such as organisations apart moves their members' answers: every group has its own
thresholds, and all have the same correlations. Those maximise

    sum_g sum_ab n_gab log P_ab(tau_gi, tau_gj, rho_ij),

with the weighted tables n_g of the groups and thresholds tau_g from their weighted margins: the
pseudo-likelihood of surveys [1]_. Categories that a group does not have are left out of its tables.
The covariance of the statistics is that of :mod:`workbench.sem.ordinal.statistics`, B^-1 M B^-T,
with rows counted by their weights in B and M the cross products of the sums of weighted scores over
clusters, such as the units of a survey [2]_. With one group, weights of 1 and every row a cluster
of its own all of it is what that module has, but for the half it adds to an empty cell.

Shapes: n rows, p items, P pairs, G groups, K the most categories, m statistics.

References
----------
.. [1] Asparouhov, T. (2005). Sampling weights in latent variable modeling. Structural Equation
   Modeling, 12, 411-434.
.. [2] Binder, D. A. (1983). On the variances of asymptotically normal estimators from complex
   surveys. International Statistical Review, 51, 279-292.
.. [3] Cameron, A. C., Gelbach, J. B., & Miller, D. L. (2011). Robust inference with multiway
   clustering. Journal of Business & Economic Statistics, 29, 238-249.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from workbench.sem.model.layout import Floats, Integers
from workbench.sem.ordinal.statistics import (
    ROWS,
    SMALLEST,
    Statistics,
    cell_curvatures,
    cell_slopes,
    cells,
    table_crosses,
    table_scores,
    univariate_scores,
    zero,
)

STEP = 1e-5
"""Last step of Newton's method for a correlation; the error left is about its square."""


@dataclass(frozen=True, eq=False)
class WithinStatistics(Statistics):
    """What the rows say about ordered items within groups.

    The thresholds among the statistics are those of all rows together.

    Attributes
    ----------
    group : (n,)
        Numbers of the groups, from 0 without a gap.
    weight : (n,)
        How much every row counts.
    cluster : (n,)
        Numbers of the clusters.
    crossed : (n,), or None
        Numbers of other clusters that rows lie in too [3]_.
    """

    group: Integers
    weight: Floats
    cluster: Integers
    crossed: Integers | None = None

    @cached_property
    def shares(self) -> Floats:
        """Weighted shares of the categories (p, K), of those who answered."""
        found = self._group_counts.sum(0)
        return np.asarray(found / np.maximum(found.sum(1, keepdims=True), 1e-300))

    @cached_property
    def _groups(self) -> int:
        return int(self.group.max()) + 1

    @cached_property
    def _group_counts(self) -> Floats:
        """Weighted answers in each category (G, p, K)."""
        most = self._most
        found = np.zeros((self._groups, len(self.places.categories), most))
        for item, codes in enumerate(self.codes.T):
            there = codes >= 0
            at = self.group[there] * most + codes[there]
            count = np.bincount(at, self.weight[there], self._groups * most)
            found[:, item] = count.reshape(self._groups, most)
        return found

    @cached_property
    def _ranks(self) -> Integers:
        """Place of every category among those that a group has (G, p, K)."""
        return np.cumsum(self._group_counts > 0, axis=2) - 1

    @cached_property
    def _own_codes(self) -> Integers:
        """Categories (n, p) as counted in the row's group, -1 where missing."""
        items = np.arange(self.codes.shape[1])
        found = self._ranks[self.group[:, None], items, np.maximum(self.codes, 0)]
        return np.where(self.codes >= 0, found, -1)

    @cached_property
    def _own_counts(self) -> Floats:
        """Weighted answers (G, p, K) in the categories that a group has, 0 behind them."""
        found = np.zeros_like(self._group_counts)
        g, item, category = np.nonzero(self._group_counts)
        found[g, item, self._ranks[g, item, category]] = self._group_counts[g, item, category]
        return found

    @cached_property
    def _own_cuts(self) -> Floats:
        """Limits (G, p, K + 1) of the categories that a group has, as ``cuts``."""
        count = self._own_counts
        share = count / np.maximum(count.sum(2, keepdims=True), 1e-300)
        below = np.minimum(np.cumsum(share, axis=2), 1.0)
        last = (count > 0).sum(2)[..., None] - 1 <= np.arange(self._most)
        limits = np.where(last, np.inf, ndtri(np.where(last, 0.5, below)))
        return np.concatenate([np.full((*limits.shape[:2], 1), -np.inf), limits], axis=2)

    @cached_property
    def _own_tables(self) -> Floats:
        """Weighted tables (G, P, K, K) of those who answered both items; row item first."""
        p, most = len(self.places.categories), self._most
        row, column = self.places.pairs
        found = np.zeros((self._groups, len(row), most, most))
        order = np.argsort(self.group, kind="stable")
        ends = np.cumsum(np.bincount(self.group))
        for g, own in enumerate(np.split(order, ends[:-1])):
            shown = (self._own_codes[own][:, :, None] == np.arange(most)).astype(float)
            shown = shown.reshape(len(own), -1)
            total = shown.T @ (shown * self.weight[own][:, None])
            found[g] = total.reshape(p, most, p, most).transpose(0, 2, 1, 3)[row, column]
        return found

    @cached_property
    def correlation(self) -> Floats:
        """Correlations (p, p) of the variables behind the answers, within groups."""
        row, column = self.places.pairs
        tables, cuts = self._own_tables, self._own_cuts
        groups, most = self._groups, self._most

        def slopes(rho: Floats, part: Integers) -> tuple[Floats, Floats]:
            a = cuts[:, row[part]].reshape(-1, most + 1)
            b = cuts[:, column[part]].reshape(-1, most + 1)
            n, every = tables[:, part].reshape(-1, most, most), np.tile(rho, groups)
            probability = np.maximum(cells(a, b, every), SMALLEST)
            first = cell_slopes(a, b, every) / probability
            second = cell_curvatures(a, b, every) / probability - first * first
            expected = n.sum((1, 2)) * (probability * first * first).sum((1, 2))
            found = (n * first).sum((1, 2)), (n * second).sum((1, 2)), -expected
            value, bent, instead = (one.reshape(groups, -1).sum(0) for one in found)
            # Where the function is not concave its expected curvature makes the step.
            return value, np.where(bent < 0, bent, instead)

        found = np.eye(len(self.places.categories))
        found[row, column] = found[column, row] = zero(slopes, self._start, STEP)
        return found

    @cached_property
    def _start(self) -> Floats:
        """Correlations of the codes within groups (P,)."""
        n, size = self._own_tables, np.arange(self._most)
        total = np.maximum(n.sum((2, 3)), 1e-300)
        mean = n.sum(3) @ size / total, n.sum(2) @ size / total
        squares = n.sum(3) @ size**2 - total * mean[0] ** 2, n.sum(2) @ size**2
        cross = np.einsum("gpab,a,b->gp", n, size, size) - total * mean[0] * mean[1]
        one, other = squares[0].sum(0), (squares[1] - total * mean[1] ** 2).sum(0)
        found = cross.sum(0) / np.sqrt(np.maximum(one * other, 1e-300))
        return np.clip(found, -0.9, 0.9)

    # --- their covariance ----------------------------------------------------------------------

    @cached_property
    def gamma(self) -> Floats:
        """n times the asymptotic covariance matrix of the statistics (m, m)."""
        if self.crossed is None:
            return self._by_cluster
        both = np.unique(np.stack([self.cluster, self.crossed]), axis=1, return_inverse=True)[1]
        others = self._between(self.crossed) - self._between(both.ravel())
        return np.asarray(self._by_cluster + others)

    @cached_property
    def spread(self) -> Floats:
        """The diagonal of gamma (m,), without other clusters: it weighs the statistics."""
        return np.diagonal(self._by_cluster).copy()

    @cached_property
    def _by_cluster(self) -> Floats:
        return self._between(self.cluster)

    def _between(self, cluster: Integers) -> Floats:
        """n times the covariance (m, m) where rows of a cluster depend on each other."""
        found = np.zeros((self.places.count, self.places.count))
        for sums in self._influence(cluster):
            found += sums.T @ sums
        return self.n * found

    @cached_property
    def _pull(self) -> tuple[Floats, Floats, Floats]:
        """What an answer adds to a correlation: by its cell (G, P, K, K), and to be taken off what
        the answer to the row item (G, P, K) and to the column item adds by its thresholds."""
        row, column = self.places.pairs
        groups, most = self._groups, self._most
        rho = np.tile(self.correlation[row, column], groups)
        a, b = (self._own_cuts[:, own].reshape(-1, most + 1) for own in (row, column))
        probability, cell = table_scores(a, b, rho)
        n = self._own_tables.reshape(-1, most, most)
        crosses = table_crosses(n, probability, cell, a, b, rho)
        score, inverse = _univariate(self._own_counts, self._own_cuts)
        size = (n * cell**2).sum((1, 2)).reshape(groups, -1).sum(0)
        scale = np.where(size > 0, 1.0 / np.maximum(size, 1e-300), 0.0)
        shifts = [
            np.einsum(
                "gpac,gpcd,gpd->gpa",
                score[:, own],
                inverse[:, own],
                one.reshape(groups, -1, most - 1),
            )
            * scale[:, None]
            for own, one in zip((row, column), crosses, strict=True)
        ]
        cell = cell.reshape(groups, -1, most, most) * scale[:, None, None]
        return cell, shifts[0], shifts[1]

    def _influence(self, cluster: Integers) -> Iterator[Floats]:
        """Sums over clusters of what their rows add to the statistics (clusters, m), some clusters
        at a time."""
        places = self.places
        row, column = places.pairs
        item, level = places.levels
        cell, of_row, of_column = self._pull
        joint = cell - of_row[..., None] - of_column[:, :, None, :]
        # One more category, of no answer: the other one's thresholds still move.
        wide = np.zeros((*joint.shape[:2], self._most + 1, self._most + 1))
        wide[..., :-1, :-1] = joint
        wide[..., :-1, -1], wide[..., -1, :-1] = -of_row, -of_column
        score, inverse = (
            one[0] for one in _univariate(self._group_counts.sum(0)[None], self.cuts[None])
        )
        own = np.einsum("pac,pdc->pad", score, inverse)
        own = np.concatenate([own, np.zeros_like(own[:, :1])], axis=1)
        order = np.argsort(cluster, kind="stable")
        starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))
        edges = np.unique(starts[np.searchsorted(starts, np.arange(0, self.n, ROWS), "right") - 1])
        side = self._most + 1
        place = side * side * np.arange(len(row))
        for first, last in zip(edges, [*edges[1:], self.n], strict=True):
            some = order[first:last]
            codes, weight = self._own_codes[some], self.weight[some][:, None]
            codes = np.where(codes < 0, self._most, codes)
            group = wide[0].size * self.group[some][:, None]
            below = wide.take(group + place + side * codes[:, row] + codes[:, column])
            heights = own[item, self.codes[some][:, item], level]
            found = np.concatenate([heights, below], axis=1) * weight
            at = starts[(starts >= first) & (starts < last)] - first
            yield np.add.reduceat(found, at, axis=0)


def _univariate(counts: Floats, cuts: Floats) -> tuple[Floats, Floats]:
    """Scores of thresholds (G, p, K, K - 1), and the inverse of their cross products
    (G, p, K - 1, K - 1), of counts (G, p, K) and limits (G, p, K + 1); 0 behind an item's own."""
    groups, p, most = counts.shape
    share = (counts / np.maximum(counts.sum(2, keepdims=True), 1e-300)).reshape(-1, most)
    score = univariate_scores(share, cuts.reshape(-1, most + 1)).reshape(groups, p, most, -1)
    inner = np.einsum("gpa,gpac,gpad->gpcd", counts, score, score)
    absent = np.arange(most - 1) >= (counts > 0).sum(2)[..., None] - 1
    inner += absent[..., None] * np.eye(most - 1)
    return score, np.linalg.inv(inner)
