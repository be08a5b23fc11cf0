"""Standard errors and tests that do not need normal data, and those for clusters and weights.

Notation: Delta = d(mu, vech Sigma)/d theta, E the information of one observation at theta, s_i
the score of row i (times its sampling weight; summed within clusters), fg = n_g / N.

=====  ==============================================  =========================================
MLR    E^-1 B E^-1 / N, E observed and B = mean s s'   Yuan-Bentler as in Mplus: scaling factor
       (Huber-White) [1]_                              {sum_g tr(A1^-1 B1) - tr(E^-1 B)} / df [2]_
MLM    E^-1 (sum_g fg Delta'V Gamma V Delta) E^-1 / N  Satorra-Bentler: {sum_g tr(V Gamma)
       with E expected [3]_                            - tr(E^-1 sum_g fg Delta'V Gamma V Delta)}
                                                       / df
ULS,   E^-1 (sum_g fg Delta'V Gamma V Delta) E^-1 / N  the same with the estimator's own V,
GLS    with E = sum_g fg Delta'V Delta [3]_            at the sample's moments
MLMV   as MLM                                          by tr(U Gamma) and tr[(U Gamma)^2]: scaled
MLMVS                                                  and shifted [5]_, or on own df [3]_
MLF    B^-1 / N                                        none
=====  ==============================================  =========================================

A1 and B1 are the observed and first-order information of (mu, vech Sigma) at the saturated
moments, V the normal-theory weight at the implied moments, Gamma the empirical covariance of the
products (x - m)(x - m)'. These are the defaults of ``information=``: MLR with
``"expected"`` has E and A1 expected, MLM with ``"observed"`` has V the observed information of
(mu, vech Sigma) at the implied moments, E the observed information for errors and, for the test,
that part of it without second derivatives of the moments, sum_g fg Delta'V Delta. For least
squares V is the weight that is minimised with, and Gamma, with
rows weighted and summed within clusters, is A1^-1 B1 A1^-1. Moments that only concern fixed
exogenous covariates take no part. With C clusters B is multiplied by C / (C - 1), group by group.
Where other clusters cross these, such as people with rows in several units, B is that of the one
plus that of the other less that of both together, without negative eigenvalues (Cameron, Gelbach &
Miller 2011, J. Business & Economic Statistics 29, 238-249).
Checked against lavaan 0.6-14: ``sem(..., estimator = "MLR")``, ``"MLM"``, ``"MLMV"``,
``"MLMVS"``, ``"MLF"``, ``cluster =``,
``sampling.weights =``, and ``estimator = "ULS", se = "robust.sem", test = "satorra.bentler"``.

References
----------
.. [1] White, H. (1982). Maximum likelihood estimation of misspecified models. Econometrica, 50,
   1-25.
.. [2] Yuan, K.-H., & Bentler, P. M. (2000). Three likelihood-based methods for mean and
   covariance structure analysis with nonnormal missing data. Sociological Methodology, 30,
   165-200.
.. [3] Satorra, A., & Bentler, P. M. (1994). Corrections to test statistics and standard errors in
   covariance structure analysis. In Latent variables analysis (pp. 399-419).
.. [4] Zhang, X., & Savalei, V. (2023). New computations for RMSEA and CFI following FIML and TS
   estimation with missing data. Psychological Methods, 28, 263-283.
.. [5] Asparouhov, T., & Muthén, B. (2010). Simple second order chi-square correction. Mplus
   Technical Appendix.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import pairwise

import numpy as np

from workbench.errors import ModelError
from workbench.sem.estimation.chosen import objective_of
from workbench.sem.estimation.fiml import (
    PatternTerms,
    moment_curvature,
    pattern_terms,
    vech_products,
)
from workbench.sem.estimation.information import expected, inverse
from workbench.sem.estimation.moments import Sample
from workbench.sem.estimation.objective import NormalTheory, Objective, inverted
from workbench.sem.estimation.saturated import saturated_curvature, saturated_of
from workbench.sem.model.layout import (
    COVARIANCE,
    MEAN,
    Entries,
    Floats,
    Integers,
    Layout,
    vech_index,
)

BLOCK = 1024
"""Rows whose scores are held at a time: few enough for the processor's cache."""


@dataclass(frozen=True, eq=False)
class Robust:
    """Robust standard errors and test of one fit, each made when it is asked for.

    Attributes
    ----------
    df
        Degrees of freedom of the test.
    inverse : (k, k)
        E^-1, along the constraints.
    filling
        Makes the ``meat``.
    total
        N, or N less the groups under least squares.
    of_test
        Makes E^-1 with the information of the test; None where that is ``inverse``.
    parameters
        The model's free ones; NaN for MLM, which scales no log-likelihoods.
    saturated
        Makes tr(A1^-1 B1) of the saturated model and the number of its moments.
    squared
        Makes tr[(U Gamma)^2]; None for MLR.
    """

    df: int
    inverse: Floats
    filling: Callable[[], Floats]
    total: float
    of_test: Callable[[], Floats] | None
    parameters: float
    saturated: Callable[[], tuple[float, float]]
    squared: Callable[[], float] | None = None

    @cached_property
    def meat(self) -> Floats:
        """What stands between two E^-1 in the sandwich: B, or sum_g fg Delta'V Gamma V Delta."""
        return self.filling()

    @cached_property
    def vcov(self) -> Floats:
        """Covariance matrix (k, k) of the estimates."""
        found = self.inverse @ self.meat @ self.inverse / self.total
        # Rows that are distances from their cluster's mean leave the means an error of exactly
        # zero, which rounding can take below.
        np.fill_diagonal(found, np.maximum(found.diagonal(), 0.0))
        return found

    @cached_property
    def trace_h0(self) -> float:
        """tr(E^-1 B) of the model, with the information of the test."""
        inverse = self.inverse if self.of_test is None else self.of_test()
        return float((inverse * self.meat).sum())

    @cached_property
    def _saturated(self) -> tuple[float, float]:
        return self.saturated()

    @property
    def trace(self) -> float:
        """tr(U Gamma) = df times the scaling factor."""
        return self._saturated[0] - self.trace_h0

    @property
    def scaling_factor(self) -> float:
        """The test statistic is divided by it; NaN without degrees of freedom, and where it came
        out negative, as the difference of two traces can from few clusters: no test is scaled so.
        """
        return self.trace / self.df if self.df > 0 and self.trace > 0 else np.nan

    @property
    def scaling_h0(self) -> float:
        """Scaling factor of the model's log-likelihood; NaN for MLM."""
        return self.trace_h0 / self.parameters

    @property
    def scaling_h1(self) -> float:
        """Scaling factor of the saturated model's log-likelihood; NaN for MLM."""
        trace, moments = self._saturated
        return trace / moments


def exogenous_moments(layout: Layout, group: int) -> tuple[Integers, Integers]:
    """Which of (mu, vech Sigma) are moments of fixed exogenous covariates alone, and which not."""
    p = len(layout.observed)
    e = layout.exogenous
    fixed = np.unique(e.row[(e.group == group) & (e.kind == COVARIANCE)])
    lower, upper = vech_index(p)
    among = np.isin(lower, fixed) & np.isin(upper, fixed)
    mean = np.isin(np.arange(p), fixed) if layout.mean_structure else np.ones(p, dtype=bool)
    dropped = np.concatenate([mean, among])
    return np.flatnonzero(dropped), np.flatnonzero(~dropped)


def known_moments(layout: Layout, sample: Sample, group: int) -> Integers:
    """The moments that take part and that the data say something about."""
    kept = exogenous_moments(layout, group)[1]
    return kept[sample.determined(group)[kept]]


@lru_cache(maxsize=256)
def degrees_of_freedom(layout: Layout, restrictions: int = 0) -> int:
    """Moments less free parameters, plus independent equality constraints."""
    moments = sum(len(exogenous_moments(layout, g)[1]) for g in range(layout.groups))
    return moments - layout.n_free + restrictions


def implied_moments(
    layout: Layout, sample: Sample, theta: Floats, estimator: str = "ML"
) -> tuple[Floats, Floats]:
    """mu (G, p) and Sigma (G, p, p); without a mean structure mu is the sample's own."""
    implied = layout.implied(theta, _exo(layout, sample, estimator))
    mu = implied.mu if layout.mean_structure else saturated_of(sample)[0].mean[0]
    return mu, implied.sigma


def moment_jacobian(layout: Layout, sample: Sample, theta: Floats, estimator: str = "ML") -> Floats:
    """Delta (G, p + p*, k) at theta (k,)."""
    return layout.jacobian(layout.implied(theta, _exo(layout, sample, estimator)))


def _exo(layout: Layout, sample: Sample, estimator: str) -> Floats | None:
    """Moments of fixed exogenous covariates, as the estimator divides them."""
    if not layout.exogenous.kind.size:
        return None
    exo = NormalTheory.of(layout, saturated_of(sample)[0], estimator).exo
    return None if exo is None else exo[0]


def pull_blocks(
    sample: Sample, group: int, mu: Floats, terms: PatternTerms
) -> Iterator[tuple[Integers, Integers, Floats]]:
    """V (x - mu) of each row, some rows at a time: all at once could fill a machine's memory.

    Yields positions of rows (m,), their patterns (m,) and V (x - mu) (m, p); rows without any
    answer, whose scores are zero, are left out. ``terms`` are the patterns' at ``mu``.
    """
    rows, patterns = sample.rows[group], sample.patterns[group]
    several = np.zeros(len(patterns.seen), dtype=bool)
    several[terms.several] = True
    # In the order of patterns, so that a pattern is met once or twice.
    order = np.argsort(patterns.member, kind="stable")
    order = order[np.searchsorted(patterns.member[order], 0) :]
    for first in range(0, len(order), BLOCK):
        own = order[first : first + BLOCK]
        member = patterns.member[own]
        pull = terms.pull[0][member]
        gap = np.where(np.isnan(rows[own]), 0.0, rows[own] - mu)
        ends = np.append(np.flatnonzero(np.diff(member, prepend=-1)), len(own))
        for low, high in pairwise(ends.tolist()):
            if several[member[low]]:
                pull[low:high] = gap[low:high] @ terms.precision[0, member[low]]
        yield own, member, pull


def score_blocks(
    sample: Sample, group: int, mu: Floats, sigma: Floats
) -> Iterator[tuple[Integers, Floats]]:
    """Derivatives of each row's log-likelihood by (mu, vech Sigma), some rows at a time.

    Yields positions of rows (m,) and their derivatives (m, p + p*), not weighted.
    """
    p = len(mu)
    lower, upper = vech_index(p)
    terms = pattern_terms(sample.patterns[group].batched, mu[None], sigma[None])
    inverses = terms.precision[0][:, lower, upper]
    # vech runs down the columns of the lower triangle, one after the other.
    starts = np.flatnonzero(lower == upper)
    for own, member, pull in pull_blocks(sample, group, mu, terms):
        scores = np.empty((len(own), p + len(lower)))
        scores[:, :p] = pull
        products = scores[:, p:]
        for column, start in enumerate(starts):
            np.multiply(
                pull[:, column:], pull[:, column, None], out=products[:, start : start + p - column]
            )
        products -= inverses[member]
        products[:, starts] *= 0.5
        yield own, scores


def entry_blocks(
    layout: Layout, sample: Sample, theta: Floats, group: int, estimator: str = "ML"
) -> Iterator[tuple[Integers, Floats]]:
    """Derivatives of each row's log-likelihood by the group's free entries, some rows at a time, as
    ``score_blocks``; times ``layout.spread_of(group)`` they are those by theta.

    They are made of the model's own directions, whatever the number of moments.
    """
    implied = layout.implied(theta, _exo(layout, sample, estimator))
    mu = implied.mu if layout.mean_structure else saturated_of(sample)[0].mean[0]
    patterns = sample.patterns[group].batched
    terms = pattern_terms(patterns, mu[group][None], implied.sigma[group][None])
    for own, member, pull in pull_blocks(sample, group, mu[group], terms):
        # Rows come in the order of patterns: a block has a few of them.
        first, last = member[0], member[-1]
        precision = terms.precision[0, first : last + 1]
        yield own, layout.row_scores(implied, group, pull, precision, member - first)


def unit_scores(layout: Layout, sample: Sample, theta: Floats) -> list[Floats]:
    """Derivatives of each row's log-likelihood by theta, per group (n_g, k); not weighted."""
    found = [np.zeros((len(rows), layout.n_free)) for rows in sample.rows]
    for g, scores in enumerate(found):
        for rows, own in entry_blocks(layout, sample, theta, g):
            scores[rows] = own @ layout.spread_of(g)
    return found


def cross_products(
    blocks: Iterable[tuple[Integers, Floats]], sample: Sample, group: int, size: int
) -> Floats:
    """First-order information of one observation: mean of w^2 s s', or of cluster sums.

    ``blocks`` are positions of rows and their scores (m, size).
    """
    n = sample.patterns[group].n.sum()
    if sample.clusters is None:
        total = np.zeros((size, size))
        for rows, scores in blocks:
            weighted = _weighted(scores, sample, group, rows)
            total += weighted.T @ weighted
        return total / n
    clusterings = _clusterings(sample, group)
    sums = [np.zeros((int(cluster.max()) + 1, size)) for _, cluster in clusterings]
    for rows, scores in blocks:
        weighted = _weighted(scores, sample, group, rows)
        for (_, cluster), total in zip(clusterings, sums, strict=True):
            order = np.argsort(cluster[rows], kind="stable")
            own = cluster[rows][order]
            starts = np.flatnonzero(np.diff(own, prepend=-1))
            total[own[starts]] += np.add.reduceat(weighted[order], starts)
    parts = [
        sign * (total.T @ total) / n * (len(total) / (len(total) - 1))
        for (sign, _), total in zip(clusterings, sums, strict=True)
    ]
    return parts[0] if len(parts) == 1 else _not_negative(np.sum(parts, axis=0))


def _clusterings(sample: Sample, group: int) -> list[tuple[int, Integers]]:
    """How a group's rows are clustered, each with its sign: by clusters, and where these are
    crossed by others, by these, less by both together."""
    assert sample.clusters is not None
    _, cluster = np.unique(sample.clusters[group], return_inverse=True)
    found = [(1, cluster)]
    if sample.crossed is not None:
        _, other = np.unique(sample.crossed[group], return_inverse=True)
        _, both = np.unique(cluster * (int(other.max()) + 1) + other, return_inverse=True)
        found += [(1, other), (-1, both)]
    return found


def _not_negative(matrix: Floats) -> Floats:
    """The matrix (k, k) without negative eigenvalues, as the difference of two can have."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def require_clusters(sample: Sample) -> None:
    """Raise ModelError where a group has one cluster only, which leaves no robust errors."""
    if sample.clusters is not None and min(len(np.unique(c)) for c in sample.clusters) < 2:
        raise ModelError("Cluster-robust errors need at least two clusters in every group.")


def _weighted(scores: Floats, sample: Sample, group: int, rows: Integers) -> Floats:
    return scores if sample.weights is None else scores * sample.weights[group][rows, None]


def first_order(layout: Layout, sample: Sample, theta: Floats, estimator: str = "ML") -> Floats:
    """First-order information (k, k) of one observation, with weights and clusters."""
    share = saturated_of(sample)[0].share[0]
    total = np.zeros((layout.n_free, layout.n_free))
    for g in range(layout.groups):
        spread = layout.spread_of(g)
        blocks = entry_blocks(layout, sample, theta, g, estimator)
        entries = cross_products(blocks, sample, g, len(spread))
        total += share[g] * (spread.T @ entries @ spread)
    return total


@dataclass(frozen=True, eq=False)
class SaturatedInformation:
    """What one row says about a group's moments that take part, at the saturated ones.

    Attributes
    ----------
    unit, crossed : (m, m)
        A1, observed or expected, and B1.
    """

    unit: Floats
    crossed: Floats

    @cached_property
    def inverse(self) -> Floats:
        """A1^-1."""
        found, _, definite = inverted(self.unit)
        return found if definite else np.asarray(np.linalg.inv(self.unit), dtype=np.float64)

    @cached_property
    def trace(self) -> float:
        """tr(A1^-1 B1)."""
        return float(np.vdot(self.inverse, self.crossed))


@dataclass(frozen=True, eq=False)
class Completed:
    """The weight W (m, m) of a group's moments as if from complete rows, and what they say."""

    weight: Floats
    saturated: SaturatedInformation

    @cached_property
    def robust_trace(self) -> float:
        """tr(A1^-1 W A1^-1 B1)."""
        inverse = self.saturated.inverse
        return float(np.vdot(self.weight @ inverse, inverse @ self.saturated.crossed))

    @cached_property
    def normal_trace(self) -> float:
        """tr(A1^-1 W)."""
        return float(np.vdot(self.weight, self.saturated.inverse))


def saturated_information(
    layout: Layout,
    sample: Sample,
    group: int,
    kind: str = "observed",
    estimator: str = "ML",
) -> SaturatedInformation:
    """A1 (``kind`` ``"observed"`` or ``"expected"``) and B1 of ``known_moments``, made once."""
    kept = known_moments(layout, sample, group)
    key = ("information", group, kind, estimator, kept.tobytes())
    if key not in sample.made:
        if estimator == "Wishart":
            unit, crossed = saturated_products(sample, group, kind, estimator)
        else:
            unit, crossed = saturated_products(sample, group)
            if kind == "expected" and not sample.complete:
                moments = saturated_of(sample)[0]
                at = moments.mean[0, group], moments.cov[0, group]
                unit = moment_information(sample, group, *at, kind)
        sample.made[key] = SaturatedInformation(_among(unit, kept), _among(crossed, kept))
    return sample.made[key]


def completed(layout: Layout, sample: Sample, group: int) -> Completed:
    """The weight of a group's moments as if from complete rows, made once for the same covariates.

    Covariates' own moments, which a model with their moments free reproduces, have none.
    """
    kept = known_moments(layout, sample, group)
    key = ("completed", group, layout.covariates, kept.tobytes())
    if key not in sample.made:
        precision = np.linalg.inv(saturated_of(sample)[0].cov[0, group])
        weight = complete_weight(np.asarray(precision, dtype=np.float64))
        p = len(precision)
        lower, upper = vech_index(p)
        covariate = np.isin(np.arange(p), sorted(layout.covariates))
        own = np.concatenate([covariate, covariate[lower] & covariate[upper]])
        weight[own], weight[:, own] = 0.0, 0.0
        saturated = saturated_information(layout, sample, group)
        sample.made[key] = Completed(_among(weight, kept), saturated)
    return sample.made[key]


def _among(matrix: Floats, kept: Integers) -> Floats:
    """Rows and columns of some moments, the matrix itself where they are all."""
    return matrix if len(kept) == len(matrix) else matrix[np.ix_(kept, kept)]


def moment_information(
    sample: Sample, group: int, mu: Floats, sigma: Floats, kind: str, estimator: str = "ML"
) -> Floats:
    """Information of one row about a group's (mu, vech Sigma), (p + p*, p + p*)."""
    patterns = sample.patterns[group].batched
    if estimator == "Wishart":
        patterns = replace(patterns, cov=patterns.cov * sample.n[group] / (sample.n[group] - 1.0))
    return moment_curvature(pattern_terms(patterns, mu[None], sigma[None]), kind)[0]


def saturated_products(
    sample: Sample, group: int, kind: str = "observed", estimator: str = "ML"
) -> tuple[Floats, Floats]:
    """The ``kind`` of and the first-order information of all of (mu, vech Sigma), made once."""
    key = ("products", group, kind, estimator)
    if key not in sample.made:
        moments = saturated_of(sample)[0]
        mu, sigma = moments.mean[0, group], moments.cov[0, group]
        if estimator == "Wishart":
            sigma = sigma * sample.n[group] / (sample.n[group] - 1.0)
        if kind == "observed" and estimator == "ML" and not sample.complete:
            information = saturated_curvature(sample, group)
        else:
            information = moment_information(sample, group, mu, sigma, kind, estimator)
        blocks = score_blocks(sample, group, mu, sigma)
        sample.made[key] = information, cross_products(blocks, sample, group, len(information))
    return sample.made[key]


def yuan_bentler(
    layout: Layout,
    sample: Sample,
    theta: Floats,
    df: int,
    constraint_jacobian: Floats | None = None,
    constraint_curvature: Floats | None = None,
    information: str = "observed",
    test_information: str = "observed",
    estimator: str = "ML",
) -> Robust:
    """MLR, for complete rows or patterns, with sampling weights and clusters if there are any.

    ``constraint_curvature`` (k, k) is taken off the observed information. ``information`` is
    ``"observed"`` or ``"expected"``, ``test_information`` the kind used for the test: the same or,
    of the observed one, ``"moments"``, as lavaan has it for ``estimator = "ML", cluster =``
    without weights; ``estimator`` is ``"ML"`` or ``"Wishart"``.
    """
    require_clusters(sample)
    objective, _ = objective_of(layout, sample, estimator)
    unit = objective.evaluate(theta[None], information).curvature[0]
    if constraint_curvature is not None:
        unit = unit - constraint_curvature
    of_test = None
    if test_information != information:
        of_test = partial(_inverse_at, objective, theta, test_information, constraint_jacobian)
    restrictions = 0 if constraint_jacobian is None else len(constraint_jacobian)
    return Robust(
        df=df,
        inverse=inverse(unit, constraint_jacobian),
        filling=partial(first_order, layout, sample, theta, estimator),
        total=float(objective.total[0]),
        of_test=of_test,
        parameters=layout.n_free - restrictions,
        saturated=partial(_saturated_trace, layout, sample, information, estimator),
    )


def _inverse_at(
    objective: Objective, theta: Floats, kind: str, constraint_jacobian: Floats | None
) -> Floats:
    return inverse(objective.evaluate(theta[None], kind).curvature[0], constraint_jacobian)


def _known(matrix: Floats) -> Floats:
    return matrix


def _known_trace(trace: float) -> tuple[float, float]:
    return trace, np.nan


def _saturated_trace(
    layout: Layout, sample: Sample, kind: str, estimator: str
) -> tuple[float, float]:
    """tr(A1^-1 B1) over all groups, and the number of moments."""
    parts = [
        saturated_information(layout, sample, g, kind, estimator) for g in range(layout.groups)
    ]
    return sum(part.trace for part in parts), sum(len(part.unit) for part in parts)


def empirical_gamma(layout: Layout, sample: Sample, group: int) -> Floats:
    """Covariance of (x, vech (x - m)(x - m)') over complete rows, divisor n (p + p*, p + p*).

    Of fixed exogenous covariates only what they do not explain counts: the products of fitted
    values are taken away first.
    """
    rows = sample.rows[group]
    lower, upper = vech_index(rows.shape[1])
    around = rows - rows.mean(0)
    products = np.hstack([rows, around[:, lower] * around[:, upper]])
    e = layout.exogenous
    fixed = np.unique(e.row[(e.group == group) & (e.kind == COVARIANCE)])
    if fixed.size:
        design = np.hstack([np.ones((len(rows), 1)), rows[:, fixed]])
        fitted = design @ np.linalg.lstsq(design, rows, rcond=None)[0]
        centred = fitted - fitted.mean(0)
        products = products - np.hstack([fitted, centred[:, lower] * centred[:, upper]])
    products = products - products.mean(0)
    return products.T @ products / len(rows)


def satorra_bentler(
    layout: Layout,
    sample: Sample,
    theta: Floats,
    df: int,
    constraint_jacobian: Floats | None = None,
    constraint_curvature: Floats | None = None,
    information: str = "expected",
    estimator: str = "ML",
) -> Robust:
    """MLM, MLMV and MLMVS: complete rows without weights or clusters.

    ``constraint_curvature`` (k, k) is taken off the observed ``information`` of the errors;
    ``estimator`` is ``"ML"`` or ``"Wishart"``.

    Raises
    ------
    ModelError
        Missing answers, sampling weights or clusters; MLR handles them.
    """
    if not sample.complete or sample.weights is not None or sample.clusters is not None:
        raise ModelError("MLM needs complete rows without weights or clusters; use MLR.")
    objective = NormalTheory.of(layout, sample.moments, estimator)
    unit = objective.evaluate(theta[None], information).curvature[0]
    if constraint_curvature is not None:
        unit = unit - constraint_curvature
    inverted = of_test = inverse(unit, constraint_jacobian)
    if information == "observed":
        of_test = inverse(
            objective.evaluate(theta[None], "moments").curvature[0], constraint_jacobian
        )
    mu, sigma = implied_moments(layout, sample, theta, estimator)
    weights, gammas = [], []
    for g in range(layout.groups):
        kept = exogenous_moments(layout, g)[1]
        weight = moment_information(sample, g, mu[g], sigma[g], information, estimator)
        weights.append(_among(weight, kept))
        gammas.append(_among(empirical_gamma(layout, sample, g), kept))
    total = float(objective.total[0])
    jacobian = moment_jacobian(layout, sample, theta, estimator)
    return _of_moments(layout, sample, jacobian, df, (inverted, of_test), weights, gammas, total)


def least_squares(
    layout: Layout,
    sample: Sample,
    theta: Floats,
    df: int,
    estimator: str,
    constraint_jacobian: Floats | None = None,
) -> Robust:
    """ULS or GLS on complete rows, with their sampling weights and clusters.

    The estimates solve sum_g fg Delta'V (s - sigma) = 0: their errors are those of the moments s,
    whatever the distribution, which enter through Gamma.
    """
    require_clusters(sample)
    objective = NormalTheory.of(layout, sample.moments, estimator)
    weights, gammas = [], []
    for g in range(layout.groups):
        kept = exogenous_moments(layout, g)[1]
        saturated = saturated_information(layout, sample, g)
        gammas.append(saturated.inverse @ saturated.crossed @ saturated.inverse)
        weights.append(_among(least_squares_weight(objective, g), kept))
    inverted = inverse(expected(objective, theta), constraint_jacobian)
    total = float(objective.total[0])
    jacobian = moment_jacobian(layout, sample, theta, estimator)
    return _of_moments(layout, sample, jacobian, df, (inverted, inverted), weights, gammas, total)


def _of_moments(
    layout: Layout,
    sample: Sample,
    jacobian: Floats,
    df: int,
    inverses: tuple[Floats, Floats],
    weights: Sequence[Floats],
    gammas: Sequence[Floats],
    total: float,
) -> Robust:
    """Errors and test of estimates that solve sum_g fg Delta'V (s - sigma) = 0, Delta = jacobian.

    ``inverses`` are E^-1 of errors and of the test, ``weights`` and ``gammas`` are V and Gamma of
    each group's moments that take part, ``total`` is N, or N less the groups under least squares.
    """
    inverted, of_test = inverses
    meat = np.zeros_like(inverted)
    trace = 0.0
    across = []
    for g, (weight, gamma) in enumerate(zip(weights, gammas, strict=True)):
        pushed = weight @ jacobian[g][exogenous_moments(layout, g)[1]]
        across.append(gamma @ pushed)
        meat += sample.moments.share[g] * (pushed.T @ across[g])
        trace += float((weight * gamma).sum())

    def squared() -> float:
        """tr[(V Gamma)^2] - 2 tr(E^-1 Delta'V Gamma V Gamma V Delta) + tr[(E^-1 meat)^2]."""
        found, middle = 0.0, np.zeros_like(inverted)
        for share, weight, gamma, own in zip(
            sample.moments.share, weights, gammas, across, strict=True
        ):
            product = weight @ gamma
            found += float((product * product.T).sum())
            middle += share * (own.T @ weight @ own)
        left = of_test @ meat
        return found - 2.0 * float((of_test * middle).sum()) + float((left * left.T).sum())

    return Robust(
        df=df,
        inverse=inverted,
        filling=partial(_known, meat),
        total=total,
        of_test=None if of_test is inverted else partial(_known, of_test),
        parameters=np.nan,
        saturated=partial(_known_trace, trace),
        squared=squared,
    )


def least_squares_scores(
    layout: Layout, sample: Sample, theta: Floats, estimator: str
) -> list[Floats]:
    """What each row adds to Delta'V (s - sigma), per group (n_g, k); not weighted.

    A row's part in the moments s is A1^-1 times its score about the saturated moments.
    """
    objective = NormalTheory.of(layout, sample.moments, estimator)
    moments = sample.moments
    jacobian = moment_jacobian(layout, sample, theta, estimator)
    found = [np.zeros((len(rows), layout.n_free)) for rows in sample.rows]
    for g, scores in enumerate(found):
        a1 = saturated_products(sample, g)[0]
        pushed = np.linalg.solve(a1, least_squares_weight(objective, g) @ jacobian[g])
        for rows, own in score_blocks(sample, g, moments.mean[g], moments.cov[g]):
            scores[rows] = own @ pushed
    return found


def least_squares_weight(objective: NormalTheory, group: int) -> Floats:
    """V of ULS or GLS for a group's (mu, vech Sigma), (p + p*, p + p*)."""
    p = len(objective.layout.observed)
    if objective.estimator == "ULS":
        return np.eye(p + p * (p + 1) // 2)
    assert objective.weight is not None
    return complete_weight(objective.weight[0, group])


@lru_cache(maxsize=256)
def independence_layout(layout: Layout) -> Layout:
    """The baseline model: free variances and means, covariances of covariates alone.

    Its theta runs over groups, in each variances, means and, where the covariates' moments are not
    fixed, their covariances, in the order of the observed variables.
    """
    p = len(layout.observed)
    rows: list[tuple[int, int, int, int]] = []
    for g in range(layout.groups):
        e = layout.exogenous
        fixed = set(e.row[(e.group == g) & (e.kind == COVARIANCE)].tolist())
        own = [v for v in range(p) if v not in fixed]
        rows += [(COVARIANCE, g, v, v) for v in own]
        rows += [(MEAN, g, v, 0) for v in own if layout.mean_structure]
        among = [v for v in own if v in layout.covariates]
        rows += [(COVARIANCE, g, r, c) for i, r in enumerate(among) for c in among[:i]]
    kind, group, row, column = (np.array(c, dtype=np.int64) for c in zip(*rows, strict=True))
    count = len(rows)
    empty = np.array([], dtype=np.int64)
    return Layout(
        observed=layout.observed,
        latent=(),
        groups=layout.groups,
        n_free=count,
        mean_structure=layout.mean_structure,
        free=Entries(kind, group, row, column, np.arange(count), np.full(count, np.nan)),
        fixed=Entries(empty, empty, empty, empty, empty, np.array([])),
        exogenous=layout.exogenous,
        loadings=frozenset(),
        covariates=layout.covariates,
        start=np.full(count, np.nan),
        lower=np.full(count, -np.inf),
        upper=np.full(count, np.inf),
    )


@dataclass(frozen=True, eq=False)
class CompletedFit:
    """What robust RMSEA and CFI need when answers are missing [4]_.

    ``statistic`` is N F_ML of the implied against the saturated moments, as if these came from
    complete data; ``c_hat`` its expected value per degree of freedom under the model.
    """

    statistic: float
    df: int
    c_hat: float


def completed_fit(
    layout: Layout,
    sample: Sample,
    theta: Floats,
    df: int,
    constraint_jacobian: Floats | None = None,
    kind: str = "observed",
    robust: bool = True,
) -> CompletedFit:
    """FIML-corrected discrepancy, also for the independence model.

    Of the ``robust`` test version V3, tr(R' C R G) of residuals R = I - Delta E^-1 Delta' A1 with C
    the complete rows' weight and G = A1^-1 B1 A1^-1 the moments' covariance; else version V6, where
    G is A1^-1. The parameters' errors E rest on the ``kind`` of information, all else on the
    observed one. Checked against ``cfi.robust`` and ``rmsea.robust`` of ``fitMeasures()`` with
    ``estimator = "MLR"`` and ``"ML"``, ``missing = "fiml"``.
    """
    moments = saturated_of(sample)[0]
    theory = NormalTheory.of(layout, moments)
    statistic = float(2.0 * theory.total[0] * theory.value(theta[None])[0])
    if df <= 0:
        return CompletedFit(statistic, df, np.nan)
    jacobian = moment_jacobian(layout, sample, theta)
    share = moments.share[0]
    k = layout.n_free
    information, complete, meat, across = (np.zeros((k, k)) for _ in range(4))
    plain = 0.0
    for g in range(layout.groups):
        whole = completed(layout, sample, g)
        own = np.unique(layout.free.source[layout.free.group == g])
        at = np.ix_(own, own)
        delta = jacobian[g][known_moments(layout, sample, g)[:, None], own]
        weighted = whole.weight @ delta
        of_theta = saturated_information(layout, sample, g, kind).unit
        information[at] += share[g] * (delta.T @ (of_theta @ delta))
        complete[at] += share[g] * (delta.T @ weighted)
        if robust:
            pushed = whole.saturated.crossed @ delta
            meat[at] += share[g] * (delta.T @ pushed)
            across[at] += share[g] * (pushed.T @ (whole.saturated.inverse @ weighted))
            plain += whole.robust_trace
        else:
            plain += whole.normal_trace
    inverted = inverse(information, constraint_jacobian)
    if not robust:
        return CompletedFit(statistic, df, (plain - float(np.vdot(inverted, complete))) / df)
    # R couples the groups, C and G do not.
    trace = plain - 2.0 * float((inverted * across.T).sum())
    trace += float(((complete @ inverted) * (meat @ inverted).T).sum())
    return CompletedFit(statistic, df, trace / df)


def complete_weight(precision: Floats) -> Floats:
    """Normal-theory weight of (mu, vech Sigma) for complete rows, (p + p*, p + p*)."""
    p = len(precision)
    products = vech_products(precision, precision)
    out = np.zeros((p + len(products), p + len(products)))
    out[:p, :p] = precision
    out[p:, p:] = products
    return out
